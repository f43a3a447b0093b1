"""Durations: a span of time in words."""


def duration(seconds: float) -> str:
    """Say a span of time roughly: 40 seconds, 25 minutes, 3.5 hours."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} second{'s' * (round(seconds) > 1)}"
    if seconds < 99.5 * 60:
        return f"{round(seconds / 60)} minutes"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours".replace(".0 ", " ")
    return f"{round(seconds / 86400)} days"
