"""Sonification: a mask made audible, through the original sound or from the log-mel alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, gcd
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from siamese_core.audio import Clip, excerpt
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.errors import ParameterError
from siamese_core.logmel import istft, log_mel, stft
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_edits import extent
from siamese_core.melspec import own_frames
from siamese_core.sonification.inversion import ROUNDS, invert, invert_with_phase
from siamese_core.sonification.loudness import Level, faded, raised, within_full_scale
from siamese_core.sonification.mel_bands import MelBands
from siamese_core.sonification.modes import MODES

_PAUSE_SECONDS = 0.25


def sonify(
    clip: Clip,
    mask: Mask,
    mode: str = "through-mask",
    *,
    rate: Literal["model", "clip"] = "model",
    keep_above: bool = False,
    level: Level = "original",
    soft_ends: bool = True,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Clip:
    """Make the part of a clip audible that a mask lets through.

    Parameters
    ----------
    clip : Clip
        The original, at its own rate.
    mask : Mask
    mode : str
        One of `modes.MODES`:

        - ``through-mask``: the original sound through the mask, its phase kept;
        - ``region``: the original within the smallest span of time and band of frequency that holds
          what the mask chooses, and only that span's seconds;
        - ``contrast``: two channels, kept on the left and removed on the right;
        - ``contrast-in-turn``: the kept sound, a quarter of a second of silence, the removed one;
        - ``log-mel``: what the masked log-mel alone still holds: no phase, and no more detail along
          frequency than a mel band;
        - ``log-mel-original-phase``: the masked log-mel with the original's phase.
    rate : {"model", "clip"}
        Render at the model's rate, or resample that to the clip's own.
    keep_above : bool
        At the clip's own rate: also keep what lies above the model's band, which no mask reaches.
        ``through-mask`` has it in the sound, a contrast in its removed part, the others nowhere.
    level : {"original", "match"}
        Keep the level that a part has in the original, or raise it to the original's over the same
        seconds; in a contrast, the kept and the removed part each by itself.
    soft_ends : bool
        Fade over 5 ms where the window cuts the clip in mid-sound, which would click.
    seed : int
        Of the first phase of ``log-mel``.

    Returns
    -------
    Clip
        The clip's own seconds within the mask's window. If it would rise above full scale, all of
        it is scaled down to just reach it, and an event ``notice`` says so.

    Raises
    ------
    ParameterError
        If there is no such mode, rate or level, or the window lies outside the clip.
    Cancelled
        If ``should_stop`` says so.
    """
    if mode not in MODES:
        raise ParameterError(f"'{mode}' is not a way to sonify; the ways are {', '.join(MODES)}.")
    if rate not in ("model", "clip"):
        raise ParameterError(f"'{rate}' is not a rate to sonify at; give model or clip.")
    if level not in ("original", "match"):
        raise ParameterError(f"'{level}' is not a level to render at; give original or match.")
    progress(on_event, should_stop, "Rendering", 0, ROUNDS)
    target = clip.rate if rate == "clip" else mask.mel.rate
    above = keep_above and rate == "clip"
    scene = _Scene(clip, mask, target, above, level, seed, on_event, should_stop)
    sound = _RENDERERS[mode](scene)
    sound = scene.softened(sound) if soft_ends else sound
    return replace(within_full_scale(sound, on_event), path=None)


@dataclass(frozen=True, eq=False)
class _Scene:
    """What every way of rendering is told.

    ``begin`` and ``end`` are samples of the clip at ``rate``: its own seconds in the window.
    """

    clip: Clip
    mask: Mask
    rate: int
    keep_above: bool
    level: Level
    seed: int
    on_event: OnEvent
    should_stop: ShouldStop

    @property
    def stretch(self) -> tuple[int, int]:
        """Return the first sample and the end, at ``rate``, of the clip's seconds in the window."""
        start, stop = self.mask.start, self.mask.start + self.mask.mel.seconds
        begin = max(0, round(start * self.rate))
        end = min(round(self.clip.seconds * self.rate), round(stop * self.rate))
        if begin >= end:
            raise ParameterError(
                f"The mask lies at {start:.2f} to {stop:.2f} s, outside the clip of "
                f"{self.clip.seconds:.2f} s; move its window."
            )
        return begin, end

    @property
    def original(self) -> Clip:
        """The clip's own seconds in the window, as they are."""
        begin, end = self.stretch
        return excerpt(self.clip, self.rate, begin, end - begin)

    def levelled(self, part: Clip, begin: int = 0) -> Clip:
        """Bring a part that begins at a sample of the stretch to the level that is wished for."""
        if self.level == "original":
            return part
        return raised(part, self.original.cut(begin, len(part.samples)))

    def softened(self, sound: Clip) -> Clip:
        """Fade what is rendered where the window's edge lies within the clip."""
        begin, end = self.stretch
        return faded(sound, start=begin > 0, end=end < round(self.clip.seconds * self.rate))

    def own_stretch(self, rendered: Clip, first: int) -> Clip:
        """Cut the clip's own seconds from what begins at its sample ``first`` at another rate.

        Before resampling it is moved to a sample that lies on the grid of both rates.
        """
        begin, end = self.stretch
        common = gcd(rendered.rate, self.rate)
        step = rendered.rate // common
        ahead = first % step
        on_grid = rendered.cut(-ahead, len(rendered.samples) + ahead)
        origin = (first - ahead) // step * (self.rate // common)
        return excerpt(on_grid, self.rate, begin - origin, end - begin)

    def samples_of(self, frames: slice) -> tuple[int, int]:
        """Return where frames begin and end, halfway to their neighbours, in `own_stretch`.

        A clip that is shorter than a step may lie beyond both ends: all of it is its one frame's.
        """
        mel, (begin, end) = self.mask.mel, self.stretch
        edges = [
            self.mask.start + (frame - 0.5) * mel.frame_seconds
            for frame in (frames.start, frames.stop)
        ]
        first, last = (min(max(round(edge * self.rate), begin), end) - begin for edge in edges)
        return (first, last) if first < last else (0, end - begin)

    def gains(self, frames: int) -> Tensor:
        """Go on with the outermost gains of the clip's own frames, to ``frames`` beyond the window.

        A frame outside the clip still holds some of its sound, by the analysis window's width.
        """
        mel = self.mask.mel
        own = own_frames(mel, self.mask.start, self.clip.seconds)
        sides = (own.start + frames, mel.n_frames - own.stop + frames)
        return torch.from_numpy(np.pad(self.mask.values[:, own], ((0, 0), sides), mode="edge"))


