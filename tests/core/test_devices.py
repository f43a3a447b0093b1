"""Devices: the processor is always there, and a wish that cannot be met is named."""

import pytest
import torch

from siamese_core.devices import (
    available_devices,
    out_of_memory,
    peak_bytes,
    resolve_device,
    threads,
    tune,
)
from siamese_core.errors import ParameterError


def test_the_processor_is_always_listed_first() -> None:
    assert available_devices()[0].name == "cpu"
    assert resolve_device("cpu") == torch.device("cpu")
    assert threads() >= 1


def test_auto_takes_the_first_gpu_where_there_is_one(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    assert [d.title for d in available_devices()][1:3] == ["GPU 0", "GPU 1"]
    assert resolve_device("auto") == torch.device("cuda:0")
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ParameterError, match="no device 'cuda:2'; it has cpu, cuda:0, cuda:1"):
        resolve_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "cpu:0"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="is not a device; give auto, cpu, cuda:N or mps"):
        resolve_device(name)


def test_the_peak_of_memory_only_grows() -> None:
    before = peak_bytes(torch.device("cpu"))
    if before is None:
        pytest.skip("this system does not tell a process's memory")
    block = torch.ones(before // 4)  # four bytes each
    after = peak_bytes(torch.device("cpu"))
    assert after is not None
    assert before < after < before + 8 * len(block)


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("could not create a primitive descriptor for a convolution"), False),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_means_that_memory_ran_out(error: Exception, is_memory: bool) -> None:
    assert out_of_memory(error) == is_memory


def test_the_processor_is_left_as_it_is() -> None:
    before = torch.get_float32_matmul_precision()
    tune(torch.device("cpu"))
    assert torch.get_float32_matmul_precision() == before
