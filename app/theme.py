"""Theme: light, dark or the system's. Every colour is named here, once.

pyqtgraph is imported where a colour map is wanted, so that the window need not wait for it.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from app.settings import LevelMap, Theme
from siamese_core.assets import asset
from siamese_core.signs import LOWERS, RAISES

if TYPE_CHECKING:
    from pyqtgraph import ColorMap

MODES = get_args(Theme)
_MODE = "earwitness-theme"
_DARK_PALETTE = "earwitness-dark-palette"
_VEIL = 150
"""Opacity, of 255, of the veil over what a mask removes."""
_CHOSEN = 0.35
"""How far the ground of a tool that is taken up is on the way from paper to accent."""
PLAYHEAD = "#00b89c"
"""Stands out from magma, from paper and from the dark surface."""
GREY: LevelMap = "grey"
LEVEL_MAPS: tuple[LevelMap, ...] = get_args(LevelMap)
"""The colours that levels can be shown in, all of them even steps of lightness."""


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, by what they mean."""

    window: str
    surface: str
    raised: str
    line: str
    loud: str
    text: str
    muted: str
    accent: str
    on_accent: str
    positive: str
    negative: str
    right: str
    wrong: str
    notice: str


LIGHT = Colours(
    window="#f4f5f7",
    surface="#ffffff",
    raised="#e9ebef",
    line="#cfd3da",
    loud="#55585d",
    text="#1c2128",
    muted="#5c6673",
    accent="#2458c5",
    on_accent="#ffffff",
    positive="#b45309",
    negative="#1d6fb8",
    right="#1a7a43",
    wrong="#b3261e",
    notice="#8a5a00",
)
DARK = Colours(
    window="#25282e",
    surface="#17191d",
    raised="#363b44",
    line="#454b56",
    loud="#c4c6ca",
    text="#e8eaed",
    muted="#a0a8b4",
    accent="#7aa7ff",
    on_accent="#0e1a33",
    positive="#ff9f43",
    negative="#5db4ff",
    right="#5fd08c",
    wrong="#ff8a80",
    notice="#f2c14e",
)


def colours() -> Colours:
    """Return the colours in force; a widget asks again on `QEvent.Type.PaletteChange`."""
    return DARK if is_dark(QGuiApplication.palette()) else LIGHT


def is_dark(palette: QPalette) -> bool:
    """Whether windows of a palette are dark."""
    return palette.window().color().lightness() < 128


def system_is_dark(scheme: Qt.ColorScheme, dark_palette: bool) -> bool:
    """Whether the system is dark: where it names no scheme, as its palette is."""
    return dark_palette if scheme == Qt.ColorScheme.Unknown else scheme == Qt.ColorScheme.Dark


def apply(app: QApplication, mode: str) -> None:
    """Dress the application: ``light``, ``dark`` or, for anything else, as the system is."""
    hints = app.styleHints()
    if app.property(_MODE) is None:
        hints.colorSchemeChanged.connect(_follow_system)
        app.setProperty(_DARK_PALETTE, is_dark(app.palette()))  # before it is covered with ours
        app.setStyle("Fusion")
    app.setProperty(_MODE, mode)
    system_dark = system_is_dark(hints.colorScheme(), bool(app.property(_DARK_PALETTE)))
    look = DARK if mode == "dark" or (mode != "light" and system_dark) else LIGHT
    app.setPalette(_palette(look))
    app.setStyleSheet(_style_sheet(look))


def icon(name: str, colour: str | None = None) -> QIcon:
    """Load a bundled icon, drawn in ``colour`` (the theme's text colour if None)."""
    look = colours()
    return _icon(name, colour or look.text, _between(look.muted, look.surface))


def level_map(name: str = LEVEL_MAPS[0]) -> "ColorMap":
    """Return the colours of a level in dB by a name of `LEVEL_MAPS`; grey is ink on paper."""
    return _greys(colours().text) if name == GREY else _shipped(name)


def grey_map() -> "ColorMap":
    """Return the greys of a level in dB under an overlay, which then owns all colour."""
    return _greys(colours().loud)


