"""ClipCard: one clip of a line-up as a picture with its class, score and rank."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.clip_mime import DroppedClip, clip_mime, dropped_clips
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from app.widgets.mark import Mark
from app.widgets.notice import restyle
from app.widgets.plain import plain
from app.widgets.similarity_bar import SimilarityBar
from app.widgets.thumbnail import Thumbnail
from siamese_core.durations import length

Outcome = Literal["right", "wrong"]
EMPTY = "Drop a clip here"
_DOT = " · "
_ROOMY = 250
"""From this width on, the mark says its word, and the file's name is followed by its duration."""
_LOCK = QSize(22, 18)
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_HELD = ~Qt.KeyboardModifier.KeypadModifier
_RANK = "Rank in this line-up"
_RANK_OF_CLASS = "Rank of its class in this line-up"


class ClipCard(QFrame):
    """A clip that can be chosen, heard, replaced and removed.

    A click selects, a double click or Return activates, Space plays, L locks, Delete removes, an
    arrow leaves it for another. Clips can be dropped on it, and it can be dragged elsewhere.

    Parameters
    ----------
    role : {"query", "support"}
        The query has no score and cannot be removed.
    place : int
        Where it stands in the line-up; every signal says so first.
    """

    clicked = Signal(int)
    activated = Signal(int)
    play_requested = Signal(int)
    lock_requested = Signal(int)
    replace_requested = Signal(int)
    remove_requested = Signal(int)
    dropped = Signal(int, list)
    left = Signal(int, int)
    """An arrow key was pressed, which goes on to another card."""

    def __init__(
        self,
        role: Literal["query", "support"] = "support",
        place: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._place = role, place
        self._carried: DroppedClip | None = None
        self._pressed: QPoint | None = None
        self._label = self._name = ""
        self._rank: int | None = None
        self._locked = False
        self.setProperty("card", True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        self._connect()
        self._arrange()
        self.set_locked(False)
        self.set_empty()

    @property
    def place(self) -> int:
        """Where it stands in the line-up."""
        return self._place

    def set_empty(self, text: str = EMPTY) -> None:
        """Show that there is no clip, and what to do about it."""
        self._show_state("", "", text, has_clip=False)

    def set_loading(self, label: str | None, name: str = "") -> None:
        """Show that the clip is being read."""
        self._show_state(label or "", name, "Reading…", has_clip=False)

    def set_clip(
        self, label: str | None, name: str, db: NDArray[np.float32] | None, seconds: float
    ) -> None:
        """Show a clip.

        Parameters
        ----------
        label, name : str
            Its class, if known, and its file's name.
        db : ndarray, shape (n_mels, n_frames), optional
            Its log-mel in dB, cut to its own frames; None until it is computed.
        seconds : float
            Its duration.
        """
        words = "Not heard yet" if db is None else ""
        self._show_state(label or "", f"{name}{_DOT}{length(seconds)}", words, has_clip=True)
        if db is not None:
            self._picture.set_map(db)

    def set_error(self, sentence: str) -> None:
        """Show why there is no clip to see."""
        self._show_state(self._label, self._name, sentence, has_clip=False)
        self._picture.setToolTip(plain(sentence))

    def set_score(
        self, similarity: float | None, rank: int | None = None, of_class: float | None = None
    ) -> None:
        """Show the similarity with the query and the rank of its class, or neither.

        ``of_class`` is the score of the class, where several clips make it.
        """
        self._rank = rank
        self._bar.set_score(similarity, best=rank == 1, of_class=of_class)
        self._badge.setText("" if rank is None else str(rank))
        self._badge.setVisible(rank is not None)
        self._badge.setToolTip(_RANK if of_class is None else _RANK_OF_CLASS)
        self._describe()

    def set_marks(self, *, predicted: bool = False, outcome: Outcome | None = None) -> None:
        """Mark the predicted class' clip, and whether that is right where the truth is known."""
        self._mark.set_marks(predicted=predicted, outcome=outcome)
        self._describe()

    def set_selected(self, selected: bool) -> None:
        """Draw it as the chosen one."""
        self.setProperty("selected", selected)
        restyle(self)

    def set_playing(self, playing: bool) -> None:
        """Offer to stop instead of to play."""
        self._play.set_icon("stop" if playing else "play")
        self._play.setToolTip("Stop (Space)" if playing else "Play (Space)")
        self._name_buttons()

    def set_locked(self, locked: bool) -> None:
        """Say whether the clip stays when the next line-up is drawn."""
        self._locked = locked
        self._lock.set_icon("lock" if locked else "unlock", quiet=not locked)
        tip = "Let it go with the next line-up (L)" if locked else "Keep it in the next line-up (L)"
        self._lock.setToolTip(tip)
        self._describe()

    def set_drag(self, clip: DroppedClip | None) -> None:
        """Say what dragging the card carries; nothing if None."""
        self._carried = clip

    def sizeHint(self) -> QSize:
        """Ask for the size of a card among others."""
        return QSize(280, 180)

    def minimumSizeHint(self) -> QSize:
        """Keep picture, bar and buttons usable."""
        return QSize(204, 138)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the class readable on a narrow card."""
        self._mark.set_terse(self.width() < _ROOMY)
        self._name_file()
        super().resizeEvent(event)

    def _build(self) -> None:
        self._badge = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._badge.setProperty("badge", True)
        self._badge.setToolTip(_RANK)
        self._title, self._subtitle = ElidedLabel(), ElidedLabel()
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._subtitle.setProperty("quiet", True)
        self._picture, self._mark, self._bar = Thumbnail(), Mark(), SimilarityBar()
        self._play = IconButton("play", "Play (Space)")
        self._lock = IconButton("unlock", "")
        self._lock.setFixedSize(_LOCK)
        self._replace = IconButton("replace", "Replace this clip…")
        self._remove = IconButton("close", "Remove this clip (Delete)")
        if self._role == "query":  # showing a part before it has a parent would make it a window
            self._bar.hide()
            self._remove.hide()
        self._badge.setText("0")  # pictures in a row begin level, with a rank or without
        self._title.setMinimumHeight(self._badge.sizeHint().height())

    def _connect(self) -> None:
        self._play.clicked.connect(self._ask_play)
        self._lock.clicked.connect(self._ask_lock)
        self._replace.clicked.connect(self._ask_replace)
        self._remove.clicked.connect(self._ask_remove)

    def _ask_play(self) -> None:
        self.play_requested.emit(self._place)

    def _ask_lock(self) -> None:
        self.lock_requested.emit(self._place)

    def _ask_replace(self) -> None:
        self.replace_requested.emit(self._place)

    def _ask_remove(self) -> None:
        self.remove_requested.emit(self._place)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 6)
        column.setSpacing(3)
        column.addLayout(_row(self._badge, (self._title, 1), self._mark, self._lock))
        buttons = _row((self._subtitle, 1), self._play, self._replace, self._remove)
        buttons.setSpacing(0)
        column.addLayout(buttons)
        column.addWidget(self._picture, 1)
        column.addWidget(self._bar)

    def _show_state(self, label: str, name: str, message: str, *, has_clip: bool) -> None:
        self._label, self._name = label, name
        self._title.setText(label or ("Query" if self._role == "query" else "Support clip"))
        self._name_file()
        self._picture.set_message(message)
        self._picture.setToolTip("")
        self._play.setEnabled(has_clip)
        self._offer(is_empty=not (has_clip or label))
        self.set_marks()
        self.set_score(None)

    def _name_file(self) -> None:
        shown = self._name if self.width() >= _ROOMY else self._name.split(_DOT)[0]
        self._subtitle.setText(shown)
        self._subtitle.setToolTip(plain(self._name))

    def _offer(self, is_empty: bool) -> None:
        """Offer what can be done with a clip, or only to choose one."""
        self._replace.set_icon("folder" if is_empty else "replace")
        self._replace.setToolTip("Choose a sound file…" if is_empty else "Replace this clip…")
        self._play.setVisible(not is_empty)
        self._lock.setVisible(not is_empty)
        for part in (self._bar, self._remove):
            part.setVisible(self._role == "support" and not is_empty)

    def _describe(self) -> None:
        """Tell a screen reader what the card shows."""
        parts = [
            "Query" if self._role == "query" else "Support clip",
            self._label,
            self._name,
            self._picture.message,
            f"rank {self._rank}, similarity {self._bar.text}" if self._rank else "",
            self._mark.text,
            "locked" if self._locked else "",
        ]
        self.setAccessibleName(", ".join(part for part in parts if part))
        self._name_buttons()

    def _name_buttons(self) -> None:
        """Tell a screen reader whose buttons they are."""
        role = "query" if self._role == "query" else f"support clip {self._place}"
        whose = ", ".join(filter(None, (role, self._label, self._name)))
        for button in (self._play, self._lock, self._replace, self._remove):
            button.setAccessibleName(f"{button.toolTip()}: {whose}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the card; a drag may follow."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            self.clicked.emit(self._place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin to drag the clip once the mouse has gone far enough."""
        if self._pressed is None or self._carried is None:
            return
        way = (event.position().toPoint() - self._pressed).manhattanLength()
        if way >= QApplication.startDragDistance():
            self._pressed = None
            drag = QDrag(self)
            drag.setMimeData(clip_mime([self._carried]))
            drag.setPixmap(self._picture.grab())
            drag.exec(Qt.DropAction.CopyAction)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Forget the press, so that no drag follows."""
        self._pressed = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Activate the card."""
        self.activated.emit(self._place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select and activate by Return, play by Space, remove by Delete, leave by an arrow."""
        keys = Qt.Key
        if event.key() in (keys.Key_Return, keys.Key_Enter):
            self.clicked.emit(self._place)
            self.activated.emit(self._place)
        elif event.key() == keys.Key_Space and self._play.isEnabled():
            self.play_requested.emit(self._place)
        elif event.key() == keys.Key_L and self._lock.isVisible():
            self.lock_requested.emit(self._place)
        elif event.key() in (keys.Key_Delete, keys.Key_Backspace) and self._role == "support":
            self.remove_requested.emit(self._place)
        elif event.key() in _ARROWS and not event.modifiers() & _HELD:
            self.left.emit(self._place, event.key())
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a drag that carries sound files."""
        if dropped_clips(event.mimeData()):
            event.acceptProposedAction()
            self._set_dropping(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the dropped clips on."""
        self._set_dropping(False)
        clips = dropped_clips(event.mimeData())
        if clips:
            event.acceptProposedAction()
            self.dropped.emit(self._place, clips)

    def _set_dropping(self, dropping: bool) -> None:
        self.setProperty("dropping", dropping)
        restyle(self)


def _row(*members: QWidget | tuple[QWidget, int]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for member in members:
        widget, stretch = member if isinstance(member, tuple) else (member, 0)
        row.addWidget(widget, stretch)
    return row
