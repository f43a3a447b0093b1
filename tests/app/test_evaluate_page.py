"""The Evaluate page in the real window: run, cancel, fail, look behind, compare, export."""

import re
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFileDialog, QMessageBox, QScrollArea
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.evaluate.evaluate import EvaluatePage
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.cli import main
from siamese_core.corpus import read_any, read_corpus
from siamese_core.evaluation.evaluation import evaluate
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.recipes import split_as
from siamese_core.siamese import SiameseNet
from tests.app.conftest import PATIENCE_MS, settle
from tests.conftest import TINY_RECIPE

SMALL = {"ways": 3, "runs": 3, "seed": 1}
LEFT, ESCAPE = Qt.MouseButton.LeftButton, Qt.Key.Key_Escape


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow) -> EvaluatePage:
    """The page as a person first sees it, the corpus of tones open."""
    window.pages.setCurrentWidget(window.evaluate)
    settle(qtbot, window)
    return window.evaluate.page


@pytest.fixture
def rival(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    path = tmp_path / "rival.safetensors"
    save_checkpoint(path, build(TINY_RECIPE).eval(), Card(TINY_RECIPE, (), {}))
    return path


def ask(page: EvaluatePage, **values: object) -> None:
    """Fill in the form."""
    page.form.form.set_model(EvaluationParameters, EvaluationParameters.parse({**SMALL, **values}))
    page.form.form.changed.emit()


def press(qtbot: QtBot, window: MainWindow) -> None:
    """Click Evaluate and wait for what comes of it."""
    qtbot.mouseClick(window.evaluate.page.form.button, LEFT)
    assert window.evaluations.measuring
    settle(qtbot, window)
    assert not window.evaluations.measuring


def click_row(qtbot: QtBot, view: QAbstractItemView, row: int, column: int = 0) -> None:
    place = view.visualRect(view.model().index(row, column)).center()
    qtbot.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(place))


def test_the_page_is_built_when_it_is_first_seen(qtbot: QtBot, bare_window: MainWindow) -> None:
    window = bare_window
    assert not window.evaluate.is_built
    window.pages.setCurrentWidget(window.evaluate)
    page = window.evaluate.page
    assert page.isVisible()
    assert "No evaluation yet" in page.empty.text()
    assert not page.form.button.isEnabled()
    assert page.form.reason.text() == "Choose a corpus, or add a folder."


def test_every_figure_stands_beside_its_values(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, tiny_net: SiameseNet, tone_corpus: Path
) -> None:
    assert "9 classes, 72 files" in page.form.about.text()
    assert page.form.form.values().ways == 5  # type: ignore[attr-defined]
    ask(page, sweep=True, retrieval=True, pairs=40)
    press(qtbot, window)
    assert page.error.text == ""
    results, alone = page.results, evaluate(tiny_net, read_corpus(tone_corpus), **SMALL)
    assert f"{100 * alone.accuracy.mean:.1f} %" in results.accuracy.text()
    assert "3-way 1-shot" in results.about.text()
    shown = [results.tabs.tabText(i) for i in range(6) if results.tabs.isTabVisible(i)]
    assert shown == ["Classes", "Confusion", "Accuracy against C", "Top k", "Pairs"]
    rows = results.panels["per_class"].table.text().splitlines()
    assert rows[0] == "class\taccuracy\tlow\thigh"
    share = alone.per_class["tone0"]
    values = (f"{100 * value:.1f} %" for value in (share.mean, share.low, share.high))
    assert rows[1] == "\t".join(("tone0", *values))
    points = results.panels["roc"].table.text().splitlines()
    assert points[0] == "from logit\tfalse accepts\ttrue accepts"
    assert points[1] == "above all\t0.0 %\t0.0 %"
    assert len(results.panels["sweep"].table.text().splitlines()) == 9
    assert "equal error rate" in results.panels["roc"].words.text()
    bars = results.panels["per_class"].view.chart
    assert bars is not None
    assert bars.series[0].means == tuple(s.mean for s in alone.per_class.values())
    counts = [line.split("\t") for line in results.confusion.matrix.text().splitlines()]
    assert [list(map(int, line[1:10])) for line in counts[1:]] == alone.confusion.tolist()
    qtbot.mouseClick(results.copy, LEFT)
    assert "3-way 1-shot accuracy" in QApplication.clipboard().text()


