"""Machine: what the figures were measured on, and how fast its matrix products are."""

import os
import platform
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from siamese_core.devices import threads
from tests.benchmarks.plan import Plan


def describe(device: torch.device) -> dict[str, object]:
    """Return what a reader of the figures needs to know."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "processor": _processor(),
        "cores": threads(),
        "torch": torch.__version__,
        "torch threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "load average at the start": [round(load, 2) for load in os.getloadavg()],
    }


def operations(function: Callable[[], object]) -> int:
    """Count the floating-point operations of matrix products and convolutions in a call."""
    with FlopCounterMode(display=False) as counter:
        function()
    return int(counter.get_total_flops())


def matrix_rate(plan: Plan) -> float:
    """Measure the operations a second of a large matrix product: bfloat16 on CUDA, else float32.

    It is what the chip really gives to a product that suits it, not the maker's figure.
    """
    side = plan.of(8192, 4096, 64) if plan.device.type == "cuda" else plan.of(2048, 1024, 64)
    kind = torch.bfloat16 if plan.device.type == "cuda" else torch.float32
    a, b = (torch.randn(side, side, dtype=kind, device=plan.device) for _ in range(2))
    return 2 * side**3 / plan.typical_seconds(lambda: a @ b, 5)


def _processor() -> str:
    """Name the processor as Linux does, or else as Python does."""
    cpus = Path("/proc/cpuinfo")
    if not cpus.is_file():
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in cpus.read_text().splitlines())
    titles = (line.startswith("model name") for line in cpus.read_text().splitlines())
    return next((name for name, is_title in zip(names, titles, strict=True) if is_title), "")