def _through_mask(scene: _Scene) -> Clip:
    return scene.levelled(_weighed(scene))


def _weighed(scene: _Scene) -> Clip:
    """Weigh the complex spectrum of a window.

    The sound on either side goes through the outermost gains, so that the window's ends are
    neither faded by the transform nor rung by resampling once that sound is cut away.
    """
    mel = scene.mask.mel
    frames = ceil(mel.n_fft / mel.hop)
    first = round(scene.mask.start * mel.rate) - frames * mel.hop
    around = excerpt(scene.clip, mel.rate, first, mel.n_samples + 2 * frames * mel.hop)
    gains = MelBands.of(mel).lift(scene.gains(frames))
    masked = istft(stft(torch.from_numpy(around.samples), mel) * gains, mel, len(around.samples))
    sound = scene.own_stretch(replace(around, samples=masked.numpy()), first)
    if not scene.keep_above:
        return sound
    above = scene.original.samples - scene.own_stretch(around, first).samples
    return replace(sound, samples=sound.samples + above)


def _region(scene: _Scene) -> Clip:
    """Cut the region's seconds from its band of frequency, and fade both ends."""
    own = own_frames(scene.mask.mel, scene.mask.start, scene.clip.seconds)
    heard = np.zeros_like(scene.mask.values)  # an inverted mask chooses frames beyond the clip too
    heard[:, own] = scene.mask.values[:, own]
    found = extent(replace(scene.mask, values=heard))
    if found is None:
        return _through_mask(scene)
    bands, frames = found
    values = np.zeros_like(scene.mask.values)
    values[bands] = 1
    box = replace(scene.mask, values=values)
    sound = _weighed(replace(scene, mask=box, keep_above=False))
    begin, end = scene.samples_of(frames)
    return faded(scene.levelled(sound.cut(begin, end - begin), begin))


def _contrast(scene: _Scene) -> Clip:
    kept, removed = _parts(scene)
    return replace(kept, samples=np.stack([kept.samples, removed.samples], axis=1))


def _contrast_in_turn(scene: _Scene) -> Clip:
    kept, removed = (faded(part).samples for part in _parts(scene))
    pause = np.zeros(round(_PAUSE_SECONDS * scene.rate), np.float32)
    return Clip(np.concatenate([kept, pause, removed]), scene.rate, scene.clip.label)


def _parts(scene: _Scene) -> tuple[Clip, Clip]:
    """Render what is kept and what is removed; what lies above the model's band is removed."""
    removed = replace(scene, mask=scene.mask.inverted())
    return _through_mask(replace(scene, keep_above=False)), _through_mask(removed)


def _log_mel(scene: _Scene) -> Clip:
    """Make sound of the masked log-mel alone."""
    window, first = _window(scene)
    power = _masked_power(scene, window)
    sound = invert(power, scene.mask.mel, scene.seed, scene.on_event, scene.should_stop)
    return scene.levelled(scene.own_stretch(replace(window, samples=sound.numpy()), first))


def _log_mel_original_phase(scene: _Scene) -> Clip:
    window, first = _window(scene)
    power, mel = _masked_power(scene, window), scene.mask.mel
    sound = invert_with_phase(power, stft(torch.from_numpy(window.samples), mel), mel)
    return scene.levelled(scene.own_stretch(replace(window, samples=sound.numpy()), first))


def _window(scene: _Scene) -> tuple[Clip, int]:
    """Cut what the network hears; also say which sample of the clip it begins at."""
    mel = scene.mask.mel
    first = round(scene.mask.start * mel.rate)
    return excerpt(scene.clip, mel.rate, first, mel.n_samples), first


def _masked_power(scene: _Scene, window: Clip) -> Tensor:
    """Return the power that the masked log-mel tells; of what lies at its floor, it tells none."""
    mel = scene.mask.mel
    db = log_mel(torch.from_numpy(window.samples).double(), mel)
    power = torch.where(db > db.max() - mel.top_db, 10 ** (db / 10), 0)
    return power.float() * scene.gains(0).square()


_RENDERERS: dict[str, Callable[[_Scene], Clip]] = {
    "through-mask": _through_mask,
    "region": _region,
    "contrast": _contrast,
    "contrast-in-turn": _contrast_in_turn,
    "log-mel": _log_mel,
    "log-mel-original-phase": _log_mel_original_phase,
}
