"""Sound output: `AudioOutput`, `Playback` of a prepared `Sound` in plain numpy, the sinks."""

from app.sound.audio_output.audio_output import AudioOutput
from app.sound.audio_output.playback import Playback, Sound, prepare
from app.sound.audio_output.sinks import Sink

__all__ = ["AudioOutput", "Playback", "Sink", "Sound", "prepare"]
