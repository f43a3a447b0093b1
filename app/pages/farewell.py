"""Farewell: what becomes of trainings that run when the window closes, asked once."""

from typing import cast, get_args

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QMenu, QMessageBox, QWidget

from app.jobs import Jobs
from app.settings import Parting, Settings
from siamese_core.errors import counted

_TITLES = {"ask": "&Ask", "go on": "Let trainings &go on", "stop": "&Stop trainings"}

_FOUND_AGAIN = "What goes on is found again at the next start."
_NOT_STARTED = (
    "What waits in the queue is not started while the window is closed; it stays there, and "
    "Go on with the queue on the Train page starts it."
)


class Farewell(QObject):
    """Lets the window close, or asks and closes it once the person has answered."""

    def __init__(self, jobs: Jobs, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._jobs, self._settings, self._window = jobs, settings, window
        self._answer: Parting = "ask"
        self._is_answered = False
        self.box: QMessageBox | None = None
        self._answers: dict[QAbstractButton, Parting] = {}

    @property
    def stops(self) -> bool:
        """Whether the trainings are to be stopped."""
        return self._decided == "stop"

    def may_close(self) -> bool:
        """Whether the window may close now: what is set is of those that run, not that wait."""
        if self._is_answered or not (self._in_doubt or self._jobs.waiting):
            return True
        self._ask()
        return False

    @property
    def _in_doubt(self) -> int:
        """How many trainings run of which it is not decided what becomes of them."""
        return len(self._jobs.running) if self._decided == "ask" else 0

    @property
    def _decided(self) -> Parting:
        return self._answer if self._answer != "ask" else self._settings.parting

    def _ask(self) -> None:
        box = self.box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Earwitness")
        words, meaning = self._words()
        box.setText(words)
        box.setInformativeText(meaning)
        runs, roles = self._in_doubt, QMessageBox.ButtonRole
        going = "Go on in the background" if runs else "Close the window"
        self.go_on = box.addButton(going, roles.AcceptRole)
        self._answers = {self.go_on: "go on" if runs else "ask"}
        if runs:
            self.stop = box.addButton("Stop after the present step", roles.DestructiveRole)
            self._answers[self.stop] = "stop"
            self.never_again = QCheckBox("Do not ask again", box)  # PySide would free it otherwise
            box.setCheckBox(self.never_again)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(self.go_on)
        box.finished.connect(self._take)
        box.open()

    def _words(self) -> tuple[str, str]:
        """Say how many trainings there are to think of, and what will become of them."""
        run, wait = self._in_doubt, len(self._jobs.waiting)
        told = []
        if run:
            told.append((counted(run, "training still runs", "trainings still run"), _FOUND_AGAIN))
        if wait:
            waiting = counted(wait, "training waits", "trainings wait")
            told.append((f"{waiting} in the queue", _NOT_STARTED))
        counts, meanings = zip(*told, strict=True)
        return " ".join(f"{count}." for count in counts), " ".join(meanings)

    def _take(self) -> None:
        """Close the window, if so answered, once the box is done with its own end."""
        box, self.box = self.box, None
        if box is None:
            return
        if (button := box.clickedButton()) in self._answers:
            self._answer, self._is_answered = self._answers[button], True
            if (never_again := box.checkBox()) and never_again.isChecked():
                self._settings.parting = self._answer
            QTimer.singleShot(0, self._window.close)
        box.deleteLater()


class PartingMenu(QMenu):
    """What becomes of trainings when the window closes."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__("When the &window closes", parent)
        self._settings = settings
        self._group = QActionGroup(self)
        for choice in get_args(Parting):
            action = self.addAction(_TITLES[choice])
            action.setData(choice)
            action.setCheckable(True)
            self._group.addAction(action)
        self.aboutToShow.connect(self.fill)
        self.triggered.connect(self._choose)
        self.fill()

    def fill(self) -> None:
        """Mark what is set."""
        for action in self.actions():
            action.setChecked(action.data() == self._settings.parting)

    def _choose(self) -> None:
        if action := self._group.checkedAction():
            self._settings.parting = cast("Parting", action.data())
