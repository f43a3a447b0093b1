"""Where the network runs: the processor, a CUDA device or Apple's MPS."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch

from siamese_core.errors import ParameterError, out_of_memory

if sys.platform != "win32":
    import resource

_BATCH = 64
_BATCH_CELLS = 1 << 18
"""Cells of one batch of maps, 5 maps of 224 x 224 or 27 of the bundled voice model's. What lies
between layers then stays small enough for memory to be used again, instead of fetched anew from the
system, and several cores have enough to share."""
_CUDA_BATCH = 256
_CUDA_BYTES = 1 << 12
"""Memory that a cell is taken to need on the way through a network and back."""


@dataclass(frozen=True)
class DeviceInfo:
    """One device that can be picked: its name for torch and a name for people."""

    name: str
    title: str


def available_devices() -> list[DeviceInfo]:
    """List the devices of this machine that compute, the processor first."""
    return [DeviceInfo("cpu", "CPU"), *_gpus()]


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device of that name; ``auto`` is the first GPU, or else the processor.

    From then on CUDA convolves in full single precision, which torch does not by itself; see
    `tensor_floats` for what may be coarser.

    Raises
    ------
    ParameterError
        If the name is not one of auto, cpu, cuda, cuda:N, mps, or this machine lacks the device.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name):
        raise ParameterError(f"'{name}' is not a device; give auto, cpu, cuda:N or mps.")
    if name == "cpu":  # whatever is wrong with the GPUs
        return torch.device(name)
    wanted = "cuda:0" if name == "cuda" else name
    # one by one: each that is tried takes memory for good
    found = next((gpu.name for gpu in _gpus(wanted)), "cpu" if name == "auto" else None)
    if found is None:
        names = ", ".join(device.name for device in available_devices())
        raise ParameterError(f"This machine has no device '{name}'; it has {names}.")
    torch.backends.cudnn.allow_tf32 = False
    return torch.device(found)


def _gpus(wanted: str = "auto") -> Iterator[DeviceInfo]:
    """Find the GPUs that compute; all, or that of a name."""
    for index in range(torch.cuda.device_count()):
        name = f"cuda:{index}"
        if wanted in ("auto", name) and (title := _title(index)) is not None:
            yield DeviceInfo(name, title)
    if wanted in ("auto", "mps") and torch.backends.mps.is_available():
        yield DeviceInfo("mps", "Apple GPU (MPS)")


@cache
def _title(index: int) -> str | None:
    """Return what a CUDA device is called; None if it does not compute.

    Its driver may be too old for this torch, or the card too old or too new for its kernels.
    """
    title = None
    try:
        title = torch.cuda.get_device_name(index)
        torch.ones(1, device=f"cuda:{index}").mul(2).item()
    except (RuntimeError, AssertionError) as error:
        return title if out_of_memory(error) else None
    return title


def threads() -> int:
    """Return how many threads may work at once: the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def tensor_floats(device: torch.device, precision: str = "auto") -> Iterator[None]:
    """Let a CUDA device multiply in TF32 meanwhile, unless `Recipe.precision` is single.

    It has single precision's range, but three decimal digits: enough for a step of training, too
    coarse for scores and maps.
    """
    if device.type != "cuda" or precision == "single":
        yield
        return
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Let convolutions and products compute in bfloat16, as `Recipe.precision` has it."""
    narrow = _has_bfloat16(device) if precision == "auto" else precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=narrow)


def _has_bfloat16(device: torch.device) -> bool:
    # NVIDIA's since Ampere; what is older emulates it, slower than single precision
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def batch_on(device: torch.device, cells: int) -> int:
    """Return how many maps of so many cells a device is taken to bear at once."""
    if device.type != "cuda":
        return max(1, min(_BATCH, _BATCH_CELLS // cells))
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, min(_CUDA_BATCH, free // (_CUDA_BYTES * cells)))


def release() -> None:
    """Give back the memory of GPUs that no tensor needs, for other programs; nothing on a CPU."""
    torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def peak_bytes(device: torch.device) -> int | None:
    """Return the most memory that was in use: the CUDA device's, or else this process's.

    None where the system does not tell (Windows).
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak(device: torch.device) -> None:
    """Count `peak_bytes` from now on, where that can be: on a CUDA device."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
