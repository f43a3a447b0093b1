"""Modules of Qt that later work needs, imported by the thread that runs the window."""

from contextlib import suppress
from importlib import import_module

_OF_PLOTS = ("QtSvg", "QtTest", "QtOpenGLWidgets")


def import_qt_modules() -> None:
    """Import what pyqtgraph imports of PySide, which a worker then finds there already.

    A module of PySide that a worker imports while the window makes objects of Qt has ended in a
    deadlock.
    """
    for name in _OF_PLOTS:
        with suppress(ImportError):  # pyqtgraph does without
            import_module(f"PySide6.{name}")
