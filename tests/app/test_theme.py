"""Both themes: readable, told live, icons drawn in their colours; maps that can be trusted."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication, QListWidget, QListWidgetItem
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.icon_button import IconButton
from siamese_core.assets import asset

ICONS = sorted(path.stem for path in asset("icons").glob("*.svg"))


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "system")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "right", "wrong", "notice"])
def test_every_ink_reads_on_every_ground(look: theme.Colours, ink: str) -> None:
    for ground in (look.window, look.surface):
        assert contrast(asdict(look)[ink], ground) >= 4.5


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_on_the_accent_reads(look: theme.Colours) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5


def test_the_mode_decides_the_colours(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    assert theme.colours() is theme.DARK
    theme.apply(qapp, "light")
    assert theme.colours() is theme.LIGHT
    assert qapp.palette().window().color().name() == theme.LIGHT.window


def test_an_unknown_mode_is_the_systems(qapp: QApplication) -> None:
    theme.apply(qapp, "pink")
    assert theme.colours() in (theme.LIGHT, theme.DARK)


def inks(image: QImage, least: int = 255) -> set[str]:
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {colour.name() for colour in pixels if colour.alpha() >= least}


def test_the_system_is_dark_where_it_says_so_or_its_palette_is() -> None:
    scheme = Qt.ColorScheme
    dark = theme.is_dark(QPalette(QColor("#202020")))
    assert dark
    assert not theme.is_dark(QPalette(QColor("#efefef")))
    assert theme.system_is_dark(scheme.Unknown, dark)
    assert not theme.system_is_dark(scheme.Unknown, dark_palette=False)
    assert not theme.system_is_dark(scheme.Light, dark)
    assert theme.system_is_dark(scheme.Dark, dark_palette=False)


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something_at_every_size(qapp: QApplication, name: str) -> None:
    for size in (16, 27, 54):
        image = theme.icon(name).pixmap(size, size).toImage()
        assert not image.isNull()
        assert inks(image, least=128)


def test_an_icon_takes_the_asked_colour_and_fades_when_disabled(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    icon = theme.icon("stop", "#ff0000")
    assert inks(icon.pixmap(32, 32).toImage()) == {"#ff0000"}
    disabled = icon.pixmap(32, 32, icon.Mode.Disabled).toImage()
    assert inks(disabled).isdisjoint({"#ff0000", theme.LIGHT.text})


def test_a_button_follows_the_theme_live(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    button = IconButton("stop", "Stop")
    qtbot.addWidget(button)
    assert button.accessibleName() == button.toolTip() == "Stop"
    assert inks(button.icon().pixmap(32, 32).toImage()) == {theme.LIGHT.text}
    theme.apply(qapp, "dark")
    qtbot.waitUntil(lambda: inks(button.icon().pixmap(32, 32).toImage()) == {theme.DARK.text})


def test_levels_are_even_steps_of_lightness_away_from_silence(qapp: QApplication) -> None:
    def steps(colour_map: pg.ColorMap) -> np.ndarray:
        table = colour_map.getLookupTable(0.0, 1.0, 64, alpha=False) / 255.0
        return np.diff(table @ [0.2126, 0.7152, 0.0722])

    theme.apply(qapp, "dark")
    assert np.all(steps(theme.grey_map()) >= 0)
    assert np.all(steps(theme.level_map(theme.GREY)) > 0)
    theme.apply(qapp, "light")
    assert np.all(steps(theme.grey_map()) <= 0)
    assert np.all(steps(theme.level_map(theme.GREY)) < 0)


COLOUR_BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
"""What is seen of linear red, green and blue (Machado, Oliveira and Fernandes 2009)."""


@pytest.mark.parametrize("name", [name for name in theme.LEVEL_MAPS if name != theme.GREY])
@pytest.mark.parametrize("eyes", [np.eye(3), *map(np.array, COLOUR_BLIND.values())])
def test_louder_is_lighter_in_all_colours_and_to_all_eyes(name: str, eyes: np.ndarray) -> None:
    shades = theme.level_table(name)[::4] / 255.0
    linear = np.where(shades <= 0.04045, shades / 12.92, ((shades + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ eyes.T, 0, 1) @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(seen) > 0)


def test_the_overlay_is_clear_at_zero_and_blue_below_orange_above() -> None:
    table = theme.signed_map().getLookupTable(0.0, 1.0, 511, alpha=True).astype(int)
    red, _, blue, alpha = table.T
    assert alpha[255] == 0
    assert alpha[0] == alpha[-1] == 255
    assert np.abs(alpha - alpha[::-1]).max() <= 1
    assert np.all(blue[:255] > red[:255])
    assert np.all(red[256:] > blue[256:])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_tick_box_in_a_list_has_a_frame_of_its_own(
    qtbot: QtBot, qapp: QApplication, mode: str
) -> None:
    theme.apply(qapp, mode)
    boxes = QListWidget()
    qtbot.addWidget(boxes)
    for state in (Qt.CheckState.Unchecked, Qt.CheckState.Checked):
        item = QListWidgetItem("")
        item.setCheckState(state)
        boxes.addItem(item)
    boxes.show()
    picture = boxes.viewport().grab().toImage()
    rows = [boxes.visualItemRect(boxes.item(row)) for row in range(2)]
    middle = [picture.copy(0, row.center().y(), row.height(), 1) for row in rows]
    edges = [picture.copy(0, row.top(), row.height(), row.height()) for row in rows]
    assert theme.colours().muted in inks(middle[0])
    assert theme.colours().accent in inks(edges[1])
    assert theme.colours().accent not in inks(edges[0])
    above = picture.copy(0, rows[0].top(), row_width := rows[0].height(), 1)
    assert theme.colours().muted not in inks(above), row_width  # the box ends within its row


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("flat", [True, False])
def test_a_tool_that_is_taken_up_is_told_apart(
    qtbot: QtBot, qapp: QApplication, mode: str, flat: bool
) -> None:
    theme.apply(qapp, mode)
    button = IconButton("brush", "Brush", text="" if flat else "Brush")
    button.setCheckable(True)
    qtbot.addWidget(button)
    button.show()

    accent = theme.colours().accent
    assert accent not in inks(button.grab().toImage())
    button.setChecked(True)
    picture = button.grab().toImage()
    assert accent in inks(picture)
    ground = picture.pixelColor(4, button.height() // 2).name()
    assert contrast(theme.colours().text, ground) >= 4.5
