"""ClipPreview: the clip that is chosen in the library, as waveform and log-mel, with its facts."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.errors import sentence
from app.library.preview import MOST_SECONDS, Preview, preview
from app.newest import Newest
from app.pages.outline_strip import OutlineStrip
from app.session.session import Session
from app.widgets.thumbnail import Thumbnail
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.durations import length
from siamese_core.melspec import PRESETS

_WAVEFORM_HEIGHT, _LOG_MEL_HEIGHT = 32, 56


class ClipPreview(QWidget):
    """Nothing is here until a clip is chosen; then it keeps its place."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._clip: ClipFile | None = None
        self._looking: Newest[Preview] = Newest(session.player.background)
        self.waveform, self.log_mel = OutlineStrip(), Thumbnail()
        self.waveform.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.waveform.setFixedHeight(_WAVEFORM_HEIGHT)
        self.log_mel.setFixedHeight(_LOG_MEL_HEIGHT)
        self.about = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.about.setProperty("quiet", True)
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (self.waveform, self.log_mel, self.about):
            column.addWidget(widget)
        session.model_changed.connect(self._look)
        self.hide()

    def show_clip(self, clip: ClipFile | None) -> None:
        """Show another clip; what is here stays until it is read, and nothing jumps."""
        if clip != self._clip:
            self._clip = clip
            self._look()

    def _look(self) -> None:
        if self._clip is None:
            self._looking.cancel()
            self.hide()
            return
        session, clip = self._session, self._clip
        mel = session.model.mel if session.model else PRESETS["voice"]
        self._looking.run(
            partial(preview, clip, session.clips.get(clip), mel),
            on_done=self._take,
            on_error=self._refuse,
        )

    def _take(self, found: Preview) -> None:
        self.waveform.set_envelope(found.envelope)
        self.log_mel.set_map(found.db)
        self._say(words(found))

    def _refuse(self, error: Exception) -> None:
        self.waveform.set_envelope(None)
        self.log_mel.set_message("")
        self._say(sentence(error))
        self._session.escalate(error)

    def _say(self, text: str) -> None:
        """Show it, to a screen reader too."""
        self.about.setText(text)
        self.setAccessibleName(f"Preview: {text}")
        for part in (self.waveform, self.log_mel):
            part.setVisible(self.waveform.has_outline)
            part.update()
        self.show()


def words(found: Preview) -> str:
    """Give a clip's duration, rate and part of its corpus."""
    part = f"{found.file.part} part" if found.file.part else ""
    most = f"the first {MOST_SECONDS:g} s are shown" if found.seconds > MOST_SECONDS else ""
    facts = (length(found.seconds), f"{found.rate:,} Hz", part, most)
    return " · ".join(fact for fact in facts if fact)
