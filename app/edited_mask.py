"""EditedMask: the mask of a pair while it is shaped by a slider and by hand."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.session import Session
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import ParameterError
from siamese_core.mask import Mask
from siamese_core.mask_edits import grow, invert, shrink
from siamese_core.mask_history import MaskHistory

_STEP_SECONDS = 0.01

Edit = Callable[[Mask], Mask]
Step = Callable[[MaskHistory | None], MaskHistory | None]


class EditedMask(QObject):
    """One mask with its history; every change is made on the worker, in the order of the wishes.

    Shaping anew replaces a mask that was only shaped, so that a slider leaves no hundred steps;
    after a change by hand it is one more step, which can be undone.
    """

    changed = Signal()
    copied_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.copied: Mask | None = None
        """A mask that is held to be laid on another clip."""
        self._history: MaskHistory | None = None
        self._shaped: Mask | None = None
        self._waiting: list[tuple[str, Step]] = []
        self._job: Job[MaskHistory | None] | None = None

    @property
    def now(self) -> Mask | None:
        """The mask as it is."""
        return self._history.now if self._history else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._history and self._history.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to do again."""
        return bool(self._history and self._history.future)

    def shape(self, make: Callable[[], Mask]) -> None:
        """Take the mask that ``make`` returns; of wishes in a row only the newest is carried out.

        The mask before it is a step to go back to if it was drawn by hand.
        """
        if self._waiting and self._waiting[-1][0] == "shape":
            self._waiting.pop()
        self._ask("shape", partial(self._shape, make))

    def edit(self, edit: Edit) -> None:
        """Change the mask by hand."""
        if self._history:
            self._ask("edit", partial(_edited, edit))

    def invert(self) -> None:
        """Keep all that was removed."""
        self.edit(invert)

    def grow(self) -> None:
        """Widen what is kept."""
        self.edit(partial(_stepped, grow))

    def shrink(self) -> None:
        """Narrow what is kept."""
        self.edit(partial(_stepped, shrink))

    def empty(self) -> None:
        """Keep nothing."""
        self.edit(_emptied)

    def copy(self) -> None:
        """Hold the mask for another clip."""
        self.copied = self.now
        self.copied_changed.emit()

    def paste(self) -> None:
        """Have the mask that is held."""
        if self.copied:
            self.edit(partial(lay, self.copied))

    def undo(self) -> None:
        """Take the last edit back."""
        self._ask("undo", _undone)

    def redo(self) -> None:
        """Do again what was undone last."""
        self._ask("redo", _redone)

    @property
    def state(self) -> tuple[MaskHistory, Mask | None] | None:
        """The mask with its history and what the map alone gave, to be taken up again."""
        return (self._history, self._shaped) if self._history else None

    def take_up(self, history: MaskHistory, shaped: Mask | None) -> None:
        """Go on with a mask that was left."""
        self.clear()
        self._history, self._shaped = history, shaped
        self.changed.emit()

    def clear(self) -> None:
        """Have no mask, and forget all wishes."""
        self._waiting.clear()
        if self._job:
            self._job.cancel()
        self._job = self._history = self._shaped = None

    def _ask(self, name: str, step: Step) -> None:
        self._waiting.append((name, step))
        self._go_on()

    def _go_on(self) -> None:
        if self._job or not self._waiting:
            return
        steps, self._waiting = [step for _, step in self._waiting], []
        history = self._history

        def work(_on_event: OnEvent, _should_stop: ShouldStop) -> MaskHistory | None:
            after = history
            for step in steps:
                after = step(after)
            return after

        self._job = self._session.background.run(
            work, on_done=self._take, on_error=self._fail, on_cancelled=self._stop
        )

    def _take(self, history: MaskHistory | None) -> None:
        self._job, self._history = None, history
        self.changed.emit()
        self._go_on()

    def _fail(self, error: Exception) -> None:
        self._job = None
        self._session.tell("mask", error)
        self._go_on()

    def _stop(self) -> None:
        """Note that all work was cancelled, unless something was asked for since."""
        if self._job and self._job.cancelled:
            self._job = None
            self._go_on()

    def _shape(self, make: Callable[[], Mask], history: MaskHistory | None) -> MaskHistory:
        mask, before = make(), self._shaped
        self._shaped = mask
        if history is None:
            return MaskHistory(mask)
        if history.now is before:
            return MaskHistory(mask, history.past)
        return history.edited(mask)


def lay(mask: Mask, now: Mask) -> Mask:
    """Return ``now`` with another mask's gains, cell by cell from the window's beginning.

    Raises
    ------
    ParameterError
        If the other one was made for other log-mels.
    """
    if mask.mel != now.mel:
        raise ParameterError(
            f"The mask fits log-mels of {mask.mel.n_mels} bands in {mask.mel.seconds:.2f} s at "
            f"{mask.mel.rate} Hz; this model needs {now.mel.n_mels} bands in "
            f"{now.mel.seconds:.2f} s at {now.mel.rate} Hz."
        )
    return replace(now, values=mask.values)


def _stepped(change: Callable[[Mask, float, float], Mask], mask: Mask) -> Mask:
    """Grow or shrink by one mel band, and by 10 ms or a frame if that is longer."""
    return change(mask, max(_STEP_SECONDS, mask.mel.hop / mask.mel.rate), 1.0)


def _emptied(mask: Mask) -> Mask:
    return replace(mask, values=np.zeros_like(mask.values))


def _edited(edit: Edit, history: MaskHistory | None) -> MaskHistory | None:
    return history and history.edited(edit(history.now))


def _undone(history: MaskHistory | None) -> MaskHistory | None:
    return history and history.undone()


def _redone(history: MaskHistory | None) -> MaskHistory | None:
    return history and history.redone()
