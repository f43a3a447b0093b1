"""Modes: the ways to make a mask audible, by name (no torch)."""

from dataclasses import dataclass
from typing import Literal

Rate = Literal["model", "clip"]

MODES = {
    "through-mask": "Through the mask",
    "region": "Only the region that the mask spans",
    "contrast": "Kept on the left, removed on the right",
    "contrast-in-turn": "Kept, then removed",
    "log-mel": "What the log-mel holds",
    "log-mel-original-phase": "The log-mel with the original phase",
}
"""Name -> title for people. All but the last two are the original sound, weighed by the mask.

``log-mel`` never sees the original phase; ``log-mel-original-phase`` borrows it, and so also lets
out what no log-mel holds.
"""

ABOVE = ("through-mask", "contrast", "contrast-in-turn")
"""Those in which what lies above the model's band has a place."""


@dataclass(frozen=True)
class RenderParameters:
    """At which rate sounds are rendered, and what becomes of what the model cannot hear.

    Parameters
    ----------
    rate : {"model", "clip"}
    keep_above : bool
        At the clip's own rate: whether what lies above the model's band is kept, or is removed.
    """

    rate: Rate = "model"
    keep_above: bool = False

    def words(self) -> str:
        """Say it."""
        if self.rate == "model":
            return "at the model's rate"
        kept = "kept" if self.keep_above else "removed"
        return f"at the clip's own rate; what lies above the model's band is {kept}"


AT_MODEL_RATE = RenderParameters()
