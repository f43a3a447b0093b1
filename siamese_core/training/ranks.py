"""Ranks: the processes of one training, as torchrun starts them, and what passes between them.

Every rank draws the whole batch, encodes its own part of the clips and then sees all embeddings,
since pairs span the ranks. So loss and gradient are those of one process on the whole batch, but
for the order of sums; dropout draws otherwise on each rank. Batch normalisation spans the ranks on
CUDA (SyncBatchNorm); on CPU, where PyTorch has no such layer, each rank normalises its own part.
Rank 0 alone validates and writes the run's folder.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.autograd.function import FunctionCtx
from torch.nn.parallel import DistributedDataParallel

from siamese_core.devices import resolve_device
from siamese_core.errors import ParameterError, TrainingError

_LONGEST_WAIT = timedelta(hours=12)
"""For rank 0: the others wait while it reads a corpus or validates."""

_JOINED: list[distributed.ProcessGroup | None] = []
"""Every group, kept for good. If DistributedDataParallel's reducer were the last to hold one, it
would wait for the group's threads while it has the interpreter's lock, and they for that lock."""


class _Sum(torch.autograd.Function):
    """The sum over ranks; the gradient of one rank's term is the sum of what all ranks ask."""

    @staticmethod
    def forward(_context: FunctionCtx, term: Tensor) -> Tensor:
        total = term.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: FunctionCtx, *asked: Tensor) -> Tensor:
        return _Sum.forward(_context, asked[0])


@dataclass(frozen=True)
class Ranks:
    """The processes of a training, seen from one of them.

    Parameters
    ----------
    device : torch.device
        Of this one.
    rank, size : int
        Its number from 0, and how many there are.
    """

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether it is the one that validates and writes."""
        return self.rank == 0

    def part(self, total: int) -> slice:
        """Return which of ``total`` clips are this rank's.

        Raises
        ------
        TrainingError
            If there are fewer clips than ranks.
        """
        if total < self.size:
            raise TrainingError(
                f"A batch of {total} clips cannot be shared by {self.size} processes; start fewer, "
                "or raise 'classes' or 'pos'."
            )
        return slice(total * self.rank // self.size, total * (self.rank + 1) // self.size)

    def gather(self, own: Tensor, total: int) -> Tensor:
        """Put every rank's rows together, shape (total, width); differentiable.

        The sum over ranks of one rank's rows and zeros is exact. Its gradient sums what each rank
        asks of a row, which is the same ``size`` times; DistributedDataParallel's mean undoes it.
        """
        if self.size == 1:
            return own
        rows = own.new_zeros(total, own.shape[1])
        rows[self.part(total)] = own
        gathered: Tensor = _Sum.apply(rows)  # type: ignore[no-untyped-call]
        return gathered

    def agree(self, numbers: Sequence[float]) -> list[float]:
        """Return rank 0's numbers on every rank."""
        if self.size == 1:
            return list(numbers)
        told = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.broadcast(told, 0)
        agreed: list[float] = told.tolist()
        return agreed

    def share(self, module: nn.Module) -> nn.Module:
        """Give every rank rank 0's weights, and from now on the mean of all gradients."""
        if self.size == 1:
            return module
        if self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(module)


def leads() -> bool:
    """Whether this process speaks to people: rank 0, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def processes() -> int:
    """Return how many processes torchrun started to train as one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Meet the other ranks, if torchrun started several, until the block ends.

    Parameters
    ----------
    device : str
        auto, cpu, cuda:N or mps; for several ranks auto, cpu or cuda: each takes its own GPU.

    Raises
    ------
    ParameterError
        If there is no such device, or several ranks cannot share it.
    TrainingError
        If the other ranks cannot be reached, or one of them ended.
    """
    if (size := processes()) == 1:
        yield Ranks(resolve_device(device))
        return
    if missing := [name for name in ("RANK", "LOCAL_RANK") if name not in os.environ]:
        raise ParameterError(
            f"WORLD_SIZE is {size}, but {' and '.join(missing)} is not set; start several "
            "processes with torchrun, or unset WORLD_SIZE for one."
        )
    rank, own = int(os.environ["RANK"]), _own_device(device, int(os.environ["LOCAL_RANK"]))
    try:
        distributed.init_process_group(
            "nccl" if own.type == "cuda" else "gloo", timeout=_LONGEST_WAIT
        )
        _JOINED.append(distributed.GroupMember.WORLD)
        try:
            yield Ranks(own, rank, size)
        finally:
            distributed.destroy_process_group()
    except RuntimeError as error:  # torch's own errors of the network are of this kind too
        if not isinstance(error, distributed.DistError) and "gloo" not in str(error):
            raise
        raise TrainingError(
            f"Process {rank} of {size} lost the others; what ended them stands in their messages."
        ) from error


def _own_device(device: str, local: int) -> torch.device:
    if device in ("auto", "cuda") and torch.cuda.device_count():
        own = resolve_device(f"cuda:{local}")  # and try no other's, which takes memory there
        torch.cuda.set_device(own)
        return own
    if device.startswith("cuda:") or (resolved := resolve_device(device)).type == "mps":
        raise ParameterError(
            f"Several processes cannot share '{device}'; give auto, cuda or cpu, and each takes "
            "its own."
        )
    return resolved
