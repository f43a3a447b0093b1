"""MaskBar: the mask's tools, wired to the pair: draw, change, take back, keep in a file."""

from collections.abc import Callable
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
from app.widgets.stroke import Stroke
from siamese_core.mask import Mask, load_mask

_IN_EDIT_MENU = ("undo", "redo")
_ALWAYS = ("invert", "grow", "shrink", "reset", "empty", "copy", "load", "save")


class MaskBar(QWidget):
    """Above the pictures that its tools draw on."""

    tool_chosen = Signal(str, float)

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair = pair
        self._span: tuple[str, tuple[float, float] | None] | None = None
        self._ask_for = FileDialogs(self, pair.session.settings)
        self.tools, self.notice = MaskTools(), Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.tools)
        column.addWidget(self.notice)
        self._verbs: dict[str, Callable[[], None]] = {
            "undo": pair.edited.undo,
            "redo": pair.edited.redo,
            "invert": pair.edited.invert,
            "grow": pair.edited.grow,
            "shrink": pair.edited.shrink,
            "empty": pair.edited.empty,
            "keep-span": self._keep_span,
            "remove-span": partial(self._keep_span, away=True),
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

    def set_span(self, side: str, span: tuple[float, float] | None) -> None:
        """Note the seconds that are selected on a side's clip."""
        self._span = (side, span) if span else None
        self._enable()

    @property
    def _selected(self) -> tuple[float, float] | None:
        """The seconds that are selected on the clip that the mask is of."""
        explanation = self._pair.explanation
        side, span = self._span or ("", None)
        return span if explanation and side == explanation.side else None

    def _keep_span(self, *, away: bool = False) -> None:
        if span := self._selected:
            self._pair.edit(Stroke("span", tuple((second, 0.0) for second in span), away=away))

    def _do(self, verb: str) -> None:
        self._verbs[verb]()

    def _enable(self) -> None:
        edited = self._pair.edited
        possible = set(_ALWAYS if edited.now else ())
        if edited.now and edited.copied:
            possible.add("paste")
        if edited.now and self._selected:
            possible |= {"keep-span", "remove-span"}
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
