"""Notice: one sentence in place, where the person is looking; hidden while there is none."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.errors import details, show_details
from app.widgets.icon_button import IconButton

NARROWEST = 200
"""Pixels of text; what has no width yet is not as narrow as it seems."""
_UNFOLD, _FOLD = "Read the other messages too", "Show one message only"


class Notice(QFrame):
    """A sentence that can be dismissed: an error, or something worth knowing."""

    dismissed = Signal()
    told = Signal()
    """It says something, or nothing any more."""
    unfold_requested = Signal()
    """What else there is to read is to be said here too, or is not any more (`NoticeStack`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._details = IconButton("info", "Details of this error, and where the log is")
        self._details.clicked.connect(self._show_details)
        self._further = IconButton("unfold", _UNFOLD, text="1 more")
        self._further.setProperty("flat", True)
        self._further.clicked.connect(self.unfold_requested)
        self._further.hide()
        close = IconButton("close", "Dismiss this message")
        close.clicked.connect(self._dismiss)
        self._text, self._held_back = "", False
        self._beneath: tuple[str, ...] = ()
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 4, 4)
        row.addWidget(self._label, 1)
        row.addWidget(self._details, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._further, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def is_error(self) -> bool:
        """Whether it says what went wrong."""
        return bool(self._text) and self.property("notice") == "error"

    @property
    def text(self) -> str:
        """The sentence, empty if there is none."""
        return self._text

    def show_error(self, text: str) -> None:
        """Say what went wrong and what would be right."""
        self._show("error", text)

    def show_notice(self, text: str) -> None:
        """Say what is worth knowing."""
        self._show("notice", text)

    def show_done(self, text: str) -> None:
        """Say what was asked for and is done."""
        self._show("done", text)

    def clear(self) -> None:
        """Hide it."""
        self._text = ""
        self._label.clear()
        self.hide()
        self.told.emit()

    def hold_back(self, held_back: bool) -> None:
        """Hide it for as long as another one is read, or show what it says."""
        self._held_back = held_back
        self.setVisible(bool(self._text) and not held_back)

    def add_further(self, others: "Sequence[Notice]", *, unfolded: bool) -> None:
        """Count what else there is to read, or say it beneath."""
        said = others if unfolded else ()
        self._further.setText(f"{len(others)} more")
        self._further.setToolTip(_FOLD if unfolded else _UNFOLD)
        self._further.set_icon("fold" if unfolded else "unfold")
        self._further.setVisible(bool(others))
        self._beneath = tuple(other.text for other in said)
        self._label.setText(self._words)
        self._label.setToolTip("\n".join(filter(None, (other.toolTip() for other in said))))
        self._need_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Need as much height as the sentence has at this width."""
        super().resizeEvent(event)
        self._need_height()

    @property
    def _words(self) -> str:
        """What is to be read here, each sentence in a line of its own."""
        return "\n".join((self._text, *self._beneath))

    def _need_height(self) -> None:
        """Say how high it is: a splitter would else take a wrapped sentence for one line."""
        self._label.setMinimumHeight(0)  # which a label counts into what it needs
        self._label.setMinimumHeight(max(self._label.heightForWidth(self._label.width()), 0))

    def _show(self, kind: str, text: str) -> None:
        self._text = text
        self._label.setText(self._words)
        self.setAccessibleName(text)
        self.setProperty("notice", kind)
        restyle(self)
        self._details.setVisible(kind == "error" and bool(details(text)))
        self._need_height()
        self.setVisible(not self._held_back)
        self.told.emit()

    def _show_details(self) -> None:
        show_details(self.window(), self.text)

    def _dismiss(self) -> None:
        self.clear()
        self.dismissed.emit()


def restyle(widget: QWidget) -> None:
    """Let the style sheet see a changed property."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
