"""Notices: what a person should know though nothing is wrong (no torch)."""

from collections.abc import Iterable

import numpy as np

from siamese_core.audio import Clip
from siamese_core.episodes import Episode
from siamese_core.mask import Mask
from siamese_core.melspec import MelSpec


def clip_notices(clip: Clip, mel: MelSpec, start: float | None = None) -> list[str]:
    """Say what is special about a clip for a network that hears ``mel``.

    ``start`` is where the window was put in a longer clip, in seconds; None for its loudest place.
    """
    name = clip.path or "The clip"
    notices = []
    if clip.is_silent:
        notices.append(f"{name} is silent; its score tells nothing.")
    if outlasts(clip, mel):
        be = "is" if mel.seconds == 1 else "are"
        heard = f"its loudest {mel.seconds:g} s {be} heard"
        if start is not None:
            heard = f"{mel.seconds:g} s of it {be} heard, from {start:.2f} s on"
        notices.append(f"{name} lasts {_duration(clip.seconds)}; {heard}.")
    if clip.rate < 0.9 * 2 * mel.top_frequency:
        notices.append(
            f"{name} has a rate of {clip.rate} Hz: the model's bands above {clip.rate // 2} Hz "
            "hear nothing in it."
        )
    return notices


def outlasts(clip: Clip, mel: MelSpec) -> bool:
    """Say whether a network that hears ``mel`` misses anything of a clip, a frame at the least."""
    return clip.seconds - mel.seconds > mel.hop / mel.rate


def heard_notice(classes: Iterable[str], heard: Iterable[str]) -> str | None:
    """Say which classes the network was trained on: their scores are not one-shot scores."""
    known = sorted(set(classes) & set(heard))
    if not known:
        return None
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    return f"The model heard these classes in training: {', '.join(known[:5])}{more}."


def twin_notices(episode: Episode[Clip]) -> list[str]:
    """Say which support clips are the query itself: their scores tell nothing."""
    query = episode.query
    return [
        f"The query {query.path or ''} is itself support clip {clip.path or ''} of '{label}'; "
        "their score says nothing about other sounds."
        for clip, label in zip(episode.support.clips, episode.support.labels, strict=True)
        if clip.rate == query.rate and np.array_equal(clip.samples, query.samples)
    ]


def mask_notice(mask: Mask, clip: Clip, start: float) -> str:
    """Say what a mask was made for, and where it is laid on another clip, from ``start`` s on."""
    origin = "does not say which clip it was made for"
    if mask.clip_seconds is not None:
        name = mask.clip_name or "a clip"
        origin = f"was made for {name} ({_duration(mask.clip_seconds)})"
    end = min(clip.seconds, start + mask.mel.seconds)
    return (
        f"{mask.path or 'The mask'} {origin}; on {clip.path or 'this clip'} "
        f"({_duration(clip.seconds)}) it covers {max(0.0, start):.2f} to {end:.2f} s."
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds >= 90 else f"{seconds:.1f} s"
