"""Sounds: how long the renderings take, and how good they are beside librosa's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np
import torch
from numpy.typing import NDArray

from siamese_core.audio import Clip, resample
from siamese_core.corpus import read_corpus
from siamese_core.logmel import LogMel, log_mel, mel_power, stft
from siamese_core.mask.mask import Mask
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.sonification.sonification import sonify
from tests.benchmarks.plan import Plan
from tests.benchmarks.references import librosa_sound
from tests.benchmarks.result import Aim, Result, at_least, below, times_faster
from tests.benchmarks.synthetic import voice

_DATA = Path(__file__).parents[2].parent / "shared" / "data"
_CORPORA = {"audiomnist5": "audiomnist", "esc10": "esc50"}
"""Folder of recordings -> the MelSpec that its clips are seen with."""
_SOFTER = np.float32(0.1)
_GUARD = 4
"""Mel bands beside a mask's edge that are not counted as leakage: windows are that blurred."""

Samples = NDArray[np.float32]


def sound_seconds(plan: Plan) -> Iterator[Result]:
    """Time the two renderings of a clip of one second."""
    mel = PRESETS[plan.of("audiomnist", "audiomnist", "voice")]
    clip = voice(np.random.default_rng(0), mel.rate, mel.seconds)
    ones = _ones(clip, mel)
    wait = plan.typical_seconds(lambda: sonify(clip, ones), plan.rounds)
    yield Result(f"sound through the mask, 1 s at {mel.rate} Hz", "ms", 1000 * wait, aim=below(50))
    power = _power(_window(clip, ones), mel)
    rounds = plan.of(32, 32, 1)
    timing = plan.side_by_side(
        lambda: sonify(clip, ones, "log-mel", soft_ends=False),
        lambda: librosa_sound(power, mel, rounds),
        plan.of(3, 1, 1),
    )
    yield Result(
        f"what the log-mel holds, 1 s at {mel.rate} Hz",
        "s",
        timing.ours,
        timing.reference,
        times_faster(10),
        note=f"reference: librosa.feature.inverse.mel_to_audio, warm, {rounds} iterations",
    )


def sound_quality(plan: Plan) -> Iterator[Result]:
    """Measure both renderings on real clips."""
    for folder, preset in _CORPORA.items():
        if not (_DATA / folder).is_dir():
            yield Result(f"sound quality, {folder}", "", float("nan"), note="no recordings here")
            continue
        clips = _some(_DATA / folder, plan.of(25, 2, 1))
        mel = PRESETS[plan.of(preset, preset, "voice")]
        yield from _quality(plan, folder, mel, clips)


@dataclass(frozen=True)
class Fit:
    """How near a sound is to what its log-mel came from.

    Parameters
    ----------
    convergence : float
        Norm of the difference of the magnitude spectra, over the original's.
    decibels : float
        Mean absolute difference of the log-mels in dB.
    """

    convergence: float
    decibels: float

    @classmethod
    def of(cls, sound: Samples, original: Samples, mel: MelSpec) -> "Fit":
        """Compare a sound with the original window, both as long as the window."""
        a, b = (stft(torch.from_numpy(s).double(), mel).abs() for s in (sound, original))
        levels = [log_mel(torch.from_numpy(s).double(), mel) for s in (sound, original)]
        apart = float((levels[0] - levels[1]).abs().mean())
        return cls(float((a - b).norm() / b.norm()), apart)


def _quality(plan: Plan, folder: str, mel: MelSpec, clips: list[Clip]) -> Iterator[Result]:
    ours, reference, noise, leaks = [], [], [], []
    for clip in clips:
        ones = _ones(clip, mel)
        window = _window(clip, ones)
        sound = _in_window(sonify(clip, ones, "log-mel", soft_ends=False), clip, ones)
        ours.append(Fit.of(sound, window, mel))
        power = _power(window, mel)
        reference.append(Fit.of(librosa_sound(power, mel, plan.of(32, 32, 2)), window, mel))
        noise.append(_snr(_in_window(sonify(clip, ones, soft_ends=False), clip, ones), window))
        leaks.append(_leakage(clip, ones))
    lines: list[tuple[str, str, list[float], list[float] | None, Aim | None]] = [
        ("spectral convergence", "of 1", [f.convergence for f in ours],
         [f.convergence for f in reference], times_faster(1)),
        ("mel error", "dB", [f.decibels for f in ours],
         [f.decibels for f in reference], times_faster(1)),
        ("SNR of a mask of ones, least", "dB", [min(noise)], None, at_least(80)),
        ("leakage outside a half mask, most", "dB", [max(leaks)], None, None),
    ]  # fmt: skip
    for name, unit, mine, other, aim in lines:
        beside = None if other is None else mean(other)
        yield Result(f"{name}, {folder}", unit, mean(mine), beside, aim, note=f"{len(clips)} clips")


def _some(folder: Path, count: int) -> list[Clip]:
    """Read clips from all over a corpus, softer: no side then has to stay within full scale."""
    files = read_corpus(folder).clips
    clips = [files[i].read() for i in np.linspace(0, len(files) - 1, count).astype(int)]
    return [replace(clip, samples=clip.samples * _SOFTER) for clip in clips]


def _ones(clip: Clip, mel: MelSpec) -> Mask:
    return Mask(np.ones(mel.shape, np.float32), mel, LogMel.of(clip, mel).start)


def _window(clip: Clip, mask: Mask) -> Samples:
    """Cut the window that a mask lies on, at the model's rate."""
    low = resample(clip, mask.mel.rate)
    return low.cut(round(mask.start * mask.mel.rate), mask.mel.n_samples).samples


def _in_window(sound: Clip, clip: Clip, mask: Mask) -> Samples:
    """Put a rendering, which has the clip's own seconds alone, back into the window."""
    begins = min(0, round(mask.start * mask.mel.rate))
    return sound.cut(begins, mask.mel.n_samples).samples


def _power(window: Samples, mel: MelSpec) -> Samples:
    power: Samples = mel_power(stft(torch.from_numpy(window), mel), mel).numpy()
    return power


def _snr(sound: Samples, original: Samples) -> float:
    """Return the signal-to-noise ratio in dB."""
    noise = np.square(sound - original, dtype=np.float64).sum()
    return float(10 * np.log10(np.square(original, dtype=np.float64).sum() / max(noise, 1e-30)))


def _leakage(clip: Clip, ones: Mask) -> float:
    """Keep the lower half of the bands; return what is left of the power above, in dB."""
    half = ones.mel.n_mels // 2
    values = ones.values.copy()
    values[half:] = 0
    kept = sonify(clip, Mask(values, ones.mel, ones.start))
    sounds = _in_window(kept, clip, ones), _window(clip, ones)
    above, all_above = (_power(s, ones.mel)[half + _GUARD :].sum(dtype=np.float64) for s in sounds)
    return float(10 * np.log10(max(above, 1e-30) / all_above))
