"""Scores whose right explanation is known, and a way to stop a method half-way."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject
from siamese_core.callbacks import Event

SHAPE = (16, 20)
ROWS, COLUMNS = slice(4, 8), slice(5, 10)
"""A rectangle that tiles of 4 x 5 cells are aligned with."""


class RectangleScore(nn.Module):
    """The mean level of one rectangle, in tens of dB; nothing else counts."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps[:, ROWS, COLUMNS].mean(dim=(1, 2)) / 10


class ProductScore(nn.Module):
    """Two halves of the map that only count together."""

    def forward(self, maps: Tensor) -> Tensor:
        left, right = maps.mean(dim=1).split(SHAPE[1] // 2, dim=1)
        return left.mean(dim=1) * right.mean(dim=1) / 100


def noise_map(seed: int = 0, shape: tuple[int, int] = SHAPE) -> Tensor:
    """A log-mel of noise between -60 and 0 dB, its floor in one corner, outside the rectangle."""
    db = -60 * torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    db[-1, -1] = -60.0
    return db


def rectangle_subject(**options: object) -> Subject:
    """The rectangle's score on a map of noise."""
    return Subject(RectangleScore(), noise_map(), **options)  # type: ignore[arg-type]


def mass_inside(values: NDArray[np.float32]) -> float:
    """Share of the absolute attribution that lies in the rectangle."""
    mass = np.abs(values.astype(np.float64))
    return float(mass[ROWS, COLUMNS].sum() / mass.sum())


class Stopper:
    """Counts events and asks to stop after ``most`` of them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        return len(self.events) >= self.most
