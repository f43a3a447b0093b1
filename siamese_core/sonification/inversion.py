"""Inversion: sound from a log-mel alone, or from a log-mel and the original phase."""

from math import pi

import torch
from torch import Tensor

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.logmel import istft, mel_power, stft
from siamese_core.melspec import MelSpec
from siamese_core.sonification.mel_bands import MelBands

ROUNDS = 24
"""Updates of the phase; a third more lowers the spectral convergence by less than 0.005."""

_MAGNITUDE_ROUNDS = 12
_MOMENTUM = 0.99
_REDUNDANCY = 8
"""Frames that cover each sample in the search for a phase; twice as many cost twice the time and
change the spectral convergence by less than 0.01."""
_MOST_RAISE = 4.0
"""Of a band where the phase found cancels it; more would ring."""
_TINY = 1e-20


def invert(
    power: Tensor,
    mel: MelSpec,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Tensor:
    """Make sound of mel power alone; nothing of the original's phase is known.

    Parameters
    ----------
    power : Tensor of float32, shape (..., n_mels, n_frames)
        Of the windows of a `MelSpec`; on the CPU.
    seed : int
        Of the first phase, the same for each window of a batch.

    Returns
    -------
    Tensor, shape (..., n_samples)
        At the level that the log-mel tells.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    thin = max(1, (mel.win_length or mel.n_fft) // (_REDUNDANCY * mel.hop))
    sparse = mel.model_copy(update={"hop": mel.hop * thin})
    power = power[..., ::thin]
    sound = _griffin_lim(magnitude(power, mel), sparse, seed, on_event, should_stop)
    return _in_bands(sound, power, sparse)


def invert_with_phase(power: Tensor, spectrum: Tensor, mel: MelSpec) -> Tensor:
    """Make sound of mel power (..., n_mels, n_frames) and the phase of the original spectrum.

    Parameters
    ----------
    spectrum : Tensor, complex64, shape (..., n_bins, n_frames)

    Returns
    -------
    Tensor, shape (..., n_samples)
        At the level that the log-mel tells.
    """
    sound = istft(magnitude(power, mel) * spectrum.sgn(), mel, mel.n_samples)
    return _in_bands(sound, power, mel)


def magnitude(power: Tensor, mel: MelSpec) -> Tensor:
    """Find the magnitude spectrum (..., n_bins, n_frames) behind mel power.

    Multiplicative updates for the Kullback-Leibler divergence (Lee and Seung 2001) from each band's
    power spread over its bins, over-relaxed: never negative, smooth where the bands say nothing,
    and nearer to the true spectrum than least squares from the pseudo-inverse.

    Parameters
    ----------
    power : Tensor of float32, shape (..., n_mels, n_frames)
    """
    bands = MelBands.of(mel)
    widths = bands.collect(torch.ones_like(bands.falling)).clamp_min(_TINY)
    totals = (bands.falling + bands.rising).clamp_min(_TINY)
    spectrum = bands.lift(power / widths)
    for _ in range(_MAGNITUDE_ROUNDS):
        ratio = power / bands.collect(spectrum).clamp_min(_TINY)
        step = bands.spread(ratio) / totals
        spectrum = spectrum * step * step.sqrt()  # to the power of 1.5: below 2 it converges
    return spectrum.sqrt()


def _griffin_lim(
    target: Tensor, mel: MelSpec, seed: int, on_event: OnEvent, should_stop: ShouldStop
) -> Tensor:
    """Find a sound of that magnitude spectrum (fast Griffin-Lim, Perraudin et al. 2013)."""
    # Frame by frame in memory, as the transform has it, and complex: no pass has to convert.
    goal = target.transpose(-1, -2).contiguous().transpose(-1, -2).to(torch.complex64)
    generator = torch.Generator().manual_seed(seed)
    angles = 2 * pi * torch.rand(target.shape[-2:], generator=generator)
    phase = torch.polar(torch.ones_like(angles), angles)
    previous = torch.zeros((), dtype=goal.dtype)
    for number in range(ROUNDS):
        progress(on_event, should_stop, "Rendering", number, ROUNDS)
        rebuilt = stft(istft(goal * phase, mel, mel.n_samples), mel)
        phase = torch.sub(rebuilt, previous, alpha=_MOMENTUM / (1 + _MOMENTUM)).sgn()
        previous = rebuilt
    progress(on_event, should_stop, "Rendering", ROUNDS, ROUNDS)
    return istft(goal * phase, mel, mel.n_samples)


def _in_bands(sound: Tensor, power: Tensor, mel: MelSpec) -> Tensor:
    """Weigh the bands of a sound by what they lack of that power (..., n_mels, n_frames).

    A magnitude that no sound has exactly costs level, here more and there less.
    """
    spectrum = stft(sound, mel)
    gains = (power / mel_power(spectrum, mel).clamp_min(_TINY)).sqrt().clamp_max(_MOST_RAISE)
    return istft(spectrum * MelBands.of(mel).lift(gains), mel, mel.n_samples)
