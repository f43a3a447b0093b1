"""Batches: what each step trains on, drawn by its number, made ready while the step before runs."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import torch
from torch import Tensor

from siamese_core.episodes import PairBatch, PairSampler
from siamese_core.training_set import TrainingSet


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step trains on.

    Parameters
    ----------
    pairs : PairBatch
    placed : Tensor, shape (n_clips, rows, columns)
        Its distinct files' maps, not yet varied, in the host's memory; pinned for CUDA.
    dropout, variation : int
        Seeds of what is drawn on the device.
    """

    pairs: PairBatch
    placed: Tensor
    dropout: int
    variation: int


class Batches:
    """The batches of a training; a step's batch depends on the seed and its number alone.

    Parameters
    ----------
    clips : TrainingSet
    pairs : PairSampler
    seed : int
    device : torch.device
        Where they will be used.
    """

    def __init__(
        self, clips: TrainingSet, pairs: PairSampler, seed: int, device: torch.device
    ) -> None:
        self._clips, self._pairs, self._seed = clips, pairs, seed
        self._is_pinned = device.type == "cuda"
        self._pool = ThreadPoolExecutor(1)
        self._ahead: dict[int, Future[Batch]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, step: int) -> Batch:
        """Return a step's batch, and begin with the next one's."""
        waiting = self._ahead.pop(step, None) or self._pool.submit(self._draw, step)
        batch = waiting.result()
        self._ahead = {step + 1: self._pool.submit(self._draw, step + 1)}
        return batch

    def _draw(self, step: int) -> Batch:
        rng = np.random.default_rng([self._seed, step])
        dropout = int(rng.integers(2**62))
        pairs = self._pairs.sample(rng)
        placed = torch.from_numpy(self._clips.place(pairs.clips, rng))
        variation = int(rng.integers(2**62))
        return Batch(pairs, placed.pin_memory() if self._is_pinned else placed, dropout, variation)
