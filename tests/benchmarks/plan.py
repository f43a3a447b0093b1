"""Plan: how much is measured, on which device; and the timing of two things side by side."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from statistics import median
from typing import Generic, TypeVar

import torch

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


class Size(IntEnum):
    """The sizes that the aims are meant for; smaller ones to look; tiny ones to test values."""

    FULL = 0
    QUICK = 1
    TINY = 2


@dataclass(frozen=True)
class SideBySide(Generic[A, B]):
    """Median seconds of each side, and what each returned when it was warmed up."""

    ours: float
    reference: float
    our_value: A
    reference_value: B


@dataclass(frozen=True)
class Plan:
    """What a benchmark is given.

    Parameters
    ----------
    size : Size
    device : torch.device
    clock : callable
        Time passed, which the aims mean; or the processor's time in all threads, which says more
        on a machine that others use (and nothing of threads or of a GPU).
    """

    size: Size
    device: torch.device
    clock: Callable[[], float] = time.perf_counter

    def of(self, full: T, quick: T, tiny: T) -> T:
        """Choose by size."""
        return (full, quick, tiny)[self.size]

    @property
    def rounds(self) -> int:
        """How often each side is timed; the median counts."""
        return self.of(5, 3, 1)

    def side_by_side(
        self, ours: Callable[[], A], reference: Callable[[], B], rounds: int
    ) -> SideBySide[A, B]:
        """Warm both up, then time them in turn, so that a busy moment hits both."""
        values = ours(), reference()
        pairs = [(self.seconds(ours), self.seconds(reference)) for _ in range(rounds)]
        return SideBySide(median(a for a, _ in pairs), median(b for _, b in pairs), *values)

    def typical_seconds(self, function: Callable[[], object], rounds: int) -> float:
        """Warm up, then return the median of some timings."""
        function()
        return median(self.seconds(function) for _ in range(rounds))

    def seconds(self, function: Callable[[], object]) -> float:
        """Time one call, until the device has done its work."""
        self._wait()
        began = self.clock()
        function()
        self._wait()
        return self.clock() - began

    def _wait(self) -> None:
        """Let the device do what it was told, not all of which it has done when told it."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
