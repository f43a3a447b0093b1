"""An estimate takes real steps, leaves nothing behind, and can be cancelled."""

from pathlib import Path

import pytest

from siamese_core.corpus import read_corpus
from siamese_core.durations import duration
from siamese_core.errors import Cancelled, ParameterError, TrainingError
from siamese_core.recipes import Recipe
from siamese_core.training.estimate import STEPS, Estimate, estimate


def test_a_few_steps_tell_of_all(tmp_path: Path, tone_corpus: Path, tiny_recipe: Recipe) -> None:
    recipe = tiny_recipe.override(["steps=1000", "evaluate_every=100"])
    events = []
    found = estimate(recipe, read_corpus(tone_corpus), tmp_path, "cpu", on_event=events.append)
    whole = 1000 * found.seconds_per_step + 10 * found.seconds_per_validation
    assert found.seconds == pytest.approx(whole + found.seconds_around)
    assert found.seconds_per_step > 0
    assert found.bytes is None or found.bytes > 50e6
    assert found.sentence == found.as_dict()["sentence"]
    assert "on this CPU" in found.sentence
    measured = [event["done"] for event in events if event["what"] == "Measuring"]
    assert measured == list(range(STEPS + 2))
    assert list(tmp_path.iterdir()) == []


def test_reading_saving_and_the_test_count(
    tmp_path: Path, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    def found(recipe: Recipe) -> Estimate:
        return estimate(recipe, read_corpus(tone_corpus), tmp_path, "cpu")

    quick = tiny_recipe.override(["steps=10", "evaluate_every=10", "episodes=5", "test=2"])
    slow = quick.override(["episodes=4000"])
    assert found(slow).seconds_around > found(quick).seconds_around


def test_several_processes_are_not_measured(
    tmp_path: Path, tone_corpus: Path, tiny_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "1"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    with pytest.raises(ParameterError, match="WORLD_SIZE is 2, and an estimate is of one process"):
        estimate(tiny_recipe, read_corpus(tone_corpus), tmp_path / "beside", "cpu")
    assert list(tmp_path.iterdir()) == []


def test_cancelled_it_leaves_nothing(
    tmp_path: Path, tone_corpus: Path, tiny_recipe: Recipe
) -> None:
    with pytest.raises(Cancelled):
        estimate(tiny_recipe, read_corpus(tone_corpus), tmp_path, "cpu", should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path: Path, tone_corpus: Path, tiny_recipe: Recipe) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(TrainingError, match="file cannot be written"):
        estimate(tiny_recipe, read_corpus(tone_corpus), file, "cpu")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (40, "40 seconds"),
        (25 * 60, "25 minutes"),
        (3 * 3600, "3 hours"),
        (3.5 * 3600, "3.5 hours"),
        (72 * 3600, "3 days"),
    ],
)
def test_spans_of_time_are_said_roughly(seconds: float, words: str) -> None:
    assert duration(seconds) == words
