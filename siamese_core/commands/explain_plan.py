"""ExplainPlan: what `earwitness explain` explains and how, before any of it is computed."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.attribution.methods import method_parameters
from siamese_core.attribution.parameters import check_twin, names_twin
from siamese_core.audio import Clip
from siamese_core.card import read_card
from siamese_core.commands.asked_lineup import (
    Before,
    Starts,
    asked_lineup,
    check_start,
    placed,
)
from siamese_core.episode_file.recording import read_recording
from siamese_core.episodes import Episode
from siamese_core.errors import ParameterError
from siamese_core.faithfulness.metrics import obstacle
from siamese_core.mask.mask import Mask, MaskParameters
from siamese_core.mask.mask_file import load_mask
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import MelSpec
from siamese_core.parameters import Parameters

if TYPE_CHECKING:
    from siamese_core.explanation import Side


@dataclass(frozen=True, eq=False)
class ExplainPlan:
    """What the options wish; where they say nothing as it was explained before, or as usual."""

    episode: Episode[Clip]
    starts: Starts
    model: Path
    method: str
    parameters: Parameters
    side: "Side"
    against: str | None
    twin: Clip | None
    twin_start: float | None
    shape: MaskParameters
    mask: Mask | None
    mask_origin: MaskOrigin | None
    chosen: int | None = None
    """Index of the support clip that was chosen in the saved episode."""

    @classmethod
    def of(cls, options: argparse.Namespace) -> "ExplainPlan":
        """Read what the options name; nothing is computed, and no torch but for a saved episode.

        Raises
        ------
        EarwitnessError
            If the options contradict each other, or something cannot be read.
        """
        asked = asked_lineup(options)
        before, card = asked.before, read_card(asked.model)
        method = (before.method or card.method) if options.method is None else options.method
        is_known = before.parameters is not None and method == before.method
        own = before.parameters if is_known and before.parameters else method_parameters(method)()
        parameters = own.override(options.set)
        side = options.side or before.side
        against = options.against
        if against is None and side == "query":
            against = before.against
        if against is not None and side != "query":
            raise ParameterError(
                "--against explains the query, which all pairs share; add --side query."
            )
        twin, twin_start = _twin(options, before, parameters, card.recipe.mel)
        mask, made = _mask(options, before)
        if options.faithfulness and (known := obstacle(asked.episode.support.labels)):
            raise ParameterError(known)
        return cls(
            asked.episode,
            placed(asked, options, card.recipe.mel),
            asked.model,
            method,
            parameters,
            side,
            against,
            twin,
            twin_start,
            _shape(options, before),
            mask,
            made,
            before.chosen,
        )


def _twin(
    options: argparse.Namespace, before: Before, parameters: Parameters, mel: MelSpec
) -> tuple[Clip | None, float | None]:
    """Return the clip that stands for absence, and where its window lies."""
    twin, start = None, options.twin_start
    if options.twin is not None:
        check_twin(parameters)
        twin = read_recording(options.twin)
    elif names_twin(parameters):
        twin = before.twin
        start = before.twin_start if start is None else start
    if start is not None and twin is None:
        raise ParameterError("--twin-start places the window of a clip; give that with --twin.")
    if twin is not None and options.twin_start is not None:
        check_start("--twin-start", twin, options.twin_start, mel)
    return twin, start


def _shape(options: argparse.Namespace, before: Before) -> MaskParameters:
    """Return how the mask is shaped from the map."""
    shape = before.mask_parameters
    if options.share is not None:
        # as a value that is given, so that an illegal one is named
        shape = MaskParameters.parse({**shape.model_dump(), "by": "share", "share": options.share})
    shape = shape.override(options.shape)
    if options.share is not None and (shape.by != "share" or _sets_share(options.shape)):
        raise ParameterError(
            f"--share {options.share:g} has no part in the mask that --shape asks for; give one."
        )
    return shape


def _sets_share(shape: list[str]) -> bool:
    return any(assignment.partition("=")[0].strip() == "share" for assignment in shape)


def _mask(options: argparse.Namespace, before: Before) -> tuple[Mask | None, MaskOrigin | None]:
    """Return a ready mask, and how it was made; an earlier one only where all else is as it was."""
    if options.mask is not None:
        return load_mask(options.mask), None
    wishes = (options.method, options.side, options.against, options.twin, options.share)
    windows = (options.query_start, options.twin_start, *options.support_start)
    if any(wish is not None for wish in (*wishes, *windows)) or options.set or options.shape:
        return None, None
    return before.mask, before.mask_origin
