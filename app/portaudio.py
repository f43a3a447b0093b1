"""PortAudio, by sounddevice: loaded where it is there, its devices, its streams let go at once."""

from typing import Any, Literal

from siamese_core.errors import AudioError


def load() -> Any:
    """Import sounddevice.

    Raises
    ------
    AudioError
        If it or its library is missing.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise AudioError("PortAudio is missing") from error
    return sounddevice


def places(library: Any, kind: Literal["input", "output"]) -> dict[str, int]:
    """Return the number of each device for sound in or out; the first of equal names."""
    found: dict[str, int] = {}
    for number, device in enumerate(library.query_devices()):
        if device[f"max_{kind}_channels"] > 0:
            found.setdefault(device["name"], number)
    return found


def names(library: Any, kind: Literal["input", "output"]) -> list[str]:
    """Name the devices for sound in or out, the default one first."""
    default = library.query_devices(kind=kind)["name"]
    return list(dict.fromkeys([default, *places(library, kind)]))


def let_go(stream: Any) -> None:
    """Abort a stream, if there is one: `stop` would wait until its buffer is done."""
    if stream is not None:
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)
