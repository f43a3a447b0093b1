"""PortAudio, by sounddevice: loaded where it is there, its devices, and a stream on one of them."""

from collections.abc import Callable
from typing import Any, Literal

from siamese_core.errors import AudioError


class Device:
    """A device for sound in or out, and the stream that is open on it.

    Parameters
    ----------
    kind : {"input", "output"}
    missing : str
        What to say where there is none.

    Raises
    ------
    AudioError
        If sounddevice, its library or every such device is missing.
    """

    def __init__(self, kind: Literal["input", "output"], missing: str) -> None:
        self._library, self._kind = _load(), kind
        self._stream: Any = None
        self._closing = False
        try:
            self.choose("")
        except (self._library.PortAudioError, ValueError) as error:
            raise AudioError(missing) from error

    def devices(self) -> list[str]:
        """Name the devices that there are, the default one first."""
        default = self._library.query_devices(kind=self._kind)["name"]
        return list(dict.fromkeys([default, *self._places()]))

    def choose(self, name: str) -> None:
        """Use the device of this name from the next `open` on; the default one if there is none."""
        self._place = self._places().get(name)
        device = self._library.query_devices(self._place, self._kind)
        self._rate = int(device["default_samplerate"])
        self._channels = min(2, int(device[f"max_{self._kind}_channels"]))

    def close(self) -> None:
        """Abort the stream: `stop` would wait until its buffer is done."""
        self._closing = True
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)

    def _start(
        self, kind: Callable[..., Any], rate: int, callback: object, lost: Callable[[], None]
    ) -> None:
        """Open a stream of sounddevice's and start it; ``lost`` is called if it ends by itself."""

        def finished() -> None:
            if not self._closing:
                lost()

        self._closing = False
        try:
            self._stream = kind(
                device=self._place,
                samplerate=rate,
                channels=self._channels,
                dtype="float32",
                callback=callback,
                finished_callback=finished,
            )
            self._stream.start()
        except self._library.PortAudioError:
            self.close()
            raise

    def _places(self) -> dict[str, int]:
        """Return the number of each device; the first of equal names."""
        found: dict[str, int] = {}
        for number, device in enumerate(self._library.query_devices()):
            if device[f"max_{self._kind}_channels"] > 0:
                found.setdefault(device["name"], number)
        return found


def _load() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise AudioError("PortAudio is missing") from error
    return sounddevice
