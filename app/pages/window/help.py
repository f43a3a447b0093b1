"""The Help menu's two windows: the shortcuts, and what this program is made of."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from math import ceil

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.widgets.fitting_scroll import FittingScroll
from siamese_core import __version__
from siamese_core.assets import asset

_BY_HAND = {
    "On a card": {
        "Go on to another, and choose it": "Arrows",
        "Choose it, and look closer": "Click, Return",
        "Play it": "Space",
        "Keep it in the next line-up": "L",
        "Take it away": "Delete",
    },
    "In the library": {
        "Play the clip": "Space",
        "Set it as query": "Return, double-click",
        "Add the selected clips": "Shift+Return",
        "Replace the chosen card": "Alt+Return",
        "Close the folder": "Delete",
    },
    "In the list of runs": {
        "Rename": "F2",
        "Delete": "Delete",
    },
    "On a picture of the pair": {
        "Play or pause": "Space",
        "Zoom time": "Wheel, + and -",
        "Zoom pitch": "Ctrl+wheel, Ctrl++ and Ctrl+-",
        "Pan": "Drag, arrows",
        "Show everything": "Double-click, Home",
        "Hear from here": "Click",
        "Select a span to loop, measure": "Shift+drag, Shift+Left, Right",
        "Select a rectangle to measure": "Ctrl+Shift+drag",
        "Move its upper, lower edge": "Shift, Ctrl+Shift with Up, Down",
        "Move the span": "Shift+drag inside",
        "Resize the span": "Drag an edge",
        "Span begins, ends at the playhead": "[ and ]",
        "Forget the span": "Shift+click, Backspace",
        "Take away with a tool": "Ctrl+drag",
    },
    "On the strip below a long clip": {
        "Move what the model hears": "Drag, arrows",
        "Move it by its own length": "PageUp, PageDown",
        "Move it to the ends": "Home, End",
    },
}
"""What mouse and keys do where the menus say nothing of it."""
_WHERE = {"Mask": "Mask (letters: on pictures and panel)", "Sound": "Sound (on pictures and panel)"}
"""Menus whose keys without Ctrl work on the lower half of the line-up's page only."""
_COLUMNS, _ABOVE = 3, 8
"""Columns of groups, and pixels above each but the first of one."""
_ROOM = QSize(60, 150)
"""What a screen keeps around the sheet's rows: the window's frame, margins and a button."""
_LICENCES = {
    "PySide6": "LGPL-3.0",
    "pyqtgraph": "MIT",
    "torch": "BSD-3-Clause",
    "captum": "BSD-3-Clause",
    "librosa": "ISC",
    "numpy": "BSD-3-Clause",
    "soundfile": "BSD-3-Clause",
    "soxr": "LGPL-2.1",
    "sounddevice": "MIT",
    "matplotlib": "Matplotlib licence",
    "scikit-image": "BSD-3-Clause",
    "safetensors": "Apache-2.0",
    "pydantic": "MIT",
}


def shortcuts_dialog(menus: Iterable[QMenu], parent: QWidget) -> QDialog:
    """List what has keys in each menu, and what mouse and keys do elsewhere."""
    groups = {_plain(menu.title()): _keys_of(menu) for menu in menus}
    rows = QWidget()
    rows.setLayout(_grouped({title: keys for title, keys in groups.items() if keys} | _BY_HAND))
    page = FittingScroll(rows)
    room = parent.screen().availableSize() - _ROOM
    page.setFixedSize(page.sizeHint().boundedTo(room))
    return _sheet("Shortcuts", page, parent)


def about_dialog(parent: QWidget) -> QDialog:
    """Name the program, its parts with their versions and licences, and the bundled voices."""
    parts = {name: f"{_version(name)}   {licence}" for name, licence in _LICENCES.items()}
    words = (
        f"Earwitness {__version__}, MIT licence\n"
        "One-shot audio recognition that explains itself, to the eye and to the ear.\n\n"
        "The bundled voices are Allison Smith and June Wallack (CC BY-SA 3.0), Carlo Flora and\n"
        "ivrvoice.ru (CC BY 3.0), from Asterisk Core Sounds; see assets/demo/README.md."
    )
    rows = QWidget()
    rows.setLayout(_columns(parts))
    return _sheet("About Earwitness", rows, parent, words)


def app_icon() -> QIcon:
    """Return the program's icon."""
    return QIcon(str(asset("icons", "earwitness.svg")))


def _sheet(title: str, rows: QWidget, parent: QWidget, words: str = "") -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
    column.setContentsMargins(20, 16, 20, 16)
    column.setSpacing(12)
    if words:
        column.addWidget(QLabel(words))
    column.addWidget(rows)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column.addWidget(buttons)
    return dialog


def _columns(rows: dict[str, str]) -> QGridLayout:
    """Lay rows in two columns."""
    grid = _grid(10)
    height = ceil(len(rows) / 2)
    for place, row in enumerate(rows.items()):
        side, line = divmod(place, height)
        _add_row(grid, line, 3 * side, *row)
    grid.setColumnMinimumWidth(2, 24)
    return grid


def _grouped(groups: dict[str, dict[str, str]]) -> QHBoxLayout:
    """Lay groups in columns of about the same height; none is parted."""
    beside = QHBoxLayout()
    beside.setContentsMargins(0, 0, 0, 0)
    beside.setSpacing(28)
    left = sum(len(rows) + 1 for rows in groups.values())
    grids, most = [_grid(2)], ceil(left / _COLUMNS)
    for title, rows in groups.items():
        line = grids[-1].rowCount()
        if line > 1 and line + len(rows) / 2 > most and len(grids) < _COLUMNS:
            grids.append(_grid(2))
            line = 1
        heading = QLabel(_WHERE.get(title, title))
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setContentsMargins(0, 0 if line == 1 else _ABOVE, 0, 0)
        grids[-1].addWidget(heading, line, 0, 1, 2)
        for row in rows.items():
            line += 1
            _add_row(grids[-1], line, 0, *row)
    for grid in grids:
        grid.setRowStretch(grid.rowCount(), 1)
        beside.addLayout(grid)
    return beside


def _grid(spacing: int) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(spacing)
    return grid


def _add_row(grid: QGridLayout, line: int, column: int, name: str, value: str) -> None:
    label = QLabel(value)
    label.setProperty("quiet", True)
    grid.addWidget(QLabel(name), line, column)
    grid.addWidget(label, line, column + 1)


def _keys_of(menu: QMenu) -> dict[str, str]:
    return {
        _plain(action.text()).split(":")[0].removesuffix("…"): keys
        for action in menu.actions()
        if (keys := ", ".join(one.toString() for one in action.shortcuts()))
    }


def _plain(text: str) -> str:
    return text.replace("&", "")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
