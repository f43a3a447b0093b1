"""How far the map on screen can be trusted: the command line's figures, in words, as CSV."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.explaining.faithfulness import TIPS, charts_of, said
from app.main_window import MainWindow
from siamese_core.exhibit.exhibit import explain_episode, with_faithfulness
from siamese_core.faithfulness.checks import map_infidelity
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.metrics import METRICS, ONE_MAP, OWN_PEAK
from tests.app.conftest import settle


@pytest.fixture
def measured(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the predicted pair explained and its map measured."""
    box = window.explain.method.method
    box.setCurrentIndex(box.findData("integrated-gradients"))
    window.explain.method.explain()
    settle(qtbot, window)
    window.explain.method.faithful.click()
    settle(qtbot, window)
    return window


def test_the_figures_are_those_of_the_command_line(qtbot: QtBot, measured: MainWindow) -> None:
    session, dialog = measured.session, measured.explain.faithfulness
    qtbot.mouseClick(dialog.checks, Qt.MouseButton.LeftButton)
    settle(qtbot, measured)
    found = measured.explain.measured.found
    assert found is not None
    assert session.model is not None
    assert session.lineup.episode is not None
    episode = session.lineup.episode.map(session.clips.__getitem__)
    exhibit = explain_episode(session.model.net, episode, method="integrated-gradients")
    theirs = with_faithfulness(session.model.net, exhibit).faithfulness
    assert theirs is not None
    assert found.values == pytest.approx(theirs.values, nan_ok=True, rel=1e-4, abs=1e-6)
    assert not dialog.checks.isEnabled()


def test_every_figure_is_shown_with_plain_words(measured: MainWindow) -> None:
    dialog, found = measured.explain.faithfulness, measured.explain.measured.found
    assert found is not None
    assert set(TIPS) == set(METRICS)
    model = dialog.table.model()
    assert model.rowCount() == len(found.values)
    for row, name in enumerate(found.values):
        assert model.index(row, 1).data() == said(name, found.values, 3)
        assert TIPS[name] in model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert said("comp", {"comp": float("nan")}) == "not defined"
    assert dialog.caution.text().startswith("These figures are of one map."), "without intervals"


def test_what_levels_are_measured_from_is_said_where_it_is_the_clips_peak(
    measured: MainWindow,
) -> None:
    dialog, model = measured.explain.faithfulness, measured.session.model
    assert model is not None
    assert model.net.levels.reference == "fixed"
    assert dialog.caution.text() == ONE_MAP
    model.net.levels.reference = "peak"
    dialog._show()
    assert dialog.caution.text() == f"{ONE_MAP} {OWN_PEAK}"


def test_the_curves_have_their_reverse_and_random_order(measured: MainWindow) -> None:
    found = measured.explain.measured.found
    assert found is not None
    deletion, insertion = charts_of(found)
    names = [[series.name for series in chart.series] for chart in (deletion, insertion)]
    assert names == [["map's order", "reverse", "random"]] * 2
    assert deletion.series[1].means == insertion.series[0].means[::-1]
    assert insertion.series[1].means == deletion.series[0].means[::-1]
    assert deletion.series[0].means == tuple(found.curves.deletion)
    for chart in (deletion, insertion):
        whole = {series.means[0 if chart is deletion else -1] for series in chart.series}
        assert len(whole) == 1, "all orders begin or end with the whole clip"


def test_figures_and_curves_are_written_as_csv(
    qtbot: QtBot, measured: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog, found = measured.explain.faithfulness, measured.explain.measured.found
    assert found is not None
    path = tmp_path / "map"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "CSV (*.csv)"))
    dialog.export.click()
    settle(qtbot, measured)
    rows = list(csv.reader(path.with_suffix(".csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["name", "share of cells", "value"]
    figures = {name: float(value) for name, share, value in rows[1:] if not share}
    assert figures == pytest.approx(found.values, nan_ok=True)
    deletion = [float(value) for name, _, value in rows if name == "deletion curve"]
    assert deletion == pytest.approx(found.curves.deletion.tolist())
    wrong = tmp_path / "map.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(wrong), ""))
    dialog.export.click()
    settle(qtbot, measured)
    assert "end it in .csv" in dialog.notice.text
    assert not wrong.exists()


def test_another_map_is_measured_only_when_asked(qtbot: QtBot, measured: MainWindow) -> None:
    dialog, about = measured.explain.faithfulness, measured.explain.measured
    box = measured.explain.method.method
    box.setCurrentIndex(box.findData("saliency"))
    measured.explain.method.explain()
    settle(qtbot, measured)
    assert about.found is None
    assert "Press Measure" in dialog.state.text()
    assert not dialog.table.isVisible()
    dialog.button.click()
    assert dialog.button.text() == "Cancel"
    dialog.layout().activate()
    assert dialog.state.geometry().bottom() < 100, "it stands below its title"
    dialog.button.click()
    settle(qtbot, measured)
    assert about.found is None
    dialog.button.click()
    settle(qtbot, measured)
    assert about.found is not None
    assert dialog.about.text().startswith("Saliency on the support clip")


def test_a_contrast_is_measured_by_its_own_score(qtbot: QtBot, measured: MainWindow) -> None:
    panel, session, about = measured.explain.method, measured.session, measured.explain.measured
    own = session.pair[1].label if session.pair else ""
    rival = next(clip.label for clip in session.lineup.support if clip.label != own)
    panel.side.setCurrentIndex(panel.side.findData("query"))
    panel.against.setCurrentIndex(panel.against.findData(rival))
    panel.explain()
    settle(qtbot, measured)
    assert not about.obstacle
    about.measure()
    settle(qtbot, measured)
    explanation, model = measured.pair.explanation, session.model
    assert about.found is not None
    assert explanation is not None
    assert model is not None
    score = EpisodeScore(
        model.net, explanation.query_map, [explanation.support_map], [own], 0, explanation.side
    )
    subject = score.subject(against=explanation.rival_map)
    expected = map_infidelity(subject, explanation.attribution.values.astype(float))
    assert about.found.values["infidelity"] == pytest.approx(expected, rel=1e-4)


def test_what_cannot_be_measured_is_said(qtbot: QtBot, measured: MainWindow) -> None:
    pair, about = measured.pair, measured.explain.measured
    assert pair.explanation is not None
    whole = pair.explanation
    pair.explanation = replace(whole, logit=whole.logit + 1)
    pair._by = "another.safetensors"
    assert "another model" in about.obstacle
    while len(measured.session.lineup.support) > 1:
        measured.session.remove(2)
        settle(qtbot, measured)
    assert about.obstacle
    about.measure()
    assert not about.measuring


def test_escape_ends_the_measuring_as_closing_does(qtbot: QtBot, window: MainWindow) -> None:
    window.explain.method.explain()
    settle(qtbot, window)
    for leave in ("reject", "close"):
        window.explain.show_faithfulness()
        dialog = window.explain.faithfulness
        assert window.explain.measured.measuring
        getattr(dialog, leave)()
        assert not dialog.isVisible()
        assert not window.explain.measured.measuring
    settle(qtbot, window)