def _greys(loud: str) -> "ColorMap":
    """Begin with the theme's surface, so that sound is ink on light paper and light on dark."""
    from pyqtgraph import ColorMap

    return ColorMap([0.0, 1.0], [colours().surface, loud])


@lru_cache
def _shipped(name: str) -> "ColorMap":
    from pyqtgraph import colormap

    return colormap.get(name)


def veil() -> NDArray[np.uint8]:
    """Return the colours of what a mask removes, from heard to removed: a veil of the surface."""
    surface = QColor(colours().surface)
    shades = np.empty((256, 4), np.uint8)
    shades[:, :3] = surface.red(), surface.green(), surface.blue()
    shades[:, 3] = np.linspace(0, _VEIL, 256)
    return shades


@lru_cache
def signed_map() -> "ColorMap":
    """Return the overlay's colours for -1 to 1, nothing at zero (`signs`)."""
    from pyqtgraph import ColorMap

    stops = [-1.0, -0.5, 0.0, 0.5, 1.0]
    low, high = LOWERS, RAISES
    paints = [(*low, 255), (*low, 150), (128, 128, 128, 0), (*high, 150), (*high, 255)]
    return ColorMap((np.array(stops) + 1) / 2, paints)


def level_table(name: str = LEVEL_MAPS[0]) -> NDArray[np.uint8]:
    """Return the colours of levels, from silent to loud, shape (256, 3)."""
    return _level_table(name, colours() if name == GREY else None)


@lru_cache
def _level_table(name: str, _look: Colours | None) -> NDArray[np.uint8]:
    table: NDArray[np.uint8] = level_map(name).getLookupTable(0.0, 1.0, 256, alpha=False)
    return table.astype(np.uint8)


def _follow_system(_scheme: Qt.ColorScheme) -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication) and app.property(_MODE) not in ("light", "dark"):
        apply(app, "system")


@lru_cache(maxsize=256)
def _icon(name: str, ink: str, faded: str) -> QIcon:
    """Have Qt's own engine draw an icon, in the size and at the moment in which it is wanted.

    It reads drawings from files or, as here, from what it wrote to a stream itself: no file holds
    one in a theme's colours.
    """
    text = asset("icons", f"{name}.svg").read_text(encoding="utf-8")
    modes = {QIcon.Mode.Normal: ink, QIcon.Mode.Disabled: faded}
    written, drawn = QByteArray(), QIcon()
    stream = QDataStream(written, QIODevice.OpenModeFlag.WriteOnly)
    stream.writeQString("svg")
    stream.writeUInt32(0)  # files
    stream.writeInt32(0)  # not compressed
    stream.writeUInt32(len(modes))
    for mode, colour in modes.items():
        stream.writeInt32(mode.value << 4 | QIcon.State.Off.value)
        stream << QByteArray(text.replace("currentColor", colour).encode())
    stream.writeInt32(0)  # pixmaps
    QDataStream(written) >> drawn
    return drawn


def mixed(one: str, other: str, share: float) -> QColor:
    """Return the colour that is so far on the way from one to another."""
    ends = zip(_rgb(QColor(one)), _rgb(QColor(other)), strict=True)
    return QColor(*(floor(x + share * (y - x)) for x, y in ends))


def _between(one: str, other: str) -> str:
    return mixed(one, other, 0.5).name()


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


