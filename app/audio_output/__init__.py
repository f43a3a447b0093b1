"""Sound output: `AudioOutput` for the window, `Playback` in plain numpy, and the sinks."""

from app.audio_output.audio_output import AudioOutput
from app.audio_output.playback import Playback
from app.audio_output.sinks import Sink

__all__ = ["AudioOutput", "Playback", "Sink"]
