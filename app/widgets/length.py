"""Length: how long a clip is, in words."""

_MINUTES = 90
"""Seconds from which on it is told in minutes, as notices tell it."""


def length(seconds: float) -> str:
    """Say how long a clip is."""
    return f"{seconds / 60:.1f} minutes" if seconds >= _MINUTES else f"{seconds:.2f} s"
