"""Mark: says on a card that its class was predicted, and whether that is right."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app import theme

_SHOWN = {
    "predicted": ("star", "accent", "Predicted"),
    "right": ("check", "right", "Right"),
    "wrong": ("close", "wrong", "Wrong"),
}


class Mark(QWidget):
    """An icon and a word, so that colour is never the only sign; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind: str | None = None
        self._sign, self._word = QLabel(), QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._sign)
        row.addWidget(self._word)
        self.hide()

    @property
    def text(self) -> str:
        """What it says to a screen reader; empty if nothing."""
        if self._kind is None:
            return ""
        return "predicted" if self._kind == "predicted" else f"predicted, {self._kind}"

    def set_marks(self, *, predicted: bool, outcome: str | None) -> None:
        """Show that the class was predicted; with ``outcome`` right or wrong, show that."""
        self._kind = (outcome or "predicted") if predicted else None
        self._draw()
        self.setVisible(self._kind is not None)

    def set_terse(self, terse: bool) -> None:
        """Leave the word to the tooltip where there is little room; the icon says it too."""
        self._word.setVisible(not terse)

    def changeEvent(self, event: QEvent) -> None:
        """Draw it again in the new theme's colours."""
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)

    def _draw(self) -> None:
        if self._kind is None:
            return
        icon, colour, word = _SHOWN[self._kind]
        ink: str = getattr(theme.colours(), colour)
        self._sign.setPixmap(theme.icon(icon, ink).pixmap(16, 16))
        self._word.setText(word)
        self._word.setStyleSheet(f"color: {ink}")
        self.setToolTip(f"The network's answer for this line-up: {self.text}")
