"""Batches: what each step trains on, drawn by its number, made ready while the step before runs."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np
import torch
from torch import Tensor

from siamese_core.episodes import PairSampler
from siamese_core.training.objectives import Targets
from siamese_core.training.training_set import TrainingSet


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step trains on, in the host's memory; pinned for CUDA.

    Parameters
    ----------
    targets : Targets
    placed : Tensor, shape (n_clips, rows, columns)
        Its distinct files' maps, not yet varied.
    dropout, variation : int
        Seeds of what is drawn on the device.
    """

    targets: Targets
    placed: Tensor
    dropout: int
    variation: int

    def pinned(self) -> Self:
        """Return it in memory that a CUDA device fetches from while the processor goes on."""
        targets = Targets(*(values.pin_memory() for values in self.targets))
        return replace(self, targets=targets, placed=self.placed.pin_memory())

    def on(self, device: torch.device) -> tuple[Tensor, Targets]:
        """Bring the maps and targets to a device."""
        placed, *targets = (
            values.to(device, non_blocking=True) for values in (self.placed, *self.targets)
        )
        return placed, Targets(*targets)


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
        pairs, clips = self._pairs.sample(rng), self._clips
        placed = torch.from_numpy(clips.place(pairs.clips, rng))
        known = clips.classes[pairs.clips], clips.recordings[pairs.clips]
        arrays = (*known, pairs.left, pairs.right, pairs.target)
        targets = Targets(*(torch.from_numpy(array) for array in arrays))
        batch = Batch(targets, placed, dropout, int(rng.integers(2**62)))
        return batch.pinned() if self._is_pinned else batch
