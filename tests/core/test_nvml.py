"""NVIDIA devices as the driver's library tells of them; a recorded one stands in for the driver."""

from types import SimpleNamespace

from siamese_core.nvml import Gpu, nvidia_devices


class Driver:
    """Two devices; the second does not tell its load, as small ones do not."""

    down = False

    def nvmlInit(self) -> None:  # noqa: N802
        if self.down:
            raise RuntimeError("Driver Not Loaded")

    def nvmlShutdown(self) -> None:  # noqa: N802
        pass

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802
        return "GPU-" + "ab"[handle] * 8

    def nvmlDeviceGetName(self, handle: int) -> str:  # noqa: N802
        return ("Large", "Small")[handle]

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(free=10 * (handle + 1), total=100)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:  # noqa: N802
        if handle:
            raise RuntimeError("Not Supported")
        return SimpleNamespace(gpu=37)


LARGE, SMALL = Gpu("cuda:0", "Large", 10, 100, 37), Gpu("cuda:1", "Small", 20, 100)


def test_each_device_is_told_with_its_memory_and_load() -> None:
    assert nvidia_devices({}, Driver()) == (LARGE, SMALL)


def test_the_chosen_ones_are_numbered_as_pytorch_numbers_them() -> None:
    def seen(chosen: str) -> list[tuple[str, str]]:
        found = nvidia_devices({"CUDA_VISIBLE_DEVICES": chosen}, Driver())
        return [(gpu.name, gpu.title) for gpu in found]

    assert seen("1") == [("cuda:0", "Small")]
    assert seen("1,0") == [("cuda:0", "Small"), ("cuda:1", "Large")]
    assert seen("GPU-bbb") == [("cuda:0", "Small")]
    assert seen("0,7,1") == [("cuda:0", "Large")]
    assert seen("") == []
    assert seen("-1") == []


def test_without_a_driver_there_is_none() -> None:
    driver = Driver()
    driver.down = True
    assert nvidia_devices({}, driver) == ()
    assert nvidia_devices({}, SimpleNamespace(nvmlInit=print)) == ()
    nvidia_devices()  # whatever this machine has, it raises nothing
