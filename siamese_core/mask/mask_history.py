"""MaskHistory: a mask with what it was and what it may be again (no torch)."""

from dataclasses import dataclass

from siamese_core.mask.mask import Mask

DEPTH = 200
"""Edits that can be taken back; older ones are forgotten."""


@dataclass(frozen=True, eq=False)
class MaskHistory:
    """The states of a mask that is edited by hand; each step returns another history.

    Parameters
    ----------
    now : Mask
    past, future : tuple of Mask
        What undo and redo lead to, the nearest last in the past and first in the future.
    """

    now: Mask
    past: tuple[Mask, ...] = ()
    future: tuple[Mask, ...] = ()

    def edited(self, mask: Mask) -> "MaskHistory":
        """Go on with an edited mask; what was undone before is given up."""
        return MaskHistory(mask, (*self.past, self.now)[-DEPTH:])

    def undone(self) -> "MaskHistory":
        """Go one edit back; the same history where there is none."""
        if not self.past:
            return self
        return MaskHistory(self.past[-1], self.past[:-1], (self.now, *self.future))

    def redone(self) -> "MaskHistory":
        """Do again what was undone last; the same history where nothing was."""
        if not self.future:
            return self
        return MaskHistory(self.future[0], (*self.past, self.now), self.future[1:])
