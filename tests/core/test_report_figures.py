"""Figures of reports: they show the numbers, for any classes, and say what they mean."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from siamese_core.callbacks import Event
from siamese_core.cli import main
from siamese_core.errors import TrainingError
from siamese_core.evaluation.evaluation import Evaluation
from siamese_core.evaluation.retrieval import Retrieval, TopK
from siamese_core.evaluation.verification import judge
from siamese_core.figures import save_figure
from siamese_core.interval import Interval
from siamese_core.report.report_figures import (
    confusion_figure,
    curves_figure,
    pairs_figure,
    per_class_figure,
    retrieval_figure,
    roc_figure,
    sweep_figure,
)
from tests.conftest import TINY_RECIPE


def evaluation(labels: tuple[str, ...], ties: int = 0, runs: int = 10) -> Evaluation:
    counts = np.eye(len(labels), dtype=np.int64) * (runs - 3) + np.eye(len(labels), k=1, dtype=int)
    return Evaluation(
        Interval(0.7, 0.65, 0.75), {}, labels, counts, np.zeros(0, bool), ties, 0, 2, 1, runs, 0
    )


def events(steps: int, every: int = 5) -> list[Event]:
    made: list[Event] = [{"event": "started"}]
    for step in range(1, steps + 1):
        made.append({"event": "step", "step": step, "loss": 2 / step, "accuracy": 0.5})
        if step % every == 0:
            share = Interval.of(step, 2 * steps)
            made.append({"event": "validation", "step": step, "accuracy": vars(share)})
    return made


def words(figure: Figure) -> list[str]:
    said = [t.get_text() for axes in figure.axes for t in (*axes.texts, axes.title)]
    said += [axes.get_title(loc="left") for axes in figure.axes]
    for legend in (axes.get_legend() for axes in figure.axes):
        said += [text.get_text() for text in legend.get_texts()] if legend else []
    return said


def line(figure: Figure, label: str) -> tuple[list[float], list[float]]:
    lines = [line for axes in figure.axes for line in axes.lines if line.get_label() == label]
    (found,) = lines
    return list(found.get_xdata()), list(found.get_ydata())  # type: ignore[arg-type]


def test_confusion_shows_counts_on_shares_of_each_row() -> None:
    figure = confusion_figure(evaluation(("a", "b", "c"), ties=2))
    (picture,) = figure.axes[0].get_images()
    np.testing.assert_allclose(np.asarray(picture.get_array())[0], [0.7, 0.1, 0])
    assert picture.get_clim() == (0, 1)
    assert words(figure)[:9] == ["7", "1", "0", "0", "7", "1", "0", "0", "7"]
    assert "2-way 1-shot: accuracy 70.0% (65.0 to 75.0), 2 ties left out" in words(figure)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]


def test_the_confusion_of_pairs_shows_what_they_are_and_are_said_to_be() -> None:
    same = np.array([True, True, True, True, False, False, False, False])
    logits = np.array([1.0, 2.0, 3.0, -1.0, -2.0, -3.0, 1.0, 0.0])
    figure = pairs_figure(judge(logits, same))
    (picture,) = figure.axes[0].get_images()
    np.testing.assert_allclose(np.asarray(picture.get_array()), [[0.75, 0.25], [0.25, 0.5]])
    assert words(figure)[:4] == ["3", "1", "1", "2"]
    assert any(text.startswith("8 pairs: accuracy 62.5%") for text in words(figure))
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["same", "different"]


def test_each_class_has_a_bar_with_its_interval_for_each_network() -> None:
    shares = {"a": Interval(0.9, 0.8, 0.95), "b": Interval(0.4, 0.25, 0.5)}
    first = replace(evaluation(("a", "b")), per_class=shares)
    other = replace(first, per_class={"a": shares["b"], "b": shares["a"]})
    figure = per_class_figure([("net", first), ("net", other)])
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [0.9, 0.4, 0.4, 0.9]
    (spans, _) = axes.collections
    ends = [(segment[0, 0], segment[1, 0]) for segment in spans.get_segments()]
    np.testing.assert_allclose(ends, [(0.8, 0.95), (0.25, 0.5)])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["a", "b"]
    top, bottom = (axes.transData.transform((0, bar.get_y()))[1] for bar in axes.patches[:2])
    assert top > bottom, "read from the top"
    assert line(figure, "chance")[0] == [0.5, 0.5]
    assert len(words(per_class_figure([("net", first)]))) < len(words(figure)), "one needs no key"
    named = words(
        per_class_figure([("net", first), ("other", replace(first, accuracy=shares["b"]))])
    )
    assert {"net: 70.0% (65.0 to 75.0)", "other: 40.0% (25.0 to 50.0)"} <= {*named}


def test_a_confusion_matrix_says_whose_it_is() -> None:
    figure = confusion_figure(evaluation(("a", "b")), "a $net$")
    assert "a $net$\n2-way 1-shot: accuracy 70.0% (65.0 to 75.0)" in words(figure)


def test_names_that_begin_alike_are_cut_where_they_are_alike() -> None:
    labels = tuple(f"a speaker of the second corpus, number {n}" for n in (1, 2))
    shares = {label: Interval(0.9, 0.8, 0.95) for label in labels}
    first = replace(evaluation(labels), per_class=shares)
    drawn = per_class_figure([(f"a model of a long name {n}", first) for n in (1, 2)])
    keys = {text for text in words(drawn) if text.startswith("a model")}
    assert len(keys) == 2
    for figure in (drawn, confusion_figure(first)):
        named = [t.get_text() for t in figure.axes[0].get_yticklabels()]
        assert len({*named}) == 2
        assert max(map(len, named)) < 30


def test_many_classes_are_shown_without_numbers_or_names() -> None:
    figure = confusion_figure(evaluation(tuple(f"class {n}" for n in range(30))))
    assert not figure.axes[0].texts
    assert len(figure.axes[0].get_xticklabels()) == 30
    assert max(figure.get_size_inches()) < 15
    crowded = confusion_figure(evaluation(tuple(f"class {n}" for n in range(90))))
    assert not crowded.axes[0].get_xticklabels()


def test_accuracy_against_c_stands_beside_chance() -> None:
    sweeps = {
        "validation": {2: Interval(0.9, 0.85, 0.95), 3: Interval(0.8, 0.7, 0.9)},
        "test": {ways: Interval(1 / ways + 0.2, 0, 1) for ways in range(2, 6)},
    }
    figure = sweep_figure(sweeps)
    assert line(figure, "validation") == ([2, 3], [0.9, 0.8])
    ways, chance = line(figure, "chance")
    assert ways == [2, 3, 4, 5]
    assert chance == pytest.approx([1 / 2, 1 / 3, 1 / 4, 1 / 5])
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    assert {0.85, 0.95} <= set(np.asarray(band)[:, 1])


def test_retrieval_shows_both_kinds_and_their_chance() -> None:
    clips = (TopK(1, Interval(0.4, 0.3, 0.5), 0.2), TopK(3, Interval(0.7, 0.6, 0.8), 0.5))
    figure = retrieval_figure(Retrieval(50, clips, clips[:1]))
    assert line(figure, "nearest clips") == ([1, 3], [0.4, 0.7])
    assert line(figure, "nearest classes") == ([1], [0.4])
    assert line(figure, "clips, chance") == ([1, 3], [0.2, 0.5])


def test_the_roc_marks_the_equal_error_rate() -> None:
    logits, same = np.array([3.0, 2.0, 1.0, -1.0]), np.array([True, False, True, False])
    figure = roc_figure(judge(logits, same))
    assert [list(found.get_xdata()) for found in figure.axes[0].lines][-1] == [0.5]
    assert any("equal error rate 50.0%" in said for said in words(figure))
    assert any("area below 0.750" in said for said in words(figure))
    assert any(said.startswith("4 pairs: accuracy 75.0%") for said in words(figure))


def test_curves_smooth_the_batches_and_mark_the_best_validation() -> None:
    figure = curves_figure(events(200))
    steps, smooth = line(figure, "training loss\n(mean of 5 batches;\nfaint: each batch)")
    assert steps == list(range(1, 201))
    assert smooth[100] == pytest.approx(np.mean([2 / step for step in range(99, 104)]), rel=1e-6)
    # at the ends the mean is of the batches that there are, not of zeros
    assert smooth[0] == pytest.approx(np.mean([2 / step for step in range(1, 4)]))
    assert line(figure, "validation episodes\n(with 95 % intervals)")[0] == list(range(5, 201, 5))
    assert line(figure, "best: 50.0% at step 200") == ([200], [0.5])


def test_curves_name_the_episodes_and_their_chance() -> None:
    figure = curves_figure(events(20), ways=4, shots=2)
    assert "validated by 4-way 2-shot episodes" in words(figure)
    assert line(figure, "chance of 4 classes")[1] == [0.25, 0.25]


def test_curves_of_few_steps_and_none() -> None:
    figure = curves_figure(events(1))
    assert line(figure, "training loss") == ([1], [2])
    assert {one.get_marker() for one in figure.axes[1].lines} >= {"o"}, "one point is seen"
    assert not [said for said in words(figure) if "validation" in said]
    with pytest.raises(TrainingError, match="no training step"):
        curves_figure([{"event": "started"}])


def test_any_label_can_be_drawn(tmp_path: Path) -> None:
    labels = (
        "$x_1$",
        "صوت",
        "音声",
        "_hidden",
        "a label that is far too long to stand there",
        "\\frac",
    )
    figures = [
        confusion_figure(evaluation(labels)),
        sweep_figure({label: {2: Interval(0.5, 0.4, 0.6)} for label in labels[:2]}),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in figures:
            save_figure(figure, tmp_path / "figure.png")
    assert "$x_1$" in words(figures[1])


def test_a_training_draws_its_curves_and_outlives_their_failure(
    tone_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "tiny.toml").write_text(TINY_RECIPE.to_toml())
    train = ["train", "--recipe", str(tmp_path / "tiny.toml"), "--data", str(tone_corpus)]
    train += ["--device", "cpu", "--set", "steps=4", "--set", "evaluate_every=2", "--out"]
    assert main([*train, str(tmp_path / "run")]) == 0
    for name in ("curves.png", "curves.svg"):
        assert (tmp_path / "run" / name).stat().st_size > 1000

    def broken(*_args: object) -> None:
        raise ValueError("no font was found")

    monkeypatch.setattr("siamese_core.report.report.curves_figure", broken)
    capsys.readouterr()
    assert main([*train, str(tmp_path / "other")]) == 0
    captured = capsys.readouterr()
    assert "The curves could not be drawn: no font was found." in captured.err
    assert "Best checkpoint" in captured.out
    assert (tmp_path / "other" / "report.json").exists()
    assert not (tmp_path / "other" / "curves.png").exists()
