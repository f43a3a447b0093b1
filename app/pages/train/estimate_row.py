"""EstimateRow: how long a training would take, measured by a few real steps in a child process."""

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PySide6.QtCore import QProcess, QProcessEnvironment, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.pages.tip import tipped
from app.training.child import command, environment, training_arguments
from siamese_core.errors import EarwitnessError
from siamese_core.files import reason, write_text
from siamese_core.launch import Launch
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.status import ending

_FAREWELL_MS = 1000
_PATIENCE_MS = 0 if sys.platform == "win32" else 5000
"""What it gets to end by itself, before it is killed; on Windows a console's cannot be asked."""
_CANCELLED = "The measuring was cancelled."
_WORDLESS = "The measuring ended without a word."


class EstimateRow(QWidget):
    """A button that measures or cancels, and what came out."""

    asked = Signal()
    """The button was pressed: `measure` is wanted."""
    told = Signal(str)
    """The outcome: a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = tipped(QPushButton("Estimate"), "Take a few real steps to see how long it is")
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress of the estimate")
        self.bar.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addWidget(self.bar, 1)
        row.addWidget(self.words, 1)
        self._process = QProcess(self)
        self._folder: TemporaryDirectory[str] | None = None
        self._outcome = ""
        self._instead: str | None = None
        """What is told in the place of the outcome, once that is not wanted any more."""
        self._impatience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._impatience.timeout.connect(self._process.kill)
        self.button.clicked.connect(self._press)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._fail)

    @property
    def busy(self) -> bool:
        """Whether it measures."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def measure(self, recipe: Recipe, launch: Launch, beside: Path) -> None:
        """Begin to measure; the steps are taken in a folder beside the runs, which goes again."""
        try:
            self._folder = TemporaryDirectory(prefix="earwitness-")
            run = Run(Path(self._folder.name))
            write_text(run.recipe, recipe.to_toml())
        except OSError as error:
            self._tell(f"The recipe cannot be written for the measuring: {reason(error)}.")
            return
        except EarwitnessError as error:
            self._tell(str(error))
            return
        own = QProcessEnvironment()
        for name, value in environment().items():
            own.insert(name, value)
        self._process.setProcessEnvironment(own)
        place = ["--estimate", "--out", str(beside / "estimate")]  # the last one counts
        program, *arguments = command(*training_arguments(run, launch), *place)
        self._outcome, self._instead = "", None
        self._process.start(program, arguments)
        self.button.setText("Cancel")
        self.bar.setRange(0, 0)
        self.bar.show()
        self.words.hide()

    def cancel(self) -> None:
        """Ask it to end, and kill it if it does not."""
        if self.busy:
            self._instead = _CANCELLED
            self.button.setText("Cancelling…")
            self._process.terminate()
            self._impatience.start()

    def close_down(self) -> None:
        """End it now, for the window goes."""
        self.cancel()
        if self.busy and not self._process.waitForFinished(_FAREWELL_MS):
            self._process.kill()
            self._process.waitForFinished()

    def clear(self) -> None:
        """Forget what was measured: it was of something else."""
        self.cancel()
        self._instead = ""
        self.words.clear()

    def _press(self) -> None:
        if self.busy:
            self.cancel()
        else:
            self.asked.emit()

    def _read(self) -> None:
        while self._process.canReadLine():
            with suppress(ValueError, KeyError):
                self._take(json.loads(bytes(self._process.readLine().data())))

    def _take(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "progress":
            self.bar.setRange(0, event["total"])
            self.bar.setValue(event["done"])
        elif event["event"] == "estimate":
            self._outcome = event["sentence"]

    def _end(self, _code: int, _status: QProcess.ExitStatus) -> None:
        said = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        words = self._outcome or ending(said) or _WORDLESS
        self._impatience.stop()
        self._tell(words if self._instead is None else self._instead)

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._tell(f"The measuring could not be started: {self._process.errorString()}.")

    def _tell(self, sentence: str) -> None:
        if self._folder:
            self._folder.cleanup()
            self._folder = None
        self.button.setText("Estimate")
        self.bar.hide()
        self.words.setText(sentence)
        self.words.show()
        self.told.emit(sentence)
