"""Sonification: a mask made audible, through the original sound or from the log-mel alone."""

from typing import Literal

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never
from siamese_core.mask import Mask

MODES = {"through-mask": "Through the mask", "log-mel": "What the log-mel holds"}
"""Name -> title for people."""


def sonify(
    clip: Clip,
    mask: Mask,
    mode: str = "through-mask",
    *,
    rate: Literal["model", "clip"] = "model",
    keep_above: bool = False,
    seed: int = 0,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Clip:
    """Make the part of a clip audible that a mask lets through."""
    return clip
