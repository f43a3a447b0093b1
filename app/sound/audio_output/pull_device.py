"""PullDevice: the sound as an endless Qt device that a `QAudioSink` reads from."""

from PySide6.QtCore import QIODevice

from app.sound.audio_output.sinks import Fill, in_channels

_BYTES = 4


class PullDevice(QIODevice):
    """Reads interleaved 32-bit float frames."""

    def __init__(self, fill: Fill, channels: int) -> None:
        super().__init__()
        self._fill = fill
        self._channels = channels

    def isSequential(self) -> bool:
        """Say that there is no position."""
        return True

    def bytesAvailable(self) -> int:
        """Say that there is always more."""
        return 1 << 16

    def readData(self, maxlen: int) -> bytes:
        """Pull as many whole frames as fit."""
        frames = maxlen // (_BYTES * self._channels)
        return in_channels(self._fill(frames), self._channels).astype("<f4").tobytes()

    def writeData(self, _data: object, _length: int) -> int:
        """Refuse: nothing is recorded."""
        return -1
