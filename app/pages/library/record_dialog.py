"""RecordDialog: record a clip, trim it, listen to it, and put it into the line-up."""

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.library.recorder import UNKNOWN, WHERE, Recorder
from app.pages.file_dialogs import FileDialogs
from app.pages.library.trim_strip import TrimStrip
from app.pages.tip import tipped
from app.session.session import Session
from app.widgets.elided_box import ElidedBox
from app.widgets.icon_button import IconButton
from app.widgets.level_meter import LevelMeter
from app.widgets.notice import Notice

_FIRST = "Press Record and speak; a second or two is enough."
_NOW = "Recording…"
_DEFAULT = "System default"


class RecordDialog(QDialog):
    """Stays open beside the window, so that one take can follow the other."""

    def __init__(self, session: Session, recorder: Recorder, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._recorder = session, recorder
        self._ask = FileDialogs(self, session.settings)
        self.setWindowTitle("Record a clip")
        self._build()
        self._arrange()
        self._connect()
        self._show()

    def open_anew(self) -> None:
        """Show it in front, ready to record."""
        self.notice.clear()
        self._offer_microphones()
        self.show()
        self.raise_()
        self.activateWindow()
        self.record.setFocus()

    def _build(self) -> None:
        self.record = IconButton("record", "Record (R)", text="Record")
        self.meter, self.strip, self.notice = LevelMeter(), TrimStrip(), Notice()
        self.microphone = tipped(ElidedBox(), "Which microphone is recorded from", "Microphone")
        self.time = QLabel()
        self.time.setProperty("quiet", True)
        self.play = IconButton("play", "Play what is wanted (Space)")
        self.trim = tipped(QPushButton("Trim silence"), "Leave the silence at both ends away (T)")
        self.label = tipped(
            QComboBox(editable=True), "Whose voice or which class it is", "Class of the recording"
        )
        self.query = tipped(QPushButton("Use as query"), "Ask about what is wanted")
        self.add = tipped(QPushButton("Add as support"), "Add it to the support set")
        self.save = tipped(QPushButton("Save as WAV…"), "Write what is wanted to a file")
        self.leave = QPushButton("Close")
        self.query.setDefault(True)
        for keys, button in (("R", self.record), ("T", self.trim)):
            QShortcut(QKeySequence(keys), self, button.click)
        self._space = QShortcut(QKeySequence("Space"), self, self.play.click)

    def _arrange(self) -> None:
        label = QLabel("Class")
        label.setBuddy(self.label)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addLayout(_row(self.record, (self.meter, 1), self.microphone))
        column.addWidget(self.strip, 1)
        column.addLayout(_row(self.play, self.trim, (self.time, 1), label, self.label))
        column.addWidget(self.notice)
        column.addLayout(_row(self.save, None, self.add, self.query, self.leave))
        self.label.setMinimumWidth(150)

    def _connect(self) -> None:
        recorder, session = self._recorder, self._session
        self.record.clicked.connect(recorder.start_or_stop)
        self.microphone.activated.connect(self._choose_microphone)
        self.play.clicked.connect(recorder.play_or_stop)
        self.trim.clicked.connect(recorder.trim)
        self.strip.chosen.connect(recorder.choose)
        self.strip.all_chosen.connect(recorder.choose_all)
        self.query.clicked.connect(self._use_as_query)
        self.add.clicked.connect(self._add)
        self.save.clicked.connect(self._save)
        self.leave.clicked.connect(self.close)
        self.finished.connect(recorder.close)  # which releases the microphone; the take stays
        recorder.changed.connect(self._show)
        recorder.input.level_changed.connect(self._show_level)
        session.player.changed.connect(self._show_playing)
        session.failed.connect(self._tell)
        session.lineup_changed.connect(self._offer_classes)
        self._offer_classes()

    def _show(self) -> None:
        """Show the take, the part of it that is wanted, and what can be done with it."""
        recorder, take = self._recorder, self._recorder.take
        recording = recorder.input.recording
        self.record.set_icon("stop" if recording else "record")
        self.record.setText("Stop" if recording else "Record again" if take else "Record")
        self.record.setToolTip("Stop recording (R)" if recording else "Record (R)")
        self.microphone.setEnabled(not recording)
        if recording:
            self.notice.clear()
        if take and recorder.envelope is not None:
            start, end = recorder.span
            self.strip.show_take(recorder.envelope, take.seconds, recorder.span)
            self.time.setText(f"{end - start:.2f} s of {take.seconds:.2f} s")
        else:
            self.strip.show_words(_NOW if recording else _FIRST)
            self.time.clear()
        self._enable(take is not None)

    def _enable(self, there: bool) -> None:
        """Offer what can be done with a take; Space plays a new one, and does not replace it."""
        came = there and not self.play.isEnabled()
        for button in (self.play, self.trim, self.query, self.add, self.save):
            button.setEnabled(there)
        self._space.setEnabled(there)  # else it presses the button that has the focus
        if came and self.focusWidget() is self.record:
            self.play.setFocus()

    def _show_level(self, peak: float) -> None:
        self.meter.show_level(peak)
        if self._recorder.input.recording:
            self.time.setText(f"{self._recorder.input.recorded.seconds:.1f} s")

    def _show_playing(self) -> None:
        playing = self._recorder.playing
        self.play.set_icon("stop" if playing else "play")
        self.play.setToolTip("Stop (Space)" if playing else "Play what is wanted (Space)")

    def _offer_microphones(self) -> None:
        """Offer the microphones, where there is a choice; a chosen one stays though it is gone."""
        microphone = self._recorder.input
        names = microphone.devices()
        offered = dict.fromkeys([*names, *([microphone.device] if microphone.device else [])])
        self.microphone.clear()
        self.microphone.addItem(_DEFAULT, "")
        for name in offered:
            self.microphone.addItem(name if name in names else f"{name} (not there)", name)
        self.microphone.setCurrentIndex(self.microphone.findData(microphone.device))
        self.microphone.setVisible(len(offered) > 1)

    def _choose_microphone(self, index: int) -> None:
        self.notice.clear()
        self._recorder.choose_microphone(self.microphone.itemData(index))

    def _offer_classes(self) -> None:
        """Offer the classes of the support set; what was typed stays."""
        typed = self.label.currentText() or UNKNOWN
        self.label.clear()
        self.label.addItems(list(dict.fromkeys([UNKNOWN, *self._session.lineup.classes])))
        self.label.setCurrentText(typed)

    def _use_as_query(self) -> None:
        self._recorder.use_as_query(self.label.currentText())

    def _add(self) -> None:
        self._recorder.add(self.label.currentText())

    def _save(self) -> None:
        if path := self._ask.recording():
            self._recorder.save(path)

    def _tell(self, where: str, sentence: str) -> None:
        if where == WHERE:
            self.notice.show_error(sentence)


def _row(*members: QWidget | tuple[QWidget, int] | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for member in members:
        if member is None:
            row.addStretch(1)
        else:
            widget, stretch = member if isinstance(member, tuple) else (member, 0)
            row.addWidget(widget, stretch)
    return row
