"""Sound input: `AudioInput`, the `Recording` that it fills in plain numpy, the sources."""

from app.audio_input.audio_input import AudioInput
from app.audio_input.recording import Recording, sounding
from app.audio_input.sources import Source

__all__ = ["AudioInput", "Recording", "Source", "sounding"]
