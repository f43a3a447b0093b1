"""DrawBar: the size and seed of a random line-up, and the way back to earlier ones."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from app.library.parts import Parts
from app.pages.tip import tipped
from app.session.session import Session
from app.settings import LARGEST_SEED
from app.widgets.icon_button import IconButton
from siamese_core.corpus import Corpus

_ALL = "All classes"
_PART_TIP = (
    "Which classes line-ups are drawn from: all, or those that the model's training or the corpus "
    "itself keeps apart"
)
_SHORTEST = 16
"""Letters, as many as the longest name of a part has."""


class DrawBar(QWidget):
    """Draws C-way K-shot line-ups. Each press takes the next seed; a typed seed is drawn itself.

    What was drawn last is kept for the next start, which goes on behind that seed.
    """

    def __init__(self, session: Session, parts: Parts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._parts = session, parts
        kept = session.settings
        self.ways = _spin("Classes in the line-up (C)", 2, kept.ways)
        self.shots = _spin("Shots: support clips of each class (K)", 1, kept.shots)
        self.seed = _spin("The same seed draws the same line-up again", 0, 0)
        self.seed.setMaximum(LARGEST_SEED)
        self.seed.setValue(kept.seed)
        tip = "Draw a query and a support set from the library; locked cards stay (Ctrl+R)"
        self.button = IconButton("shuffle", tip, text="New random line-up")
        self.part = tipped(QComboBox(), _PART_TIP, "Drawn from")
        self.part.setMinimumContentsLength(_SHORTEST)
        self.part.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.back = _step("‹", "Previous line-up", "Alt+Left")
        self.forward = _step("›", "Next line-up", "Alt+Right")
        self._arrange()
        self.button.clicked.connect(self.draw_next)
        self.ways.valueChanged.connect(self._note_choice)
        self.ways.lineEdit().textEdited.connect(self._note_choice)
        self.seed.editingFinished.connect(self._draw_typed)
        self.seed.lineEdit().textEdited.connect(self._note_typing)
        self.back.clicked.connect(session.back)
        self.forward.clicked.connect(session.forward)
        session.corpus_changed.connect(self._fit)
        parts.changed.connect(self._list_parts)
        self.part.currentIndexChanged.connect(self._fit)
        session.lineup_changed.connect(self._enable)
        session.history_changed.connect(self._enable)
        self._drawn = self.seed.value()
        self._typed = self._chosen = False
        self._list_parts()
        self._enable()

    @property
    def among(self) -> Corpus | None:
        """The corpus, or the part of it, that line-ups are drawn from."""
        return self._parts.found.get(self.part.currentText(), self._session.corpus)

    def draw_next(self) -> None:
        """Draw with the next seed, or with the one that has just been typed."""
        if not self._typed:
            self.seed.setValue((self.seed.value() + 1) % (LARGEST_SEED + 1))
        self._draw()

    def _draw_typed(self) -> None:
        """Draw once a seed has been typed; passing through the field draws nothing."""
        if self._typed or self.seed.value() != self._drawn:
            self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Draw by Return where the size was typed, with the same seed."""
        returns = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() in returns and self.focusWidget() in (self.ways, self.shots):
            self._draw()
        else:
            super().keyPressEvent(event)

    def _note_typing(self, _text: str) -> None:
        self._typed = True

    def _note_choice(self, _ways: object) -> None:
        self._chosen = True

    def _draw(self) -> None:
        for spin in (self.ways, self.shots, self.seed):  # what is typed there counts, left or not
            spin.interpretText()
        self._drawn, self._typed = self.seed.value(), False
        kept = self._session.settings
        kept.shots, kept.seed = self.shots.value(), self._drawn
        if self._chosen:  # else it may be all that there are
            kept.ways = self.ways.value()
        self._session.draw(self.ways.value(), self.shots.value(), self._drawn, self.among)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for button in (self.back, self.button, self.forward):
            row.addWidget(button)
        for title, spin in (("Classes", self.ways), ("Shots", self.shots), ("Seed", self.seed)):
            label = QLabel(title)
            label.setBuddy(spin)
            spin.setAccessibleName(title)
            row.addSpacing(6)
            row.addWidget(label)
            row.addWidget(spin)
        row.addSpacing(6)
        row.addWidget(self.part)
        row.addStretch(1)

    def _list_parts(self) -> None:
        """Offer the parts, if there are any; the one that was chosen stays so while it is there."""
        chosen, found = self.part.currentText(), self._parts.found
        with QSignalBlocker(self.part):
            self.part.clear()
            self.part.addItems([_ALL, *found])
            self.part.setCurrentText(chosen if chosen in found else _ALL)
        self.part.setVisible(bool(found))
        self._fit()

    def _fit(self) -> None:
        corpus = self.among
        classes = len(corpus.classes) if corpus else 0
        with QSignalBlocker(self.ways):
            self.ways.setMaximum(max(classes, 2))
            self.ways.setValue(min(max(classes, 2), self._session.settings.ways))
        self._chosen = False
        self.button.setEnabled(classes > 0)

    def _enable(self) -> None:
        self.back.setEnabled(self._session.can_step(-1))
        self.forward.setEnabled(self._session.can_step(1))


def _spin(tip: str, least: int, value: int) -> QSpinBox:
    spin = tipped(QSpinBox(minimum=least, maximum=99, value=value), tip)
    spin.setKeyboardTracking(False)
    return spin


def _step(text: str, name: str, keys: str) -> QToolButton:
    button = tipped(QToolButton(), f"{name} ({keys})", name)
    button.setText(text)
    button.setAutoRaise(True)
    return button
