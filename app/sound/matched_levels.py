"""MatchedLevels: the sounds at one level, so that none seems better for being louder."""

from collections.abc import Mapping
from dataclasses import replace
from math import log10

import numpy as np

from siamese_core.audio import Clip
from siamese_core.sonification.loudness import MOST_RAISE, raised

Sounds = Mapping[str, Clip]
Part = slice | tuple[slice, int]

_PEAK = 0.9
"""The highest that any of them rises: resampling to the device's rate may add a little."""


class MatchedLevels:
    """Sounds of a clip at the level of its original, as the core renders them at level ``match``.

    Where one would rise too high, all are softer by one factor, so that they stay alike. They are
    the same objects until the sounds change, for `Player` to know them by.
    """

    def __init__(self) -> None:
        self._made_of: tuple[Sounds, Clip | None] | None = None
        self._made: dict[str, Clip] = {}
        self._other: Clip | None = None

    def of(self, sounds: Sounds, begin: float, other: Clip | None) -> tuple[Sounds, Clip | None]:
        """Return the sounds and another recording at the level of the sound ``original``.

        The region's sound begins ``begin`` seconds into the original.
        """
        made_of = self._made_of
        if made_of is None or made_of[0] is not sounds or made_of[1] is not other:
            self._made_of = sounds, other
            self._match(sounds, begin, other)
        return self._made, self._other

    def _match(self, sounds: Sounds, begin: float, other: Clip | None) -> None:
        self._made, self._other = dict(sounds), other
        if (original := sounds.get("original")) is None:
            return
        made = {name: _raised(name, sounds[name], original, begin) for name in sounds}
        alike = _brought(other, original) if other else None
        peaks = [sound.peak for sound in (*made.values(), alike) if sound]
        factor = min(1.0, _PEAK / max(*peaks, _PEAK))
        self._made = {name: _times(sound, factor) for name, sound in made.items()}
        self._other = _times(alike, factor) if alike else None


def gain_words(name: str, before: Clip, after: Clip) -> str:
    """Say how much louder each part of a sound became."""
    gains = []
    for part in _parts(name, len(before.samples)):
        was, is_now = (float(np.abs(s.samples[part]).max(initial=0)) for s in (before, after))
        gains.append(_signed(20 * log10(is_now / was)) if was else "–")
    return f"{' / '.join(gains)} dB"


def _signed(gain: float) -> str:
    return f"{gain:+.1f}" if round(gain, 1) else "0"


def _raised(name: str, sound: Clip, original: Clip, begin: float) -> Clip:
    first = round(begin * original.rate) if name == "region" else 0
    samples = sound.samples.copy()
    for part in _parts(name, len(samples)):
        piece = replace(sound, samples=samples[part])
        samples[part] = raised(piece, original.cut(first, len(piece.samples))).samples
    return replace(sound, samples=samples)


def _parts(name: str, length: int) -> list[Part]:
    """Return where the parts of a sound lie that are heard beside or after each other."""
    if name == "contrast":
        return [(slice(None), 0), (slice(None), 1)]
    middle = length // 2  # which lies in the pause
    return [slice(middle), slice(middle, None)] if name == "contrast-in-turn" else [slice(None)]


def _brought(other: Clip, original: Clip) -> Clip:
    """Bring another recording to the original's root mean square, up or down."""
    own, wanted = _power(other), _power(original)
    if not own or not wanted:
        return other
    return _times(other, min(max((wanted / own) ** 0.5, 1 / MOST_RAISE), MOST_RAISE))


def _power(sound: Clip) -> float:
    return float(np.mean(np.square(sound.samples, dtype=np.float64)))


def _times(sound: Clip, factor: float) -> Clip:
    return replace(sound, samples=sound.samples * np.float32(factor))
