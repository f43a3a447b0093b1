"""EditedMask: the mask of a pair while it is shaped by a slider and by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.session.session import Session
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.mask.mask import Mask, MaskParameters
from siamese_core.mask.mask_edits import grow, shrink
from siamese_core.mask.mask_history import MaskHistory
from siamese_core.mask.mask_origin import MaskOrigin

_STEP_SECONDS = 0.01

Edit = Callable[[Mask], Mask]


@dataclass(frozen=True)
class _Origin:
    """How a mask came to be."""

    parameters: MaskParameters
    """How the map was shaped before anything was drawn on it."""
    is_drawn: bool = False
    """Whether a hand changed it since."""
    when: float = 0.0
    """When it was made, in seconds of the monotonic clock."""


class EditedMask(QObject):
    """One mask with its history; a change takes milliseconds, and is made as it is asked for.

    Shaping anew goes on with the step before it if that was a shaping too, so that a slider leaves
    no hundred steps; `begin_step` has the next one be a step of its own.
    """

    changed = Signal()
    """The mask is another one, or stays as it is though another was asked for."""
    drawing_left = Signal()
    """A shaping took the place of what was drawn, which undo brings back."""
    copied_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.copied: Mask | None = None
        """A mask that is held to be laid on another clip."""
        self._history: MaskHistory | None = None
        self._origins: WeakKeyDictionary[Mask, _Origin] = WeakKeyDictionary()
        self._joins = False

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
        """How the mask was shaped."""
        return self._origin.parameters if self._origin else None

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
        """When the change was made that undo takes back, on the monotonic clock."""
        return self._when(self.now) if self.can_undo else None

    @property
    def undone_at(self) -> float | None:
        """When the change was made that redo makes again."""
        return self._when(self._history.future[0]) if self._history and self.can_redo else None

    def begin_step(self) -> None:
        """Have what is shaped next be a step of its own."""
        self._joins = False

    def shape(
        self, make: Callable[[], Mask], parameters: MaskParameters, *, anew: bool = False
    ) -> None:
        """Take the mask that ``make`` returns, unless the parameters gave the one that there is.

        The mask before it is a step to go back to, unless this joins the shaping before it. One
        that is made ``anew`` is of another map: it is made in any case, and only what was drawn
        stays a step to go back to.
        """
        was_drawn, history = self.is_drawn, self._history
        if not (anew or was_drawn) and parameters == self.parameters:
            return
        if (mask := self._made(make)) is None:
            return
        self._origins[mask] = _Origin(parameters, when=monotonic() if history else 0.0)
        if history is None:
            self._show(MaskHistory(mask))
        elif self._joins or (anew and not was_drawn):
            self._show(replace(history, now=mask), joins=not anew)
        else:
            self._show(history.edited(mask), joins=not anew)
        if was_drawn:
            self.drawing_left.emit()

    def edit(self, edit: Edit) -> None:
        """Change the mask by hand."""
        history, parameters = self._history, self.parameters
        if history and parameters and (mask := self._made(partial(edit, history.now))):
            self._origins[mask] = _Origin(parameters, True, monotonic())
            self._show(history.edited(mask))

    def invert(self) -> None:
        """Keep all that was removed."""
        self.edit(Mask.inverted)

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
        if self._history:
            self._show(self._history.undone())

    def redo(self) -> None:
        """Do again what was undone last."""
        if self._history:
            self._show(self._history.redone())

    @property
    def state(self) -> tuple[MaskHistory, Mask | None] | None:
        """The mask with its history and what the map alone gave, to be taken up again."""
        if (history := self._history) is None:
            return None
        states = (history.now, *reversed(history.past))
        return history, next((one for one in states if not self._origins[one].is_drawn), None)

    def take_up(
        self, history: MaskHistory, shaped: Mask | None, parameters: MaskParameters
    ) -> None:
        """Go on with a mask that was left; ``parameters`` are those of one that is not known."""
        for mask in (*history.past, history.now, *history.future):
            self._origins.setdefault(mask, _Origin(parameters, mask is not shaped, monotonic()))
        self._show(history)

    def clear(self) -> None:
        """Have no mask."""
        self._history, self._joins = None, False

    @property
    def _origin(self) -> _Origin | None:
        return self._origins.get(self.now) if self.now else None

    def _when(self, mask: Mask | None) -> float:
        origin = self._origins.get(mask) if mask else None
        return origin.when if origin else 0.0

    def _made(self, make: Callable[[], Mask]) -> Mask | None:
        """Make a mask; where there can be none, have the one that stays shown, and say why."""
        try:
            return make()
        except EarwitnessError as error:
            self.changed.emit()
            self._session.tell("mask", error)
            return None

    def _show(self, history: MaskHistory, *, joins: bool = False) -> None:
        self._history, self._joins = history, joins
        self.changed.emit()


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
    return change(mask, max(_STEP_SECONDS, mask.mel.frame_seconds), 1.0)


def _emptied(mask: Mask) -> Mask:
    return replace(mask, values=np.zeros_like(mask.values), path=None)
