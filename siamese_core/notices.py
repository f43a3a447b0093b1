"""Notices: what a person should know though nothing is wrong (no torch)."""

from collections.abc import Iterable

from siamese_core.audio import Clip
from siamese_core.melspec import MelSpec


def clip_notices(clip: Clip, mel: MelSpec) -> list[str]:
    """Say what is special about a clip for a network that hears ``mel``."""
    name = clip.path or "The clip"
    notices = []
    if clip.is_silent:
        notices.append(f"{name} is silent; its score tells nothing.")
    if clip.seconds > 2 * mel.seconds:
        notices.append(
            f"{name} lasts {_duration(clip.seconds)}; its loudest {mel.seconds:g} s are heard."
        )
    if clip.rate < 0.9 * 2 * mel.top_frequency:
        notices.append(
            f"{name} has a rate of {clip.rate} Hz: the model's bands above {clip.rate // 2} Hz "
            "hear nothing in it."
        )
    return notices


def heard_notice(classes: Iterable[str], heard: Iterable[str]) -> str | None:
    """Say which classes the network was trained on: their scores are no one-shot scores."""
    known = sorted(set(classes) & set(heard))
    if not known:
        return None
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    return f"The model heard these classes in training: {', '.join(known[:5])}{more}."


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds >= 90 else f"{seconds:.1f} s"
