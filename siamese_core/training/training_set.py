"""TrainingSet: every training clip or glyph, placed and varied batch by batch."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from pathlib import Path
from typing import Self, cast

import numpy as np
import torch
from torch import Tensor

from siamese_core.audio import Clip, placement
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.computed_maps import computed_maps
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Indices
from siamese_core.glyphspec import GlyphSpec
from siamese_core.logmel import mel_power, power_to_db, stft
from siamese_core.logmel_cache import cached_maps, damaged, sparing
from siamese_core.map_file import Map, MapFile
from siamese_core.pictures import pictures
from siamese_core.recipes import Augmentation, Recipe
from siamese_core.training.augmentation import move, vary
from siamese_core.training.voices import at_speed, with_formants

_AT_ONCE = 4
"""Clips that lie on a GPU at once, which has no memory for as many as there are processors."""


class TrainingSet(ABC):
    """The training classes' files, each in some views; every view but the first is a new class.

    Parameters
    ----------
    corpus : Corpus
        The training classes only.
    recipe : Recipe
    views : sequence of str
        The names of the views: a voice at several speeds, a glyph turned by right angles.

    Attributes
    ----------
    settings : mapping, optional
        What the maps depend on beside the files, where they are worth a place in the cache.
    device : torch.device
        Where the maps are computed: the processor unless it is set before `read`.
    """

    def __init__(self, corpus: Corpus[LabelledFile], recipe: Recipe, views: Sequence[str]) -> None:
        self.augmentation, self.views = recipe.augmentation, views
        self.maps: Sequence[Map] = []
        self.settings: Mapping[str, object] | None = None
        self.device = torch.device("cpu")
        self._hold(corpus.clips, range(len(corpus.clips) * len(views)))

    def _hold(self, files: Sequence[LabelledFile], places: Sequence[int]) -> None:
        """Take these files, the maps of whose views are in these places."""
        self.files, self._places = files, places
        self.labels = [f"{file.label}@{view}" for file in files for view in self.views]
        self.sources = [f"{file.source}@{view}" for file in files for view in self.views]
        self.classes = np.unique(self.labels, return_inverse=True)[1]
        self.recordings = np.unique(self.sources, return_inverse=True)[1]

    def without(self, lost: Collection[int]) -> Self:
        """Return it without some files, given by their places; nothing is read again."""
        rest, each = copy(self), len(self.views)
        kept = [place for place in range(len(self.files)) if place not in lost]
        places = [self._places[place * each + view] for place in kept for view in range(each)]
        rest._hold([self.files[place] for place in kept], places)
        return rest

    def read(
        self,
        on_event: OnEvent,
        should_stop: ShouldStop,
        beside: Path | None = None,
        digests: Sequence[bytes] | None = None,
    ) -> list[int]:
        """Read every file; batches can be drawn afterwards of those that can be read.

        Parameters
        ----------
        beside : Path, optional
            Where to keep maps for which the person's cache folder has no room.
        digests : sequence of bytes, optional
            Of the files (`logmel_cache.digests_of`), where they are known.

        Returns
        -------
        list of int
            The places of the files that cannot be read.

        Raises
        ------
        Cancelled
            If ``should_stop`` says so.
        """
        views = sparing(self._all_views, len(self.views))
        if self.settings is None:
            self.maps = list(computed_maps(self.files, views, on_event, should_stop))
        else:
            settings = {**self.settings, "computed on": self.device.type}
            self.maps = cached_maps(
                self.files, views, settings, on_event, should_stop, beside, digests
            )
        return damaged(self.files, self.maps)

    def _all_views(self, files: Iterable[LabelledFile]) -> Iterator[Map]:
        for file in files:
            yield from tuple(self._views(file))  # all or, where it cannot be read, none

    def batch(self, indices: Indices, rng: np.random.Generator, device: torch.device) -> Tensor:
        """Place and vary files; return maps (len(indices), rows, columns) as the net sees them."""
        placed = self.place(indices, rng)
        return self.vary(torch.from_numpy(placed).to(device), int(rng.integers(2**62)))

    def plain(self, indices: Indices, rng: np.random.Generator, device: torch.device) -> Tensor:
        """Place files as `batch` does, and vary nothing else."""
        as_they_are = copy(self)
        as_they_are.augmentation = Augmentation(shortest=self.augmentation.shortest)
        return as_they_are.batch(indices, rng, device)

    @abstractmethod
    def place(self, indices: Indices, rng: np.random.Generator) -> Map:
        """Put files into maps of the net's shape: (len(indices), rows, columns); no torch yet."""

    @abstractmethod
    def vary(self, placed: Tensor, seed: int) -> Tensor:
        """Vary placed maps on the device where they are, each in its own way."""

    @abstractmethod
    def _views(self, file: LabelledFile) -> Iterator[Map]:
        """Give what is kept of each view of a file."""


