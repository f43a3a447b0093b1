"""Loudness: the level of a rendered sound beside its original's, and ends that do not click."""

from dataclasses import replace
from typing import Literal

import numpy as np

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ignore

Level = Literal["original", "match"]

MOST_RAISE = 10.0
"""A part that is matched to the original is raised by 20 dB at most: beyond lies its noise."""
FADE_SECONDS = 0.005


def raised(part: Clip, original: Clip) -> Clip:
    """Raise a part of a sound to the root mean square of the whole, by `MOST_RAISE` at most.

    Parameters
    ----------
    part, original : Clip
        What was rendered, and what it is a part of, over the same seconds.
    """
    if (own := _energy(part)) == 0:
        return part
    gain = min(max((_energy(original) / own) ** 0.5, 1.0), MOST_RAISE)
    return replace(part, samples=part.samples * np.float32(gain))


def within_full_scale(sound: Clip, on_event: OnEvent = ignore) -> Clip:
    """Scale a sound down to full scale if it rises above; a ``notice`` then says by how much."""
    if (peak := sound.peak) <= 1:
        return sound
    softer_db = float(20 * np.log10(peak))
    words = softer_words("The sound", softer_db)
    on_event({"event": "notice", "sentence": words, "softer_db": softer_db})
    # rounding up must not carry the peak beyond full scale
    return replace(sound, samples=(sound.samples / np.float32(peak)).clip(-1, 1))


def softer_words(what: str, softer_db: float) -> str:
    """Say by how many decibels a sound was scaled down."""
    return f"{what} is {softer_db:.1f} dB softer, to stay within full scale."


def faded(clip: Clip, *, start: bool = True, end: bool = True) -> Clip:
    """Fade both ends, or one of them, along a raised cosine; the length stays."""
    count = min(round(FADE_SECONDS * clip.rate), len(clip.samples) // 2)
    ramp = np.sin(np.pi / 2 * np.arange(count, dtype=np.float32) / max(count, 1)) ** 2
    ramp = ramp.reshape(-1, *[1] * (clip.samples.ndim - 1))  # one for all channels
    samples = clip.samples.copy()
    samples[: count * start] *= ramp[: count * start]
    samples[len(samples) - count * end :] *= ramp[::-1][: count * end]
    return replace(clip, samples=samples)


def _energy(clip: Clip) -> float:
    return float(np.square(clip.samples, dtype=np.float64).sum())