def test_a_cell_lists_its_line_ups_and_one_click_opens_and_explains_one(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, rival: Path
) -> None:
    ask(page)
    page.form.model.choose(rival)
    press(qtbot, window)
    results, measured = page.results, window.evaluations.measured
    assert measured is not None
    confusion = measured.report.evaluation.confusion
    row, column = np.argwhere(confusion > 0)[0].tolist()
    results.tabs.setCurrentIndex(1)
    click_row(qtbot, results.confusion.matrix, row, column)
    lines = results.confusion.list.model()
    assert lines.rowCount() == confusion[row, column]
    assert f"{confusion[row, column]} of 3" in results.confusion.title.text()
    episode = results.confusion.episodes[0]
    click_row(qtbot, results.confusion.list, 0)
    assert window.pages.currentWidget() is window.splitter
    settle(qtbot, window)
    session = window.session
    assert session.lineup == measured.lineup(episode)
    assert session.lineup.truth == measured.corpus.classes[row]
    assert session.model is not None
    assert session.model.path == rival, "the network that was measured explains it"
    assert session.heard is not None
    assert session.heard.scored is not None
    assert session.heard.scored.predicted == measured.corpus.classes[column]
    qtbot.waitUntil(lambda: window.pair.explanation is not None, timeout=PATIENCE_MS)
    settle(qtbot, window)


def test_two_networks_are_compared_on_the_same_line_ups(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, rival: Path
) -> None:
    ask(page, runs=6)
    page.form.rival.choose(rival)
    press(qtbot, window)
    report = window.evaluations.measured.report  # type: ignore[union-attr]
    panel, outcomes = page.results.panels["comparison"], page.results.outcomes
    page.results.tabs.setCurrentWidget(panel)
    assert report.comparison is not None
    assert report.rival is not None
    low, high = report.comparison.difference.low, report.comparison.difference.high
    assert panel.table.text().splitlines()[3].split("\t")[2:] == [
        f"{100 * low:.1f} %",
        f"{100 * high:.1f} %",
    ]
    assert f"percentage points ({100 * low:+.1f} to {100 * high:+.1f})" in panel.words.text()
    classes = page.results.panels["per_class"]
    assert len(classes.view.chart.series) == 3  # type: ignore[union-attr]
    rows = [line.split("\t") for line in classes.table.text().splitlines()]
    assert rows[0] == ["class", "model", "accuracy", "low", "high"]
    assert [row[:2] for row in rows[1:3]] == [["tone0", "tiny"], ["tone0", "rival"]]
    only_first = [
        e
        for e, this, other in zip(
            report.evaluation.episodes, report.evaluation.hits, report.rival.hits, strict=True
        )
        if this and not other
    ]
    assert len(only_first) == report.comparison.gained
    outcomes.matrix.setFocus()
    outcomes.matrix.setCurrentIndex(outcomes.matrix.model().index(0, 0))
    qtbot.keyClick(outcomes.matrix, Qt.Key.Key_Down)
    assert list(outcomes.episodes) == only_first


