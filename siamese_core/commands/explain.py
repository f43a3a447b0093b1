"""`earwitness explain`: line up, score, explain, hear; scores as text, the rest in a folder."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core import outputs
from siamese_core.attribution.parameters import check_twin, method_parameters
from siamese_core.audio import Clip, read
from siamese_core.card import read_card
from siamese_core.commands.command_parser import check_rate
from siamese_core.commands.terminal import Terminal
from siamese_core.demo import bundled_lineup, model_file
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError
from siamese_core.faithfulness.metrics import obstacle
from siamese_core.files import PAGES, PICTURES, check_folder, check_suffix
from siamese_core.mask.mask import MaskParameters
from siamese_core.mask.mask_file import load_mask
from siamese_core.melspec import MelSpec
from siamese_core.notices import clip_notices, mask_notice, twin_notices
from siamese_core.sonification.modes import RenderParameters

if TYPE_CHECKING:
    from siamese_core.card import Card
    from siamese_core.exhibit.exhibit import Exhibit
    from siamese_core.scoring import ClassScore, Score


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Explain an episode as the options say; what they get wrong is said before torch is loaded."""
    _refuse(options)
    model = model_file(options.model)
    method = read_card(model).method if options.method is None else options.method
    parameters = method_parameters(method)().override(options.set)
    if options.twin is not None:
        check_twin(parameters)
    share = {} if options.share is None else {"share": options.share}
    shape = MaskParameters.parse(share).override(options.shape)
    if options.share is not None and (shape.by != "share" or _sets_share(options.shape)):
        raise ParameterError(
            f"--share {options.share:g} has no part in the mask that --shape asks for; give one."
        )
    mask = None if options.mask is None else load_mask(options.mask)
    episode = read_episode(options.query, options.support)
    if options.faithfulness and (known := obstacle(episode.support.labels)):
        raise ParameterError(known)
    twin = None if options.twin is None else read(options.twin)

    from siamese_core.checkpoint import load_checkpoint
    from siamese_core.devices import resolve_device
    from siamese_core.exhibit.exhibit import explain_episode, with_faithfulness, write_exhibit

    net, card = load_checkpoint(model, resolve_device(options.device))
    idle = parameters.idle_notices(options.set)
    for sentence in (*idle, *_notices(episode, card.recipe.mel)):
        terminal.notice(sentence)
    exhibit = explain_episode(
        net,
        episode,
        method=method,
        parameters=parameters,
        side=options.side,
        against=options.against,
        twin=twin,
        mask_parameters=shape,
        mask=mask,
        render=RenderParameters(options.rate, options.keep_above),
        seed=options.seed,
        model=model.name,
        on_event=terminal.progress,
        should_stop=terminal.should_stop,
    )
    if options.faithfulness:
        exhibit = with_faithfulness(net, exhibit, terminal.should_stop)
    pair = exhibit.best
    if mask is not None and not mask.is_of(pair.explained):
        terminal.notice(mask_notice(mask, pair.explained, exhibit.mask.start))
    if pair.attribution.note:
        terminal.notice(pair.attribution.note)
    written = write_exhibit(
        exhibit, options.out, on_event=terminal.progress, should_stop=terminal.should_stop
    )
    _write_extras(exhibit, options, terminal)
    terminal.close()
    terminal.record(written)
    terminal.say("\n".join(describe(exhibit, card)))
    if exhibit.faithfulness is not None:
        terminal.say("\n".join([*exhibit.faithfulness.words(), ""]))
    terminal.say(f"Overlay, maps and sounds: {options.out}")


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options that exclude each other, and places that cannot be written."""
    for option, given in (("--share", options.share), ("--shape", options.shape or None)):
        if options.mask is not None and given is not None:
            raise ParameterError(
                f"{option} shapes a mask and --mask gives a ready one; give one of them."
            )
    if options.against is not None and options.side != "query":
        raise ParameterError(
            "--against explains the query, which all pairs share; add --side query."
        )
    check_rate(options)
    check_folder(options.out, outputs.EXHIBIT)
    for file, suffixes in ((options.page, PAGES), (options.figure, PICTURES)):
        if file is not None:
            check_suffix(file, suffixes)
            check_folder(file.parent)


def _sets_share(shape: list[str]) -> bool:
    return any(assignment.partition("=")[0].strip() == "share" for assignment in shape)


def _write_extras(exhibit: "Exhibit", options: argparse.Namespace, terminal: Terminal) -> None:
    if options.page is not None:
        from siamese_core.exhibit.exhibit_page import write_page

        write_page(exhibit, options.page, terminal.progress, terminal.should_stop)
    if options.figure is not None:
        from siamese_core.figures import save_figure

        save_figure(exhibit.figure(), options.figure)


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
    return Episode(read(query), SupportSet(tuple(clips), labels))


def _support_clip(text: str) -> Clip:
    label, equals, file = text.partition("=")
    if not (label and equals and file):
        raise ParameterError(f"--support '{text}' is not of the form LABEL=FILE.")
    return read(Path(file), label=label)


def _notices(episode: Episode[Clip], mel: MelSpec) -> Iterator[str]:
    for clip in (episode.query, *episode.support.clips):
        yield from clip_notices(clip, mel)
    yield from twin_notices(episode)


def describe(exhibit: "Exhibit", card: "Card") -> Iterator[str]:
    """Lay out scores and outcome for people, line by line, the most similar class first."""
    mel, query = card.recipe.mel, exhibit.episode.query
    yield f"Query   {query.path} ({query.seconds:.2f} s)"
    yield f"Model   {exhibit.model}: {card.recipe.name}, {mel.rate} Hz, {mel.seconds:g} s"
    yield ""
    yield f"{'rank':>4}  {'similarity':>10}  {'logit':>8}  class"
    scored, clips = exhibit.scored, exhibit.episode.support.clips
    entries = sorted(zip(scored.scores, clips, strict=True), key=lambda entry: entry[0].rank)
    several = len(scored.classes) < len(clips)
    for whole in sorted(scored.classes, key=lambda whole: -whole.logit):
        shots = [entry for entry in entries if entry[0].label == whole.label]
        if several:
            yield f"{'':>4}  {_score(whole)}  {whole.label}, the mean of {len(shots)}"
        for score, clip in shots:
            name = "  " if several else f"{score.label}  "
            yield f"{score.rank:>4}  {_score(score)}  {name}({clip.path})"
    yield ""
    yield _verdict(exhibit)
    yield _heard(exhibit)
    found = exhibit.best.attribution
    if found.residual is not None:
        change = found.values.sum(dtype=np.float64) - found.residual
        yield f"Completeness residual of its map: {found.residual:.4g} of a change of {change:.4g}"


def _score(entry: "Score | ClassScore") -> str:
    return f"{entry.similarity:>10.4f}  {entry.logit:>8.3f}"


def _verdict(exhibit: "Exhibit") -> str:
    predicted, truth = exhibit.scored.predicted, exhibit.episode.truth
    if predicted is None:
        return "Predicted: none; the most similar classes tie."
    if truth is None:
        return f"Predicted: {predicted}"
    return f"Predicted: {predicted} ({'right' if predicted == truth else f'wrong, it is {truth}'})"


def _heard(exhibit: "Exhibit") -> str:
    """Say which clip the mask lies on and the sounds are made of."""
    pair = exhibit.best
    clip = f"the support clip of '{pair.support.label}'"
    which = clip if pair.side == "support" else "the query"
    against = "" if pair.side == "support" else f", against {clip}"
    return f"Explained and heard: {which}, {pair.explained.path}{against}."
