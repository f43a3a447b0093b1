"""Why this class and not that one: asked for in the panel, named wherever its map is shown."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.reading import Reading
from siamese_core.explanation import explain
from tests.app.conftest import PATIENCE_MS, draw_tones, settle

Another = Callable[[str], MainWindow]
TIP = Qt.ItemDataRole.ToolTipRole


def choose(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(box.findData(value))


def classes(window: MainWindow) -> list[str]:
    return [clip.label for clip in window.session.lineup.support]


def hold(qtbot: QtBot, window: MainWindow) -> None:
    """Hold the first pair against the third clip's class, by saliency."""
    panel = window.explain.method
    choose(panel.method, "saliency")
    window.session.select(0)
    choose(panel.side, "query")
    choose(panel.against, classes(window)[2])
    panel.explain()
    settle(qtbot, window)
    assert window.pair.explanation is not None


@pytest.fixture
def held(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with a contrast on screen."""
    hold(qtbot, window)
    return window


def test_it_is_offered_on_the_query_for_the_other_classes(window: MainWindow) -> None:
    panel, session = window.explain.method, window.session
    session.select(0)
    assert not panel.against.isVisible()
    assert panel.request().against is None
    choose(panel.side, "query")
    assert panel.against.isVisible()
    labels = [panel.against.itemText(place) for place in range(panel.against.count())]
    assert labels == ["Nobody", *classes(window)]
    model = panel.against.model()
    assert isinstance(model, QStandardItemModel)
    assert [model.item(place).isEnabled() for place in range(4)] == [True, False, True, True]
    choose(panel.against, classes(window)[1])
    assert panel.request().against == classes(window)[1]
    choose(panel.side, "support")
    assert panel.request().against is None, "the support clip is in one of the two pairs only"


def test_the_map_explains_the_difference_of_two_logits(held: MainWindow) -> None:
    session, found = held.session, held.pair.explanation
    assert found is not None
    assert session.model is not None
    query, first, _, third = (session.clips[clip] for clip in session.lineup.clips)
    same = explain(session.model.net, query, first, "saliency", side="query", against=third)
    np.testing.assert_array_equal(found.attribution.values, same.attribution.values)
    assert session.heard is not None
    assert session.heard.scored is not None
    scores = session.heard.scored.scores
    assert found.contrast == pytest.approx(scores[0].logit - scores[2].logit, abs=1e-4)
    assert held.pair.heard_side == "query"


def test_it_is_named_wherever_it_is_shown(qtbot: QtBot, held: MainWindow) -> None:
    own, _, rival = classes(held)
    explain = held.explain
    assert f"why {own} and not {rival}" in explain.method.result.text()
    explain.view.views["query"].hovered.emit(Reading(0.25, 440.0, -12.5, 0.0031))
    assert f"{own}, not {rival}: +3.10e-03" in explain.view.readout.text()
    explain.method.compare.click()
    settle(qtbot, held)
    assert explain.comparison.page.about.text() == f"on the query, against {rival}"
    assert explain.comparison.page.legend.words == (f"for {rival}", f"for {own}")
    shown = [cell.explanation for cell in explain.comparison.page.shown]
    assert all(one is not None and one.against is not None for one in shown)
    signs = explain.mask_controls._boxes["sign"]
    told = [signs.itemText(place) for place in range(signs.count())]
    assert told == [f"For {own}", f"For {rival}", "What matters either way"]
    assert signs.itemData(1, TIP) == f"What speaks for {rival} and against {own}"
    explain.show_faithfulness()
    assert explain.faithfulness.about.text().endswith(f"class {own} against {rival}")
    settle(qtbot, held)
    assert explain.measured.found is not None
    explain.faithfulness.close()


def test_compared_maps_follow_what_they_are_held_against(qtbot: QtBot, held: MainWindow) -> None:
    compared = held.explain.compared
    held.explain.method.compare.click()
    settle(qtbot, held)
    before = {method: kept.explanation for method, kept in compared.maps.items()}
    assert len(before) > 1
    choose(held.explain.method.against, None)
    settle(qtbot, held)
    assert compared.maps == {}, "they are made when that is asked for"
    held.explain.comparison.page.compare()
    settle(qtbot, held)
    assert all(kept.explanation.against is None for kept in compared.maps.values())
    choose(held.explain.method.against, classes(held)[2])
    settle(qtbot, held)
    again = {method: kept.explanation for method, kept in compared.maps.items()}
    assert again == before, "what is known is not made twice"


def test_the_support_clips_own_class_is_refused_with_the_reason(
    qtbot: QtBot, held: MainWindow
) -> None:
    panel, rival = held.explain.method, classes(held)[2]
    held.session.select(2)
    settle(qtbot, held)
    assert held.pair.explanation is None
    assert panel.against.currentData() == rival
    panel.explain()
    settle(qtbot, held)
    assert held.pair.explanation is None
    assert f"is of class '{rival}' itself" in panel.notice.text
    held.session.select(1)
    panel.explain()
    settle(qtbot, held)
    assert held.pair.explanation is not None
    assert held.pair.explanation.against is not None
    assert panel.notice.text == ""


def test_a_class_that_left_the_line_up_is_forgotten(qtbot: QtBot, held: MainWindow) -> None:
    panel, session = held.explain.method, held.session
    session.remove(3)
    settle(qtbot, held)
    assert panel.against.currentData() is None
    assert panel.request().against is None
    assert held.pair.explanation is None, "its rival is gone"
    session.remove(2)
    settle(qtbot, held)
    assert not panel.against.isEnabled()
    assert "one class only" in panel.against.toolTip()
    session.back()
    session.back()
    settle(qtbot, held)
    session.select(0)
    settle(qtbot, held)
    shown = held.pair.explanation
    assert shown is not None
    assert shown.against is not None
    assert panel.against.currentData() == shown.against.label, "it is shown with its question"


def test_it_goes_when_the_rivals_window_moves(qtbot: QtBot, held: MainWindow) -> None:
    session = held.session
    session.move_window(session.lineup.support[2], -0.3)
    settle(qtbot, held)
    assert held.pair.explanation is None


def test_it_is_saved_and_opened_with_its_rival(
    qtbot: QtBot, held: MainWindow, another_window: Another, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    path = tmp_path / "one.earwitness"
    held.exports.save_episode(path)
    settle(qtbot, held)
    other = another_window("other")
    other.session.set_model(tiny_checkpoint)
    settle(qtbot, other)
    other.show_episode(path)
    settle(qtbot, other)
    ours, theirs = held.pair.explanation, other.pair.explanation
    assert ours is not None
    assert theirs is not None
    np.testing.assert_array_equal(theirs.attribution.values, ours.attribution.values)
    assert theirs.contrast == ours.contrast
    assert other.explain.method.request().against == classes(held)[2]
    assert f"not {classes(held)[2]}" in other.explain.method.result.text()


def test_it_is_open_again_at_the_next_start(
    qtbot: QtBot, another_window: Another, tone_corpus: Path, tiny_checkpoint: Path
) -> None:
    before = another_window("one")
    draw_tones(qtbot, before, tone_corpus, tiny_checkpoint)
    hold(qtbot, before)
    rival, shown = classes(before)[2], before.pair.explanation
    before.close()
    window = another_window("one")
    window.start()
    qtbot.waitUntil(
        lambda: window.pair.explanation is not None and not window.sitting._is_opening,
        timeout=PATIENCE_MS,
    )
    settle(qtbot, window)
    found = window.pair.explanation
    assert shown is not None
    assert found is not None
    assert found.contrast == shown.contrast
    np.testing.assert_array_equal(found.attribution.values, shown.attribution.values)
    assert window.explain.method.request().against == rival


def test_the_mask_of_a_similarity_says_so_again(qtbot: QtBot, held: MainWindow) -> None:
    signs = held.explain.mask_controls._boxes["sign"]
    choose(held.explain.method.against, None)
    held.explain.method.explain()
    settle(qtbot, held)
    assert [signs.itemText(n) for n in (0, 1)] == ["What raises the similarity", "What lowers it"]
