"""The Help menu's two windows: the shortcuts, and what this program is made of."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from siamese_core import __version__
from siamese_core.assets import asset

_ON_CARDS = {
    "Choose a card": "Click or Return",
    "Play a card": "Space",
    "Keep a card in the next line-up": "L",
    "Take a card away": "Delete",
    "Set the selected clip as query": "Return or double-click in the library",
    "Add the selected clips": "Shift+Return in the library",
    "Zoom a picture": "Wheel, + and -",
    "Select a span of time to loop": "Shift and drag",
    "Show everything again": "Double-click or Home",
    "Take away from the mask with a tool": "Ctrl and drag",
}
_HIGHEST = 20
"""Rows of a column, on a screen of 720 pixels."""
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


def shortcuts_dialog(actions: Iterable[QAction], parent: QWidget) -> QDialog:
    """List every action that has keys, and what mouse and keys do on cards and pictures."""
    rows = {action.text().replace("&", ""): action.shortcut().toString() for action in actions}
    return _sheet("Shortcuts", {**{k: v for k, v in rows.items() if v}, **_ON_CARDS}, parent)


def about_dialog(parent: QWidget) -> QDialog:
    """Name the program, its parts with their versions and licences, and the bundled voices."""
    parts = {name: f"{_version(name)}   {licence}" for name, licence in _LICENCES.items()}
    words = (
        f"Earwitness {__version__}, MIT licence\n"
        "One-shot audio recognition that explains itself, to the eye and to the ear.\n\n"
        "The bundled voices are Allison Smith and June Wallack (CC BY-SA 3.0), Carlo Flora and\n"
        "ivrvoice.ru (CC BY 3.0), from Asterisk Core Sounds; see assets/demo/README.md."
    )
    return _sheet("About Earwitness", parts, parent, words)


def app_icon() -> QIcon:
    """Return the program's icon."""
    return QIcon(str(asset("icons", "earwitness.svg")))


def _sheet(title: str, rows: dict[str, str], parent: QWidget, words: str = "") -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
    column.setContentsMargins(20, 16, 20, 16)
    column.setSpacing(12)
    if words:
        column.addWidget(QLabel(words))
    column.addLayout(_columns(rows))
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column.addWidget(buttons)
    return dialog


def _columns(rows: dict[str, str]) -> QGridLayout:
    """Lay rows in two columns, or in more where two would be higher than a small screen."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(10)
    count = max(2, ceil(len(rows) / _HIGHEST))
    height = ceil(len(rows) / count)
    for place, (name, value) in enumerate(rows.items()):
        side, row = divmod(place, height)
        label = QLabel(value)
        label.setProperty("quiet", True)
        grid.addWidget(QLabel(name), row, 3 * side)
        grid.addWidget(label, row, 3 * side + 1)
    for side in range(1, count):
        grid.setColumnMinimumWidth(3 * side - 1, 24)
    return grid


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
