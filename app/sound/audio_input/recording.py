"""Recording: sound that is pushed block by block, and which part of it sounds. No Qt, no device."""

import threading

import numpy as np
from numpy.typing import NDArray

from siamese_core.audio import Clip

LONGEST_SECONDS = 300.0
_FRAME_SECONDS = 0.01
_MARGIN_SECONDS = 0.1
"""What is left of the silence on either side: consonants begin and words end softly."""
_ABOVE_NOISE_DB, _BELOW_PEAK_DB, _RANGE_DB = 9.0, 12.0, 40.0


class Recording:
    """Mono sound that grows, safe to push from one thread and to read from another.

    It is full after ``longest`` seconds at ``rate`` Hz.
    """

    def __init__(self, rate: int = 0, longest: float = LONGEST_SECONDS) -> None:
        self.rate, self._longest = rate, longest
        self._lock = threading.Lock()
        self._blocks: list[NDArray[np.float32]] = []
        self._samples = 0
        self._peak = 0.0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self._samples / self.rate if self.rate else 0.0

    @property
    def is_full(self) -> bool:
        """Whether no more is taken."""
        return self.seconds >= self._longest

    def push(self, block: NDArray[np.float32]) -> None:
        """Append a block; a value that is not a number counts as silence."""
        sound = np.nan_to_num(block, posinf=1.0, neginf=-1.0)
        with self._lock:
            if not self.is_full:
                self._blocks.append(sound)
                self._samples += len(sound)
            self._peak = max(self._peak, float(np.abs(sound).max(initial=0.0)))

    def level(self) -> float:
        """Return the largest sample since this was last asked."""
        with self._lock:
            peak, self._peak = self._peak, 0.0
        return peak

    def clip(self) -> Clip:
        """Return what was recorded."""
        with self._lock:
            return Clip(np.concatenate([np.zeros(0, np.float32), *self._blocks]), self.rate)


def sounding(clip: Clip) -> tuple[float, float]:
    """Return where the sound of a clip begins and ends, in seconds; all of it if none stands out.

    Sound is what rises 9 dB above the quietest tenth of its frames, or comes within 12 dB of the
    loudest one; never what is 40 dB below that.
    """
    size = max(round(_FRAME_SECONDS * clip.rate), 1)
    count = len(clip.samples) // size
    if count < 2 or clip.is_silent:
        return 0.0, clip.seconds
    frames = clip.samples[: count * size].reshape(count, size)
    levels = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-12)
    loudest, noise = levels.max(), np.percentile(levels, 10)
    least = max(min(noise + _ABOVE_NOISE_DB, loudest - _BELOW_PEAK_DB), loudest - _RANGE_DB)
    places = np.flatnonzero(levels >= least)
    start = places[0] * size / clip.rate - _MARGIN_SECONDS
    end = (places[-1] + 1) * size / clip.rate + _MARGIN_SECONDS
    return max(float(start), 0.0), min(float(end), clip.seconds)