class ClipSet(TrainingSet):
    """Clips as mel power, placed at random; other speeds and formants are other voices."""

    def __init__(self, corpus: Corpus[LabelledFile], recipe: Recipe) -> None:
        voices = recipe.augmentation.voices
        super().__init__(corpus, recipe, [f"{speed:g}, {factor:g}" for speed, factor in voices])
        self.mel = recipe.mel
        self.settings = {
            "maps": "mel power of whole clips",
            "mel": self.mel.model_dump(mode="json"),
            "speeds": self.augmentation.speeds,
            "formants": self.augmentation.formants,
        }
        self._on_gpu = threading.Semaphore(_AT_ONCE)

    def place(self, indices: Indices, rng: np.random.Generator) -> Map:
        """Place clips at random: mel power, zero around them."""
        placed = np.stack([self._place(self.maps[self._places[i]], rng) for i in indices])
        if isinstance(self.maps, MapFile):
            self.maps.forget()
        return placed

    def vary(self, placed: Tensor, seed: int) -> Tensor:
        """Vary mel power, and turn it into dB."""
        varied = vary(placed, self.augmentation, _generator(placed, seed))
        return power_to_db(varied, self.mel.top_db)

    def _views(self, file: LabelledFile) -> Iterator[Map]:
        clip = cast("ClipFile", file).read()
        for speed in self.augmentation.speeds:
            faster = at_speed(clip, speed, self.mel)
            with nullcontext() if self.device.type == "cpu" else self._on_gpu:
                power = self._power(faster)
            yield from power

    def _power(self, clip: Clip) -> Map:
        """Return mel power with each formant factor: (n_factors, n_mels, n_frames)."""
        spectrum = self._whole_spectrum(clip)
        voices = with_formants(spectrum, self.augmentation.formants, self.mel.rate)
        return mel_power(voices, self.mel).float().cpu().numpy()

    def _whole_spectrum(self, clip: Clip) -> Tensor:
        """Transform a whole clip, or twice the window around the loudest part of a long one."""
        longest = 2 * self.mel.n_samples
        if len(clip.samples) > longest:
            clip = clip.cut(placement(clip, longest), longest)
        if len(clip.samples) < self.mel.n_fft:
            clip = clip.cut((len(clip.samples) - self.mel.n_fft) // 2, self.mel.n_fft)
        # TF32 would round the bands' sums on a GPU; there, double costs nothing that is felt.
        wide = torch.float64 if self.device.type == "cuda" else torch.float32
        return stft(torch.from_numpy(clip.samples).to(self.device, wide), self.mel)

    def _place(self, power: Map, rng: np.random.Generator) -> Map:
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


class GlyphSet(TrainingSet):
    """Glyphs, moved at random; one turned by a right angle is another character."""

    def __init__(self, corpus: Corpus[LabelledFile], recipe: Recipe) -> None:
        super().__init__(corpus, recipe, [str(turn) for turn in recipe.augmentation.turns])
        self.spec = recipe.input

    def place(self, indices: Indices, _rng: np.random.Generator) -> Map:
        """Take glyphs as they are: ink between 0 and 1."""
        return np.stack([self.maps[self._places[i]] for i in indices])

    def vary(self, placed: Tensor, seed: int) -> Tensor:
        """Move glyphs at random."""
        if not self.augmentation.affine:
            return placed
        return move(placed, self.augmentation.affine, _generator(placed, seed))

    def _views(self, file: LabelledFile) -> Iterator[Map]:
        (glyph,) = pictures([file], self.spec)
        for turn in self.augmentation.turns:
            yield np.ascontiguousarray(np.rot90(glyph, turn // 90))


def training_set(corpus: Corpus[LabelledFile], recipe: Recipe) -> TrainingSet:
    """Return the set that fits what the recipe's network sees."""
    kind = GlyphSet if isinstance(recipe.input, GlyphSpec) else ClipSet
    return kind(corpus, recipe)


def _generator(maps: Tensor, seed: int) -> torch.Generator:
    return torch.Generator(maps.device).manual_seed(seed)
