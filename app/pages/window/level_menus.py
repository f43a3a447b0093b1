"""The menus of how pictures show levels: in which colours, and how far below the loudest."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.settings import LevelMap, LevelRange, Settings
from app.widgets.level_scale import level_scale

Way = TypeVar("Way", LevelMap, LevelRange)

_COLOURS: dict[LevelMap, str] = {
    "magma": "Magma",
    "inferno": "Inferno",
    "plasma": "Plasma",
    "viridis": "Viridis",
    "cividis": "Cividis: for colour-blind eyes too",
    "grey": "Grey",
}
_RANGES: dict[LevelRange, str] = {
    0: "All levels",
    60: "The loudest 60 dB",
    50: "The loudest 50 dB",
    40: "The loudest 40 dB",
    30: "The loudest 30 dB",
    20: "The loudest 20 dB",
}
_FOR_THE_EYE = "For the eye alone: the network hears the same"
_KEPT = "Scores, maps and sounds stay as they are, and exported figures keep their own look. "
_COLOURS_TIP = _KEPT + "Below a map pictures are grey, for colour is the map's."
_RANGE_TIP = _KEPT + "What lies further below a clip's loudest moment is shown as silence."


def colours_menu(settings: Settings, parent: QWidget) -> QMenu:
    """Return the choice of the colours that levels are shown in."""

    def show(name: LevelMap) -> None:
        settings.level_map, shown = name, level_scale()
        shown.show(shown.now._replace(colours=name))

    return _menu("&Colours", _COLOURS_TIP, _COLOURS, settings.level_map, show, parent)


def range_menu(settings: Settings, parent: QWidget) -> QMenu:
    """Return the choice of the decibels below the loudest that are shown."""

    def show(reach: LevelRange) -> None:
        settings.level_range, shown = reach, level_scale()
        shown.show(shown.now._replace(reach=reach))

    return _menu("&Range", _RANGE_TIP, _RANGES, settings.level_range, show, parent)


def _menu(
    title: str,
    tip: str,
    ways: Mapping[Way, str],
    now: Way,
    show: Callable[[Way], None],
    parent: QWidget,
) -> QMenu:
    """Offer a few ways of which one is in force, at once and on every picture."""
    menu = QMenu(title, parent, toolTipsVisible=True)
    menu.addSection(_FOR_THE_EYE)
    group = QActionGroup(menu)
    for way, words in ways.items():
        action = group.addAction(words)
        action.setData(way)
        action.setCheckable(True)
        action.setChecked(way == now)
        action.setToolTip(tip)
        menu.addAction(action)

    def choose(action: QAction) -> None:
        show(action.data())

    menu.triggered.connect(choose)
    show(now)
    return menu
