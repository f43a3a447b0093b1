"""Sources: where sound is recorded from. PortAudio by sounddevice, else nowhere."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.sound import portaudio
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


class SounddeviceSource(portaudio.Device):
    """An input device of PortAudio, at its own rate."""

    def __init__(self) -> None:
        super().__init__("input", "PortAudio finds no microphone")

    def open(self, take: Take, failed: Failed) -> int:
        """Start to push from PortAudio's own thread, the mean of the channels."""

        def push(block: NDArray[np.float32], _frames: int, _time: Any, _status: Any) -> None:
            take(block.mean(axis=1, dtype=np.float32))

        try:
            self._start(self._library.InputStream, self._rate, push, lambda: failed(LOST))
        except self._library.PortAudioError as error:
            raise AudioError(
                "The microphone cannot be opened: its device is busy or gone."
            ) from error
        return self._rate


SOURCES: tuple[Callable[[], Source], ...] = (SounddeviceSource,)
"""The sources to try, in this order."""
