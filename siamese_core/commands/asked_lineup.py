"""AskedLineup: the line-up that a command shall explain, its windows, and the model's file."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.audio import Clip
from siamese_core.demo import bundled_lineup, model_file
from siamese_core.episode_file.recording import read_recording
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError, counted
from siamese_core.exhibit.exhibit_command import UNPLACED
from siamese_core.mask.mask import DEFAULTS, Mask, MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import MelSpec
from siamese_core.parameters import Parameters

if TYPE_CHECKING:
    from siamese_core.explanation import Side

Starts = tuple[float | None, ...]
"""Where windows were placed in the query and each support clip, in seconds."""


@dataclass(frozen=True, eq=False)
class Before:
    """How the chosen pair of a saved episode was explained; the defaults where it was not."""

    method: str | None = None
    parameters: Parameters | None = None
    side: "Side" = "support"
    against: str | None = None
    twin: Clip | None = None
    twin_start: float | None = None
    mask_parameters: MaskParameters = DEFAULTS
    mask: Mask | None = None
    """Of the best pair, where a hand or a file changed it."""
    mask_origin: MaskOrigin | None = None
    chosen: int | None = None
    """Index of its support clip."""


NEVER = Before()


@dataclass(frozen=True, eq=False)
class AskedLineup:
    """What is to be explained."""

    episode: Episode[Clip]
    starts: Starts
    model: Path
    before: Before = NEVER


def asked_lineup(options: argparse.Namespace) -> AskedLineup:
    """Read the clips that the options name, those of a saved episode, or the bundled ones.

    Raises
    ------
    EarwitnessError
        If the options contradict each other, or something cannot be read.
    """
    if options.episode is None:
        model = model_file(options.model)
        episode = read_episode(options.query, options.support)
        asked = AskedLineup(episode, (None,) * (1 + len(episode.support.clips)), model)
    elif options.query is not None or options.support:
        raise ParameterError("--episode brings its own clips; leave out --query and --support.")
    else:
        from siamese_core.commands.saved_lineup import saved_lineup  # which waits for torch

        asked = saved_lineup(options.episode, options.model and model_file(options.model))
    if options.truth is None:
        return asked
    _check_class("--truth", options.truth, asked.episode.support)
    return replace(asked, episode=replace(asked.episode, truth=options.truth))


def read_episode(query: Path | None, support: list[str]) -> Episode[Clip]:
    """Read the clips of an episode; the bundled line-up if neither part is given.

    Raises
    ------
    ParameterError
        If only one part is given, or a support clip is not written LABEL=FILE.
    AudioError
        If a clip cannot be read.
    """
    if query is None and not support:
        return bundled_lineup().map(lambda file: file.read())
    if query is None or not support:
        given, lacking = ("--support", "--query") if query is None else ("--query", "--support")
        raise ParameterError(f"{given} is given without {lacking}; give both or neither.")
    clips = [_support_clip(text) for text in support]
    labels = tuple(str(clip.label) for clip in clips)
    return Episode(read_recording(query), SupportSet(tuple(clips), labels))


def _support_clip(text: str) -> Clip:
    """Read LABEL=FILE; of several equals signs the one counts behind which there is a file."""
    places = [place for place, sign in enumerate(text) if sign == "="]
    cuts = [(text[:place], text[place + 1 :]) for place in places]
    whole = [(label, file) for label, file in cuts if label and file]
    if not whole:
        raise ParameterError(f"--support '{text}' is not of the form LABEL=FILE.")
    label, file = next((cut for cut in whole if Path(cut[1]).is_file()), whole[0])
    return read_recording(Path(file), label)


def _check_class(option: str, label: str, support: SupportSet[Clip]) -> None:
    if label not in support.classes:
        raise ParameterError(
            f"{option} names '{label}', which is not a class of the support set; give one of "
            f"{', '.join(support.classes)}."
        )


def placed(asked: AskedLineup, options: argparse.Namespace, mel: MelSpec) -> Starts:
    """Return where windows begin: as they were placed before, or as the options say now.

    Raises
    ------
    ParameterError
        If a window would lie outside its clip, or is one of no clip.
    """
    query, *support = asked.starts
    clips = asked.episode.support.clips
    if options.query_start is not None:
        query = options.query_start
        check_start("--query-start", asked.episode.query, query, mel)
    for place, start in _support_starts(asked.episode.support, options.support_start):
        support[place] = start
        if start is not None:
            check_start("--support-start", clips[place], start, mel)
    return (query, *support)


def _support_starts(
    support: SupportSet[Clip], texts: Sequence[str]
) -> Iterator[tuple[int, float | None]]:
    """Read LABEL=S; what is given again for a class is of its next clip."""
    free = {
        label: [place for place, own in enumerate(support.labels) if own == label]
        for label in support.classes
    }
    for text in texts:
        label, equals, written = text.rpartition("=")
        if not (equals and label):
            raise ParameterError(f"--support-start '{text}' is not of the form LABEL=SECONDS.")
        _check_class("--support-start", label, support)
        if not free[label]:
            raise ParameterError(
                f"--support-start '{text}' is one too many: '{label}' has "
                f"{counted(support.labels.count(label), 'support clip')}, and each one start."
            )
        yield free[label].pop(0), _start(text, written)


def _start(text: str, written: str) -> float | None:
    if written == UNPLACED:
        return None
    try:
        return float(written)
    except ValueError as error:
        raise ParameterError(
            f"--support-start '{text}' does not end in a number of seconds; give one, or "
            f"'{UNPLACED}' for the loudest place."
        ) from error


def check_start(option: str, clip: Clip, start: float, mel: MelSpec) -> None:
    """Refuse a window that hears nothing of its clip.

    Raises
    ------
    ParameterError
    """
    if not -mel.seconds < start < clip.seconds:  # a number that is none is neither
        raise ParameterError(
            f"{option} {start:g} puts the window of {mel.seconds:g} s outside "
            f"{clip.path or 'the clip'}, which lasts {clip.seconds:.3f} s; give a second from 0 "
            f"to {max(0.0, clip.seconds - mel.seconds):.3f}."
        )
