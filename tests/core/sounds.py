"""What tests of rendered sounds measure: noise, clicks, and distance between spectra."""

import numpy as np
import torch

from siamese_core.audio import Clip
from siamese_core.logmel import LogMel, stft
from siamese_core.mask.mask import Mask
from siamese_core.melspec import MelSpec


def flat(clip: Clip, mel: MelSpec, gain: float = 1.0, start: float | None = None) -> Mask:
    """A mask of one gain, where the clip would be scored."""
    return Mask(np.full(mel.shape, gain, np.float32), mel, LogMel.of(clip, mel, start).start)


def snr(signal: np.ndarray, got: np.ndarray) -> float:
    """Signal over what is left of it in dB."""
    error = np.square(signal.astype(np.float64) - got).sum()
    return float(10 * np.log10(np.square(signal, dtype=np.float64).sum() / max(error, 1e-30)))


def above(clip: Clip, hertz: float) -> np.ndarray:
    """What a clip holds above a frequency: a click is broad, a tone is not."""
    spectrum = np.fft.rfft(clip.samples.astype(np.float64))
    spectrum[np.fft.rfftfreq(len(clip.samples), 1 / clip.rate) < hertz] = 0
    return np.fft.irfft(spectrum, len(clip.samples))


def dbfs(samples: np.ndarray) -> float:
    """Peak in dB below full scale."""
    return float(20 * np.log10(np.abs(samples).max(initial=0) + 1e-12))


def high_peak(clip: Clip, hertz: float) -> float:
    """Peak in dBFS of what a clip holds above a frequency."""
    return dbfs(above(clip, hertz))


def click(clip: Clip, hertz: float, seconds: float = 0.05) -> float:
    """Peak in dBFS above a frequency, of the clip with silence around it.

    The silence makes an end that breaks off show: what a loudspeaker does when it stops. The
    first and last rows of the padding are left out, where the transform wraps around.
    """
    pad = round(seconds * clip.rate)
    padded = np.concatenate([np.zeros(pad), clip.samples, np.zeros(pad)]).astype(np.float32)
    return dbfs(above(Clip(padded, clip.rate), hertz))


def convergence(clip: Clip, original: Clip, mel: MelSpec) -> float:
    """Spectral convergence: how far the magnitudes are from the original's, as a share of them."""
    wanted, got = (stft(torch.from_numpy(c.samples).double(), mel).abs() for c in (original, clip))
    return float((wanted - got).norm() / wanted.norm())
