"""Each benchmark at a tiny size: our values are the reference's. No time is asserted."""

import json
import math
from pathlib import Path

import pytest
import torch

from tests.benchmarks import __main__ as program
from tests.benchmarks import growth, suite
from tests.benchmarks.plan import Plan, Size
from tests.benchmarks.result import Result, at_least, below, table, times_faster
from tests.conftest import QT_PROBLEM

TINY = Plan(Size.TINY, torch.device("cpu"))

NEAR = {
    "log-mel": 1e-3,
    "cached-log-mels": 0.0,
    "training-step": 1e-5,
    "evaluation": 1e-4,
    "sinex": 1e-4,
}
"""By how much values may differ, where a benchmark compares them."""


@pytest.mark.parametrize("name", [name for name in suite.BENCHMARKS if name != "growth"])
def test_values_are_those_of_the_reference(name: str, tmp_path: Path) -> None:
    if name == "window" and QT_PROBLEM:
        pytest.skip(f"no window can be opened: {QT_PROBLEM}")
    results = list(suite.BENCHMARKS[name](TINY))
    assert results
    for result in results:
        assert result.ours > 0 or result.unit in {"dB", "KiB"} or "no recordings" in result.note
        if name in NEAR and result.equal_within is not None:
            assert result.equal_within <= NEAR[name]
    compared = [result for result in results if result.equal_within is not None]
    assert bool(compared) == (name in NEAR)


def test_the_plans_device_has_done_its_work_before_and_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device=None: told.append(device))
    TINY.seconds(lambda: told.append("work"))
    assert told == ["work"], "whatever else the machine has"
    second = torch.device("cuda:1")
    Plan(Size.TINY, second).seconds(lambda: told.append("work"))
    assert told[1:] == [second, "work", second]


@pytest.mark.parametrize("kind", growth.WORK)
def test_a_process_does_its_work_and_says_what_it_took(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    growth.main(kind, 300, tmp_path)
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["seconds"] > 0
    assert outcome["peak"] > 0


def test_growth_is_the_largest_corpus_against_the_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "_measured", lambda kind, size: (size / 100, 50 + size / 1024))
    rate, memory = (r for r in growth.corpus_growth(TINY) if r.aim is not None and "read" in r.name)
    assert rate.ours == pytest.approx(1)
    assert memory.ours == pytest.approx(1)
    assert rate.met
    assert memory.met


def test_a_ratio_says_how_many_times_as_long_the_reference_takes() -> None:
    result = Result("x", "s", 0.5, 4.0, times_faster(8))
    assert result.ratio == 8
    assert result.met
    assert not Result("x", "s", 0.5, 3.9, times_faster(8)).met


@pytest.mark.parametrize(
    ("ours", "aim", "met"), [(1.0, below(1), False), (0.9, below(1), True), (2, at_least(2), True)]
)
def test_aims_on_our_own_figure(ours: float, aim: object, met: bool) -> None:
    assert Result("x", "s", ours, aim=aim).met is met  # type: ignore[arg-type]


def test_a_missed_aim_stands_out_in_the_table() -> None:
    text = table([Result("slow", "s", 2.0, 1.0, times_faster(4), 1e-7, "a note")])
    assert "NO" in text
    assert "0.5 x" in text
    assert "1.0e-07" in text
    assert "    a note" in text


def test_both_sides_are_warmed_up_and_timed_in_turn() -> None:
    calls: list[str] = []
    timing = TINY.side_by_side(lambda: calls.append("a"), lambda: calls.append("b"), 3)
    assert "".join(calls) == "abababab"
    assert timing.ours >= 0
    assert timing.our_value is None


def test_the_program_prints_a_table_and_writes_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(
        suite.BENCHMARKS, "log-mel", lambda plan: iter([Result("line", "s", 1.0, 9.0)])
    )
    program.main(["log-mel", "--quick", "--device", "cpu", "--json", str(tmp_path / "out.json")])
    assert "line" in capsys.readouterr().out
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["size"] == "quick"
    assert math.isclose(report["results"][0]["ratio"], 9)
    assert {"cores", "torch", "load average at the start"} <= report["machine"].keys()


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["no-such"])
    assert "no-such" in capsys.readouterr().err
