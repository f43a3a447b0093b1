"""A thumbnail: a log-mel in a few pixels, or words in its place."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.widgets.level_scale import LevelScale, level_scale
from app.widgets.thumbnail import Thumbnail


@pytest.fixture
def thumbnail(qtbot: QtBot) -> Iterator[Thumbnail]:
    thumbnail = Thumbnail()
    qtbot.addWidget(thumbnail)
    thumbnail.resize(200, 100)
    yield thumbnail
    level_scale().show(LevelScale())


def test_a_thumbnail_has_low_frequencies_at_the_bottom(thumbnail: Thumbnail) -> None:
    db = np.full((20, 50), -80, np.float32)
    db[:10, 10:25] = 0.0
    thumbnail.set_map(db)
    image = thumbnail.grab().toImage()
    assert image.pixelColor(60, 95).lightness() > 200
    assert image.pixelColor(60, 5).lightness() < 20


def test_a_thumbnail_shows_its_map_or_its_words(thumbnail: Thumbnail) -> None:
    thumbnail.set_message("Reading…")
    assert thumbnail.message == "Reading…"
    words: QImage = thumbnail.grab().toImage()
    thumbnail.set_map(np.full((4, 4), -80, np.float32))
    assert thumbnail.message == ""
    assert thumbnail.grab().toImage() != words
    assert thumbnail.grab().toImage().pixelColor(100, 50).lightness() < 20


def test_a_thumbnail_takes_other_colours_and_another_range_at_once(
    qtbot: QtBot, thumbnail: Thumbnail
) -> None:
    thumbnail.set_map(np.repeat(np.float32([-80, -50, 0]), 10)[None].repeat(20, axis=0))
    thumbnail.show()
    qtbot.waitExposed(thumbnail)
    middle = thumbnail.grab().toImage().pixelColor(100, 50)
    level_scale().show(LevelScale("viridis"))
    assert thumbnail.grab().toImage().pixelColor(100, 50) != middle
    dark = thumbnail.grab().toImage().pixelColor(5, 50)
    level_scale().show(LevelScale("viridis", 40))
    assert thumbnail.grab().toImage().pixelColor(100, 50) == dark
