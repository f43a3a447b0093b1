"""PortAudio, by sounddevice: loaded where it is there, and its streams let go at once."""

from typing import Any

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


def let_go(stream: Any) -> None:
    """Abort a stream, if there is one: `stop` would wait until its buffer is done."""
    if stream is not None:
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)
