"""TrainingSet: the mel power of every training clip in memory, cut and varied batch by batch."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.audio import Clip, placement, resample
from siamese_core.augmentation import vary
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpus import ClipFile, Corpus
from siamese_core.devices import threads
from siamese_core.episodes import Indices
from siamese_core.logmel import mel_power, power_to_db, stft
from siamese_core.melspec import MelSpec
from siamese_core.recipes import Recipe

_CHUNK = 64


class TrainingSet:
    """Clips of the training classes, once for each speed; a speed other than 1 is another class.

    Parameters
    ----------
    corpus : Corpus
        The training classes only.
    recipe : Recipe
    """

    def __init__(self, corpus: Corpus, recipe: Recipe) -> None:
        self.corpus, self.mel, self.augmentation = corpus, recipe.mel, recipe.augmentation
        self.powers: list[NDArray[np.float32]] = []
        views = [(clip, speed) for clip in corpus.clips for speed in self.augmentation.speeds]
        self.labels = [f"{clip.label}@{speed:g}" for clip, speed in views]
        self.sources = [f"{clip.source}@{speed:g}" for clip, speed in views]
        names = {label: number for number, label in enumerate(sorted(set(self.labels)))}
        self.classes = np.array([names[label] for label in self.labels])

    def read(self, on_event: OnEvent, should_stop: ShouldStop) -> None:
        """Read every clip; batches can be drawn afterwards.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        Cancelled
            If ``should_stop`` says so.
        """
        clips = self.corpus.clips
        chunks = [clips[i : i + _CHUNK] for i in range(0, len(clips), _CHUNK)]
        with ThreadPoolExecutor(threads()) as pool:
            for number, powers in enumerate(pool.map(self._read, chunks)):
                progress(on_event, should_stop, "Reading", number * _CHUNK, len(clips))
                self.powers += powers

    def batch(self, indices: Indices, rng: np.random.Generator, device: torch.device) -> Tensor:
        """Place clips at random, vary them and return dB maps (len(indices), n_mels, n_frames)."""
        placed = np.stack([self._place(self.powers[i], rng) for i in indices])
        power = torch.from_numpy(placed).to(device, non_blocking=True)
        generator = torch.Generator(device).manual_seed(int(rng.integers(2**62)))
        return power_to_db(vary(power, self.augmentation, generator), self.mel.top_db)

    def _read(self, files: Sequence[ClipFile]) -> list[NDArray[np.float32]]:
        clips = [
            _at_speed(file.read(), speed, self.mel)
            for file in files
            for speed in self.augmentation.speeds
        ]
        return [_whole_power(clip, self.mel) for clip in clips]

    def _place(self, power: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Cut a random excerpt around a clip's loudest frame; put it at a random place in zeros."""
        n_frames = self.mel.n_frames
        shortest = max(1, round(self.augmentation.shortest * power.shape[1]))
        length = min(int(rng.integers(shortest, power.shape[1] + 1)), n_frames)
        loudest = int(power.sum(axis=0).argmax())
        first = int(
            rng.integers(
                max(0, loudest - length + 1), min(loudest, power.shape[1] - length), endpoint=True
            )
        )
        start = int(rng.integers(n_frames - length + 1))
        placed = np.zeros((self.mel.n_mels, n_frames), np.float32)
        placed[:, start : start + length] = power[:, first : first + length]
        return placed


def _at_speed(clip: Clip, speed: float, mel: MelSpec) -> Clip:
    """Bring a clip to the mel's rate, played faster: pitch, formants and tempo move together."""
    faster = clip if speed == 1 else replace(clip, rate=round(clip.rate * speed))
    return resample(faster, mel.rate)


def _whole_power(clip: Clip, mel: MelSpec) -> NDArray[np.float32]:
    """Mel power of a whole clip, or of twice the window around the loudest part of a long one."""
    longest = 2 * mel.n_samples
    if len(clip.samples) > longest:
        clip = clip.cut(placement(clip, longest), longest)
    if len(clip.samples) < mel.n_fft:
        clip = clip.cut((len(clip.samples) - mel.n_fft) // 2, mel.n_fft)
    power: NDArray[np.float32] = mel_power(stft(torch.from_numpy(clip.samples), mel), mel).numpy()
    return power
