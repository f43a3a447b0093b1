"""Notices: what a person should know though nothing is wrong (no torch)."""

from collections.abc import Iterable, Sequence

import numpy as np

from siamese_core.audio import Clip
from siamese_core.durations import LONG_SECONDS, length
from siamese_core.episodes import Episode
from siamese_core.mask.mask import Mask
from siamese_core.melspec import MelSpec, own_seconds

_LEAST = 0.1
"""Of the model's window: a clip that lasts less is hardly heard."""
_MOST_DIGITS = 9
"""A frame, by which a clip is longer at the least, is seen with fewer."""


def clip_notices(clip: Clip, mel: MelSpec, start: float | None = None) -> list[str]:
    """Say what is special about a clip for a network that hears ``mel``.

    ``start`` is where the window was put in a longer clip, in seconds; None for its loudest place.
    """
    return lineup_notices([clip], mel, [start])


def lineup_notices(
    clips: Sequence[Clip], mel: MelSpec, starts: Sequence[float | None]
) -> list[str]:
    """Say the same of several clips: one sentence for all that are silent, too long, or too dull.

    A clip that is alone in this is told of by its name.
    """
    silent = [clip for clip in clips if clip.is_silent]
    long = [(clip, at) for clip, at in zip(clips, starts, strict=True) if outlasts(clip, mel)]
    short = [clip for clip in clips if clip.seconds < _LEAST * mel.seconds and not clip.is_silent]
    dull = [clip for clip in clips if clip.rate < 0.9 * 2 * mel.top_frequency]
    told = (_told_silent(silent), _told_short(short, mel), _told_long(long, mel), _told_dull(dull))
    return [sentence for sentence in told if sentence]


def _told_silent(clips: Sequence[Clip]) -> str:
    if len(clips) > 1:
        return f"{len(clips)} clips are silent; their scores tell nothing."
    return f"{_name(clips[0])} is silent; its score tells nothing." if clips else ""


def _told_short(clips: Sequence[Clip], mel: MelSpec) -> str:
    if not clips:
        return ""
    least = f"a tenth of the model's window of {mel.seconds:g} s"
    if len(clips) > 1:
        return f"{len(clips)} clips are shorter than {least}; their scores tell little."
    lasts = f"{clips[0].seconds:.2g} s"
    return f"{_name(clips[0])} lasts {lasts}, less than {least}; its score tells little."


def _told_long(clips: Sequence[tuple[Clip, float | None]], mel: MelSpec) -> str:
    if not clips:
        return ""
    be = "is" if mel.seconds == 1 else "are"
    longest, start = max(clips, key=lambda one: one[0].seconds)
    lasts, heard = _duration_beyond(longest.seconds, mel.seconds), f"{mel.seconds:g} s"
    if len(clips) > 1:
        part = heard if any(at is not None for _, at in clips) else f"the loudest {heard}"
        return (
            f"{len(clips)} clips are longer than the model's window, the longest {_name(longest)} "
            f"with {lasts}; {part} of each {be} heard."
        )
    if start is not None:
        return f"{_name(longest)} lasts {lasts}; {heard} of it {be} heard, from {start:.2f} s on."
    return f"{_name(longest)} lasts {lasts}; its loudest {heard} {be} heard."


def _told_dull(clips: Sequence[Clip]) -> str:
    if not clips:
        return ""
    lowest = min(clips, key=lambda clip: clip.rate)
    if len(clips) > 1:
        return (
            f"{len(clips)} clips have too low a rate, {_name(lowest)} the lowest of {lowest.rate} "
            f"Hz: the model's bands above {lowest.rate // 2} Hz hear nothing in it."
        )
    return (
        f"{_name(lowest)} has a rate of {lowest.rate} Hz: the model's bands above "
        f"{lowest.rate // 2} Hz hear nothing in it."
    )


def _name(clip: Clip) -> str:
    return str(clip.path or "The clip")


def outlasts(clip: Clip, mel: MelSpec) -> bool:
    """Say whether a network that hears ``mel`` misses anything of a clip, a frame at the least."""
    return clip.seconds - mel.seconds > mel.frame_seconds


def heard_notice(
    classes: Iterable[str], heard: Iterable[str], corpus: str = "", model: str = "The model"
) -> str | None:
    """Say which classes a network was trained on: their scores are not one-shot scores.

    A class of ``corpus`` that was joined with others in training may have been named after it.
    """
    names = set(heard)
    known = sorted(c for c in set(classes) if c in names or f"{corpus}/{c}" in names)
    if not known:
        return None
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    return f"{model} heard these classes in training: {', '.join(known[:5])}{more}."


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
        origin = f"was made for {name} ({length(mask.clip_seconds, 1)})"
    begin, end = own_seconds(mask.mel, start, clip.seconds)
    return (
        f"{mask.path or 'The mask'} {origin}; on {clip.path or 'this clip'} "
        f"({length(clip.seconds, 1)}) it covers {begin:.2f} to {end:.2f} s."
    )


def _duration_beyond(seconds: float, window: float) -> str:
    """Write a duration with as many digits as tell it from the window that it outlasts."""
    if seconds >= LONG_SECONDS:
        return length(seconds, 1)
    written = (f"{seconds:.{digits}f}" for digits in range(1, _MOST_DIGITS))
    return f"{next(text for text in written if float(text) > window)} s"
