"""Sinks: where sound goes. PortAudio by sounddevice, else Qt Multimedia, else nowhere."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from siamese_core.errors import AudioError

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QAudioDevice, QAudioFormat

Fill = Callable[[int], NDArray[np.float32]]
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


class SounddeviceSink:
    """PortAudio's default output device."""

    def __init__(self) -> None:
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise AudioError("PortAudio is missing") from error
        self._library: Any = sounddevice
        self._stream: Any = None
        self._closing = False
        try:
            self._device: dict[str, Any] = sounddevice.query_devices(kind="output")
        except (sounddevice.PortAudioError, ValueError) as error:
            raise AudioError("PortAudio finds no device") from error
        self._channels = min(2, int(self._device["max_output_channels"]))

    @property
    def latency(self) -> float:
        """Seconds from the pull of a block until it is heard."""
        return float(self._stream.latency) if self._stream else 0.0

    def devices(self) -> list[str]:
        """Name the output devices, the default one first."""
        others = [d["name"] for d in self._library.query_devices() if d["max_output_channels"] > 0]
        return list(dict.fromkeys([self._device["name"], *others]))

    def rate_for(self, wanted: int) -> int:
        """Return ``wanted`` if the device plays it, else its own rate."""
        try:
            self._library.check_output_settings(
                channels=self._channels, dtype="float32", samplerate=wanted
            )
        except self._library.PortAudioError:
            return int(self._device["default_samplerate"]) or wanted
        return wanted

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        """Start to pull from PortAudio's own thread."""

        def pull(out: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
            out[:] = fill(frames)[:, np.newaxis]

        def finished() -> None:
            if not self._closing:
                failed(LOST)

        self._closing = False
        try:
            self._stream = self._library.OutputStream(
                samplerate=rate,
                channels=self._channels,
                dtype="float32",
                callback=pull,
                finished_callback=finished,
            )
            self._stream.start()
        except self._library.PortAudioError as error:
            self.close()
            raise AudioError(f"The sound output cannot be opened: {_words(error)}.") from error

    def close(self) -> None:
        """Abort the stream: `stop` would wait until its buffer has been heard."""
        self._closing = True
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)


class QtMultimediaSink:
    """Qt Multimedia's default output device."""

    def __init__(self) -> None:
        try:
            from PySide6 import QtMultimedia
        except ImportError as error:
            raise AudioError("Qt Multimedia is missing") from error
        self._library = QtMultimedia
        self._device: QAudioDevice = QtMultimedia.QMediaDevices.defaultAudioOutput()
        self._sink: Any = None
        if self._device.isNull():
            raise AudioError("Qt Multimedia finds no device")

    @property
    def latency(self) -> float:
        """Seconds from the pull of a block until it is heard."""
        return _BUFFER_SECONDS if self._sink else 0.0

    def devices(self) -> list[str]:
        """Name the output devices, the default one first."""
        others = [d.description() for d in self._library.QMediaDevices.audioOutputs()]
        return list(dict.fromkeys([self._device.description(), *others]))

    def rate_for(self, wanted: int) -> int:
        """Return ``wanted`` if the device plays it, else its own rate."""
        if self._device.isFormatSupported(self._format(wanted)):
            return wanted
        return self._device.preferredFormat().sampleRate() or wanted

    def open(self, rate: int, fill: Fill, failed: Failed) -> None:
        """Start to pull from Qt's thread for sound."""
        from app.audio_output.pull_device import PullDevice

        form = self._format(rate)
        self._sink = self._library.QAudioSink(self._device, form)
        self._sink.setBufferSize(form.bytesForDuration(round(_BUFFER_SECONDS * 1e6)))
        self._source = PullDevice(fill, form.channelCount())
        self._source.open(PullDevice.OpenModeFlag.ReadOnly)
        self._sink.stateChanged.connect(lambda _state: self._watch(failed))
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

    def _watch(self, failed: Failed) -> None:
        if self._failed():
            failed(LOST)

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


def _words(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.rstrip(".")
