"""Scores whose right explanation is known, and a way to stop a method half-way."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from siamese_core.attribution.attribution import Subject
from siamese_core.callbacks import Event
from siamese_core.losses import Square

SHAPE = (16, 20)
ROWS, COLUMNS = slice(4, 8), slice(5, 10)
"""A rectangle that tiles of 4 x 5 cells are aligned with."""


class RectangleScore(nn.Module):
    """The mean level of one rectangle, in tens of dB; nothing else counts."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps[:, ROWS, COLUMNS].mean(dim=(1, 2)) / 10


class RegionNet(nn.Module):
    """The squared loudness of one region, by layers that every method can hook."""

    def __init__(self, rows: slice = ROWS, columns: slice = COLUMNS) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns
        # tens of dB above -80 dB, so that the ReLU lets all of a clip through
        self.encoder = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
        nn.init.constant_(self.encoder[0].weight, 0.1)
        nn.init.constant_(self.encoder[0].bias, 8.0)
        self.square = Square()
        self.requires_grad_(False)

    def forward(self, maps: Tensor) -> Tensor:
        loudness: Tensor = self.encoder(maps.unsqueeze(1))[:, 0, self.rows, self.columns]
        squared: Tensor = self.square(loudness.mean(dim=(1, 2)) / 3)
        return squared


class ProductScore(nn.Module):
    """Two halves of the map that only count together."""

    def forward(self, maps: Tensor) -> Tensor:
        left, right = maps.mean(dim=1).split(SHAPE[1] // 2, dim=1)
        return left.mean(dim=1) * right.mean(dim=1) / 100


class WithoutFloat64(Tensor):
    """What lies on a device that has no float64, until it is brought to the CPU."""

    def double(self) -> Tensor:  # type: ignore[override]
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype.")

    def cpu(self) -> Tensor:  # type: ignore[override]
        return self.as_subclass(Tensor)


def noise_map(seed: int = 0, shape: tuple[int, int] = SHAPE) -> Tensor:
    """A log-mel of noise between -60 and 0 dB, its floor in one corner, outside the rectangle."""
    db = -60 * torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    db[-1, -1] = -60.0
    return db


def rectangle_subject(**options: object) -> Subject:
    """The rectangle's score on a map of noise."""
    return Subject(RectangleScore(), noise_map(), **options)  # type: ignore[arg-type]


def mass_inside(values: NDArray[np.float32], rows: slice = ROWS, columns: slice = COLUMNS) -> float:
    """Share of the absolute attribution that lies in a region, the rectangle by default."""
    mass = np.abs(values.astype(np.float64))
    return float(mass[rows, columns].sum() / mass.sum())


class Stopper:
    """Keeps events and asks to stop after ``most`` reports of progress."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.events: list[Event] = []

    def subject(self) -> Subject:
        """The rectangle's score on a large map of noise, watched by this one."""
        noise = noise_map(shape=(224, 224))
        return Subject(
            RectangleScore(), noise, on_event=self.on_event, should_stop=self.should_stop
        )

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        return len(self.progress) >= self.most

    @property
    def progress(self) -> list[Event]:
        return [event for event in self.events if event["event"] == "progress"]

    @property
    def maps(self) -> list[NDArray[np.float32]]:
        """The partial maps."""
        return [np.asarray(event["values"]) for event in self.events if "values" in event]
