"""EditedMask: the mask of a pair while it is shaped by a slider and by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background import Job
from app.session import Session
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import ParameterError
from siamese_core.mask import Mask, MaskParameters
from siamese_core.mask_edits import grow, invert, shrink
from siamese_core.mask_history import MaskHistory
from siamese_core.mask_origin import MaskOrigin

_STEP_SECONDS = 0.01

Edit = Callable[[Mask], Mask]
Step = Callable[[MaskHistory | None], MaskHistory | None]


@dataclass(frozen=True)
class _Origin:
    """How a mask came to be.

    Parameters
    ----------
    parameters : MaskParameters
        How the map was shaped before anything was drawn on it.
    is_drawn : bool
        Whether a hand changed it since.
    when : float
        When it was asked for, in seconds of the monotonic clock.
    """

    parameters: MaskParameters
    is_drawn: bool = False
    when: float = 0.0


@dataclass(frozen=True)
class _Wish:
    """A change that is asked for; a shaping may join the one before it as one step."""

    step: Step
    is_shape: bool = False
    joins: bool = False
    when: float = 0.0
    """Of a change; undoing changes nothing anew."""


class EditedMask(QObject):
    """One mask with its history; every change is made on the worker, in the order of the wishes.

    Shaping anew goes on with the step before it if that was a shaping too, so that a slider leaves
    no hundred steps; `begin_step` has the next one be a step of its own.
    """

    changed = Signal()
    wished = Signal()
    """A change is asked for, and will come."""
    copied_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.copied: Mask | None = None
        """A mask that is held to be laid on another clip."""
        self._history: MaskHistory | None = None
        self._shaped: Mask | None = None
        self._origins: WeakKeyDictionary[Mask, _Origin] = WeakKeyDictionary()
        self._joins = False
        self._waiting: list[_Wish] = []
        self._asked = 0.0
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

    @property
    def parameters(self) -> MaskParameters | None:
        """How the mask was shaped, once no wish is open."""
        origin = self._origin
        return origin.parameters if origin and not (self._job or self._waiting) else None

    @property
    def is_drawn(self) -> bool:
        """Whether a hand changed the mask since it was shaped from the map."""
        return bool(self._origin and self._origin.is_drawn)

    @property
    def origin(self) -> MaskOrigin | None:
        """How the mask came to be."""
        if (state := self.state) is None or (known := self._origin) is None:
            return None
        return MaskOrigin.of(*state, known.parameters)

    @property
    def changed_at(self) -> float | None:
        """When the change was asked for that undo takes back, on the monotonic clock."""
        if self._asked:
            return self._asked
        return self._when(self.now) if self.can_undo else None

    @property
    def undone_at(self) -> float | None:
        """When the change was asked for that redo makes again."""
        return self._when(self._history.future[0]) if self._history and self.can_redo else None

    def begin_step(self) -> None:
        """Have what is shaped next be a step of its own."""
        self._joins = False

    def shape(
        self, make: Callable[[], Mask], parameters: MaskParameters, *, joins: bool | None = None
    ) -> None:
        """Take the mask that ``make`` returns; of wishes that join only the newest is carried out.

        The mask before it is a step to go back to, unless this joins the shaping before it.
        """
        joins = self._joins if joins is None else joins
        if self._waiting and self._waiting[-1].is_shape and joins:
            joins = self._waiting.pop().joins
        self._joins = bool(self._history or self._job or self._waiting)
        when = monotonic()
        step = partial(self._shape, make, _Origin(parameters, when=when), joins)
        self._ask(_Wish(step, True, joins, when))

    def edit(self, edit: Edit) -> None:
        """Change the mask by hand."""
        if self._history:
            when = monotonic()
            self._ask(_Wish(partial(self._edit, edit, when), when=when))

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
        self._ask(_Wish(_undone))

    def redo(self) -> None:
        """Do again what was undone last."""
        self._ask(_Wish(_redone))

    @property
    def state(self) -> tuple[MaskHistory, Mask | None] | None:
        """The mask with its history and what the map alone gave, to be taken up again."""
        shaped = self._shaped if self.is_drawn else self.now
        return (self._history, shaped) if self._history else None

    def take_up(
        self, history: MaskHistory, shaped: Mask | None, parameters: MaskParameters
    ) -> None:
        """Go on with a mask that was left; ``parameters`` are those of one that is not known."""
        self.clear()
        self._history, self._shaped = history, shaped
        for mask in (*history.past, history.now, *history.future):
            self._origins.setdefault(mask, _Origin(parameters, mask is not shaped, monotonic()))
        self.changed.emit()

    def clear(self) -> None:
        """Have no mask, and forget all wishes."""
        self._waiting.clear()
        if self._job:
            self._job.cancel()
        self._job = self._history = self._shaped = None
        self._joins, self._asked = False, 0.0

    @property
    def _origin(self) -> _Origin | None:
        return self._origins.get(self.now) if self.now else None

    def _when(self, mask: Mask | None) -> float:
        origin = self._origins.get(mask) if mask else None
        return origin.when if origin else 0.0

    def _ask(self, wish: _Wish) -> None:
        self._waiting.append(wish)
        self._asked = wish.when
        self._joins = self._joins and wish.is_shape
        self._go_on()
        self.wished.emit()

    def _go_on(self) -> None:
        if self._job or not self._waiting:
            return
        steps, self._waiting = [wish.step for wish in self._waiting], []
        history = self._history

        def work(_on_event: OnEvent, _should_stop: ShouldStop) -> MaskHistory | None:
            after = history
            for step in steps:
                after = step(after)
            return after

        self._job = self._session.background.run(
            work, on_done=self._take, on_error=self._fail, on_cancelled=self._stop, keep=True
        )

    def _take(self, history: MaskHistory | None) -> None:
        self._history = history
        self._end()
        self.changed.emit()
        self._go_on()

    def _fail(self, error: Exception) -> None:
        self._end()
        self._session.tell("mask", error)
        self._go_on()

    def _end(self) -> None:
        self._job = None
        if not self._waiting:
            self._asked = 0.0

    def _stop(self) -> None:
        """Note that all work was cancelled, unless something was asked for since."""
        if self._job and self._job.cancelled:
            self._end()
            self._go_on()

    def _shape(
        self, make: Callable[[], Mask], origin: _Origin, joins: bool, history: MaskHistory | None
    ) -> MaskHistory:
        before = self._origins.get(history.now) if history else None
        if history and before and not before.is_drawn and before.parameters == origin.parameters:
            return history
        mask = self._shaped = make()
        if history is None:
            origin = replace(origin, when=0.0)
        self._origins[mask] = origin
        if history is None or joins:
            return MaskHistory(mask, history.past if history else ())
        return history.edited(mask)

    def _edit(self, edit: Edit, when: float, history: MaskHistory | None) -> MaskHistory | None:
        if history is None:
            return None
        after, before = history.edited(edit(history.now)), self._origins.get(history.now)
        self._origins[after.now] = _Origin(
            before.parameters if before else MaskParameters(), True, when
        )
        return after


def lay(mask: Mask, now: Mask) -> Mask:
    """Return ``now`` with another mask's gains, cell by cell from the window's beginning.

    One from a file still says which.

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
    return replace(now, values=mask.values, path=mask.path)


def _stepped(change: Callable[[Mask, float, float], Mask], mask: Mask) -> Mask:
    """Grow or shrink by one mel band, and by 10 ms or a frame if that is longer."""
    return change(mask, max(_STEP_SECONDS, mask.mel.hop / mask.mel.rate), 1.0)


def _emptied(mask: Mask) -> Mask:
    return replace(mask, values=np.zeros_like(mask.values), path=None)


def _undone(history: MaskHistory | None) -> MaskHistory | None:
    return history and history.undone()


def _redone(history: MaskHistory | None) -> MaskHistory | None:
    return history and history.redone()
