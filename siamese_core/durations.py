"""Durations: a span of time in words."""

LONG_SECONDS = 90
"""Seconds of sound from which on its length is told in minutes."""


def duration(seconds: float) -> str:
    """Say a span of time roughly: 40 seconds, 25 minutes, 3.5 hours."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} second{'s' * (round(seconds) > 1)}"
    if seconds < 99.5 * 60:
        return f"{round(seconds / 60)} minutes"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours".replace(".0 ", " ")
    return f"{round(seconds / 86400)} days"


def length(seconds: float, digits: int = 2) -> str:
    """Say how long a clip is: 0.64 s, 40.0 minutes."""
    return f"{seconds / 60:.1f} minutes" if seconds >= LONG_SECONDS else f"{seconds:.{digits}f} s"
