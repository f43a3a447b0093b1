"""DrawBar: the size and seed of a random line-up, and the way back to earlier ones."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from app.pages.tip import tipped
from app.session import Session
from app.widgets.icon_button import IconButton

_LARGEST_SEED = 999_999


class DrawBar(QWidget):
    """Draws C-way K-shot line-ups. Each press takes the next seed; a typed seed is drawn itself."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.ways = _spin("Classes in the line-up (C)", 2, 2)
        self.shots = _spin("Support clips of each class (K)", 1, 1)
        self.seed = _spin("The same seed draws the same line-up again", 0, 0)
        self.seed.setMaximum(_LARGEST_SEED)
        tip = "Draw a query and a support set from the library; locked cards stay (Ctrl+R)"
        self.button = IconButton("shuffle", tip, text="New random line-up")
        self.back = _step("‹", "Previous line-up", "Alt+Left")
        self.forward = _step("›", "Next line-up", "Alt+Right")
        self._arrange()
        self.button.clicked.connect(self.draw_next)
        self.seed.editingFinished.connect(self._draw_typed)
        self.seed.lineEdit().textEdited.connect(self._note_typing)
        self.back.clicked.connect(session.back)
        self.forward.clicked.connect(session.forward)
        session.corpus_changed.connect(self._fit)
        session.lineup_changed.connect(self._enable)
        self._drawn = self.seed.value()
        self._typed = False
        self._fit()
        self._enable()

    def draw_next(self) -> None:
        """Draw with the next seed."""
        self.seed.setValue((self.seed.value() + 1) % (_LARGEST_SEED + 1))
        self._draw()

    def _draw_typed(self) -> None:
        """Draw once a seed has been typed; passing through the field draws nothing."""
        if self._typed or self.seed.value() != self._drawn:
            self._draw()

    def _note_typing(self, _text: str) -> None:
        self._typed = True

    def _draw(self) -> None:
        self._drawn, self._typed = self.seed.value(), False
        self._session.draw(self.ways.value(), self.shots.value(), self._drawn)

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
        row.addStretch(1)

    def _fit(self) -> None:
        corpus = self._session.corpus
        classes = len(corpus.classes) if corpus else 0
        self.ways.setMaximum(max(classes, 2))
        self.ways.setValue(min(max(classes, 2), 5))
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
