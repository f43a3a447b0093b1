"""Studies: drawn with a seed, gone on with where they were stopped, summarised with intervals."""

import csv
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from siamese_core import outputs
from siamese_core.attribution.parameters import SaliencyParameters
from siamese_core.callbacks import Event
from siamese_core.cli import main
from siamese_core.corpus import read_corpus
from siamese_core.errors import Cancelled, EarwitnessError, ParameterError, TrainingError
from siamese_core.faithfulness import study as module
from siamese_core.faithfulness.metrics import DISAGREE, METRICS
from siamese_core.faithfulness.parameters import StudyParameters
from siamese_core.faithfulness.study import Study
from siamese_core.faithfulness.summary import Summary, bootstrap, interval, summarise
from siamese_core.figures import save_figure
from siamese_core.interval import Interval
from siamese_core.report.faithfulness_figures import metrics_figure, ordered_figure
from siamese_core.report.faithfulness_report import describe, write_study
from siamese_core.siamese import SiameseNet
from siamese_core.training.run import Run

THREE = StudyParameters(methods=("saliency", "occlusion"), episodes=3, ways=3)


@pytest.fixture
def study(tiny_net: SiameseNet, tone_corpus: Path, tmp_path: Path, monkeypatch) -> Study:
    monkeypatch.setattr(module, "CHECKED", 1)
    return Study(tiny_net, read_corpus(tone_corpus), THREE, "tiny", tmp_path / "study")


def _plain(events: list[Event]) -> list[Event]:
    """Lines without the time that they took."""
    return [{k: v for k, v in event.items() if k != "seconds"} for event in events]


