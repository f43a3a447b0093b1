"""SimilarityBar: a similarity from 0 to 1 as a bar and a number, beside that of its class."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

_HEIGHT = 8.0
_GAP = 8
_TIP = (
    "How similar the network finds query and clip, 0 to 1; the mark is 0.5, where it is undecided."
)
_TIP_OF_CLASS = (
    f"{_TIP}\nBeside it the score of the class, from the mean logit of its clips: that is what "
    "ranks and decides."
)


class SimilarityBar(QWidget):
    """Empty until there is a score; the best one of a line-up is drawn in the accent colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._similarity: float | None = None
        self._of_class: float | None = None
        self._best = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_score(None)

    @property
    def text(self) -> str:
        """The numbers as shown."""
        if self._similarity is None:
            return "–"
        own = f"{self._similarity:.3f}"
        return own if self._of_class is None else f"{own}  class {self._of_class:.3f}"

    def set_score(
        self, similarity: float | None, *, best: bool = False, of_class: float | None = None
    ) -> None:
        """Show a similarity in [0, 1], or none; that of its class, if it has several clips."""
        self._similarity, self._best, self._of_class = similarity, best, of_class
        said = "not scored yet" if similarity is None else self.text
        self.setAccessibleName(f"Similarity: {said}")
        self.setToolTip(_TIP if of_class is None else _TIP_OF_CLASS)
        self.update()

    def sizeHint(self) -> QSize:
        """Leave room for the number and some bar."""
        return QSize(120, self.fontMetrics().height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, the bar, the mark at 0.5 and the number."""
        look = theme.colours()
        widest = "0.000" if self._of_class is None else "0.000  class 0.000"
        number = self.fontMetrics().horizontalAdvance(widest) + _GAP
        track = QRectF(0, (self.height() - _HEIGHT) / 2, self.width() - number, _HEIGHT)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._bar(painter, track, look.raised)
        if self._similarity is not None:
            length = QRectF(track)
            length.setWidth(track.width() * min(max(self._similarity, 0.0), 1.0))
            self._bar(painter, length, look.accent if self._best else look.muted)
        painter.fillRect(QRectF(track.center().x(), track.y() - 2, 1, 12), QColor(look.line))
        painter.setPen(QColor(look.text if self._similarity is not None else look.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), right, self.text)
        painter.end()

    def _bar(self, painter: QPainter, place: QRectF, colour: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(place, 2, 2)
