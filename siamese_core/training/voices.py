"""Voices: a clip as another person might have said it, at another speed or with other formants."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from siamese_core.audio import Clip, resample
from siamese_core.melspec import MelSpec

_LIFTER_SECONDS = 0.002
"""Quefrencies below it are the vocal tract's, those above it the voice's pitch (below 500 Hz)."""
_FLOOR = 1e-12


def at_speed(clip: Clip, speed: float, mel: MelSpec) -> Clip:
    """Bring a clip to the mel's rate, played faster: pitch, formants and tempo move together."""
    faster = clip if speed == 1 else replace(clip, rate=round(clip.rate * speed))
    return resample(faster, mel.rate)


def with_formants(spectrum: Tensor, factors: Sequence[float], rate: int) -> Tensor:
    """Move a spectrum's envelope along frequency; its harmonics, the pitch, stay where they are.

    The envelope is what the low quefrencies of the cepstrum hold (Oppenheim and Schafer 1968).

    Parameters
    ----------
    spectrum : Tensor, shape (bins, frames), complex
        As `logmel.stft` gives it.
    factors : sequence of float
        1.1 moves each formant up by a tenth: a shorter vocal tract.
    rate : int
        Of the clip, in Hz.

    Returns
    -------
    Tensor, shape (n_factors, bins, frames), complex
    """
    if set(factors) == {1}:
        return spectrum.expand(len(factors), -1, -1)
    envelope = _envelope(spectrum, round(_LIFTER_SECONDS * rate))
    bins = len(envelope)
    axis = torch.arange(bins, dtype=envelope.dtype)
    places = torch.stack([axis / factor for factor in factors]).clamp_max(bins - 1)
    places = places.to(envelope.device)
    below = places.floor().long()
    above = (below + 1).clamp_max(bins - 1)
    between = (places - below)[..., None]
    moved = envelope[below] * (1 - between) + envelope[above] * between
    return spectrum * ((moved - envelope) / 2).exp()


def _envelope(spectrum: Tensor, order: int) -> Tensor:
    """Return the logarithm of the smooth part of each frame's power, shape (bins, frames)."""
    log_power = spectrum.abs().square().clamp_min(_FLOOR).log()
    cepstrum = torch.fft.irfft(log_power, dim=0)
    cepstrum[order + 1 : len(cepstrum) - order] = 0
    envelope: Tensor = torch.fft.rfft(cepstrum, dim=0).real
    return envelope
