"""Report: what was measured of a network on a corpus, and the folder that holds it."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor

from siamese_core import outputs
from siamese_core.alphabets import AlphabetSampler
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import check_drawable, count_recordings
from siamese_core.evaluation.comparison import Comparison, compare_evaluations
from siamese_core.evaluation.embeddings import embed_corpus
from siamese_core.evaluation.evaluation import Evaluation, episode_sampler, evaluate, sweep
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.evaluation.retrieval import Retrieval, retrieve
from siamese_core.evaluation.verification import Verification, verify
from siamese_core.figures import save_figure
from siamese_core.files import ABOUT, appearing, write_text
from siamese_core.interval import KIND, Interval
from siamese_core.origin import Origin
from siamese_core.recipes import load_recipe
from siamese_core.report.report_figures import (
    confusion_figure,
    curves_figure,
    pairs_figure,
    per_class_figure,
    retrieval_figure,
    roc_figure,
    sweep_figure,
)
from siamese_core.report.report_tables import SUFFIXES, report_tables
from siamese_core.report.report_words import describe
from siamese_core.siamese import SiameseNet
from siamese_core.training.run import CURVES, Run

_OWN = ("per_class", "per_class_intervals", "confusion", "ties")


@dataclass(frozen=True, eq=False)
class Rival:
    """Another network that is asked the same episodes."""

    model: str
    net: SiameseNet


@dataclass(frozen=True, eq=False)
class Report:
    """What was measured; what was not asked for is None or empty.

    Parameters
    ----------
    model : str
        The network's name.
    evaluation : Evaluation
    sweeps : dict of str to dict of int to Interval
        Accuracy against C, for each part of the corpus.
    retrieval : Retrieval, optional
    verification : Verification, optional
    comparison : Comparison, optional
    against : str
        The name of the network that this one is compared with.
    split : str
        The part of the recipe's split that was measured; empty if it was another choice.
    rival : Evaluation, optional
        The other network's outcome of the same episodes.
    origin : Origin, optional
        What was measured, and on what.
    """

    model: str
    evaluation: Evaluation
    sweeps: Mapping[str, Mapping[int, Interval]] = field(default_factory=dict)
    retrieval: Retrieval | None = None
    verification: Verification | None = None
    comparison: Comparison | None = None
    against: str = ""
    split: str = ""
    rival: Evaluation | None = None
    origin: Origin | None = None

    @property
    def outcomes(self) -> list[tuple[str, Evaluation]]:
        """The outcome of each network that was asked, behind its name."""
        both = ((self.model, self.evaluation), (self.against, self.rival))
        return [(name, one) for name, one in both if one is not None]

    def as_dict(self) -> dict[str, object]:
        """Return what ``report.json`` holds, as plain values."""
        plain = self.evaluation.as_dict()
        if self.sweeps:
            plain["sweep"] = {
                name: [{"ways": ways, **asdict(share)} for ways, share in curve.items()]
                for name, curve in self.sweeps.items()
            }
        if self.retrieval is not None:
            plain["retrieval"] = self.retrieval.as_dict()
        if self.verification is not None:
            plain["pairs"] = self.verification.as_dict()
        if self.comparison is not None:
            plain["against"] = {
                "model": self.against,
                **self.comparison.as_dict(),
                **_own(self.rival),
            }
        if self.split:
            plain["split"] = self.split
        if self.origin is not None:
            plain |= self.origin.as_dict()
        return {**plain, "interval": KIND, "model": self.model, **ABOUT}


def _own(rival: Evaluation | None) -> dict[str, object]:
    """Return what of a rival's outcome is not the same as its opponent's."""
    plain = {} if rival is None else rival.as_dict()
    return {name: plain[name] for name in _OWN if name in plain}


def build_report(
    net: SiameseNet,
    corpus: Corpus[LabelledFile],
    parameters: EvaluationParameters,
    *,
    model: str = "",
    parts: Mapping[str, Corpus[LabelledFile]] | None = None,
    rival: Rival | None = None,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Report:
    """Measure a network; each clip is embedded once, whatever is asked for.

    Parameters
    ----------
    net : SiameseNet
    corpus : Corpus
    parameters : EvaluationParameters
    model : str
        The network's name.
    parts : dict of str to Corpus, optional
        The corpora whose accuracy against C is measured where that is asked for; ``corpus`` alone
        if None.
    rival : Rival, optional
        Asked the same episodes.

    Raises
    ------
    ParameterError, CorpusError
        If a corpus does not allow such episodes; said before any clip is read.
    AudioError
        If a clip cannot be read.
    Cancelled
        If ``should_stop`` says so.
    """
    asked = parameters
    swept = (parts or {corpus.name: corpus}) if asked.sweep else {}
    for part in swept.values():  # an impossible one is refused now, not after minutes
        check_drawable(count_recordings(part.labels, part.sources), None, asked.shots)
    sampler = episode_sampler(corpus, asked.ways, asked.shots, asked.within_alphabet)
    drawn = asked.model_dump(include={"shots", "runs", "seed"})
    if isinstance(sampler, AlphabetSampler) and sampler.left_out:
        on_event({"event": "notice", "sentence": _left_out(sampler)})

    def embed(part: Corpus[LabelledFile]) -> Tensor:
        return embed_corpus(net, part, None, on_event, should_stop)

    def measure(network: SiameseNet, embeddings: Tensor | None) -> Evaluation:
        return evaluate(
            network,
            corpus,
            ways=asked.ways,
            within_alphabet=asked.within_alphabet,
            embeddings=embeddings,
            on_event=on_event,
            should_stop=should_stop,
            **drawn,
        )

    further = asked.sweep or asked.retrieval or asked.pairs
    embeddings = embed(corpus) if further else None
    report = Report(model, measure(net, embeddings))
    if rival is not None:
        other = measure(rival.net, None)
        compared = compare_evaluations(report.evaluation, other, asked.seed)
        report = replace(report, comparison=compared, against=rival.model, rival=other)
    if embeddings is None:
        return report
    heard: dict[str, Any] = {"on_event": on_event, "should_stop": should_stop}
    return replace(
        report,
        sweeps={
            name: sweep(net, part, embeddings if part is corpus else embed(part), **drawn, **heard)
            for name, part in swept.items()
        },
        retrieval=retrieve(net, corpus, embeddings, **heard) if asked.retrieval else None,
        verification=verify(net, corpus, embeddings, pairs=asked.pairs, seed=asked.seed, **heard)
        if asked.pairs
        else None,
    )


def _left_out(sampler: AlphabetSampler) -> str:
    return (
        f"Alphabets with fewer than {sampler.ways} characters are left out: "
        f"{', '.join(sampler.left_out)}."
    )


def write_report(report: Report, folder: Path) -> None:
    """Write report.json and .txt, CSV tables, PNG and SVG figures: all or none (`files.appearing`).

    Raises
    ------
    EarwitnessError
        If the folder cannot be written, or holds other files of these names.
    """
    with appearing(folder, outputs.REPORT) as temporary:
        write_text(temporary / "report.json", json.dumps(report.as_dict(), indent=2) + "\n")
        write_text(temporary / "report.txt", "\n".join(describe(report)) + "\n")
        for name, rows in report_tables(report).items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            write_text(temporary / f"{name}.csv", text.getvalue())
        for name, figure in _figures(report).items():
            save_picture(figure, temporary / name)


def write_curves(run: Run) -> None:
    """Draw a run's curves into its folder, as curves.png and curves.svg.

    Raises
    ------
    EarwitnessError
        If the run holds no step or the files cannot be written.
    """
    recipe = load_recipe(str(run.recipe)) if run.recipe.exists() else None
    asked = () if recipe is None else (recipe.ways, recipe.shots)
    save_picture(curves_figure(run.read_events(), *asked), run.folder / CURVES)


def save_picture(figure: Figure, stem: Path) -> None:
    """Write a figure as STEM.png and STEM.svg."""
    for suffix in (".png", ".svg"):
        save_figure(figure, stem.parent / f"{stem.name}{suffix}")


def _figures(report: Report) -> dict[str, Figure]:
    outcomes = report.outcomes
    figures = {
        "per_class": per_class_figure(outcomes),
        **{
            f"confusion{suffix}": confusion_figure(one, name)
            for suffix, (name, one) in zip(SUFFIXES, outcomes, strict=False)
        },
    }
    if report.sweeps:
        figures["sweep"] = sweep_figure(report.sweeps, report.evaluation.shots)
    if report.retrieval is not None:
        figures["retrieval"] = retrieval_figure(report.retrieval)
    if report.verification is not None:
        figures["pairs"] = pairs_figure(report.verification)
        figures["roc"] = roc_figure(report.verification)
    return figures
