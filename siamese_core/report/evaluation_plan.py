"""EvaluationPlan: which networks are asked what on which classes, and how that is carried out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.errors import CorpusError, ParameterError
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.model_names import model_names
from siamese_core.notices import heard_notice
from siamese_core.origin import Origin

if TYPE_CHECKING:
    from siamese_core.card import Card
    from siamese_core.report.report import Report

Part = Literal["", "validation", "test"]
"""What a recipe holds out; empty for neither."""
AnyPart = Part | Literal["train"]
F = TypeVar("F", bound=LabelledFile)


@dataclass(frozen=True)
class EvaluationPlan:
    """What `earwitness evaluate` and the window are asked for (no torch until it is carried out).

    Parameters
    ----------
    model : Path
        The checkpoint.
    parameters : EvaluationParameters
    against : Path, optional
        Another checkpoint, compared on the same episodes.
    split : str
        The part that the model's recipe made of the corpus; another choice if empty.
    classes : sequence of str
        The classes to measure where ``split`` is empty; all if there are none.
    device : str
        As for `devices.resolve_device`.
    folders : sequence of Path
        Where the corpus lies, as the report is to name it; found by the clips if none is given.
    """

    model: Path
    parameters: EvaluationParameters
    against: Path | None = None
    split: AnyPart = ""
    classes: Sequence[str] = ()
    device: str = "auto"
    folders: Sequence[Path] = ()


def carry_out(
    plan: EvaluationPlan,
    corpus: Corpus[LabelledFile],
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> "tuple[Report, Corpus[LabelledFile]]":
    """Load the networks, choose the classes and measure.

    What a person should know, though nothing is wrong, is told as events of the kind ``notice``.

    Returns
    -------
    Report, Corpus
        What was measured, and what it was measured on: the report's episodes are of its clips.

    Raises
    ------
    EarwitnessError
        If a checkpoint cannot be loaded, has no such part of the corpus, or the corpus does not
        allow such episodes.
    Cancelled
        If ``should_stop`` says so.
    """
    from siamese_core.checkpoint import load_checkpoint
    from siamese_core.devices import resolve_device
    from siamese_core.report.report import Rival, build_report

    progress(on_event, should_stop, "Loading the model", 0, 1)
    net, card = load_checkpoint(plan.model, resolve_device(plan.device))
    if card.recipe.labels == "alphabet":
        corpus = of_alphabets(corpus, plan.parameters, plan.model.name)
    corpus, parts = choose_classes(corpus, card, plan.split, plan.classes)
    models = [plan.model] if plan.against is None else [plan.model, plan.against]
    names = model_names(models)
    cards, rival = [card], None
    if plan.against is not None:
        other, other_card = load_checkpoint(plan.against, net.device)
        if type(other.spec) is not type(net.spec):
            raise ParameterError(
                f"{names[0]} and {names[1]} are not both for sounds, or both for "
                "glyphs; compare two models of one kind."
            )
        rival = Rival(names[1], other)
        cards.append(other_card)
    for name, own in zip(names, cards, strict=True):
        who = name if rival else "The model"
        if notice := heard_notice(corpus.classes, own.classes_heard, corpus.name, who):
            on_event({"event": "notice", "sentence": notice})
    report = build_report(
        net,
        corpus,
        plan.parameters,
        model=names[0],
        parts=parts,
        rival=rival,
        on_event=on_event,
        should_stop=should_stop,
    )
    origin = Origin.of(models, plan.folders, [clip.path for clip in corpus.clips])
    return replace(report, split=plan.split, origin=origin), corpus


def choose_classes(
    corpus: Corpus[F], card: "Card", split: AnyPart, classes: Sequence[str]
) -> tuple[Corpus[F], dict[str, Corpus[F]] | None]:
    """Return the classes to measure, and the parts that stand beside each other in a sweep.

    Parameters
    ----------
    corpus : Corpus
    card : Card
        Of the network to be measured.
    split, classes
        As in `EvaluationPlan`.

    Raises
    ------
    EarwitnessError
        If the network has no such part of the corpus, or the corpus no such class.
    """
    if not split:
        return (corpus.select(classes) if classes else corpus), None
    parts = held_out(corpus, card)
    corpus = _chosen(parts, split)
    heard = parts.pop("train")
    return corpus, {"train": heard} if split == "train" else parts


def of_alphabets(
    corpus: Corpus[LabelledFile], asked: EvaluationParameters, model: str
) -> Corpus[LabelledFile]:
    """Return the corpus with alphabets as its classes, for a network that tells those apart.

    Raises
    ------
    ParameterError
        If it is asked about characters of one alphabet.
    """
    if asked.within_alphabet:
        raise ParameterError(
            f"{model} tells alphabets apart, not characters; "
            "do not ask for line-ups within an alphabet."
        )
    return corpus.by_alphabet()


def held_out(corpus: Corpus[F], card: "Card") -> dict[str, Corpus[F]]:
    """Return the validation and the test classes that a network's recipe held out of a corpus.

    Beside them, as ``train``, stands what it was trained on.

    Raises
    ------
    ParameterError
        If the network was not trained on what the recipe leaves of this corpus.
    """
    from siamese_core.recipes import split_as

    try:
        split = split_as(card.recipe, corpus)
    except CorpusError:  # it has none of the classes that the recipe names
        split = None
    if split is None or set(split.train) != set(card.classes_heard):
        if any(heard.startswith(f"{corpus.name}/") for heard in card.classes_heard):
            raise ParameterError(
                f"The model was trained on {corpus.name} together with another corpus; give all "
                "of them, or name the classes."
            )
        raise ParameterError(
            f"The model was not trained on {corpus.name}, so it has no split of it; "
            "name the classes, or give the corpus that it was trained on."
        )
    test = split.test
    if card.recipe.official and corpus.official is not None:
        test = corpus.official.test  # which the training left alone
    parts = {"train": split.train, "validation": split.validation, "test": test}
    return {name: corpus.select(classes) for name, classes in parts.items() if classes}


def _chosen(parts: Mapping[str, Corpus[F]], name: str) -> Corpus[F]:
    """Return one part.

    Raises
    ------
    ParameterError
        If the recipe holds out no such classes.
    """
    if name not in parts:
        raise ParameterError(
            f"The model's recipe does not hold out {name} classes; name some classes."
        )
    return parts[name]
