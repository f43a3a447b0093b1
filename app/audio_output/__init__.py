"""Sound output: `AudioOutput`, `Playback` of a prepared `Sound` in plain numpy, the sinks."""

from app.audio_output.audio_output import AudioOutput
from app.audio_output.playback import Playback, Sound, prepare
from app.audio_output.sinks import Sink

__all__ = ["AudioOutput", "Playback", "Sink", "Sound", "prepare"]
