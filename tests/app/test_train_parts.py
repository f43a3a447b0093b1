"""Parts of the Train page on their own: curves, the child's command, forms of nested models."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.pages.train.estimate_row import EstimateRow
from app.pages.train.loss_plot import LossPlot
from app.training.child import command, resuming_arguments, training_arguments
from app.training.curves import Curves
from app.training.run_folder import folder_fault
from app.training.training_job import TrainingJob, find
from app.widgets.params_form import ParamsForm
from app.widgets.params_help import help_of
from siamese_core.commands.options import parser
from siamese_core.launch import Launch
from siamese_core.recipes import Augmentation, Recipe, load_recipe
from siamese_core.training.run import Run

PATIENCE_MS = 240_000


def step(number: int, time: float = 0.0) -> dict[str, object]:
    return {
        "event": "step",
        "step": number,
        "loss": 1 / number,
        "accuracy": 0.5,
        "clips_per_second": 10.0,
        "memory": None,
        "time": time,
    }


def append(file: Path, *events: object) -> None:
    with file.open("a") as opened:
        opened.writelines(json.dumps(event) + "\n" for event in events)


def read_on(curves: Curves) -> bool:
    portion = curves.read()
    if portion:
        curves.take(portion)
    return portion is not None


def test_curves_grow_with_the_file_and_wait_for_a_torn_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    curves = Curves(file)
    assert not read_on(curves)
    append(file, step(1, 10.0), step(2, 12.0))
    with file.open("a") as opened:
        opened.write('{"event": "step", "st')
    assert read_on(curves)
    assert curves.steps == [1, 2]
    assert curves.seconds_per_step == 2.0
    with file.open("a") as opened:
        opened.write(json.dumps(step(3, 14.0)).removeprefix('{"event": "step", "st') + "\n5\n[]\n")
    assert read_on(curves)
    assert curves.steps == [1, 2, 3]
    assert curves.loss == [1.0, 0.5, 1 / 3]
    assert not read_on(curves)


def test_curves_begin_anew_with_a_file_that_was_written_anew(tmp_path: Path) -> None:
    file, other = tmp_path / "events.jsonl", tmp_path / "other"
    append(file, *(step(n) for n in range(1, 9)))
    curves = Curves(file)
    read_on(curves)
    append(other, *(step(n) for n in range(1, 5)))
    other.replace(file)
    read_on(curves)
    assert curves.steps == [1, 2, 3, 4]


def test_each_accuracy_says_of_which_line_ups_it_is(tmp_path: Path) -> None:
    share = {"mean": 0.95, "low": 0.888, "high": 0.978}
    told = {"event": "validation", "step": 30, "accuracy": share, "best": 0.95, "best_step": 30}
    test = {"accuracy": share, "ways": 3, "shots": 2}
    ended = {"event": "finished", "step": 30, "ended": "steps", "test": test}
    append(tmp_path / "events.jsonl", told, ended)
    curves = Curves(tmp_path / "events.jsonl", load_recipe("environment").override(["ways=2"]))
    read_on(curves)
    assert curves.log == [
        "Step 30: validation accuracy 0.950 (0.888 to 0.978), 2-way 1-shot, chance 0.500.",
        "Ended after step 30: all steps are done.",
        "Test accuracy 0.950 (0.888 to 0.978), 3-way 2-shot, chance 0.333.",
    ]


def test_a_long_file_is_read_in_portions(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    append(file, *(step(n) for n in range(1, 3001)))
    curves, portions = Curves(file), 0
    while read_on(curves):
        portions += 1
    assert portions > 2
    assert curves.steps == list(range(1, 3001))


def test_the_child_is_this_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launch = Launch(data=("one", "two"), device="cuda:1", layout="esc10")
    arguments = training_arguments(Run(tmp_path), launch)
    assert command(*arguments)[:3] == [sys.executable, "-m", "app"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command(*arguments)[:2] == [sys.executable, "train"]
    options = parser().parse_args(arguments)
    assert [str(folder) for folder in options.data] == ["one", "two"]
    assert (options.device, options.layout, options.json) == ("cuda:1", "esc10", True)
    assert options.recipe == str(Run(tmp_path).recipe)
    assert not options.leave_out_damaged
    sparing = launch.model_copy(update={"leave_out_damaged": True})
    assert parser().parse_args(training_arguments(Run(tmp_path), sparing)).leave_out_damaged


@pytest.fixture
def damaged(tone_corpus: Path, tmp_path: Path) -> Path:
    """A corpus with a clip that cannot be read."""
    folder = shutil.copytree(tone_corpus, tmp_path / "damaged")
    (folder / "tone1" / "take1.wav").write_bytes(b"RIFF")
    return folder


def test_a_child_of_the_window_names_its_box_and_not_the_option(
    qtbot: QtBot, damaged: Path, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    row, run = EstimateRow(), Run(tmp_path / "run")
    launch = Launch(data=(str(damaged),), device="cpu")
    run.folder.mkdir()
    run.recipe.write_text(tiny_recipe.to_toml())
    launch.save(run.launch)
    job = TrainingJob(run, find(run))
    qtbot.addWidget(row)
    with qtbot.waitSignal(row.told, timeout=PATIENCE_MS):
        row.measure(tiny_recipe, launch, tmp_path)
    job.start()
    assert job._process is not None
    job._process.wait(PATIENCE_MS / 1000)
    job.poll()
    assert job.status.state == "failed"
    for said in (row.words.text(), job.status.sentence, job.words):
        assert "1 of 72 clips cannot be read" in said
        assert "or leave them out with 'Leave out damaged clips'." in said
        assert "--" not in said
        assert "earwitness data" not in said


def test_what_a_run_goes_on_with_is_what_the_command_line_reads(tmp_path: Path) -> None:
    launch = Launch(data=("one",), more=("steps=40", "patience=9"))
    arguments = [*training_arguments(Run(tmp_path), launch), *resuming_arguments(launch)]
    options = parser().parse_args(arguments)
    assert (options.resume, options.set) == (True, ["steps=40", "patience=9"])


def test_a_folder_that_is_taken_is_named(tmp_path: Path) -> None:
    assert folder_fault(tmp_path / "new") == ""
    assert folder_fault(tmp_path) == ""
    (tmp_path / "file").write_text("")
    assert "is a file" in folder_fault(tmp_path / "file")
    assert "is not empty" in folder_fault(tmp_path)


@pytest.fixture
def form(qtbot: QtBot) -> ParamsForm:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Recipe, load_recipe("mnist-net"))
    form.draw()
    form.show()
    return form


def test_another_kind_of_a_group_brings_its_own_fields(form: ParamsForm) -> None:
    kinds = form._groups["encoder"]._kinds
    kinds.setCurrentIndex(kinds.findText("Resnet"))
    values = form.values()
    assert isinstance(values, Recipe)
    assert values.encoder.kind == "resnet"
    assert values.mel == load_recipe("mnist-net").mel


def test_classes_are_counted_or_named(form: ParamsForm) -> None:
    assert form._editors["test"].get() == ["04", "56", "55", "27", "46"]
    for text, held_out in (("5", 5), ("04", ("04",)), ("4,", ("4",)), ("a, b", ("a", "b"))):
        form._editors["test"].widget.setText(text)  # type: ignore[attr-defined]
        values = form.values()
        assert isinstance(values, Recipe)
        assert values.test == held_out
        form.set_model(Recipe, values)
        assert form.values() == values


def test_numbers_of_a_list_are_read_as_numbers(qtbot: QtBot) -> None:
    form = ParamsForm()
    qtbot.addWidget(form)
    given = Augmentation(speeds=(0.9, 1.0), turns=(0, 90), noise_db=(15.0, 50.0))
    form.set_model(Augmentation, given)
    assert form.values() == given


def test_a_fault_within_a_group_is_shown_there(qtbot: QtBot, form: ParamsForm) -> None:
    inner = form._groups["encoder"].form
    inner.draw()
    qtbot.waitUntil(inner._editors["kernels"].widget.isVisible)
    inner._editors["kernels"].widget.setText("5, 5")  # type: ignore[attr-defined]
    assert not form.is_valid()
    assert [fault.isVisible() for fault in inner._faults.values()].count(True) == 1
    assert not any(fault.isVisible() for fault in form._faults.values())
    inner._editors["kernels"].widget.setText("5, 5, 3")  # type: ignore[attr-defined]
    assert form.is_valid()
    assert not any(fault.isVisible() for fault in inner._faults.values())


def test_help_says_what_a_parameter_does_and_what_is_legal() -> None:
    def told(name: str) -> str:
        return help_of(Recipe, name, Recipe.model_fields[name])

    assert told("decay_every").startswith("How the learning rate falls")
    assert told("loss").startswith("Of pairs (binary cross-entropy")
    assert "Legal: binary-cross-entropy, mse" in told("loss")
    assert told("learning_rate").endswith(" Legal: a number above 0, up to 10.")


def test_the_names_of_the_curves_hide_no_accuracy(qtbot: QtBot) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(600, 400)
    plot.show()
    title, box = plot._lower.titleLabel, plot._lower.getViewBox()
    for word in ("validation", "training"):
        assert word in title.text
    qtbot.waitUntil(lambda: box.sceneBoundingRect().height() > 50)
    assert not title.sceneBoundingRect().intersects(box.sceneBoundingRect())


def test_the_key_says_of_which_line_ups_the_curve_is(qtbot: QtBot, tmp_path: Path) -> None:
    plot = LossPlot()
    qtbot.addWidget(plot)
    for recipe, asked in ((load_recipe("environment"), "(5-way 1-shot, chance 0.200)"), (None, "")):
        plot.set_curves(Curves(tmp_path / "events.jsonl", recipe))
        assert f"validation line-ups {asked}".strip() + ", 95 %" in plot._lower.titleLabel.text
