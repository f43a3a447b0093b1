"""Sinks: where sound goes. PortAudio by sounddevice, else Qt Multimedia, else nowhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.sound import portaudio
from siamese_core.errors import AudioError

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat

Fill = Callable[[int], NDArray[np.float32]]
"""Returns the next frames: (frames,), or (frames, 2) for a left and a right channel."""
Failed = Callable[[str], None]

LOST = "The sound output stopped: its device was taken away or is used by another program."
_BUFFER_SECONDS = 0.1


class Sink(Protocol):
    """A device that pulls sound.

    A sink refuses to be built, with `AudioError`, where its library or every device is missing.
    """

    @property
    def latency(self) -> float:
        """Seconds from the pull of a block until it is heard."""
        ...

    def devices(self) -> list[str]:
        """Name the devices that there are, the default one first."""
        ...

    def choose(self, name: str) -> None:
        """Use the device of this name from the next `open` on; the default one if there is none."""
        ...

    def rate_for(self, wanted: int) -> int:
        """Return ``wanted`` if the device plays it, else the rate in Hz that it does play."""
        ...

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        """Start to pull; ``failed`` may be called from any thread if the device is lost.

        Raises
        ------
        AudioError
            If the device is busy or gone.
        """
        ...

    def close(self) -> None:
        """Stop to pull and release the device, without waiting for it."""
        ...


class SounddeviceSink(portaudio.Device):
    """An output device of PortAudio."""

    def __init__(self) -> None:
        super().__init__("output", "PortAudio finds no device")

    @property
    def latency(self) -> float:
        """Seconds from the pull of a block until it is heard."""
        return float(self._stream.latency) if self._stream else 0.0

    def rate_for(self, wanted: int) -> int:
        """Return ``wanted`` if the device plays it, else its own rate."""
        try:
            self._library.check_output_settings(
                device=self._place, channels=self._channels, dtype="float32", samplerate=wanted
            )
        except self._library.PortAudioError:
            return self._rate or wanted
        return wanted

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        """Start to pull from PortAudio's own thread."""

        def pull(out: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
            out[:] = in_channels(fill(frames), out.shape[1])

        try:
            self._start(self._library.OutputStream, rate, pull, lambda: failed(LOST))
        except self._library.PortAudioError as error:
            raise AudioError(f"The sound output cannot be opened: {_words(error)}.") from error


class QtMultimediaSink:
    """An output device of Qt Multimedia."""

    def __init__(self) -> None:
        try:
            from PySide6 import QtMultimedia
        except ImportError as error:
            raise AudioError("Qt Multimedia is missing") from error
        self._library = QtMultimedia
        self._sink: Any = None
        self._report: Failed = _ignore
        with _hushed():
            self._device: QAudioDevice = QtMultimedia.QMediaDevices.defaultAudioOutput()
        if self._device.isNull():
            raise AudioError("Qt Multimedia finds no device")

    @property
    def latency(self) -> float:
        """Seconds from the pull of a block until it is heard."""
        return _BUFFER_SECONDS if self._sink else 0.0

    def devices(self) -> list[str]:
        """Name the output devices, the default one first."""
        media = self._library.QMediaDevices
        found = [media.defaultAudioOutput(), *media.audioOutputs()]
        return list(dict.fromkeys(device.description() for device in found))

    def choose(self, name: str) -> None:
        """Use the device of this name from the next `open` on; the default one if there is none."""
        media = self._library.QMediaDevices
        named = [device for device in media.audioOutputs() if device.description() == name]
        self._device = named[0] if named else media.defaultAudioOutput()

    def rate_for(self, wanted: int) -> int:
        """Return ``wanted`` if the device plays it, else its own rate."""
        if self._device.isFormatSupported(self._format(wanted)):
            return wanted
        return self._device.preferredFormat().sampleRate() or wanted

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        """Start to pull from Qt's thread for sound."""
        from app.sound.audio_output.pull_device import PullDevice

        form = self._format(rate)
        self._sink = self._library.QAudioSink(self._device, form)
        self._sink.setBufferSize(form.bytesForDuration(round(_BUFFER_SECONDS * 1e6)))
        self._source = PullDevice(fill, form.channelCount())
        self._source.open(PullDevice.OpenModeFlag.ReadOnly)
        self._report = failed
        self._sink.stateChanged.connect(self._watch)
        self._sink.start(self._source)
        if self._failed():
            self.close()
            raise AudioError("The sound output cannot be opened: its device is busy or gone.")

    def close(self) -> None:
        """Stop at once."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.reset()
            self._source.close()

    def _watch(self, _state: object) -> None:
        if self._failed():
            self._report(LOST)

    def _failed(self) -> bool:
        kinds = self._library.QtAudio.Error
        fatal = (kinds.OpenError, kinds.IOError, kinds.FatalError)
        return self._sink is not None and self._sink.error() in fatal

    def _format(self, rate: int) -> "QAudioFormat":
        form = self._library.QAudioFormat()
        form.setSampleRate(rate)
        form.setChannelCount(min(2, self._device.maximumChannelCount()))
        form.setSampleFormat(self._library.QAudioFormat.SampleFormat.Float)
        return form


SINKS: tuple[Callable[[], Sink], ...] = (SounddeviceSink, QtMultimediaSink)
"""The sinks to try, in this order."""


def find_portaudio() -> None:
    """Look for PortAudio and its devices, which takes long, on any thread; a sink then says so.

    Qt Multimedia is left to the window's thread (`background` says why); it is there in hundredths
    of a second.
    """
    with suppress(AudioError):
        SounddeviceSink()


def in_channels(block: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Return frames for a device, shape (frames, channels).

    Mono sound is in every channel; of left and right a device of one channel has the mean.
    """
    if block.ndim == 1:
        return np.repeat(block[:, np.newaxis], channels, axis=1)
    return block if channels == block.shape[1] else block.mean(axis=1, keepdims=True)


def _ignore(_sentence: str) -> None:
    """Tell nobody, while no device is open."""


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what Qt's first look for devices says off the terminal, unless the person wants it.

    Most of it has a category that can be switched off (`main_window.run`); that no PulseAudio
    answers has none, so that only the terminal itself can be taken away for the moment.
    """
    if "QT_LOGGING_RULES" in os.environ or sys.platform == "win32":
        yield
        return
    terminal = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def _words(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.rstrip(".")
