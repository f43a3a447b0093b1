"""MelSpec: how sound becomes a log-mel spectrogram, as plain numbers (no torch)."""

from math import ceil, floor
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from siamese_core.parameters import Parameters

_LARGEST_SPECTRUM = 1 << 27
"""Frames times n_fft of one clip: 1 GB as a complex spectrum in single precision."""


class MelSpec(Parameters):
    """The settings of `librosa.feature.melspectrogram` and `power_to_db`, and a clip's length.

    Parameters
    ----------
    rate : int
        Sampling rate in Hz that clips are resampled to.
    n_fft, win_length, hop : int
        Length of the transform, of its Hann window (``n_fft`` if None) and of a step, in samples.
    n_mels : int
        Number of Slaney mel bands between ``fmin`` and ``fmax``.
    fmin, fmax : float
        Where the bands begin and end, in Hz; they end at half the rate if ``fmax`` is None.
    seconds : float
        Length that clips are padded or trimmed to.
    top_db : float
        How far below its loudest value a log-mel reaches: the floor lies there.
    """

    rate: Annotated[int, Field(ge=1_000, le=384_000, examples=[16_000])]
    n_fft: Annotated[int, Field(ge=16, le=65_536, multiple_of=2, examples=[512])]
    win_length: Annotated[int, Field(ge=16, le=65_536)] | None = None
    hop: Annotated[int, Field(ge=1, le=65_536, examples=[128])]
    n_mels: Annotated[int, Field(ge=2, le=1_024, examples=[64])]
    fmin: Annotated[float, Field(ge=0)] = 0.0
    fmax: float | None = None
    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    top_db: Annotated[float, Field(gt=0, le=200)] = 80.0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.win_length is not None and self.win_length > self.n_fft:
            raise ValueError(f"win_length {self.win_length} must not exceed n_fft {self.n_fft}")
        if self.hop > (self.win_length or self.n_fft) // 2:
            raise ValueError(f"hop {self.hop} must be at most half of the window")
        if not self.fmin < self.top_frequency <= self.rate / 2:
            raise ValueError(f"fmin < fmax <= {self.rate / 2:g} Hz (half the rate) must hold")
        if not self._covers_a_bin:
            raise ValueError(
                f"no bin of n_fft {self.n_fft} lies between fmin {self.fmin:g} and fmax "
                f"{self.top_frequency:g} Hz; bins are {self.rate / self.n_fft:g} Hz apart, so "
                "raise n_fft or move fmin and fmax apart"
            )
        if self.n_frames * self.n_fft > _LARGEST_SPECTRUM:
            raise ValueError(
                f"{self.n_frames} frames of n_fft {self.n_fft} are too many; raise hop or lower "
                f"seconds until their product is at most {_LARGEST_SPECTRUM}"
            )
        if self.n_samples < self.n_fft // 2:
            raise ValueError(f"{self.seconds} s are too short for an n_fft of {self.n_fft}")
        return self

    @property
    def top_frequency(self) -> float:
        """Upper edge of the highest mel band in Hz."""
        return self.rate / 2 if self.fmax is None else self.fmax

    @property
    def _covers_a_bin(self) -> bool:
        """Whether a bin lies, by a millionth of one, between the mel bands' outer edges."""
        low, high = (round(f * self.n_fft / self.rate, 6) for f in (self.fmin, self.top_frequency))
        return floor(low) + 1 < high

    @property
    def n_samples(self) -> int:
        """Length of a fitted clip in samples."""
        return round(self.seconds * self.rate)

    @property
    def n_frames(self) -> int:
        """Number of columns of the log-mel of a fitted clip (centred frames)."""
        return 1 + self.n_samples // self.hop

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (n_mels, n_frames) of a fitted clip's log-mel."""
        return self.n_mels, self.n_frames

    @property
    def frame_seconds(self) -> float:
        """How far frames lie apart, in seconds."""
        return self.hop / self.rate

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Centre of each mel band in Hz, shape (n_mels,): `librosa.mel_frequencies` without it.

        Slaney's scale: 200/3 Hz a mel up to 1 kHz, 27 mels for each factor of 6.4 above.
        """
        knee, growth = 15.0, np.log(6.4) / 27
        ends = np.array([self.fmin, self.top_frequency])
        above = knee + np.log(np.maximum(ends, 1000.0) / 1000) / growth
        low, high = np.where(ends < 1000, ends * 3 / 200, above)
        mels = np.linspace(low, high, self.n_mels + 2)[1:-1]
        centres: NDArray[np.float64] = np.where(
            mels < knee, mels * 200 / 3, 1000 * np.exp((mels - knee) * growth)
        )
        return centres


def own_frames(mel: MelSpec, start: float, duration: float) -> slice:
    """Return the frames of a window at ``start`` whose centres lie within a clip's own seconds."""
    step = mel.frame_seconds
    first = min(max(0, ceil(round(-start / step, 6))), mel.n_frames - 1)
    last = min(mel.n_frames - 1, floor(round((duration - start) / step, 6)))
    return slice(first, max(last + 1, first + 1))


def own_seconds(mel: MelSpec, start: float, duration: float) -> tuple[float, float]:
    """Return where a clip's own seconds in a window at ``start`` begin and end, in its time."""
    return max(0.0, start), min(duration, start + mel.seconds)


PRESETS = {
    # 001_f88acf4202fc317d.txt, section 2.1; hop 197 is the one that gives 224 frames for 1 s.
    "audiomnist": MelSpec(rate=44_100, n_fft=4096, hop=197, n_mels=224),
    "esc50": MelSpec(rate=44_100, n_fft=2048, hop=512, n_mels=128, seconds=5.0),
    "voice": MelSpec(rate=16_000, n_fft=512, win_length=400, hop=160, n_mels=64, fmin=20.0),
}
