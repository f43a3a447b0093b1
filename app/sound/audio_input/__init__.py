"""Sound input: `AudioInput`, the `Recording` that it fills in plain numpy, the sources."""

from app.sound.audio_input.audio_input import AudioInput
from app.sound.audio_input.recording import Recording, sounding
from app.sound.audio_input.sources import Source

__all__ = ["AudioInput", "Recording", "Source", "sounding"]
