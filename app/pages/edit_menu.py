"""The Edit menu: undo and redo, of the mask where its editor has the focus, else of the line-up."""

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from shiboken6 import isValid

from app.pair import Pair


class EditMenu(QMenu):
    """Two entries that say what they would take back.

    Parameters
    ----------
    pair : Pair
    editor : tuple of QWidget
        Where the mask is edited.
    parent : QWidget
        The window.
    """

    def __init__(self, pair: Pair, editor: tuple[QWidget, ...], parent: QWidget) -> None:
        super().__init__("&Edit", parent)
        self._pair, self._session, self._editor = pair, pair.session, editor
        self.undo, self.redo = self.addAction("&Undo"), self.addAction("&Redo")
        for action, keys, by in ((self.undo, "Ctrl+Z", -1), (self.redo, "Ctrl+Shift+Z", 1)):
            action.setShortcut(QKeySequence(keys))
            action.setData(by)
        self.undo.triggered.connect(self._undo)
        self.redo.triggered.connect(self._redo)
        pair.mask_changed.connect(self._show)
        pair.session.lineup_changed.connect(self._show)
        pair.session.history_changed.connect(self._show)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow)
        self._show()

    @property
    def _is_of_mask(self) -> bool:
        """Whether the person is at the mask, which then is what is meant."""
        focus = QApplication.focusWidget()
        at_it = focus and any(part is focus or part.isAncestorOf(focus) for part in self._editor)
        return bool(at_it and self._pair.mask)

    def _follow(self) -> None:
        """Look where the focus is now; it also moves while a closed window is taken apart."""
        if isValid(self.undo) and isValid(self.redo):
            self._show()

    def _show(self) -> None:
        """Say what is taken back or done again; the keys of what cannot be do nothing."""
        edited, history = self._pair.edited, self._session.history
        for action, verb, of_mask in (
            (self.undo, "&Undo", edited.can_undo),
            (self.redo, "&Redo", edited.can_redo),
        ):
            change = history.change(action.data())
            if self._is_of_mask:
                change = "change of the mask" if of_mask else ""
            action.setText(f"{verb}: {change.replace('&', '&&')}" if change else verb)
            action.setEnabled(bool(change))

    def _undo(self) -> None:
        if self._is_of_mask:
            self._pair.edited.undo()
        else:
            self._session.back()

    def _redo(self) -> None:
        if self._is_of_mask:
            self._pair.edited.redo()
        else:
            self._session.forward()
