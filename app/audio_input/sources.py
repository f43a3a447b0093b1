"""Sources: where sound is recorded from. PortAudio by sounddevice, else nowhere."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app import portaudio
from siamese_core.errors import AudioError

Take = Callable[[NDArray[np.float32]], None]
Failed = Callable[[str], None]

LOST = "The microphone stopped: it was taken away or is used by another program."


class Source(Protocol):
    """A device that pushes sound.

    A source refuses to be built, with `AudioError`, where its library or every device is missing.
    """

    def devices(self) -> list[str]:
        """Name the microphones that there are, the default one first."""
        ...

    def choose(self, name: str) -> None:
        """Use the one of this name from the next `open` on; the default one if there is none."""
        ...

    def open(self, take: Take, failed: Failed) -> int:
        """Start to push mono blocks, from any thread, and return their rate in Hz.

        ``failed`` may be called from any thread if the device is lost.

        Raises
        ------
        AudioError
            If the device is busy or gone.
        """
        ...

    def close(self) -> None:
        """Stop to push and release the device."""
        ...


class SounddeviceSource:
    """An input device of PortAudio, at its own rate."""

    def __init__(self) -> None:
        self._library = portaudio.load()
        self._stream: Any = None
        self._closing = False
        try:
            self.choose("")
        except (self._library.PortAudioError, ValueError) as error:
            raise AudioError("PortAudio finds no microphone") from error

    def devices(self) -> list[str]:
        """Name the input devices, the default one first."""
        return portaudio.names(self._library, "input")

    def choose(self, name: str) -> None:
        """Use the one of this name from the next `open` on; the default one if there is none."""
        self._place = portaudio.places(self._library, "input").get(name)
        self._device: dict[str, Any] = self._library.query_devices(self._place, "input")

    def open(self, take: Take, failed: Failed) -> int:
        """Start to push from PortAudio's own thread, the mean of the channels."""

        def push(block: NDArray[np.float32], _frames: int, _time: Any, _status: Any) -> None:
            take(block.mean(axis=1, dtype=np.float32))

        def finished() -> None:
            if not self._closing:
                failed(LOST)

        self._closing = False
        rate = int(self._device["default_samplerate"])
        try:
            self._stream = self._library.InputStream(
                device=self._place,
                samplerate=rate,
                channels=min(2, int(self._device["max_input_channels"])),
                dtype="float32",
                callback=push,
                finished_callback=finished,
            )
            self._stream.start()
        except self._library.PortAudioError as error:
            self.close()
            raise AudioError(
                "The microphone cannot be opened: its device is busy or gone."
            ) from error
        return rate

    def close(self) -> None:
        """Abort the stream."""
        self._closing = True
        stream, self._stream = self._stream, None
        portaudio.let_go(stream)


SOURCES: tuple[Callable[[], Source], ...] = (SounddeviceSource,)
"""The sources to try, in this order."""
