"""MaskBar: the mask's tools, wired to the pair: draw, change, take back, keep in a file."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.edited_mask import lay
from app.pages.file_dialogs import FileDialogs
from app.pages.obstacles import to_take_map
from app.pair import Pair
from app.widgets.mask_tools import MaskTools
from app.widgets.notice import Notice
from siamese_core.mask import Mask, load_mask

_IN_EDIT_MENU = ("undo", "redo")
_ALWAYS = ("invert", "grow", "shrink", "reset", "empty", "copy", "load", "save")


class MaskBar(QWidget):
    """Above the pictures that its tools draw on."""

    tool_chosen = Signal(str, float)

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair = pair
        self._ask_for = FileDialogs(self, pair.session.settings)
        self.tools, self.notice = MaskTools(), Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.tools)
        column.addWidget(self.notice)
        self._verbs = {
            "undo": pair.edited.undo,
            "redo": pair.edited.redo,
            "invert": pair.edited.invert,
            "grow": pair.edited.grow,
            "shrink": pair.edited.shrink,
            "empty": pair.edited.empty,
            "reset": pair.reset,
            "copy": pair.edited.copy,
            "paste": pair.edited.paste,
            "load": self._load,
            "save": self._save,
        }
        self.tools.asked.connect(self._do)
        self.tools.tool_chosen.connect(self.tool_chosen)
        pair.edited.copied_changed.connect(self._enable)
        pair.mask_changed.connect(self._enable)
        pair.mask_changed.connect(self.notice.clear)
        pair.explanation_changed.connect(self._enable)
        pair.session.failed.connect(self._tell)
        self._enable()

    def menu(self, page: QWidget) -> QMenu:
        """Return a menu of everything; keys without Ctrl work within ``page`` only."""
        menu = QMenu("&Mask", self, toolTipsVisible=True)
        menu.aboutToShow.connect(self._enable)
        verbs = self.tools.verbs.items()
        menu.addActions([verb for name, verb in verbs if name not in _IN_EDIT_MENU])
        menu.addSeparator()
        for action in self.tools.tools.values():
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            menu.addAction(action)
            page.addAction(action)
        return menu

    def _do(self, verb: str) -> None:
        self._verbs[verb]()

    def _enable(self) -> None:
        edited = self._pair.edited
        possible = set(_ALWAYS if edited.now else ())
        if edited.now and edited.copied:
            possible.add("paste")
        if edited.can_undo:
            possible.add("undo")
        if edited.can_redo:
            possible.add("redo")
        obstacle = to_take_map(self._pair) or "There is nothing of that kind yet"
        self.tools.set_possible(frozenset(possible), obstacle)

    def _load(self) -> None:
        if path := self._ask_for.mask_to_load():
            self._pair.edit(partial(_from_file, path))

    def _save(self) -> None:
        if path := self._ask_for.mask_to_save():
            self._pair.save_mask(path)

    def _tell(self, where: str, sentence: str) -> None:
        if where == "mask":
            self.notice.show_error(sentence)


def _from_file(path: Path, now: Mask) -> Mask:
    return lay(load_mask(path), now)
