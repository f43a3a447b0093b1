"""Where the network runs: the processor, a CUDA device or Apple's MPS."""

import os
import re
import sys
from dataclasses import dataclass

import torch

from siamese_core.errors import ParameterError

if sys.platform != "win32":
    import resource


@dataclass(frozen=True)
class DeviceInfo:
    """One device that can be picked: its name for torch and a name for people."""

    name: str
    title: str


def available_devices() -> list[DeviceInfo]:
    """List the devices of this machine, the processor first."""
    devices = [DeviceInfo("cpu", "CPU")]
    devices += [
        DeviceInfo(f"cuda:{index}", torch.cuda.get_device_name(index))
        for index in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():
        devices.append(DeviceInfo("mps", "Apple GPU (MPS)"))
    return devices


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device of that name; ``auto`` is the first GPU, or else the processor.

    Raises
    ------
    ParameterError
        If the name is not one of auto, cpu, cuda, cuda:N, mps, or this machine lacks the device.
    """
    names = [device.name for device in available_devices()]
    if name == "auto":
        return torch.device(next((n for n in names if n != "cpu"), "cpu"))
    if not re.fullmatch(r"cpu|mps|cuda(:\d+)?", name):
        raise ParameterError(f"'{name}' is not a device; give auto, cpu, cuda:N or mps.")
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in names:
        raise ParameterError(f"This machine has no device '{name}'; it has {', '.join(names)}.")
    return torch.device(wanted)


def threads() -> int:
    """Return how many threads may work at once: the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tune(device: torch.device) -> None:
    """Let a CUDA device multiply in TF32: single precision's range, three decimal digits."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = True


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Let convolutions and products compute in bfloat16, as `Recipe.precision` has it."""
    narrow = device.type == "cuda" if precision == "auto" else precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=narrow)


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


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device, or the machine, has no memory left."""
    words = ("out of memory", "can't allocate memory")
    said = str(error)
    # oneDNN's; what it says of an operation that it does not know is longer
    is_onednns = said.startswith(("could not create a primitive", "could not create a memory"))
    is_onednns = is_onednns and "descriptor" not in said
    is_torchs = isinstance(error, RuntimeError) and (is_onednns or any(w in said for w in words))
    return is_torchs or isinstance(error, torch.OutOfMemoryError | MemoryError)
