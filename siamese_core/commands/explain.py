"""`earwitness explain`: line up, score, explain, hear; scores as text, the rest in a folder."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from siamese_core import outputs
from siamese_core.commands.command_parser import check_rate
from siamese_core.commands.explain_plan import ExplainPlan
from siamese_core.commands.terminal import Terminal
from siamese_core.errors import ParameterError
from siamese_core.files import PAGES, PICTURES, check_folder, check_suffix
from siamese_core.sonification.modes import RenderParameters

if TYPE_CHECKING:
    from siamese_core.card import Card
    from siamese_core.exhibit.exhibit import Exhibit
    from siamese_core.scoring import ClassScore, Score


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Explain an episode as the options say; what they get wrong is said before torch is loaded."""
    _refuse(options)
    plan = ExplainPlan.of(options)

    from siamese_core.checkpoint import load_checkpoint
    from siamese_core.devices import resolve_device
    from siamese_core.exhibit.exhibit import explain_episode, with_faithfulness
    from siamese_core.exhibit.exhibit_folder import write_exhibit

    net, card = load_checkpoint(plan.model, resolve_device(options.device))
    for sentence in plan.parameters.idle_notices(options.set):
        terminal.notice(sentence)
    exhibit = explain_episode(
        net,
        plan.episode,
        method=plan.method,
        parameters=plan.parameters,
        side=plan.side,
        against=plan.against,
        twin=plan.twin,
        twin_start=plan.twin_start,
        mask_parameters=plan.shape,
        starts=plan.starts,
        mask=plan.mask,
        mask_origin=plan.mask_origin,
        render=RenderParameters(options.rate, options.keep_above),
        seed=options.seed,
        model=plan.model.name,
        model_file=plan.model,
        classes_heard=card.classes_heard,
        on_event=terminal.progress,
        should_stop=terminal.should_stop,
    )
    if options.faithfulness:
        exhibit = with_faithfulness(net, exhibit, terminal.should_stop)
    if exhibit.best.attribution.note:
        terminal.notice(exhibit.best.attribution.note)
    if plan.chosen is not None and plan.chosen != exhibit.scored.best:
        terminal.notice(_told_chosen(exhibit, plan.chosen))
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


def _told_chosen(exhibit: "Exhibit", chosen: int) -> str:
    labels, best = exhibit.episode.support.labels, exhibit.scored.best
    return (
        f"The saved episode's chosen pair is that of '{labels[chosen]}'; the mask and the sounds "
        f"are of the most similar pair, that of '{labels[best]}'."
    )


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options that exclude each other, and places that cannot be written."""
    for option, given in (("--share", options.share), ("--shape", options.shape or None)):
        if options.mask is not None and given is not None:
            raise ParameterError(
                f"{option} shapes a mask and --mask gives a ready one; give one of them."
            )
    check_rate(options)
    check_folder(options.out, outputs.EXHIBIT)
    for file, suffixes in ((options.page, PAGES), (options.figure, PICTURES)):
        if file is not None:
            check_suffix(file, suffixes)
            check_folder(file.parent)


def _write_extras(exhibit: "Exhibit", options: argparse.Namespace, terminal: Terminal) -> None:
    if options.page is not None:
        from siamese_core.exhibit.exhibit_folder import ARRAYS
        from siamese_core.exhibit.exhibit_page import write_page

        mask_file = options.out / ARRAYS
        write_page(exhibit, options.page, terminal.progress, terminal.should_stop, mask_file)
    if options.figure is not None:
        from siamese_core.figures import save_figure

        save_figure(exhibit.figure(), options.figure)


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
