"""Devices: the processor is always there, and a wish that cannot be met is named."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import torch

from siamese_core.devices import (
    _title,
    available_devices,
    forget_peak,
    peak_bytes,
    release,
    resolve_device,
    tensor_floats,
    threads,
)
from siamese_core.errors import ParameterError, out_of_memory

CUDA = torch.device("cuda:0")
FULL = torch.OutOfMemoryError("CUDA out of memory.")
NO_KERNELS = RuntimeError("CUDA error: no kernel image is available for execution on the device")


class Cards:
    """NVIDIA cards in a machine that has none; what is wrong with each, and which were tried."""

    def __init__(self) -> None:
        self.faults: list[Exception | None] = []
        self.tried: list[str] = []
        self.driver: Exception | None = None

    def name(self, index: int) -> str:
        if self.driver is not None:
            raise self.driver
        return f"GPU {index}"

    def ones(self, _size: int, device: str) -> torch.Tensor:
        self.tried.append(device)
        if fault := self.faults[int(device.removeprefix("cuda:"))]:
            raise fault
        return torch.full((1,), 1.0)


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cards]:
    cards = Cards()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(cards.faults))
    monkeypatch.setattr(torch.cuda, "get_device_name", cards.name)
    monkeypatch.setattr(torch, "ones", cards.ones)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    coarse = torch.backends.cudnn.allow_tf32
    _title.cache_clear()
    yield cards
    _title.cache_clear()
    torch.backends.cudnn.allow_tf32 = coarse


def test_the_processor_is_always_listed_first() -> None:
    assert available_devices()[0].name == "cpu"
    assert resolve_device("cpu") == torch.device("cpu")
    assert threads() >= 1


def test_auto_takes_the_first_gpu_where_there_is_one(cards: Cards) -> None:
    cards.faults = [None, None]
    assert [d.title for d in available_devices()][1:3] == ["GPU 0", "GPU 1"]
    assert resolve_device("auto") == torch.device("cuda:0")
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ParameterError, match="no device 'cuda:2'; it has cpu, cuda:0, cuda:1"):
        resolve_device("cuda:2")
    assert cards.tried == ["cuda:0", "cuda:1"], "once each, though asked for often"


def test_a_device_is_tried_when_it_is_asked_for(cards: Cards) -> None:
    cards.faults = [None, None, None]
    resolve_device("cpu")
    assert cards.tried == []
    resolve_device("cuda:1")
    assert cards.tried == ["cuda:1"], "each that is tried takes memory"
    resolve_device("auto")
    assert cards.tried == ["cuda:1", "cuda:0"]


def test_a_driver_that_is_too_old_leaves_the_processor(cards: Cards) -> None:
    cards.faults, cards.driver = [None], RuntimeError("The NVIDIA driver on your system is too old")
    assert resolve_device("cpu") == resolve_device("auto") == torch.device("cpu")
    assert [d.name for d in available_devices()] == ["cpu"]
    with pytest.raises(ParameterError, match="no device 'cuda'; it has cpu"):
        resolve_device("cuda")


def test_a_card_without_kernels_is_passed_over_and_a_full_one_is_not(cards: Cards) -> None:
    cards.faults = [NO_KERNELS, FULL]
    assert [d.title for d in available_devices()] == ["CPU", "GPU 1"]
    assert resolve_device("auto") == torch.device("cuda:1")


def test_a_device_that_was_asked_for_convolves_in_single_precision(cards: Cards) -> None:
    cards.faults = [None]
    torch.backends.cudnn.allow_tf32 = True
    resolve_device("cuda")
    assert not torch.backends.cudnn.allow_tf32


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
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"), True),
        (RuntimeError("cuFFT error: CUFFT_ALLOC_FAILED"), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("could not create a primitive descriptor for a convolution"), False),
        (torch.OutOfMemoryError(), True),
        (MemoryError(), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_means_that_memory_ran_out(error: Exception, is_memory: bool) -> None:
    assert out_of_memory(error) == is_memory


def test_only_a_cuda_devices_peak_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", forgotten.append)
    forget_peak(torch.device("cpu"))
    forget_peak(CUDA)
    assert forgotten == [CUDA]


def _precision() -> tuple[str, bool]:
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("device", "precision", "is_coarse"),
    [("cuda", "auto", True), ("cuda", "single", False), ("cpu", "auto", False)],
)
def test_tf32_is_for_the_steps_of_a_training_that_allows_it(
    device: str, precision: str, is_coarse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    before = _precision()
    assert before == ("highest", False)
    seen = []
    with suppress(ZeroDivisionError), tensor_floats(torch.device(device), precision):
        seen.append(_precision())
        raise ZeroDivisionError
    assert seen == [("high", True) if is_coarse else before]
    assert _precision() == before


def test_memory_is_given_back_to_each_kind_of_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cuda"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: emptied.append("mps"))
    for there, wanted in ((False, ["cuda"]), (True, ["cuda", "cuda", "mps"])):
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda there=there: there)
        release()
        assert emptied == wanted


def test_without_a_gpu_there_is_nothing_to_give_back() -> None:
    release()
    assert torch.cuda.is_available() or not torch.cuda.is_initialized()
