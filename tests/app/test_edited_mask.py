"""A mask is changed at once: whatever the worker does, no change of it waits or is lost."""

import threading
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.explaining.edited_mask import EditedMask
from app.main_window import MainWindow
from app.widgets.stroke import Stroke
from siamese_core.errors import ParameterError
from siamese_core.mask.mask import Mask, MaskParameters
from tests.app.conftest import choose_method, draw_tones, settle
from tests.app.test_edit_menu import CTRL, press
from tests.app.test_sitting import SPAN, Another, reopen

WIDE = MaskParameters(share=60.0)


def explain(qtbot: QtBot, window: MainWindow, method: str = "saliency") -> None:
    choose_method(window, method)
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.mask is not None


def hold(window: MainWindow, gate: threading.Event) -> None:
    """Keep the worker busy, as a long explanation does."""
    window.session.run(lambda _e, _s: gate.wait(10), lambda _held: None, "explain")


def test_an_edit_beside_an_explanation_is_seen_at_once_and_kept(
    qtbot: QtBot, explained: MainWindow, gate: threading.Event
) -> None:
    window, pair = explained, explained.pair
    hold(window, gate)
    choose_method(window, "occlusion")
    window.explain.method.explain()
    pair.edit(SPAN)
    drawn = pair.mask
    assert pair.edited.is_drawn
    gate.set()
    settle(qtbot, window)
    assert not pair.edited.can_undo, "the new map has a mask of its own"
    steps = {kept.explanation.method: kept.history for kept in pair.known}
    assert list(steps) == ["occlusion", "saliency"]
    assert steps["saliency"].now is drawn
    assert len(steps["saliency"].past) == 1


def test_an_edit_is_there_after_a_look_at_another_card(
    qtbot: QtBot, explained: MainWindow, gate: threading.Event
) -> None:
    window, pair = explained, explained.pair
    hold(window, gate)
    pair.edited.invert()
    drawn = pair.mask
    window.session.select(1)
    window.session.select(0)
    gate.set()
    settle(qtbot, window)
    assert pair.mask is drawn
    assert pair.edited.can_undo


def test_an_edit_right_before_closing_is_there_at_the_next_start(
    qtbot: QtBot,
    another_window: Another,
    tone_corpus: Path,
    tiny_checkpoint: Path,
    gate: threading.Event,
) -> None:
    window = another_window("one")
    draw_tones(qtbot, window, tone_corpus, tiny_checkpoint)
    explain(qtbot, window)
    hold(window, gate)
    window.pair.edit(SPAN)
    threading.Timer(0.2, gate.set).start()
    window.close()
    again = reopen(qtbot, another_window)
    assert window.pair.mask is not None
    assert again.pair.mask is not None
    np.testing.assert_array_equal(again.pair.mask.values, window.pair.mask.values)
    assert again.pair.edited.can_undo


def test_an_edit_that_fails_takes_no_other_with_it(
    qtbot: QtBot, explained: MainWindow, gate: threading.Event
) -> None:
    window, edited = explained, explained.pair.edited
    hold(window, gate)
    edited.invert()
    edited.grow()
    grown = edited.now
    edited.edit(Stroke("lasso", ((0.1, 1.0), (0.2, 2.0))))
    edited.shape(_refuse, WIDE)
    gate.set()
    settle(qtbot, window)
    assert edited.now is grown
    assert edited.is_drawn
    assert window.explain.mask_bar.notice.text == "There is no such mask."
    edited.undo()
    edited.undo()
    assert not edited.is_drawn


def _refuse() -> Mask:
    raise ParameterError("There is no such mask.")


def test_the_controls_show_the_mask_that_stays_where_another_cannot_be(
    explained: MainWindow,
) -> None:
    pair, controls = explained.pair, explained.explain.mask_controls
    before, shaped = pair.mask, pair.mask_parameters
    pair.shape(MaskParameters(by="segments"))
    assert pair.mask is before
    assert pair.mask_parameters == controls.parameters() == shaped
    assert "no segments" in explained.explain.mask_bar.notice.text


def test_a_map_is_kept_with_the_shaping_that_made_its_mask(
    qtbot: QtBot, explained: MainWindow, gate: threading.Event
) -> None:
    pair = explained.pair
    assert pair.explanation is not None
    hold(explained, gate)
    pair.shape(WIDE)
    shown = pair.shown_episode
    assert shown is not None
    ((_pair, kept),) = shown.maps
    assert kept.mask_parameters == WIDE
    assert kept.shaped is kept.history.now
    np.testing.assert_array_equal(kept.history.now.values, pair.explanation.mask(WIDE).values)
    explained.session.select(1)
    gate.set()
    settle(qtbot, explained)
    explained.session.select(0)
    settle(qtbot, explained)
    assert pair.mask_parameters == WIDE