def undated(text: str) -> str:
    """Take out when it was measured, once at the most."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]{8}[+-][\d:]{5}", "", text, count=1)


def test_export_writes_what_the_command_line_writes(
    qtbot: QtBot,
    window: MainWindow,
    page: EvaluatePage,
    tone_corpus: Path,
    tiny_checkpoint: Path,
    rival: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(page, sweep=True, retrieval=True, pairs=40)
    page.form.rival.choose(rival)
    press(qtbot, window)
    here, there = tmp_path / "window", tmp_path / "command"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(here), "Folder (*)"))
    qtbot.mouseClick(page.results.export, LEFT)
    settle(qtbot, window)
    assert page.written.text == f"The evaluation is in {here}."
    assert window.explain.export_notice.text == ""
    assert window.statusBar().currentMessage() == "", "it is told once"
    words = ["evaluate", "--model", str(tiny_checkpoint), "--data", str(tone_corpus)]
    words += ["--ways", "3", "--runs", "3", "--seed", "1", "--sweep", "--retrieval"]
    words += ["--pairs", "40", "--against", str(rival), "--device", "cpu", "--out", str(there)]
    assert main(words) == 0
    names = {file.name for file in here.iterdir()}
    assert names == {file.name for file in there.iterdir()}
    for name in sorted(names):
        if not name.endswith((".png", ".svg")):
            mine, theirs = (undated((folder / name).read_text()) for folder in (here, there))
            assert mine == theirs, name
    (here / "report.json").write_text("{}")
    answer = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answer)
    qtbot.mouseClick(page.results.export, LEFT)
    settle(qtbot, window)
    assert "already holds another report.json" in page.error.text


def test_a_cancel_leaves_the_page_as_it_was(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage
) -> None:
    ask(page, runs=200_000)
    button = page.form.button
    for cancel in (partial(qtbot.mouseClick, button, LEFT), partial(qtbot.keyClick, page, ESCAPE)):
        assert page.form.bar.isHidden()
        with qtbot.waitSignal(window.evaluations.progressed, timeout=PATIENCE_MS):
            qtbot.mouseClick(button, LEFT)
        assert button.text() == "Cancel"
        assert page.form.bar.isVisible()
        cancel()
        assert button.text() == "Cancelling…"
        settle(qtbot, window)
        assert button.text() == "Evaluate"
        assert window.evaluations.measured is None
        assert page.stack.currentWidget() is page.empty
        assert page.error.text == ""


def test_explaining_and_drawing_go_on_while_it_measures(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage
) -> None:
    ask(page, runs=200_000)
    qtbot.mouseClick(page.form.button, LEFT)
    with qtbot.waitSignal(window.evaluations.progressed, timeout=PATIENCE_MS):
        window.pages.setCurrentWidget(window.splitter)
    before = window.session.lineup
    window.session.draw(4, 1, seed=9)
    qtbot.waitUntil(lambda: not window.session.background.busy, timeout=PATIENCE_MS)
    assert window.session.lineup != before
    assert window.session.heard is not None
    window.explain.method.explain()
    qtbot.waitUntil(lambda: window.pair.explanation is not None, timeout=PATIENCE_MS)
    assert window.evaluations.measuring
    qtbot.keyClick(window, ESCAPE)
    assert window.evaluations.measuring, "its page is not looked at"
    assert page.form.bar.text()
    window.evaluations.cancel()
    settle(qtbot, window)
    assert not window.evaluations.measuring


def test_what_cannot_be_measured_is_said_in_the_page(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    ask(page)
    page.form.classes.kind.setCurrentIndex(1)
    press(qtbot, window)
    assert "The model was not trained on" in page.error.text
    page.form.classes.kind.setCurrentIndex(0)
    page.form.model.choose(tmp_path / "gone.safetensors")
    press(qtbot, window)
    assert "gone.safetensors" in page.error.text
    page.form.model.choose(tiny_checkpoint)
    page.form.corpora.choose([tmp_path / "nowhere"])
    settle(qtbot, window)
    assert "There is no folder" in page.error.text
    assert not page.form.button.isEnabled()
    for take in range(4):
        for label in ("a", "b"):
            (tmp_path / "broken" / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / "broken" / label / f"{take}.wav").write_bytes(b"RIFF and no more")
    page.form.corpora.choose([tmp_path / "broken"])
    settle(qtbot, window)
    assert page.error.text == ""
    ask(page, ways=2)
    press(qtbot, window)
    assert ".wav" in page.error.text


def faults(page: EvaluatePage) -> dict[str, str]:
    """What the form says below its fields."""
    return {
        name: fault.text() for name, fault in page.form.form._faults.items() if fault.isVisible()
    }


def test_line_ups_that_cannot_be_drawn_are_refused_beside_their_field(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, tone_corpus: Path, tmp_path: Path
) -> None:
    form, classes = page.form, page.form.classes

    def refused(**values: object) -> dict[str, str]:
        ask(page, **values)
        qtbot.mouseClick(form.button, LEFT)
        assert not window.evaluations.measuring
        assert form.button.isEnabled() == (not faults(page))
        return faults(page)

    sentence = "A line-up of 12 classes cannot be drawn from 9 classes; 2 to 9 are possible."
    assert refused(ways=12) == {"ways": sentence}
    assert form.reason.text() == "Mend the marked field."
    assert "'tone0' has 8 separate recordings; 8 shots" in refused(shots=8)["shots"]
    within = form.form._editors["within_alphabet"].widget
    assert not within.isVisible(), "nothing that sounds can have"
    assert "has no alphabets" in refused(within_alphabet=True)["within_alphabet"]
    assert within.isVisible(), "what is at fault can be mended"
    classes.kind.setCurrentIndex(classes.kind.findData("chosen"))
    for row in range(2):
        classes.list.item(row).setCheckState(Qt.CheckState.Checked)
    assert "3 classes cannot be drawn from 2 classes" in refused(ways=3)["ways"]
    classes.list.item(2).setCheckState(Qt.CheckState.Checked)
    assert faults(page) == {}
    assert form.button.isEnabled()
    classes.kind.setCurrentIndex(0)
    shutil.copytree(tone_corpus / "tone1", tmp_path / "single" / "tone1")
    form.corpora.choose([tmp_path / "single"])
    settle(qtbot, window)
    assert "give a corpus of 2 classes or more" in faults(page)["ways"]
    assert not form.button.isEnabled()


def test_a_model_is_not_compared_with_itself(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, rival: Path, tiny_checkpoint: Path
) -> None:
    form = page.form
    form.rival.choose(tiny_checkpoint)
    assert form.same.text().startswith("tiny cannot be compared with itself; choose another model")
    assert form.same.isVisible()
    assert not form.button.isEnabled()
    form.model.choose(rival)
    assert form.button.isEnabled()
    assert not form.same.isVisible()


def test_fields_keep_their_width_when_the_form_begins_to_scroll(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage
) -> None:
    area = page.form.findChild(QScrollArea)
    window.resize(1280, 1000)
    assert area is not None
    seen = set()
    for scrolls, lowest in ((False, 0), (True, 2000)):
        page.form.classes.setMinimumHeight(lowest)
        qtbot.waitUntil(lambda wanted=scrolls: area.verticalScrollBar().isVisible() == wanted)
        seen.add((page.form.model.width(), page.form.button.width()))
        assert not area.horizontalScrollBar().isVisible()
    assert len(seen) == 1


def test_chosen_classes_are_measured_and_what_the_model_heard_is_told(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.safetensors"
    save_checkpoint(heard, build(TINY_RECIPE).eval(), Card(TINY_RECIPE, ("tone2",), {}))
    page.form.model.choose(heard)
    ask(page, ways=2)
    classes = page.form.classes
    classes.kind.setCurrentIndex(classes.kind.findData("chosen"))
    assert not page.form.button.isEnabled()
    assert page.form.reason.text() == "Tick two classes or more."
    for row in (2, 5):
        classes.list.item(row).setCheckState(Qt.CheckState.Checked)
    press(qtbot, window)
    assert window.evaluations.measured is not None
    assert window.evaluations.measured.corpus.classes == ("tone2", "tone5")
    assert page.notice.text == "The model heard these classes in training: tone2."


def test_classes_of_the_training_are_measured_and_that_is_said_plainly(
    qtbot: QtBot, window: MainWindow, page: EvaluatePage, tmp_path: Path, tone_corpus: Path
) -> None:
    recipe, heard = TINY_RECIPE.override(["test=2", "validation=3"]), tmp_path / "h.safetensors"
    split = split_as(recipe, read_any(tone_corpus))
    save_checkpoint(heard, build(recipe).eval(), Card(recipe, split.train, {}))
    page.form.model.choose(heard)
    ask(page, ways=2)
    kind = page.form.classes.kind
    warned = {}
    for part in ("train", "validation"):
        kind.setCurrentIndex(kind.findData(part))
        press(qtbot, window)
        measured = window.evaluations.measured
        assert measured is not None
        assert measured.report.split == part
        assert set(measured.corpus.classes) == set(getattr(split, part))
        warned[part] = "heard these classes in training" in page.results.about.text()
    assert warned == {"train": True, "validation": False}
