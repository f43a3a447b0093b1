"""Playback: a sound that is pulled block by block and never clicks. No Qt, no device."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_core.audio import Clip, resample
from siamese_core.errors import AudioError

Samples = NDArray[np.float32]

FADE_SECONDS = 0.005
SHORTEST_LOOP_SECONDS = 0.03
_NOTHING: Samples = np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)
class Sound:
    """Sound that is ready to be pulled: finite, within full scale, faded at both ends.

    ``samples`` have the shape (n_frames,), or (n_frames, 2) for a left and a right channel.
    """

    samples: Samples
    rate: int


def prepare(clip: Clip, rate: int) -> Sound:
    """Make a clip ready for a device of ``rate`` Hz; minutes of sound take seconds, so elsewhere.

    Raises
    ------
    AudioError
        If it holds no samples.
    """
    if not len(clip.samples):
        raise AudioError("The sound holds no samples; there is nothing to play.")
    sound = np.nan_to_num(resample(clip, rate).samples, posinf=1.0, neginf=-1.0)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak > 1.0:
        sound /= peak
    ramp = _fade(rate)[: len(sound) // 2]
    sound[: len(ramp)] *= _across(ramp, sound)
    sound[len(sound) - len(ramp) :] *= _across(ramp[::-1], sound)
    return Sound(sound if len(sound) else np.zeros(1, np.float32), rate)


class Playback:
    """A sound with a position, safe to steer from one thread and to pull from another.

    Every jump (start, stop, seek, loop, another sound) is one *turn*: what sounded fades out over
    5 ms while what follows fades in. The two weights sum to one, so no turn rises above full scale.

    The sound is pulled at its own rate; ``volume``, 0 to 1, is in force from the first block on.
    """

    def __init__(self, sound: Sound, volume: float = 1.0) -> None:
        self.rate = sound.rate
        self._lock = threading.Lock()
        self._climb = _fade(sound.rate)
        self._samples = sound.samples
        self._position = self._origin = 0
        self._playing = False
        self._loop: tuple[int, int] | None = None
        self._tail = _NOTHING
        self._risen = self._silent = 0
        self._volume = self._volume_before = min(max(volume, 0.0), 1.0)

    @property
    def playing(self) -> bool:
        """Whether the sound moves on; false again once it has reached its end."""
        return self._playing

    @property
    def length(self) -> int:
        """Length of the sound in frames."""
        return len(self._samples)

    def heard(self, delay: int = 0) -> int:
        """Return the frame that is heard now, ``delay`` frames after it was pulled.

        What was pulled before a stop is still to be heard, so that the frame moves on till then.
        """
        with self._lock:
            behind = delay if self._playing else max(delay - self._silent, 0)
            return max(self._origin, self._position - behind)

    def play(self, frame: int) -> None:
        """Sound from ``frame``."""
        with self._lock:
            self._turn(frame, playing=True)

    def stop(self) -> None:
        """Fade out; the position stays where it is."""
        with self._lock:
            self._turn(self._position, playing=False)

    def seek(self, frame: int) -> None:
        """Jump to ``frame``; playing goes on if it did."""
        with self._lock:
            self._turn(frame, playing=self._playing)

    def swap(self, sound: Sound) -> None:
        """Sound like another of the same rate from here on, at the same position."""
        with self._lock:
            self._turn(self._position, playing=self._playing, samples=sound.samples)

    def set_loop(self, start: int | None, end: int | None = None) -> None:
        """Repeat the frames ``start`` to ``end``, or play to the end if ``start`` is None."""
        with self._lock:
            self._loop = None if start is None else self._legal_loop(start, end)

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0 to 1; it glides there within the next block."""
        self._volume = min(max(volume, 0.0), 1.0)

    def fill(self, frames: int) -> Samples:
        """Return the next frames, (frames,) or (frames, 2); silence when nothing plays."""
        with self._lock:
            block = self._silence(frames)
            done = 0
            while done < frames:
                step = frames - done
                if self._playing:
                    step = min(step, self._edge() - self._position)
                else:
                    self._silent += step
                block[done : done + step] = _across(self._render(step), block)
                done += step
                if self._playing and self._position >= self._edge():
                    self._pass_edge()
            volumes = np.linspace(self._volume_before, self._volume, frames, dtype=np.float32)
            block *= _across(volumes, block)
            self._volume_before = self._volume
        return block

    def _edge(self) -> int:
        """Return the frame at which this stretch ends: the loop's end, or the sound's."""
        if self._loop is not None and self._position <= self._loop[1]:
            return self._loop[1]
        return self.length

    def _pass_edge(self) -> None:
        if self._loop is None:
            self._turn(0, playing=False)
        else:
            self._turn(self._loop[0], playing=True)

    def _turn(self, frame: int, *, playing: bool, samples: Samples | None = None) -> None:
        position = self._position
        goes_on = self._playing and frame == position
        fading = self._render(len(self._climb))
        self._tail = fading * _across(self._climb[::-1], fading)
        self._position = position
        if samples is not None:
            self._samples = samples
        self._position = min(max(frame, 0), self.length - 1)
        if not goes_on:
            self._origin = self._position
        self._playing = playing
        self._risen = self._silent = 0

    def _render(self, frames: int) -> Samples:
        """Return what sounds next, without looking at edges, and move on."""
        block = self._silence(frames)
        if self._playing:
            piece = self._samples[self._position : self._position + frames]
            block[: len(piece)] = _across(piece, block)
            climb = self._climb[self._risen : self._risen + frames]
            block[: len(climb)] *= _across(climb, block)
            self._position += frames
            self._risen += frames
        tail = self._tail[:frames]
        block[: len(tail)] += _across(tail, block)
        self._tail = self._tail[frames:] if frames < len(self._tail) else _NOTHING
        return block

    def _silence(self, frames: int) -> Samples:
        """Return silence of as many channels as the sound has, or what still fades out."""
        wide = self._samples if self._samples.ndim > 1 or not len(self._tail) else self._tail
        return np.zeros((frames, *wide.shape[1:]), np.float32)

    def _legal_loop(self, start: int, end: int | None) -> tuple[int, int]:
        shortest = min(round(SHORTEST_LOOP_SECONDS * self.rate), self.length)
        first = min(max(start, 0), self.length - shortest)
        last = self.length if end is None else min(max(end, first + shortest), self.length)
        return first, last


def _fade(rate: int) -> Samples:
    """Rise from 0 to 1; a fade and its mirror image sum to one."""
    frames = max(2, round(FADE_SECONDS * rate))
    return ((np.arange(frames) + 0.5) / frames).astype(np.float32)


def _across(values: Samples, block: Samples) -> Samples:
    """Return weights or mono sound so that they reach every channel of a block."""
    return values if values.ndim == block.ndim else values[:, np.newaxis]
