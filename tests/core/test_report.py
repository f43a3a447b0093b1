"""Reports of a small net on tones: every part, its tables and figures, and the command line."""

import csv
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.cli import main
from siamese_core.corpus import read_corpus
from siamese_core.errors import Cancelled, EarwitnessError, ParameterError
from siamese_core.evaluation.comparison import BOOTSTRAP, NEWCOMBE
from siamese_core.evaluation.evaluation import evaluate
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.interval import OF_THESE_CLIPS, Interval
from siamese_core.report import report as module
from siamese_core.report.evaluation_plan import EvaluationPlan, carry_out
from siamese_core.report.report import Rival, build_report, write_report
from siamese_core.report.report_words import describe
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_RECIPE

ALL = EvaluationParameters(ways=3, runs=4, seed=1, sweep=True, retrieval=True, pairs=40)
FIGURES = {"per_class", "confusion", "confusion_against", "sweep", "retrieval", "pairs", "roc"}
TABLES = {*FIGURES, "per_class_against", "comparison"}


@pytest.fixture
def rival() -> Rival:
    torch.manual_seed(1)
    return Rival("rival.safetensors", build(TINY_RECIPE).eval())


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_every_part_is_measured_from_embeddings_made_once(
    tiny_net: SiameseNet, tone_corpus: Path, rival: Rival, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = read_corpus(tone_corpus)
    encoded: list[int] = []
    embed = tiny_net.embed
    monkeypatch.setattr(tiny_net, "embed", lambda maps: encoded.append(len(maps)) or embed(maps))
    report = build_report(tiny_net, corpus, ALL, model="tiny", rival=rival)
    assert sum(encoded) == len(corpus.clips)
    alone = evaluate(tiny_net, corpus, ways=3, runs=4, seed=1)
    assert (report.evaluation.hits == alone.hits).all()
    assert list(report.sweeps) == [corpus.name]
    assert report.retrieval is not None
    assert report.verification is not None
    assert report.comparison is not None
    assert report.comparison.other == evaluate(rival.net, corpus, ways=3, runs=4, seed=1).accuracy


def test_what_is_not_asked_for_is_neither_measured_nor_written(
    tiny_net: SiameseNet, tone_corpus: Path, tmp_path: Path
) -> None:
    report = build_report(tiny_net, read_corpus(tone_corpus), EvaluationParameters(runs=2))
    assert not {"sweep", "retrieval", "pairs", "against", "split"} & set(report.as_dict())
    write_report(report, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "confusion.csv",
        "confusion.png",
        "confusion.svg",
        "per_class.csv",
        "per_class.png",
        "per_class.svg",
        "report.json",
        "report.txt",
    ]


def test_the_folder_holds_what_the_report_says(
    tiny_net: SiameseNet, tone_corpus: Path, rival: Rival, tmp_path: Path
) -> None:
    report = build_report(tiny_net, read_corpus(tone_corpus), ALL, model="tiny", rival=rival)
    write_report(report, tmp_path)
    plain = json.loads((tmp_path / "report.json").read_text())
    assert plain == report.as_dict()
    assert {path.name for path in tmp_path.iterdir()} == (
        {"report.json", "report.txt"}
        | {f"{name}.csv" for name in TABLES}
        | {f"{name}{suffix}" for name in FIGURES for suffix in (".png", ".svg")}
    )
    classes = table(tmp_path / "per_class.csv")
    assert {row["class"]: float(row["accuracy"]) for row in classes} == plain["per_class"]
    swept = table(tmp_path / "sweep.csv")
    assert [int(row["ways"]) for row in swept] == list(range(2, 10))
    (curve,) = plain["sweep"].values()
    assert [float(row["low"]) for row in swept] == [point["low"] for point in curve]
    found = table(tmp_path / "retrieval.csv")
    assert [(row["nearest"], row["k"]) for row in found[3:6]] == [
        ("clips", "10"),
        ("classes", "1"),
        ("classes", "3"),
    ]
    assert float(found[0]["share"]) == plain["retrieval"]["clips"][0]["mean"]
    roc = table(tmp_path / "roc.csv")
    assert (roc[0]["logit"], roc[-1]["true_accepts"]) == ("inf", "1.0")
    heights, places = ([float(row[f"{kind}_accepts"]) for row in roc] for kind in ("true", "false"))
    assert np.trapezoid(heights, places) == pytest.approx(plain["pairs"]["area"])
    matrix = list(csv.reader((tmp_path / "confusion.csv").read_text().splitlines()))
    assert [list(map(int, row[1:])) for row in matrix[1:]] == plain["confusion"]["counts"]
    pairs = list(csv.reader((tmp_path / "pairs.csv").read_text().splitlines()))
    assert pairs[0][1:] == [row[0] for row in pairs[1:]] == ["same", "different"]
    assert [list(map(int, row[1:])) for row in pairs[1:]] == plain["pairs"]["confusion"]["counts"]
    assert plain["against"]["model"] == "rival.safetensors"
    assert plain["model"] == "tiny"


def test_the_rivals_classes_and_confusions_are_written_beside_the_networks_own(
    tiny_net: SiameseNet, tone_corpus: Path, rival: Rival, tmp_path: Path
) -> None:
    corpus, asked = read_corpus(tone_corpus), EvaluationParameters(ways=3, runs=4, seed=1)
    report = build_report(tiny_net, corpus, asked, model="tiny", rival=rival)
    write_report(report, tmp_path)
    other = evaluate(rival.net, corpus, ways=3, runs=4, seed=1)
    assert (other.confusion != report.evaluation.confusion).any()
    shares = table(tmp_path / "per_class_against.csv")
    assert {row["class"]: float(row["accuracy"]) for row in shares} == {
        label: share.mean for label, share in other.per_class.items()
    }
    matrix = list(csv.reader((tmp_path / "confusion_against.csv").read_text().splitlines()))
    assert [list(map(int, row[1:])) for row in matrix[1:]] == other.confusion.tolist()
    plain = json.loads((tmp_path / "report.json").read_text())["against"]
    assert plain["confusion"]["counts"] == other.confusion.tolist()
    assert plain["per_class"] == {label: share.mean for label, share in other.per_class.items()}
    text = (tmp_path / "report.txt").read_text()
    assert text.startswith("tiny: 3-way 1-shot accuracy")
    assert text.count("confusion (rows: query, columns: predicted)") == 2
    assert "\nonly tiny is right in " in text


def test_each_interval_is_named_by_its_own_method(
    tiny_net: SiameseNet, tone_corpus: Path, rival: Rival, tmp_path: Path
) -> None:
    asked = EvaluationParameters(ways=3, runs=4)
    report = build_report(tiny_net, read_corpus(tone_corpus), asked, model="tiny", rival=rival)
    assert report.comparison is not None
    for method in (BOOTSTRAP, NEWCOMBE):
        named = replace(report, comparison=replace(report.comparison, method=method))
        write_report(named, tmp_path)
        accuracies, difference = (
            [row for row in table(tmp_path / "comparison.csv") if row["measure"] == measure]
            for measure in ("accuracy", "difference")
        )
        assert [row["model"] for row in accuracies] == ["tiny", "rival.safetensors"]
        assert {row["interval"] for row in accuracies} == {"Wilson score"}
        assert [row["interval"] for row in difference] == [method]
        plain = json.loads((tmp_path / "report.json").read_text())
        assert plain["against"]["interval"] == {"level": 0.95, "method": method}
        assert plain["interval"]["method"] == "Wilson score"
        text = (tmp_path / "report.txt").read_text()
        assert "Intervals of shares: Wilson score." in text
        assert f"Interval of the difference: {method}." in text


def test_the_impossible_is_refused_before_a_clip_is_read(
    tiny_net: SiameseNet, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = read_corpus(tone_corpus)
    monkeypatch.setattr(module, "embed_corpus", None)
    with pytest.raises(ParameterError, match="line-up of 12 classes cannot"):
        build_report(tiny_net, corpus, EvaluationParameters(ways=12, sweep=True))
    lone = {"lone": corpus.select(["tone1"])}
    with pytest.raises(ParameterError, match="from 1 class; give a corpus of 2 classes or more"):
        build_report(tiny_net, corpus, EvaluationParameters(sweep=True), parts=lone)


@pytest.mark.parametrize(
    ("part", "after", "events"),
    [
        ("Checking clips", "Checking clips", 1),
        ("Reading clips", "Reading clips", 1),
        ("Embedding", "Embedding", 1),
        ("Drawing", "Drawing line-ups", 1),
        ("Comparing", "Scoring", 1),
        ("Comparing", "Accuracy against C", 1),
        ("Comparing", "Retrieval", 1),
        ("Drawing pairs", "Drawing pairs", 1),
    ],
)
def test_a_cancel_is_heard_by_each_part(
    tiny_net: SiameseNet,
    tone_corpus: Path,
    part: str,
    after: str,
    events: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path))  # nothing is read where maps are kept
    seen: list[object] = []
    with pytest.raises(Cancelled, match=part):
        build_report(
            tiny_net,
            read_corpus(tone_corpus),
            ALL,
            on_event=lambda event: seen.append(event["what"]),
            should_stop=lambda: seen.count(after) >= events,
        )


def test_a_full_disk_leaves_no_half_file(
    tiny_net: SiameseNet, tone_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    report = build_report(tiny_net, read_corpus(tone_corpus), EvaluationParameters(runs=2))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    with pytest.raises(EarwitnessError, match=r"out.*per_class\.png .*no space left on device"):
        write_report(report, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_report_replaces_an_older_one_whole_and_no_other_file(
    tiny_net: SiameseNet, tone_corpus: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    small = EvaluationParameters(runs=2)
    large = small.model_copy(update={"sweep": True})
    (tmp_path / "notes.txt").write_text("mine")
    for asked in (large, small):
        write_report(build_report(tiny_net, corpus, asked, model="tiny"), tmp_path)
        assert (tmp_path / "sweep.csv").exists() is asked.sweep
    assert (tmp_path / "notes.txt").read_text() == "mine"
    run = tmp_path / "run"
    run.mkdir()
    (run / "report.json").write_text('{"step": 10, "test": null}')  # a training's
    with pytest.raises(EarwitnessError, match=r"already holds another report\.json; give"):
        write_report(build_report(tiny_net, corpus, small, model="tiny"), run)
    assert [file.name for file in run.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"runs": 0}, "runs is 0"),
        ({"shots": 0}, "shots is 0"),
        ({"ways": 1}, "ways is 1"),
        ({"pairs": 3}, "pairs is 3; give a whole number from 0 to 100000000, a multiple of 2"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_parameters_are_one_sentence(values: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        EvaluationParameters.parse(values)


def evaluate_in_words(model: Path, corpus: Path, *more: str) -> list[str]:
    return ["evaluate", "--model", str(model), "--data", str(corpus), "--device", "cpu", *more]


def test_the_command_prints_each_part_for_people(
    tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    more = ["--runs", "4", "--sweep", "--retrieval", "--pairs", "40", "--out", str(out)]
    more += ["--against", str(tiny_checkpoint)]
    assert main(evaluate_in_words(tiny_checkpoint, tone_corpus, *more)) == 0
    text = capsys.readouterr().out
    for words in (
        "9-way 1-shot accuracy",
        "95 % interval",
        "of more episodes from these clips, not of other speakers",
        "accuracy against C on",
        "72 queries with a hit",
        "40 pairs: accuracy",
        "\nsame pairs: ",
        "\ndifferent pairs: ",
        "equal error rate",
        "\n       tone0 tone1 ",  # above the confusion matrix's first column
        "model " + str(tiny_checkpoint) + ", SHA-256 ",
        f"72 clips of 9 classes below {tone_corpus}",
        "seed 0, 20",
        "difference +0.000 (95 % interval -0.078 to +0.078)",
        str(out),
    ):
        assert words in text
    assert max(map(len, text.split("\nmodel ")[0].splitlines())) <= 100
    assert (out / "report.txt").read_text().strip() == text.partition("\n\nReport, tables")[
        0
    ].strip()
    assert main(evaluate_in_words(tiny_checkpoint, tone_corpus, *more, "--json")) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((out / "report.json").read_text())


def test_the_folder_says_what_was_measured_on_what(
    tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path
) -> None:
    out, corpus = tmp_path / "out", read_corpus(tone_corpus)
    plan = EvaluationPlan(tiny_checkpoint, EvaluationParameters(runs=2), tiny_checkpoint)
    report, _ = carry_out(plan, corpus)  # the folder is found by its clips
    write_report(report, out)
    plain = json.loads((out / "report.json").read_text())
    digest = hashlib.sha256(tiny_checkpoint.read_bytes()).hexdigest()
    assert plain["models"] == {str(tiny_checkpoint): digest}
    assert (plain["folders"], plain["clips"]) == ([str(tone_corpus)], len(corpus.clips))
    assert datetime.fromisoformat(plain["date"]).tzinfo is not None
    assert plain["interval"] == {"level": 0.95, "method": "Wilson score", "of": OF_THESE_CLIPS}
    assert OF_THESE_CLIPS in (out / "report.txt").read_text()


def test_many_draws_from_few_clips_are_told_and_narrow_nothing(
    tiny_net: SiameseNet, tone_corpus: Path
) -> None:
    corpus = read_corpus(tone_corpus).select(["tone0", "tone1"])
    few = replace(corpus, clips=(*corpus.clips[:3], *corpus.clips[-3:]))
    asked = EvaluationParameters(runs=2000, sweep=True, pairs=200)
    report = build_report(tiny_net, few, asked)
    result, there = report.evaluation, 2 * 3 * 2 * 3
    assert result.different == there
    share = result.accuracy
    assert share.high - share.low >= Interval.of(there, there).high - Interval.of(there, there).low
    assert next(iter(report.sweeps.values()))[2] == share
    assert all(each.high - each.low > 0.1 for each in result.per_class.values())
    text = "\n".join(describe(report))
    assert "Of 4,000 line-ups drawn 36 are different; intervals count only these." in text
    assert "Of 200 pairs asked for these clips make 12 different ones" in text
    once = describe(build_report(tiny_net, corpus, EvaluationParameters(runs=1)))
    assert "are different" not in "\n".join(once)


def test_of_many_classes_only_the_worst_are_printed(
    tiny_checkpoint: Path, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr("siamese_core.report.report_words._WIDEST", 8)
    monkeypatch.setattr("siamese_core.report.report_words._LONGEST", 8)
    assert main(evaluate_in_words(tiny_checkpoint, tone_corpus, "--runs", "6")) == 0
    text = capsys.readouterr().out
    assert "the 5 hardest of 9 classes" in text
    classes, confusions = text.split("most frequent confusions")
    hardest = [float(line.split()[1]) for line in classes.splitlines() if line.startswith("tone")]
    assert len(hardest) == 5
    assert hardest == sorted(hardest)
    _, *lines = confusions.strip().splitlines()
    counts = [int(line.rsplit(": ")[1]) for line in lines]
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)


def test_a_split_takes_the_classes_that_the_recipe_held_out(
    tiny_net: SiameseNet, tone_corpus: Path, tmp_path: Path, capsys
) -> None:
    model, recipe = tmp_path / "model.safetensors", TINY_RECIPE.override(["test=3"])
    split = read_corpus(tone_corpus).split(2, 3, recipe.seed)
    save_checkpoint(model, tiny_net, Card(recipe, split.train))
    run = evaluate_in_words(model, tone_corpus, "--runs", "3", "--sweep", "--json")
    assert main([*run, "--split", "test"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["split"] == "test"
    assert report["confusion"]["labels"] == list(split.test)
    assert {name: len(curve) for name, curve in report["sweep"].items()} == {
        "validation": 1,
        "test": 2,
    }
    assert report["sweep"]["test"][-1]["mean"] == report["accuracy"]["mean"]


def test_a_split_that_is_not_the_models_is_refused(
    tiny_net: SiameseNet, tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path, capsys
) -> None:
    assert main(evaluate_in_words(tiny_checkpoint, tone_corpus, "--split", "validation")) == 2
    assert "was not trained on" in capsys.readouterr().err
    model = tmp_path / "model.safetensors"
    split = read_corpus(tone_corpus).split(2, 0, TINY_RECIPE.seed)
    save_checkpoint(model, tiny_net, Card(TINY_RECIPE, split.train))
    assert main(evaluate_in_words(model, tone_corpus, "--split", "test")) == 2
    assert "does not hold out test classes" in capsys.readouterr().err
    assert main(evaluate_in_words(model, tone_corpus, "--split", "test", "--classes", "a")) == 2
    assert "exclude each other" in capsys.readouterr().err
