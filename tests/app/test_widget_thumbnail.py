"""A thumbnail: a log-mel in a few pixels, or words in its place."""

import numpy as np
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.widgets.thumbnail import Thumbnail, level_image


def test_a_thumbnail_has_low_frequencies_at_the_bottom(qtbot: QtBot) -> None:
    db = np.full((20, 50), -80, np.float32)
    db[:10, 10:25] = 0.0
    image = level_image(db)
    assert (image.width(), image.height()) == (50, 20)
    assert image.pixelColor(15, 19).lightness() > 200
    assert image.pixelColor(15, 0).lightness() < 20


def test_a_thumbnail_shows_its_map_or_its_words(qtbot: QtBot) -> None:
    thumbnail = Thumbnail()
    qtbot.addWidget(thumbnail)
    thumbnail.resize(200, 100)
    thumbnail.set_message("Reading…")
    assert thumbnail.message == "Reading…"
    words: QImage = thumbnail.grab().toImage()
    thumbnail.set_map(np.full((4, 4), -80, np.float32))
    assert thumbnail.message == ""
    assert thumbnail.grab().toImage() != words
    assert thumbnail.grab().toImage().pixelColor(100, 50).lightness() < 20