def _count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the method of each map that is made from now on."""
    made: list[str] = []
    explain = module.explain

    def noted(net, query, support, method, **options):  # type: ignore[no-untyped-def]
        made.append(method)
        return explain(net, query, support, method, **options)

    monkeypatch.setattr(module, "explain", noted)
    return made


def test_each_map_of_each_episode_is_a_line(study: Study) -> None:
    events = study.run()
    assert [(e["episode"], e["method"]) for e in events] == [
        (number, method) for number in range(3) for method in THREE.methods
    ]
    assert Run(study.folder).read_events() == events
    first, last = events[0], events[-1]
    assert {*first["values"]} == {*METRICS}  # type: ignore[misc]
    assert "sensitivity" not in last["values"]  # type: ignore[operator]
    assert first["parameters"] == SaliencyParameters().model_dump(mode="json")
    assert not (study.folder / "lock").exists()


def test_a_finished_study_is_not_measured_again(study: Study, monkeypatch) -> None:
    events = study.run()
    made = _count(monkeypatch)
    assert study.run() == events
    assert made == []


def test_a_stopped_study_goes_on_and_ends_as_if_it_had_never_stopped(
    study: Study, tmp_path: Path, monkeypatch
) -> None:
    whole = replace(study, folder=tmp_path / "whole").run()
    lines = study.folder / "events.jsonl"
    with pytest.raises(Cancelled):
        study.run(should_stop=lambda: lines.exists() and lines.read_text().count("\n") == 3)
    with lines.open("a") as file:  # killed while it wrote
        file.write('{"episode": 1, "method": "occlu')
    made = _count(monkeypatch)
    assert _plain(study.run()) == _plain(whole)
    assert made == ["occlusion", "saliency", "occlusion"]
    assert all(json.loads(line) for line in lines.read_text().splitlines())


def test_methods_and_episodes_can_be_added(study: Study, monkeypatch) -> None:
    first = study.run()
    made = _count(monkeypatch)
    more = StudyParameters(methods=("occlusion", "integrated-gradients"), episodes=4, ways=3)
    events = replace(study, parameters=more).run()
    assert made == ["integrated-gradients"] * 3 + ["occlusion", "integrated-gradients"]
    assert [e for e in events if e in first] == [e for e in first if e["method"] == "occlusion"]


def test_a_map_made_with_other_settings_is_made_again(study: Study, monkeypatch) -> None:
    events = study.run()
    old = {**events[0], "parameters": {"absolute": True}}
    text = "".join(f"{json.dumps(event)}\n" for event in [old, *events[1:]])
    (study.folder / "events.jsonl").write_text(text)
    made = _count(monkeypatch)
    assert _plain(study.run()) == _plain(events)
    assert made == ["saliency"]


def test_another_study_is_refused_by_what_differs(study: Study) -> None:
    study.run()
    other = StudyParameters(methods=("saliency",), episodes=3, ways=3, seed=1)
    with pytest.raises(EarwitnessError, match="another seed, 0 instead of 1; name another folder"):
        replace(study, parameters=other).run()
    with torch.no_grad():
        study.net.head.weight.add_(1)
    with pytest.raises(EarwitnessError, match="another weights"):
        study.run()


def test_a_folder_of_something_else_is_refused(study: Study, tmp_path: Path) -> None:
    Run(tmp_path).append({"event": "step"})
    with pytest.raises(EarwitnessError, match="something else than a study"):
        replace(study, folder=tmp_path).run()
    for text in ("{torn", "[" * 60_000, "\udcff", "9" * 5_000):
        (tmp_path / "study.json").write_text(text, errors="surrogateescape")
        with pytest.raises(EarwitnessError, match=r"study\.json is damaged"):
            replace(study, folder=tmp_path).run()


def test_other_peoples_files_stay(study: Study) -> None:
    study.folder.mkdir()
    theirs = ("stop", "progress.jsonl", ".earwitness-x", "recipe.toml")
    for name in theirs:
        (study.folder / name).write_text("weeks of work")
    study.run()
    assert {(study.folder / name).read_text() for name in theirs} == {"weeks of work"}
    (study.folder / "lock").write_text("a note")
    with pytest.raises(EarwitnessError, match="lock is another program's file"):
        study.run()
    assert (study.folder / "lock").read_text() == "a note"


def test_lines_that_are_no_events_go_with_the_next(study: Study) -> None:
    events = study.run()
    with (study.folder / "events.jsonl").open("a") as file:
        file.write("[" * 60_000 + "\n")
    assert study.run() == events
    assert Run(study.folder).read_events() == events


def test_a_folder_in_use_is_refused(study: Study) -> None:
    with Run(study.folder).lock(), pytest.raises(TrainingError, match="in use"):
        study.run()


def test_a_method_that_the_network_cannot_carry_is_said_with_the_reason(
    study: Study, monkeypatch
) -> None:
    explain = module.explain

    def picky(net, query, support, method, **options):  # type: ignore[no-untyped-def]
        if method == "occlusion":
            raise ParameterError("It has no window.")
        return explain(net, query, support, method, **options)

    monkeypatch.setattr(module, "explain", picky)
    summaries = summarise(study.run())
    assert [(one.method, one.maps) for one in summaries] == [("saliency", 3), ("occlusion", 0)]
    assert summaries[1].refused == "It has no window."
    words = "\n".join(describe(summaries))
    assert "occlusion was refused for some pairs: It has no window." in words
    for figure in (metrics_figure(summaries), ordered_figure(summaries)):
        assert figure.axes


def test_impossible_episodes_are_refused_before_a_folder_is_made(study: Study) -> None:
    wide = replace(study, parameters=StudyParameters(methods=("saliency",), ways=10))
    with pytest.raises(ParameterError, match="10"):
        wide.run()
    assert not study.folder.exists()
    with pytest.raises(ParameterError, match="'guess'"):
        StudyParameters.parse({"methods": ("guess",)})


def test_progress_counts_maps(study: Study) -> None:
    events: list[Event] = []
    study.run(events.append)
    assert [e["done"] for e in events] == list(range(7))
    assert {(e["what"], e["total"]) for e in events} == {("Measuring", 6)}


def test_intervals_by_hand() -> None:
    hits = interval(METRICS["ai"], np.array([100.0, 0.0, 0.0, 100.0]))
    wilson = Interval.of(2, 4)
    assert (hits.mean, hits.low, hits.high) == (50, 100 * wilson.low, 100 * wilson.high)
    assert interval(METRICS["fid_in"], np.ones(3)).mean == 1
    # of two maps a quarter of the resamples hold the smaller one only
    assert bootstrap(np.array([0.0, 1.0])).tolist() == [0.5, 0, 1]


@pytest.mark.parametrize("maps", [1, 5])
def test_of_one_map_or_of_equal_ones_there_is_no_interval(maps: int) -> None:
    mean, *ends = bootstrap(np.full((maps, 2), 3.0))
    assert mean.tolist() == [3, 3]
    assert np.isnan(ends).all()
    found = interval(METRICS["deletion"], np.full(maps, 0.25))
    assert found.mean == 0.25
    assert np.isnan([found.low, found.high]).all()
    # of curves that meet somewhere only there
    met = bootstrap(np.array([[0.0, 1.0], [1.0, 1.0]]))
    assert met.tolist() == [[0.5, 1], [0, 1], [1, 1]]


def test_bootstrap_is_near_the_normal_interval_of_many_maps() -> None:
    values = np.random.default_rng(1).normal(2, 1, 400)
    mean, low, high = bootstrap(values)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.01)


def _line(number: int, deletion: float, silence: float | None) -> Event:
    curve = {name: [0.0, deletion, 1.0] for name in ("deletion", "insertion", "random")}
    values = {"ai": 100.0, "deletion": deletion, "silence": silence}
    return {
        "episode": number,
        "method": "saliency",
        "values": values,
        "curves": {"fractions": [0.0, 0.5, 1.0], **curve},
        "seconds": 1.0 + number,
    }


@pytest.fixture
def summary() -> Summary:
    return summarise([_line(0, 0.2, None), _line(1, 0.4, 0.5), _line(2, 0.6, None)])[0]


def test_what_is_not_defined_for_a_map_is_left_out(summary: Summary) -> None:
    assert summary.metrics["deletion"].mean == pytest.approx(0.4)
    assert summary.metrics["silence"].mean == 0.5
    assert (summary.maps, summary.seconds) == (3, 2)
    assert "ff" not in summary.metrics
    assert summary.curves["insertion"][0].tolist() == pytest.approx([0, 0.4, 1])


def test_tables_name_methods_numbers_and_the_warning(summary: Summary) -> None:
    lines = list(describe([summary]))
    assert "| saliency | 3    | 100.0 (43.9 to 100.0) | -" in "\n".join(lines)
    assert "0.400 (0.2" in "\n".join(lines)
    assert lines[-1] == DISAGREE
    widths = {len(line) for line in lines[2:5]}
    assert len(widths) == 1
    assert "share of positive attribution in silent frames (of 1 map); " in "\n".join(lines)


def test_the_folder_holds_tables_and_figures(summary: Summary, tmp_path: Path) -> None:
    write_study([summary], {"model": "tiny", "version": "1"}, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(outputs.STUDY)
    with (tmp_path / "metrics.csv").open() as file:
        rows = {row["metric"]: row for row in csv.DictReader(file)}
    assert float(rows["deletion"]["mean"]) == pytest.approx(0.4)
    assert (rows["ai"]["maps"], rows["silence"]["maps"]) == ("3", "1")
    with (tmp_path / "curves.csv").open() as file:
        assert sum(1 for _ in csv.DictReader(file)) == 3 * 3
    plain = json.loads((tmp_path / "faithfulness.json").read_text())
    silence = plain["methods"][0]["metrics"]["silence"]
    assert silence == {"mean": 0.5, "low": None, "high": None, "maps": 1}, "NaN is not JSON"
    assert plain["note"] == DISAGREE


def test_figures_have_a_panel_for_each_method_and_metric(summary: Summary, tmp_path: Path) -> None:
    many = [replace(summary, method=f"m{number}") for number in range(5)]
    curves, metrics = ordered_figure(many), metrics_figure(many)
    titles = [axes.get_title(loc="left") for axes in curves.axes]
    assert titles == ["m0", "m1", "m2", "m3", "m4", "", "", ""]
    bars = [axes.get_title(loc="left") for axes in metrics.axes]
    assert bars[:3] == ["AI % (higher is better)", "deletion (lower is better)", "silence"]
    assert len(metrics.axes[0].patches) == 5
    for figure in (curves, metrics):
        save_figure(figure, tmp_path / "figure.png")


def test_the_command_measures_prints_and_writes(
    tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    command = ["faithfulness", "--model", str(tiny_checkpoint), "--data", str(tone_corpus)]
    command += ["--methods", "saliency", "--episodes", "2", "--ways", "3", "--out", str(out)]
    assert main([*command, "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert DISAGREE in said.out
    assert said.err.splitlines()[-2:] == ["Measuring: 1 of 2", "Measuring: 2 of 2"]
    assert {*outputs.STUDY, "study.json", "events.jsonl"} == {file.name for file in out.iterdir()}
    assert main([*command, "--device", "cpu", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(
        (out / "faithfulness.json").read_text()
    )
    plain = json.loads((out / "faithfulness.json").read_text())
    digest = hashlib.sha256(tiny_checkpoint.read_bytes()).hexdigest()
    assert plain["models"] == {str(tiny_checkpoint): digest}
    assert (plain["folders"], plain["episodes"], plain["seed"]) == ([str(tone_corpus)], 2, 0)
    assert datetime.fromisoformat(plain["date"]).tzinfo is not None
    assert plain["interval"]["shares"] == "Wilson score"
    assert "bootstrap" in plain["interval"]["means"]
    assert main([*command, "--seed", "1"]) == 2
    assert "another seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--methods", "guess"], "'guess' is not"),
        (["--episodes", "0"], "episodes is 0"),
        (["--classes", "tone0,cow"], "no class 'cow'"),
        (["--split", "test"], "not trained on"),
    ],
)
def test_bad_options_are_one_sentence(
    more: list[str], words: str, tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path, capsys
) -> None:
    command = ["faithfulness", "--model", str(tiny_checkpoint), "--data", str(tone_corpus)]
    assert main([*command, "--out", str(tmp_path / "out"), "--device", "cpu", *more]) == 2
    complaint = capsys.readouterr().err
    assert words in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()
