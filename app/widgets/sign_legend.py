"""SignLegend: what the two colours of a map on a picture mean, in one line."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app import theme
from app.widgets.plain import plain

SIMILARITY = ("lowers", "raises the similarity")
_BAR = QSize(72, 9)
_WIDEST = 200
"""Pixels of a word."""
_TIP = (
    "The stronger the colour, the more a place does; where there is none, it does nothing, or "
    "less than the threshold. Point at the picture to read the value."
)


def ends(own: str, rival: str | None) -> tuple[str, str]:
    """Return what blue and orange mean: of a contrast with a rival class, or of a similarity."""
    return SIMILARITY if rival is None else (f"for {rival}", f"for {own}")


class _Bar(QWidget):
    """The overlay's colours from -1 to 1, on the picture's ground."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(_BAR)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw one column a pixel."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colours().surface)
        colours = theme.signed_map().getLookupTable(0.0, 1.0, _BAR.width(), alpha=True)
        for x, colour in enumerate(colours):
            painter.fillRect(QRect(x, 0, 1, _BAR.height()), QColor(*map(int, colour)))
        painter.end()


class SignLegend(QWidget):
    """A bar between the words for its two ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low, self._bar, self._high = QLabel(), _Bar(), QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(6)
        for part in (self._low, self._bar, self._high):
            row.addWidget(part)
        for label in (self._low, self._high):
            label.setProperty("quiet", True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.set_words(*SIMILARITY)

    @property
    def words(self) -> tuple[str, str]:
        """What blue and orange mean."""
        return self._words

    def set_words(self, low: str, high: str) -> None:
        """Say what blue and orange mean; a long class is cut, and the tip names all of it."""
        self._words = low, high
        told = f"Blue: {low}. Orange: {high}. {_TIP}"
        self.setToolTip(plain(told))
        self.setAccessibleName(told)
        for label, words in ((self._low, low), (self._high, high)):
            mode = Qt.TextElideMode.ElideMiddle
            label.setText(label.fontMetrics().elidedText(words, mode, _WIDEST))
