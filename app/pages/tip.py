"""The tip of a control: what it does, to the mouse and to a screen reader."""

from typing import TypeVar

from PySide6.QtWidgets import QWidget

from app.widgets.plain import plain

W = TypeVar("W", bound=QWidget)


def tipped(widget: W, tip: str, name: str = "") -> W:
    """Give a widget its tooltip and accessible name, and return it."""
    widget.setToolTip(plain(tip))
    widget.setAccessibleDescription(tip)
    if name:
        widget.setAccessibleName(name)
    return widget
