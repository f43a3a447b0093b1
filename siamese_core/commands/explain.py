"""`earwitness explain`: line up, score, explain, hear; scores as text, the rest in a folder."""

import argparse
from pathlib import Path

from siamese_core.attribution.parameters import DEFAULT_METHOD, method_parameters
from siamese_core.audio import Clip, read
from siamese_core.checkpoint import Card, load_checkpoint
from siamese_core.demo import bundled_lineup, bundled_model
from siamese_core.devices import resolve_device
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError
from siamese_core.exhibit import Exhibit, explain_episode, write_exhibit
from siamese_core.mask import MaskParameters, load_mask
from siamese_core.melspec import MelSpec
from siamese_core.notices import clip_notices
from siamese_core.terminal import Terminal


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Explain an episode as the options say."""
    if options.mask is not None and options.share is not None:
        raise ParameterError(
            "--share shapes a mask and --mask gives a ready one; give one of them."
        )
    method = options.method or DEFAULT_METHOD
    parameters = method_parameters(method)().override(options.set)
    shape = MaskParameters.parse({} if options.share is None else {"share": options.share})
    model = options.model or bundled_model()
    episode = read_episode(options.query, options.support)
    mask = None if options.mask is None else load_mask(options.mask)
    net, card = load_checkpoint(model, resolve_device(options.device))
    for clip in (episode.query, *episode.support.clips):
        for sentence in clip_notices(clip, card.recipe.mel):
            terminal.notice(sentence)
    exhibit = explain_episode(
        net,
        episode,
        method=method,
        parameters=parameters,
        side=options.side,
        mask_parameters=shape,
        mask=mask,
        seed=options.seed,
        model=model.name,
        on_event=terminal.progress,
        should_stop=terminal.should_stop,
    )
    written = write_exhibit(
        exhibit, options.out, on_event=terminal.progress, should_stop=terminal.should_stop
    )
    terminal.close()
    terminal.record(written)
    terminal.say(_table(exhibit, card))
    terminal.say(f"\nOverlay, maps and sounds: {options.out}")


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


def _table(exhibit: Exhibit, card: Card) -> str:
    """Lay out the scores for people, the most similar first."""
    mel: MelSpec = card.recipe.mel
    query = exhibit.episode.query
    lines = [
        f"Query   {query.path} ({query.seconds:.2f} s)",
        f"Model   {exhibit.model}: {card.recipe.name}, {mel.rate} Hz, {mel.seconds:g} s",
        "",
        f"{'rank':>4}  {'similarity':>10}  {'logit':>8}  class",
    ]
    entries = zip(exhibit.scored.scores, exhibit.episode.support.clips, strict=True)
    for score, clip in sorted(entries, key=lambda entry: entry[0].rank):
        lines.append(
            f"{score.rank:>4}  {score.similarity:>10.4f}  {score.logit:>8.3f}  "
            f"{score.label}  ({clip.path})"
        )
    return "\n".join([*lines, "", _verdict(exhibit)])


def _verdict(exhibit: Exhibit) -> str:
    predicted, truth = exhibit.scored.predicted, exhibit.episode.truth
    if predicted is None:
        return "Predicted: none; the most similar classes tie."
    if truth is None:
        return f"Predicted: {predicted}"
    return f"Predicted: {predicted} ({'right' if predicted == truth else f'wrong, it is {truth}'})"
