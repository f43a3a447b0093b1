"""Interval: a mean and how far it can be trusted; no torch, for the window works one out itself."""

from dataclasses import dataclass
from math import sqrt

_Z95 = 1.959963984540054

OF_THESE_CLIPS = (
    "95 % intervals are of more episodes from these clips, not of other speakers or sounds."
)
"""To be said beside measured accuracies."""
KIND = {"level": 0.95, "method": "Wilson score", "of": OF_THESE_CLIPS}
"""What a report says of its intervals of shares."""


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, trials: int, different: int | None = None) -> "Interval":
        """Estimate a share from ``hits`` of ``trials``, with Wilson's score interval (1927).

        Parameters
        ----------
        hits, trials : int
        different : int, optional
            How many of the trials are no repetition of another, if not all: a repeated one tells
            nothing new, so the interval counts these.
        """
        share, z2 = hits / trials, _Z95**2
        trials = trials if different is None else different
        centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
        half = _Z95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
        # at no and at all hits a bound is the share itself, but for rounding
        return cls(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)))
