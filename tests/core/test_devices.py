"""Devices: the processor is always there, and a wish that cannot be met is named."""

import pytest
import torch

from siamese_core.devices import available_devices, resolve_device, threads
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
    with pytest.raises(ParameterError, match="is no device; give auto, cpu, cuda:N or mps"):
        resolve_device(name)
