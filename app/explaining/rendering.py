"""Rendering: the mask and the sounds of an explanation, made on the worker thread."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_edits import extent
from siamese_core.sonification.modes import MODES, RenderParameters

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.mask.mask_origin import MaskOrigin
    from siamese_core.scoring import Score

SOUNDS = {
    "original": ("Original", "The explained clip as it is"),
    "kept": ("Kept", "The clip through the mask: what the explanation chose"),
    "removed": ("Removed", "The clip without the chosen part"),
    "log-mel": (
        MODES["log-mel"],
        "The masked log-mel alone, made audible without the clip's phase",
    ),
}
"""The sounds of an explanation: name -> title and tooltip, in the order that people see."""

OTHERS = {
    "region": (
        "Only the region",
        "The seconds and the band of frequency that the mask spans, and nothing else",
    ),
    "contrast-in-turn": (
        MODES["contrast-in-turn"],
        "Both one after the other; what lies above the model's band is in the removed part or "
        "nowhere",
    ),
    "contrast": (
        MODES["contrast"],
        "Both at once, for headphones or two loudspeakers; a device of one channel mixes them",
    ),
    "log-mel-original-phase": (
        "Log-mel with the original phase",
        "Clearer than what the log-mel holds, for the phase is borrowed from the clip",
    ),
}
"""Sounds that are rendered only while they are chosen."""

QUICK, SLOW = ("original", "kept", "removed"), ("log-mel",)
"""Which of them follow a slider at once, and which come a little later."""


def render(
    names: Iterable[str],
    explanation: "Explanation",
    mask: Mask,
    parameters: RenderParameters,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> dict[str, Clip]:
    """Render some of the sounds; those of `SOUNDS` are equally long, to take another's place.

    At the clip's own rate, what lies above the model's band is in the original and in either the
    kept or the removed sound; no log-mel holds it.
    """
    from siamese_core.sonification.sonification import sonify

    removed = not parameters.keep_above
    above = {
        "original": True,
        "kept": parameters.keep_above,
        "removed": removed,
        "contrast": removed,
        "contrast-in-turn": removed,
    }
    return {
        name: sonify(
            explanation.explained,
            _mask_of_sound(name, mask),
            name if name in MODES else "through-mask",
            rate=parameters.rate,
            keep_above=above.get(name, False),
            on_event=on_event,
            should_stop=should_stop,
        )
        for name in names
    }


def _mask_of_sound(name: str, mask: Mask) -> Mask:
    if name == "original":
        return Mask(np.ones_like(mask.values), mask.mel, mask.start)
    return mask.inverted() if name == "removed" else mask


def region_begin(mask: Mask) -> float:
    """Return where the region that a mask spans begins in its clip, in seconds."""
    region = extent(mask)
    first = region[1].start - 0.5 if region else 0.0
    return mask.start + first * mask.mel.frame_seconds


def write_figure(
    explanation: "Explanation",
    score: "Score",
    predicted: bool,
    mask: Mask | None,
    origin: "MaskOrigin | None",
    truth: str | None,
    path: Path,
) -> None:
    """Draw one pair as the command line draws a line-up, and write it."""
    from siamese_core.figures import lineup_figure, save_figure
    from siamese_core.scoring import ScoredEpisode

    alone = ScoredEpisode((score,), (), score.label if predicted else None)
    made = origin.brief() if origin else ""
    save_figure(lineup_figure([explanation], alone, truth=truth, mask=mask, made=made), path)
