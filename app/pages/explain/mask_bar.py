"""MaskBar: the mask's tools, wired to the pair: draw, change, take back, keep in a file."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.explaining.edited_mask import lay
from app.explaining.pair import Pair
from app.pages.file_dialogs import FileDialogs
from app.pages.obstacles import to_take_map
from app.widgets.mask_tools import MaskTools
from app.widgets.notice import Notice
from app.widgets.stroke import Stroke
from siamese_core.errors import ParameterError
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_file import load_mask
from siamese_core.notices import mask_notice

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation

_IN_EDIT_MENU = ("undo", "redo")
_ALWAYS = ("invert", "grow", "shrink", "reset", "empty", "copy", "load", "save")


class MaskBar(QWidget):
    """Above the pictures that its tools draw on."""

    tool_chosen = Signal(str, float)
    save_requested = Signal()

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair = pair
        self._of_others: WeakKeyDictionary[Mask, str] = WeakKeyDictionary()
        """What is to be said of masks that were made for another clip."""
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
            "save": self.save_requested.emit,
        }
        self.tools.asked.connect(self._do)
        self.tools.tool_chosen.connect(self.tool_chosen)
        pair.edited.copied_changed.connect(self._enable)
        pair.mask_changed.connect(self._enable)
        pair.mask_changed.connect(self._notice)
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
        shown = self._pair.explanation
        if shown and (path := self._ask_for.mask_to_load()):
            work, lay_on = lambda _e, _s: load_mask(path), partial(self._lay, shown)
            self._pair.session.run(work, lay_on, "mask")

    def _lay(self, shown: "Explanation", loaded: Mask) -> None:
        """Use a mask from a file, unless another map is on screen meanwhile."""
        now = self._pair.mask
        if now is None or shown is not self._pair.explanation:
            return
        try:
            mask = lay(loaded, now)
        except ParameterError as error:
            self._pair.session.tell("mask", error)
            return
        if not loaded.is_of(shown.explained):
            self._of_others[mask] = _notice_of(loaded, shown)
        self._pair.edit(lambda _now: mask)

    def _notice(self) -> None:
        """Say what was made for another clip, as long as it is the mask on screen."""
        mask = self._pair.mask
        if mask and (sentence := self._of_others.get(mask)):
            self.notice.show_notice(sentence)
        else:
            self.notice.clear()

    def _tell(self, where: str, sentence: str) -> None:
        if where == "mask":
            self.notice.show_error(sentence)


def _notice_of(mask: Mask, shown: "Explanation") -> str:
    """Say it with the names of the files alone."""
    clip = shown.explained
    mask = replace(mask, path=mask.path and Path(mask.path.name))
    clip = replace(clip, path=clip.path and Path(clip.path.name))
    return mask_notice(mask, clip, shown.explained_map.start)
