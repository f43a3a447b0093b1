"""Notices: what a person should know though nothing is wrong (no torch)."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from siamese_core.audio import Clip
from siamese_core.durations import LONG_SECONDS, length
from siamese_core.episodes import Episode
from siamese_core.mask.mask import Mask
from siamese_core.melspec import MelSpec, own_seconds

_LEAST = 0.1
"""Of the model's window: a clip that lasts less is hardly heard."""
_MOST_DIGITS = 9
"""A frame, by which a clip is longer at the least, is seen with fewer."""
_FAINT = 40.0
"""Decibels from a clip's loudest second to where nothing of it is left. Half seconds of speech (300
clips of dspspeech20) that are 20 to 40 dB fainter rise, at their loudest, 34 to 18 dB above the
clip's background (medians), those 40 dB and more 10 to 13, the faintest no less: those are pauses.
"""
_STEPS = 20
"""In a stretch: how far those lie apart among which the loudest is looked for."""
_AUDIBLE = 40.0
"""Decibels below a log-mel's loudest that count where two are compared; lossy copies keep these."""
_ALIKE = 1.5
"""Decibels, on average over what is audible in either of two log-mels, to be called alike. Where
windows lie alike, Ogg, MP3, Opus and resampled copies of speech differ by 0 to 1.2 (those of 8 bits
or few bits a second by more); of 9,000 pairs of one class, from five corpora, all but one by 3.2 or
more, and that one is the same recording. Two white noises differ by 2.3 to 3.4."""

Decibels: TypeAlias = NDArray[np.float32]


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
    placed = list(zip(clips, starts, strict=True))
    faint = [
        (clip, at)
        for clip, at in placed
        if at is not None and clip not in silent and _is_faint(clip, mel, at)
    ]
    long = [(clip, at) for clip, at in placed if outlasts(clip, mel)]
    short = [clip for clip in clips if clip.seconds < _LEAST * mel.seconds and not clip.is_silent]
    dull = [clip for clip in clips if clip.rate < 0.9 * 2 * mel.top_frequency]
    told = (
        *(_told_silent(silent), _told_faint(faint)),
        *(_told_short(short, mel), _told_long(long, mel), _told_dull(dull)),
    )
    return [sentence for sentence in told if sentence]


def _is_faint(clip: Clip, mel: MelSpec, start: float) -> bool:
    """Whether a window that is placed in a clip holds next to nothing of it.

    The loudest, which it is where none is placed, always holds something.
    """
    if not outlasts(clip, mel):
        return False
    window = clip.cut(round(start * clip.rate), round(mel.seconds * clip.rate))
    stretch = min(1.0, mel.seconds)
    return _loudest(window, stretch) <= _loudest(clip, stretch) * 10 ** (-_FAINT / 10)


def _loudest(clip: Clip, seconds: float) -> float:
    """Return the energy of the loudest stretch of a clip, of so many seconds."""
    step = max(1, int(seconds * clip.rate / _STEPS))
    rows = clip.samples[: len(clip.samples) // step * step].reshape(-1, step)
    energy = np.einsum("ij,ij->i", rows, rows)  # an hour's squares are kept nowhere
    return float(np.convolve(energy, np.ones(_STEPS)).max())


def _told_silent(clips: Sequence[Clip]) -> str:
    if len(clips) > 1:
        return f"{len(clips)} clips are silent; their scores tell nothing."
    return f"{_name(clips[0])} is silent; its score tells nothing." if clips else ""


def _told_faint(clips: Sequence[tuple[Clip, float]]) -> str:
    far = f"{_FAINT:g} dB or more below"
    if len(clips) > 1:
        return (
            f"{len(clips)} windows hold next to no sound, {far} the loudest second of their clips; "
            "their scores tell little."
        )
    return "".join(
        f"The window of {_name(clip)}, from {start:.2f} s on, holds next to no sound, {far} its "
        "loudest second; its score tells little."
        for clip, start in clips
    )


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


def twin_notices(episode: Episode[Clip], maps: Sequence[Decibels] = ()) -> list[str]:
    """Say which support clips are the query itself, or heard as it is: their scores tell nothing.

    Parameters
    ----------
    episode : Episode of Clip
    maps : sequence of ndarray, shape (n_mels, n_frames), optional
        The log-mel in dB of the query's window, then of each support clip's. By these a copy is
        known in another format or rate, or at another level.
    """
    query, support = episode.query, episode.support
    copies = [alike(maps[0], seen) for seen in maps[1:]] or [False] * len(support.clips)
    told = []
    for clip, label, is_copy in zip(support.clips, support.labels, copies, strict=True):
        is_itself = clip.rate == query.rate and np.array_equal(clip.samples, query.samples)
        if is_itself or is_copy:
            relation = "is itself" if is_itself else "is heard just as if it were a copy of"
            told.append(
                f"The query {query.path or ''} {relation} support clip {clip.path or ''} of "
                f"'{label}'; their score says nothing about other sounds."
            )
    return told


def alike(one: Decibels, other: Decibels) -> bool:
    """Whether two log-mels of one shape, in dB, differ no more than copies of one sound do."""
    a, b = (np.maximum(db - db.max(), -_AUDIBLE) for db in (one, other))
    audible = np.maximum(a, b) > min(a.min(), b.min())  # what neither holds is alike in all clips
    return bool(audible.any() and np.abs(a - b)[audible].mean() < _ALIKE)


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