def test_what_a_drawing_began_as_is_known_after_a_shaping_over_it_is_undone(
    qtbot: QtBot, explained: MainWindow
) -> None:
    pair, edited = explained.pair, explained.pair.edited
    first = pair.mask
    pair.edit(SPAN)
    pair.shape(WIDE)
    settle(qtbot, explained)
    edited.undo()
    settle(qtbot, explained)
    assert edited.is_drawn
    assert edited.state is not None
    assert edited.state[1] is first


def test_a_map_that_is_asked_for_again_leaves_what_was_drawn_a_step_away(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, pair = explained, explained.pair
    shaped, before = pair.mask, pair.explanation
    pair.edit(SPAN)
    drawn = pair.mask
    assert shaped is not None
    explain(qtbot, window)
    assert pair.explanation is not before
    assert pair.mask is not None
    np.testing.assert_array_equal(pair.mask.values, shaped.values)
    assert "brings back what was drawn" in window.explain.view.readout.text()
    press(qtbot, window, CTRL, window.lineup.cards[0])
    assert pair.mask is drawn
    assert pair.edited.is_drawn
    assert not pair.rendered.is_outdated("kept")
    ((kept,)) = pair.known
    assert (kept.explanation, kept.history.now) == (pair.explanation, drawn)


def test_a_map_that_is_asked_for_again_adds_no_step_where_nothing_is_drawn(
    qtbot: QtBot, explained: MainWindow
) -> None:
    edited = explained.pair.edited
    edited.invert()
    drawn = edited.now
    edited.undo()
    explain(qtbot, explained)
    assert not edited.can_undo
    edited.redo()
    assert edited.now is drawn


def test_a_choice_of_segments_waits_on_a_card_without_a_map(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, pair = explained, explained.pair
    explain(qtbot, window, "sinexc")
    by = window.explain.mask_controls._boxes["by"]
    by.setCurrentIndex(by.findData("segments"))
    window.session.select(1)
    settle(qtbot, window)
    assert pair.explanation is None
    assert pair.mask_parameters.by == by.currentData() == "segments"
    explain(qtbot, window, "sinexc")
    assert pair.mask_parameters.by == by.currentData() == "segments"


def test_a_choice_of_segments_is_one_of_a_share_on_a_map_without_any(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, pair = explained, explained.pair
    explain(qtbot, window, "sinexc")
    pair.shape(MaskParameters(by="segments"))
    settle(qtbot, window)
    window.explain.compared.compare(("saliency", "grad-cam"))
    settle(qtbot, window)
    assert window.explain.compared.faults == {}
    for method in ("saliency", "grad-cam"):
        window.explain.compared.show(method)
        settle(qtbot, window)
        assert pair.explanation is not None
        assert pair.explanation.method == method
        assert window.explain.mask_controls.parameters() == pair.edited.parameters
        assert pair.mask_parameters.by == "share"
        assert not window.explain.mask_bar.notice.text


def test_a_slider_that_is_dragged_leaves_one_step_while_the_worker_is_busy(
    qtbot: QtBot, explained: MainWindow, gate: threading.Event
) -> None:
    edited, slider = explained.pair.edited, explained.explain.mask_controls._amount
    first = edited.now
    hold(explained, gate)
    explained.explain.tabs.setCurrentIndex(1)
    slider.setSliderDown(True)
    masks = []
    for value in (60, 90, 120):
        slider.setValue(value)
        masks.append(edited.now)
    slider.setSliderDown(False)
    assert len(set(masks)) == 3, "each is seen at once"
    gate.set()
    settle(qtbot, explained)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    edited.undo()
    assert edited.now is masks[-1]
    edited.undo()
    assert edited.now is first
    assert not edited.can_undo


def test_a_mask_of_nothing_has_nothing_to_take_back(bare_window: MainWindow) -> None:
    edited = EditedMask(bare_window.session)
    for verb in (edited.undo, edited.redo, edited.invert, edited.copy, edited.paste):
        verb()
    assert (edited.now, edited.state, edited.origin, edited.parameters) == (None,) * 4


def test_what_is_drawn_and_how_much_it_keeps_is_told_till_it_is_taken_back(
    explained: MainWindow,
) -> None:
    pair, controls = explained.pair, explained.explain.mask_controls
    share = controls._percent.text()
    pair.edited.empty()
    assert (controls._title.text(), controls._percent.text()) == ("Drawn", "0.0 %")
    pair.edited.invert()
    assert controls._percent.text() == "100.0 %"
    pair.edited.undo()
    pair.edited.undo()
    assert (controls._title.text(), controls._percent.text()) == ("Share", share)
