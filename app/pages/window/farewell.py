"""Farewell: what becomes of exports and trainings that run when the window closes, asked once."""

from typing import Any, cast, get_args

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QMenu, QMessageBox, QWidget

from app.background import Background, Job
from app.settings import Parting, Settings
from app.training.jobs import Jobs
from siamese_core.errors import counted

_TITLES = {"ask": "&Ask", "go on": "Let trainings &go on", "stop": "&Stop trainings"}

_FOUND_AGAIN = "What goes on is found again at the next start."
_NOT_STARTED = (
    "What waits in the queue is not started while the window is closed; it stays there, and "
    "Go on with the queue on the Train page starts it."
)


_UNFINISHED = (
    "What you asked to export is not written yet. The window can stay open until it is, and close "
    "then by itself."
)


class Farewell(QObject):
    """Lets the window close, or asks and closes it once the person has answered."""

    def __init__(self, jobs: Jobs, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._jobs, self._settings, self._window = jobs, settings, window
        self._answer: Parting | None = None
        """What was answered; ``ask`` where no training ran of which to decide."""
        self._forgone = False
        """Whether the person let unfinished exports go."""
        self._finishing: list[Job[Any]] = []
        self.box: QMessageBox | None = None
        self._answers: dict[QAbstractButton, Parting] = {}

    @property
    def stops(self) -> bool:
        """Whether the trainings are to be stopped."""
        return self._decided == "stop"

    def may_close(self) -> bool:
        """Whether the window may close now: what is set is of those that run, not that wait."""
        if not self._forgone and any(worker.awaited for worker in self._workers):
            self._ask_of_exports()
            return False
        if self._answer or not (self._in_doubt or self._jobs.waiting):
            return True
        self._ask()
        return False

    @property
    def _in_doubt(self) -> int:
        """How many trainings run of which it is not decided what becomes of them."""
        return len(self._jobs.running) if self._decided == "ask" else 0

    @property
    def _decided(self) -> Parting:
        return self._answer or self._settings.parting

    @property
    def _workers(self) -> list[Background]:
        return self._window.findChildren(Background)

    def _ask_of_exports(self) -> None:
        count = sum(len(worker.awaited) for worker in self._workers)
        words = counted(count, "export is still being written", "exports are still being written")
        box = self._new_box(f"{words}.", _UNFINISHED)
        roles = QMessageBox.ButtonRole
        self.finish = box.addButton("Finish, then close", roles.AcceptRole)
        self.forgo = box.addButton("Close without it", roles.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(self.finish)
        box.finished.connect(self._take_of_exports)
        box.open()

    def _take_of_exports(self) -> None:
        box, self.box = self.box, None
        if box is None:
            return
        if box.clickedButton() is self.forgo:
            self._forgone = True
            QTimer.singleShot(0, self._window.close)
        elif box.clickedButton() is self.finish:
            self._finishing = [job for worker in self._workers for job in worker.awaited]
            for worker in self._workers:
                worker.busy_changed.connect(self._close_when_finished)
            self._close_when_finished()
        box.deleteLater()

    def _close_when_finished(self) -> None:
        """Close the window once all is written; a failure is told, and to be read."""
        if not any(worker.awaited for worker in self._workers):
            for worker in self._workers:
                worker.busy_changed.disconnect(self._close_when_finished)
            finished, self._finishing = self._finishing, []
            if not any(job.failed for job in finished):
                QTimer.singleShot(0, self._window.close)

    def _new_box(self, words: str, meaning: str) -> QMessageBox:
        box = self.box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Earwitness")
        box.setText(words)
        box.setInformativeText(meaning)
        return box

    def _ask(self) -> None:
        box = self._new_box(*self._words())
        runs, roles = self._in_doubt, QMessageBox.ButtonRole
        going = "Go on in the background" if runs else "Close the window"
        self.go_on = box.addButton(going, roles.AcceptRole)
        self._answers = {self.go_on: "go on" if runs else self._decided}
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
            self._answer = self._answers[button]
            if (never_again := box.checkBox()) and never_again.isChecked():
                self._settings.parting = self._answer
            QTimer.singleShot(0, self._window.close)
        else:
            self._forgone = False
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
