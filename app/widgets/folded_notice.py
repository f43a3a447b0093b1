"""FoldedNotice: several sentences in one line, which a click unfolds."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.widgets.icon_button import IconButton
from app.widgets.notice import NARROWEST, Notice

_ALL, _FIRST = "Read all of it", "Show one line of it again"
_FOLDED, _UNFOLDED = (10, 0, 4, 0), (10, 4, 4, 4)


class FoldedNotice(Notice):
    """As low as one line, so that what stands below keeps its room.

    Unfolded, each sentence has a line of its own. A screen reader has all of them either way.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences: tuple[str, ...] = ()
        self._unfold = IconButton("unfold", _ALL)
        self._unfold.setCheckable(True)
        policy = self._unfold.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else the line would be longer than its room
        self._unfold.setSizePolicy(policy)
        self._unfold.toggled.connect(self._turn)
        self._row.insertWidget(1, self._unfold, 0, Qt.AlignmentFlag.AlignTop)
        self._row.setContentsMargins(*_FOLDED)

    def show_notices(self, sentences: Sequence[str]) -> None:
        """Say several things; what is said already stays as it was folded."""
        told = tuple(sentences)
        if told != self._sentences or not self.isVisible():
            self._sentences = told
            self.fold()
        self.show_notice("\n".join(told))

    def fold(self) -> None:
        """Show one line only."""
        self._unfold.setChecked(False)

    def clear(self) -> None:
        """Hide it."""
        self._sentences = ()
        super().clear()

    def _turn(self, unfolded: bool) -> None:
        self._unfold.set_icon("fold" if unfolded else "unfold")
        self._unfold.setToolTip(_FIRST if unfolded else _ALL)
        self._row.setContentsMargins(*(_UNFOLDED if unfolded else _FOLDED))
        self._need_height()

    def _need_height(self) -> None:
        """Show what fits in a line, or all; whoever can read all of it needs no button."""
        line = " ".join(self._words.split("\n"))
        width = max(self._label.width(), NARROWEST)
        fitting = self._label.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, width)
        unfolded = self._unfold.isChecked() or bool(self._beneath)
        self._label.setWordWrap(unfolded)
        self._label.setText(self._words if unfolded else fitting)
        self._unfold.setVisible(not self._beneath and (unfolded or fitting != line))
        super()._need_height()
