"""The Edit menu: undo and redo, of the line-up and of the mask in the order of the edits."""

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.explaining.edit_order import EditOrder
from app.explaining.pair import Pair
from app.widgets.plain import entry


class EditMenu(QMenu):
    """Two entries that say what they would take back, wherever the focus is."""

    def __init__(self, pair: Pair, parent: QWidget) -> None:
        super().__init__("&Edit", parent)
        self._order = EditOrder(pair)
        self.undo, self.redo = self.addAction("&Undo"), self.addAction("&Redo")
        self.undo.setShortcut(QKeySequence("Ctrl+Z"))
        self.redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        self.undo.triggered.connect(self._order.undo)
        self.redo.triggered.connect(self._order.redo)
        self._order.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        """Say what is taken back or done again; the keys of what cannot be do nothing."""
        for action, verb, change in (
            (self.undo, "&Undo", self._order.undone_next),
            (self.redo, "&Redo", self._order.redone_next),
        ):
            action.setText(f"{verb}: {entry(change)}" if change else verb)
            action.setEnabled(bool(change))
