"""NVML: the NVIDIA devices of this machine and how busy they are, found out without torch."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA device.

    Parameters
    ----------
    name : str
        As PyTorch calls it, where devices are numbered by their place on the bus: cuda:N.
    title : str
    free, total : int
        Bytes of its memory.
    load : int, optional
        Percent of the last moments in which it computed, where the driver tells.
    """

    name: str
    title: str
    free: int
    total: int
    load: int | None = None


def nvidia_devices(
    environment: Mapping[str, str] = os.environ, nvml: Any = None
) -> tuple[Gpu, ...]:
    """List the NVIDIA devices that this process may use; none where there is no driver.

    Parameters
    ----------
    nvml : module, optional
        `pynvml`, if None.
    """
    try:
        nvml = nvml or import_module("pynvml")
        nvml.nvmlInit()
    except Exception:  # the library's own errors, or none of it here: either way no device
        return ()
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        visible = _visible(handles, environment.get("CUDA_VISIBLE_DEVICES"), nvml)
        return tuple(_gpu(number, handle, nvml) for number, handle in enumerate(visible))
    except Exception:
        return ()
    finally:
        with suppress(Exception):
            nvml.nvmlShutdown()


def _visible(handles: Sequence[Any], chosen: str | None, nvml: Any) -> list[Any]:
    """Keep the devices that CUDA_VISIBLE_DEVICES names, by number or by identity, in its order."""
    if chosen is None:
        return list(handles)
    found = []
    for word in (part.strip() for part in chosen.split(",")):
        named = [h for h in handles if word and nvml.nvmlDeviceGetUUID(h).startswith(word)]
        if word.isdecimal() and int(word) < len(handles):
            named = [handles[int(word)]]
        if not named:  # CUDA takes none behind a word it does not know
            break
        found.append(named[0])
    return found


def _gpu(number: int, handle: Any, nvml: Any) -> Gpu:
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    load = None
    with suppress(Exception):  # not told by every device
        load = int(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    title = nvml.nvmlDeviceGetName(handle)
    return Gpu(f"cuda:{number}", title, int(memory.free), int(memory.total), load)
