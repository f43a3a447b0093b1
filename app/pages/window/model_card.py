"""ModelCard: what is known of the model that listens."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QVBoxLayout, QWidget

from app.lineup.loaded_model import LoadedModel
from app.session.session import Session

_WIDTH = 440
_MOST_CLASSES = 8


class ModelCard(QFrame):
    """A panel that opens below its button and closes by Esc or a click elsewhere."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._session = session
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(_WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 14)
        self._rows = QWidget()
        self._column.addWidget(self._rows)

    def popup(self, corner: QPoint) -> None:
        """Open with the upper right corner at a place of the screen."""
        if self._session.model is None:
            return
        self._fill(self._session.model)
        self.setFixedHeight(self._column.heightForWidth(_WIDTH) + self.fontMetrics().height())
        self.move(corner.x() - self.width() // 2, corner.y() + 4)
        self.show()

    def words(self) -> str:
        """Return all that is shown, for tests and screen readers."""
        return "\n".join(label.text() for label in self._rows.findChildren(QLabel))

    def _fill(self, model: LoadedModel) -> None:
        fresh = QWidget()
        form = QFormLayout(fresh)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.setHorizontalSpacing(16)
        for title, text in facts(model).items():
            heading = QLabel(title)
            heading.setProperty("quiet", True)
            label = QLabel(text, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(heading, label)
        self._column.replaceWidget(self._rows, fresh)
        self._rows.deleteLater()
        self._rows = fresh


def facts(model: LoadedModel) -> dict[str, str]:
    """Return what is known of a model, title by title."""
    card, mel = model.card, model.mel
    heard = card.classes_heard
    more = f" and {len(heard) - _MOST_CLASSES} more" if len(heard) > _MOST_CLASSES else ""
    scores = [f"{name}: {_score(value)}" for name, value in card.scores.items()]
    return {
        "Recipe": card.recipe.name,
        "File": str(model.path),
        "Runs on": model.device,
        "Hears": (
            f"{mel.seconds:g} s at {mel.rate:,} Hz; {mel.n_mels} mel bands, "
            f"{mel.fmin:,.0f} to {mel.top_frequency:,.0f} Hz; window "
            f"{mel.win_length or mel.n_fft}, step {mel.hop} samples, {mel.n_frames} frames"
        ),
        "Encoder": f"{card.recipe.encoder.kind}, distance {card.recipe.distance}",
        "Trained for": f"{card.step:,} steps (Earwitness {card.version})",
        "Classes heard": f"{len(heard)}: {', '.join(heard[:_MOST_CLASSES])}{more}"
        if heard
        else "not told",
        "Scores": "\n".join(scores) or "none measured",
    }


def _score(value: float) -> str:
    return f"{value:.1%}" if 0 <= value <= 1 else f"{value:g}"
