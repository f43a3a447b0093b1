"""Rendering: the mask and the sounds of an explanation, made on the worker thread."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.mask import Mask

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation
    from siamese_core.scoring import Score

Rate = Literal["model", "clip"]

SOUNDS = {
    "original": ("Original", "The clip as the model heard it"),
    "kept": ("Kept", "The clip through the mask: what the explanation chose"),
    "removed": ("Removed", "The clip without the chosen part"),
    "log-mel": (
        "What the log-mel holds",
        "The masked log-mel alone, made audible without the clip's phase",
    ),
}
"""The sounds of an explanation: name -> title and tooltip, in the order that people see."""

QUICK, SLOW = ("original", "kept", "removed"), ("log-mel",)
"""Which of them follow a slider at once, and which come a little later."""


@dataclass(frozen=True)
class RenderParameters:
    """At which rate sounds are rendered, and what becomes of what the model cannot hear."""

    rate: Rate = "model"
    keep_above: bool = False


def render(
    names: Iterable[str],
    explanation: "Explanation",
    mask: Mask,
    parameters: RenderParameters,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> dict[str, Clip]:
    """Render some of the sounds, all equally long, so that one can take another's place.

    At the clip's own rate, what lies above the model's band is in the original and in either the
    kept or the removed sound; no log-mel holds it.
    """
    from siamese_core.sonification import sonify

    above = {"original": True, "kept": parameters.keep_above, "removed": not parameters.keep_above}
    return {
        name: sonify(
            explanation.explained,
            _mask_of_sound(name, mask),
            "log-mel" if name == "log-mel" else "through-mask",
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


def write_figure(
    explanation: "Explanation",
    score: "Score",
    predicted: bool,
    mask: Mask | None,
    truth: str | None,
    path: Path,
) -> None:
    """Draw one pair as the command line draws a line-up, and write it."""
    from siamese_core.figures import lineup_figure, save_figure
    from siamese_core.scoring import ScoredEpisode

    alone = ScoredEpisode((score,), (), score.label if predicted else None)
    save_figure(lineup_figure([explanation], alone, truth=truth, mask=mask), path)
