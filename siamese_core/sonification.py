"""Sonification: a mask made audible, through the original sound or from the log-mel alone."""

from dataclasses import replace
from functools import lru_cache
from math import ceil, gcd, pi
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.audio import Clip, resample
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.errors import ParameterError
from siamese_core.logmel import istft, log_mel, mel_filterbank, stft
from siamese_core.mask import Mask
from siamese_core.melspec import MelSpec, own_frames

MODES = {"through-mask": "Through the mask", "log-mel": "What the log-mel holds"}
"""Name -> title for people."""

_ROUNDS = 32
"""Updates of the magnitude, and of the phase; more gain nothing that can be heard."""
_MOMENTUM = 0.99
_TINY = 1e-20

Array = NDArray[np.float64]


def sonify(
    clip: Clip,
    mask: Mask,
    mode: str = "through-mask",
    *,
    rate: Literal["model", "clip"] = "model",
    keep_above: bool = False,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Clip:
    """Make the part of a clip audible that a mask lets through.

    Parameters
    ----------
    clip : Clip
        The original, at its own rate.
    mask : Mask
    mode : {"through-mask", "log-mel"}
        The original sound through the mask, its phase kept; or what the masked log-mel alone still
        holds: no phase, and no more detail along frequency than a mel band.
    rate : {"model", "clip"}
        Render at the model's rate, or resample that to the clip's own.
    keep_above : bool
        Through the mask at the clip's own rate: also keep what lies above the model's band, which
        no mask reaches.
    seed : int
        Of the first phase of ``log-mel``.

    Returns
    -------
    Clip
        The clip's own seconds within the mask's window, at the original's level; softer only where
        it would otherwise rise above full scale and the original does not.

    Raises
    ------
    ParameterError
        If there is no such mode or rate, or the window lies outside the clip.
    Cancelled
        If ``should_stop`` says so.
    """
    if mode not in MODES:
        raise ParameterError(f"'{mode}' is no way to sonify; the ways are {', '.join(MODES)}.")
    if rate not in ("model", "clip"):
        raise ParameterError(f"'{rate}' is no rate to sonify at; give model or clip.")
    progress(on_event, should_stop, "Rendering", 0, _ROUNDS)
    low = resample(clip, mask.mel.rate)
    if mode == "through-mask":
        rendered, first = _through_mask(low, mask, clip.seconds)
    else:
        rendered, first = _log_mel_alone(low, mask, clip.seconds, seed, on_event, should_stop)
    target = clip.rate if rate == "clip" else low.rate
    begin, end = _own_stretch(clip, mask, target)
    sound = _at_rate(rendered, first, target, begin, end)
    if keep_above and rate == "clip" and mode == "through-mask":
        unmasked = low.cut(first, len(rendered.samples))
        below = _at_rate(unmasked, first, target, begin, end)
        above = clip.cut(begin, end - begin).samples - below.samples
        sound = replace(sound, samples=sound.samples + above)
    scale = min(1.0, max(1.0, clip.peak) / max(sound.peak, _TINY))
    return replace(sound, samples=sound.samples * np.float32(scale), path=None)


def _own_stretch(clip: Clip, mask: Mask, rate: int) -> tuple[int, int]:
    """Return the first sample and the end, at ``rate``, of the clip's seconds in the window."""
    begin = max(0, round(mask.start * rate))
    end = min(round(clip.seconds * rate), round((mask.start + mask.mel.seconds) * rate))
    if begin >= end:
        raise ParameterError(
            f"The mask lies at {mask.start:.2f} to {mask.start + mask.mel.seconds:.2f} s, outside "
            f"the clip of {clip.seconds:.2f} s; move its window."
        )
    return begin, end


def _through_mask(low: Clip, mask: Mask, seconds: float) -> tuple[Clip, int]:
    """Weigh the complex spectrum of a window; also say which sample of the clip it begins at.

    The sound on either side goes through the outermost gains, so that the window's ends are
    neither faded by the transform nor rung by resampling once that sound is cut away.
    """
    mel = mask.mel
    frames = ceil(mel.n_fft / mel.hop)
    first = round(mask.start * mel.rate) - frames * mel.hop
    around = low.cut(first, mel.n_samples + 2 * frames * mel.hop)
    gains = torch.from_numpy(_lift(mel) @ _own_gains(mask, seconds, frames))
    spectrum = stft(torch.from_numpy(around.samples).double(), mel)
    masked = istft(spectrum * gains, mel, len(around.samples))
    return replace(around, samples=masked.float().numpy()), first


def _log_mel_alone(
    low: Clip, mask: Mask, seconds: float, seed: int, on_event: OnEvent, should_stop: ShouldStop
) -> tuple[Clip, int]:
    """Make sound of the masked log-mel; also say which sample of the clip it begins at."""
    first = round(mask.start * mask.mel.rate)
    window = low.cut(first, mask.mel.n_samples)
    db = log_mel(torch.from_numpy(window.samples).double(), mask.mel)
    gains = torch.from_numpy(_own_gains(mask, seconds, 0))
    magnitude = _magnitude((10 ** (db / 10) * gains.square()).float(), mask.mel)
    sound = _griffin_lim(magnitude, mask.mel, seed, on_event, should_stop)
    # a magnitude that no sound has exactly costs level; the log-mel says how much there was
    sound = sound * magnitude.norm() / stft(sound, mask.mel).abs().norm().clamp_min(_TINY)
    return replace(window, samples=sound.numpy()), first


def _own_gains(mask: Mask, seconds: float, frames: int) -> Array:
    """Go on with the outermost gains of the clip's own frames, to ``frames`` beyond the window.

    A frame outside the clip still holds some of its sound, by the width of the analysis window.
    """
    own = own_frames(mask.mel, mask.start, seconds)
    sides = (own.start + frames, mask.mel.n_frames - own.stop + frames)
    return np.pad(mask.values[:, own].astype(np.float64), ((0, 0), sides), mode="edge")


@lru_cache(maxsize=8)
def _lift(mel: MelSpec) -> Array:
    """Return weights (n_bins, n_mels) that average, for each bin, over the bands that cover it.

    Bins that no band covers (DC, Nyquist) take the nearest covered bin's weights.
    """
    weights = mel_filterbank(mel).double().numpy().T
    covered = np.flatnonzero(weights.sum(axis=1))
    bins = np.arange(len(weights))
    nearest = covered[np.abs(bins[:, None] - covered).argmin(axis=1)]
    lifted: Array = weights[nearest] / weights[nearest].sum(axis=1, keepdims=True)
    return lifted


def _magnitude(power: Tensor, mel: MelSpec) -> Tensor:
    """Find a magnitude spectrum (n_bins, n_frames) whose mel power is ``power`` (n_mels, n_frames).

    Multiplicative updates for the Kullback-Leibler divergence (Lee and Seung 2001) from each band's
    power spread over its bins: never negative, smooth where the bands say nothing, and nearer to
    the true spectrum than least squares from the pseudo-inverse.
    """
    filters = mel_filterbank(mel)
    totals = filters.sum(dim=0).clamp_min(_TINY)[:, None]
    spectrum = torch.from_numpy(_lift(mel)).float() @ (
        power / filters.sum(dim=1, keepdim=True).clamp_min(_TINY)
    )
    for _ in range(_ROUNDS):
        ratio = power / (filters @ spectrum).clamp_min(_TINY)
        spectrum = spectrum * (filters.T @ ratio) / totals
    return spectrum.sqrt()


def _griffin_lim(
    magnitude: Tensor, mel: MelSpec, seed: int, on_event: OnEvent, should_stop: ShouldStop
) -> Tensor:
    """Find a sound of that magnitude spectrum (fast Griffin-Lim, Perraudin et al. 2013)."""
    generator = torch.Generator().manual_seed(seed)
    angles = 2 * pi * torch.rand(magnitude.shape, generator=generator)
    phase, previous = torch.polar(torch.ones_like(magnitude), angles), torch.zeros(())
    for number in range(_ROUNDS):
        progress(on_event, should_stop, "Rendering", number, _ROUNDS)
        rebuilt = stft(istft(magnitude * phase, mel, mel.n_samples), mel)
        ahead = rebuilt - _MOMENTUM / (1 + _MOMENTUM) * previous
        phase, previous = ahead / ahead.abs().clamp_min(_TINY), rebuilt
    progress(on_event, should_stop, "Rendering", _ROUNDS, _ROUNDS)
    return istft(magnitude * phase, mel, mel.n_samples)


def _at_rate(rendered: Clip, first: int, rate: int, begin: int, end: int) -> Clip:
    """Return samples ``begin`` to ``end`` of the clip, at ``rate``.

    ``rendered`` begins at sample ``first`` of the clip at its own rate. Before resampling it is
    moved to a sample that lies on the grid of both rates.
    """
    common = gcd(rendered.rate, rate)
    step = rendered.rate // common
    ahead = first % step
    on_grid = rendered.cut(-ahead, len(rendered.samples) + ahead)
    origin = (first - ahead) // step * (rate // common)
    return resample(on_grid, rate).cut(begin - origin, end - begin)