def _palette(look: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for place, colour in {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.surface,
        role.AlternateBase: look.window,
        role.Text: look.text,
        role.Button: look.raised,
        role.ButtonText: look.text,
        role.ToolTipBase: look.raised,
        role.ToolTipText: look.text,
        role.PlaceholderText: look.muted,
        role.Highlight: look.accent,
        role.HighlightedText: look.on_accent,
        role.Accent: look.accent,
        role.Link: look.accent,
        role.Mid: look.line,
        role.Light: look.surface,
        role.BrightText: look.wrong,
    }.items():
        palette.setColor(place, QColor(colour))
    faded = QColor(_between(look.muted, look.surface))
    for place in (role.WindowText, role.Text):
        palette.setColor(QPalette.ColorGroup.Disabled, place, faded)
    on_button = QColor(_between(look.muted, _between(look.muted, look.raised)))
    palette.setColor(QPalette.ColorGroup.Disabled, role.ButtonText, on_button)
    return palette


def _style_sheet(look: Colours) -> str:
    """Style what the palette cannot; small, since a style sheet slows each widget that it meets."""
    tick = asset("icons", "tick-dark.svg" if look is DARK else "tick-light.svg").as_posix()
    close, float_ = (asset("icons", f"dock-{name}.svg").as_posix() for name in ("close", "float"))
    chosen = mixed(look.surface, look.accent, _CHOSEN).name()
    return f"""
    SpectrogramView:focus {{ border: 1px solid {look.accent}; border-radius: 2px; }}
    QDockWidget {{ titlebar-close-icon: url("{close}"); titlebar-normal-icon: url("{float_}"); }}
    QToolTip {{ color: {look.text}; background: {look.raised}; border: 1px solid {look.line};
        padding: 3px; }}
    QFrame[card="true"] {{ background: {look.surface}; border: 1px solid {look.line};
        border-radius: 6px; padding: 1px; }}
    QFrame[card="true"]:hover {{ border-color: {look.muted}; }}
    QFrame[card="true"]:focus {{ border: 1px solid {look.text}; }}
    QFrame[card="true"][selected="true"] {{ border: 2px solid {look.accent}; padding: 0px; }}
    QFrame[card="true"][dropping="true"] {{ border: 2px dashed {look.accent}; padding: 0px; }}
    QFrame[notice="error"] {{ background: {_tint(look.wrong, look)};
        border: 1px solid {look.wrong}; border-radius: 4px; }}
    QFrame[notice="notice"] {{ background: {_tint(look.notice, look)};
        border: 1px solid {look.notice}; border-radius: 4px; }}
    QFrame[notice="done"] {{ background: {look.surface};
        border: 1px solid {look.line}; border-radius: 4px; }}
    QCheckBox::indicator, QAbstractItemView::indicator {{ border: 1px solid {look.muted};
        border-radius: 3px; background: {look.surface}; }}
    QCheckBox::indicator {{ width: 14px; height: 14px; }}
    QAbstractItemView::indicator, QCheckBox[small="true"]::indicator {{ width: 10px; height: 10px;
        border-radius: 2px; }}
    QCheckBox::indicator:focus {{ border-color: {look.accent}; }}
    QCheckBox::indicator:disabled, QAbstractItemView::indicator:disabled {{
        border-color: {look.line}; }}
    QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{
        background: {look.accent}; border-color: {look.accent}; image: url("{tick}"); }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QLabel[quiet="true"] {{ color: {look.muted}; }}
    QLabel[badge="true"] {{ background: {look.raised}; color: {look.text}; border-radius: 8px;
        padding: 1px 6px; }}
    QLabel[wrong="true"] {{ color: {look.wrong}; }}
    QToolButton[flat="true"] {{ border: 1px solid transparent; border-radius: 4px;
        padding: 3px; }}
    QToolButton[flat="true"]:hover {{ background: {look.raised}; }}
    QToolButton[flat="true"]:pressed {{ background: {look.raised}; border-color: {look.muted}; }}
    QToolButton:checked, QToolButton[flat="true"]:checked {{ background: {chosen};
        border: 1px solid {look.accent}; border-radius: 4px; }}
    QToolButton[flat="true"]::menu-indicator {{ image: none; }}
    QToolButton[flat="true"]:focus {{ border-color: {look.text}; }}
    QToolButton[segment="true"] {{ padding: 4px 10px; border: 1px solid {look.line};
        background: {look.surface}; color: {look.text}; }}
    QToolButton[segment="true"]:hover {{ background: {look.raised}; }}
    QToolButton[segment="true"]:disabled {{ color: {_between(look.muted, look.surface)}; }}
    QToolButton[segment="true"]:checked {{ background: {look.accent}; color: {look.on_accent};
        border-color: {look.accent}; }}
    QToolButton[segment="true"]:focus {{ border-color: {look.text}; }}
    """


def _tint(colour: str, look: Colours) -> str:
    """Return a trace of a colour on the surface."""
    return _between(_between(_between(colour, look.surface), look.surface), look.surface)
