"""DevicePicker: where a training is to run, with what is free there."""

import platform

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from app.pages.tip import tipped
from siamese_core.nvml import Gpu

_NO_GPU = "This machine has no NVIDIA GPU; the CPU trains too, if slowly. Estimate says how long."
_LOOKING = "Looking for NVIDIA GPUs…"


class DevicePicker(QWidget):
    """CPU, each CUDA device with name, free memory and load, and Apple's MPS."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.devices = tipped(QComboBox(), "Where the training runs", "Device")
        self.about = QLabel(wordWrap=True)
        self.about.setProperty("quiet", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.devices)
        column.addWidget(self.about)
        self._wanted = ""
        self.devices.activated.connect(self._want)
        self.list((), has_mps())
        self.about.setText(_LOOKING)
        self.about.show()

    @property
    def device(self) -> str:
        """The chosen device's name."""
        return str(self.devices.currentData())

    def choose(self, name: str) -> None:
        """Choose a device by its name, as soon as it is there."""
        self._wanted = name
        self._mark(name)

    def list(self, gpus: tuple[Gpu, ...], mps: bool) -> None:
        """Offer these: the wanted one chosen if it is there, else the freest GPU, else the CPU."""
        before = self.devices.currentData()
        with QSignalBlocker(self.devices):
            self.devices.clear()
            self.devices.addItem("CPU", "cpu")
            for gpu in gpus:
                self.devices.addItem(_words(gpu), gpu.name)
            if mps:
                self.devices.addItem("Apple GPU (MPS)", "mps")
            freest = max(gpus, key=_free, default=None)
            self._mark(freest.name if freest else "mps" if mps else "cpu")
            self._mark(self._wanted)
            self.about.setText("" if gpus or mps else _NO_GPU)
            self.about.setVisible(not (gpus or mps))
        if self.devices.currentData() != before:
            self.devices.currentIndexChanged.emit(self.devices.currentIndex())

    def _want(self, _place: int) -> None:
        self._wanted = self.device

    def _mark(self, name: str) -> None:
        if (place := self.devices.findData(name)) >= 0:
            self.devices.setCurrentIndex(place)


def has_mps() -> bool:
    """Whether this is a Mac with a GPU that PyTorch can use."""
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _free(gpu: Gpu) -> int:
    return gpu.free


def _words(gpu: Gpu) -> str:
    load = "" if gpu.load is None else f", {gpu.load} % busy"
    return f"{gpu.name}: {gpu.title}, {gpu.free / 1e9:.1f} of {gpu.total / 1e9:.1f} GB free{load}"
