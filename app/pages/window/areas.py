"""Areas: the parts of the window that the keyboard goes to, one after the other or at once."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget


class Areas(QObject):
    """F6 goes to the next part of the window that can be seen, where the keyboard was there last.

    Parameters
    ----------
    areas : sequence of QWidget
        In the order of reading; none lies within another.
    """

    def __init__(self, areas: Sequence[QWidget], parent: QWidget) -> None:
        super().__init__(parent)
        self._areas = tuple(areas)
        self.next = self._action("&Next area", "F6", 1)
        self.previous = self._action("&Previous area", "Shift+F6", -1)

    def _action(self, text: str, keys: str, by: int) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(partial(self._step, by))
        return action

    def _step(self, by: int, _checked: bool = False) -> None:
        seen = [(area, stop) for area in self._areas if (stop := _stop(area)) is not None]
        if not seen:
            return
        focus = QApplication.focusWidget()
        here = (n for n, (area, _) in enumerate(seen) if focus and area.isAncestorOf(focus))
        place = next(here, -1 if by > 0 else 0)
        _, stop = seen[(place + by) % len(seen)]
        stop.setFocus(Qt.FocusReason.TabFocusReason)


def _stop(area: QWidget) -> QWidget | None:
    """Return where the keyboard was last in an area, or its first stop; None where it is hidden."""
    if not area.isVisible():
        return None
    last = area.focusWidget()
    if last is not None and _can_hold(last):
        return last
    stops = [one for one in area.findChildren(QWidget) if _can_hold(one)]
    return min(stops, key=partial(_place, area), default=None)


def _place(area: QWidget, stop: QWidget) -> tuple[int, int]:
    """Order stops as they are read."""
    corner = stop.mapTo(area, QPoint(0, 0))
    return corner.y(), corner.x()


def _can_hold(widget: QWidget) -> bool:
    by_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(by_tab) and widget.isVisible() and widget.isEnabled()
