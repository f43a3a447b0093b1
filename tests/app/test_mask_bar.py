"""The mask's tools on a real window: draw, take back, carry over, keep in a file, hear."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.stroke import Stroke
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_file import load_mask, save_mask
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import MelSpec
from tests.app.conftest import RecordingSink, settle

SPAN = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the first pair explained."""
    box = window.explain.method.method
    box.setCurrentIndex(box.findData("saliency"))
    window.session.select(0)
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.mask is not None
    return window


def gains(window: MainWindow) -> NDArray[np.float32]:
    assert window.pair.mask is not None
    return window.pair.mask.values


def do(qtbot: QtBot, window: MainWindow, verb: str) -> None:
    action = window.explain.mask_bar.tools.verbs[verb]
    assert action.isEnabled(), verb
    action.trigger()
    settle(qtbot, window)


def test_a_selected_span_is_kept_or_removed_without_a_mouse(
    qtbot: QtBot, explained: MainWindow
) -> None:
    view, verbs = explained.explain.view.views["support"], explained.explain.mask_bar.tools.verbs
    do(qtbot, explained, "empty")
    assert not verbs["keep-span"].isEnabled()
    view.setFocus()
    focus, shift = QApplication.focusWidget(), Qt.KeyboardModifier.ShiftModifier
    for _ in range(3):
        qtbot.keyClick(focus, Qt.Key.Key_Right, shift)
    span = view._graph.selected
    assert span is not None
    do(qtbot, explained, "keep-span")
    stroke = Stroke("span", tuple((second, 0.0) for second in span))
    np.testing.assert_array_equal(gains(explained), stroke(_empty(explained)).values)
    do(qtbot, explained, "remove-span")
    assert not gains(explained).any()
    explained.explain.view.views["query"]._drag_span(0.1, 0.2)
    assert not verbs["keep-span"].isEnabled(), "the mask is of the other clip"


def test_a_mask_is_drawn_changed_and_taken_back(qtbot: QtBot, explained: MainWindow) -> None:
    pair, tools = explained.pair, explained.explain.mask_bar.tools
    of_map, kept = gains(explained).copy(), pair.sounds["kept"].samples
    assert not tools.verbs["undo"].isEnabled()
    do(qtbot, explained, "empty")
    assert not pair.sounds["kept"].samples.any()
    explained.explain.view.views["support"].drawn.emit(SPAN)
    settle(qtbot, explained)
    drawn = gains(explained).copy()
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert pair.sounds["kept"].samples.any()
    do(qtbot, explained, "grow")
    grown = gains(explained)
    assert grown.sum() > drawn.sum()
    do(qtbot, explained, "shrink")
    do(qtbot, explained, "invert")
    np.testing.assert_array_equal(gains(explained), 1 - drawn)
    for _ in range(5):
        do(qtbot, explained, "undo")
    np.testing.assert_array_equal(gains(explained), of_map)
    np.testing.assert_allclose(pair.sounds["kept"].samples, kept, atol=1e-6)
    assert not tools.verbs["undo"].isEnabled()
    for _ in range(2):
        do(qtbot, explained, "redo")
    np.testing.assert_array_equal(gains(explained), drawn)
    do(qtbot, explained, "reset")
    np.testing.assert_array_equal(gains(explained), of_map)
    do(qtbot, explained, "undo")
    np.testing.assert_array_equal(gains(explained), drawn)


def test_edits_in_a_hurry_are_all_made_in_their_order(qtbot: QtBot, explained: MainWindow) -> None:
    edited = explained.pair.edited
    for verb in (edited.empty, edited.invert, edited.undo, edited.invert, edited.invert):
        verb()
    explained.pair.edit(SPAN)
    settle(qtbot, explained)
    np.testing.assert_array_equal(gains(explained), SPAN(_empty(explained)).values)


def _empty(window: MainWindow) -> Mask:
    mask = window.pair.mask
    assert mask is not None
    return Mask(np.zeros_like(mask.values), mask.mel, mask.start)


def test_the_slider_is_one_step_back_to_what_was_drawn(qtbot: QtBot, explained: MainWindow) -> None:
    pair = explained.pair
    pair.edit(SPAN)
    settle(qtbot, explained)
    drawn = gains(explained).copy()
    for share in (30.0, 40.0, 50.0):
        pair.shape(pair.mask_parameters.model_copy(update={"share": share}))
        settle(qtbot, explained)
    assert not np.array_equal(gains(explained), drawn)
    do(qtbot, explained, "undo")
    np.testing.assert_array_equal(gains(explained), drawn)


def test_a_mask_goes_to_another_clip_and_to_a_file(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mask.npz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    assert not explained.explain.mask_bar.tools.verbs["paste"].isEnabled()
    explained.pair.edit(SPAN)
    settle(qtbot, explained)
    drawn = gains(explained).copy()
    do(qtbot, explained, "copy")
    do(qtbot, explained, "save")
    np.testing.assert_array_equal(load_mask(path).values, drawn)
    explained.session.select(1)
    settle(qtbot, explained)
    assert not explained.explain.mask_bar.tools.verbs["invert"].isEnabled()
    explained.explain.method.explain()
    settle(qtbot, explained)
    for verb in ("paste", "load"):
        do(qtbot, explained, "empty")
        do(qtbot, explained, verb)
        np.testing.assert_array_equal(gains(explained), drawn)
    mask = explained.pair.mask
    assert mask is not None
    assert mask.clip_name == explained.session.lineup.support[1].path.name
    assert explained.pair.edited.origin == MaskOrigin(explained.pair.mask_parameters, file=path)
    notice = explained.explain.mask_bar.notice
    path.write_bytes(b"not a mask")
    do(qtbot, explained, "load")
    assert "is not a mask" in notice.text
    other = MelSpec(rate=16000, n_fft=512, hop=160, n_mels=8, seconds=0.2)
    save_mask(Mask(np.ones(other.shape, np.float32), other, 0.0), path)
    do(qtbot, explained, "load")
    assert "8 bands" in notice.text
    assert "16000 Hz" in notice.text
    np.testing.assert_array_equal(gains(explained), drawn)


def test_a_mask_of_another_clip_is_told_as_long_as_it_is_the_one_on_screen(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, notice = tmp_path / "mask.npz", explained.explain.mask_bar.notice
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    do(qtbot, explained, "save")
    do(qtbot, explained, "load")
    assert notice.text == "", "it is of this clip"
    explained.session.select(1)
    explained.explain.method.explain()
    settle(qtbot, explained)
    do(qtbot, explained, "load")
    first, second = (clip.path.name for clip in explained.session.lineup.support[:2])
    assert notice.text.startswith(f"mask.npz was made for {first} (")
    assert f"; on {second} (" in notice.text
    assert " s) it covers 0.00 to " in notice.text
    told = notice.text
    do(qtbot, explained, "invert")
    assert notice.text == "", "it is no longer what the file holds"
    do(qtbot, explained, "undo")
    assert notice.text == told


def test_tools_are_for_the_clip_with_a_mask_and_have_keys(
    qtbot: QtBot, explained: MainWindow
) -> None:
    tools, view = explained.explain.mask_bar.tools, explained.explain.view
    support = view.views["support"]
    graph = support._graph
    support.setFocus()
    qtbot.keyClick(support, Qt.Key.Key_B)
    assert tools.tool == "brush"
    assert tools._size.isEnabled()
    assert graph.box.draws
    assert not view.views["query"]._graph.box.draws
    tools._size.setValue(20)
    assert graph.sketch.radius == 20
    qtbot.keyClick(support, Qt.Key.Key_R)
    assert tools.tool == graph.sketch.tool == "rectangle"
    assert not tools._size.isEnabled()
    qtbot.keyClick(support, Qt.Key.Key_V)
    assert not graph.box.draws
    explained.library.search.setFocus()
    qtbot.keyClicks(explained.library.search, "b1")
    assert tools.tool == ""
    assert explained.library.search.text() == "b1"
    explained.library.search.clear()


def test_other_sounds_are_made_when_chosen_and_follow_the_mask(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    pair, bar = explained.pair, explained.explain.listening
    explained.session.player.output.volume = 1.0
    pair.edited.empty()
    pair.edit(SPAN)
    settle(qtbot, explained)
    support = explained.explain.view.views["support"]
    support.setFocus()
    qtbot.keyClick(support, Qt.Key.Key_2)
    assert bar.transport.sound == "kept"
    bar.play_or_pause()
    settle(qtbot, explained)
    sink.record(200)
    qtbot.keyClick(support, Qt.Key.Key_5)
    settle(qtbot, explained)
    region = pair.sounds["region"]
    assert bar.transport.sound == "region"
    assert bar.transport._other.text() == "Only the region"
    assert region.seconds == pytest.approx(0.1, abs=0.03)
    assert explained.session.player.output.playing, "it goes on with the sound that was chosen"
    np.testing.assert_allclose(sink.record(500)[100:], region.samples[100:500], atol=1e-4)
    assert pair.second_in_clip("region", 0.02) == pytest.approx(0.07, abs=0.02)
    pair.edited.invert()
    settle(qtbot, explained)
    assert pair.sounds["region"].seconds > region.seconds
    qtbot.keyClick(support, Qt.Key.Key_6)
    settle(qtbot, explained)
    whole, both = pair.sounds["original"], pair.sounds["contrast-in-turn"]
    assert both.seconds == pytest.approx(2 * whole.seconds + 0.25, abs=1e-3)
    assert pair.second_in_clip("contrast-in-turn", 0.01) == pytest.approx(pair.offset + 0.01)
    assert pair.second_in_clip("contrast-in-turn", whole.seconds + 0.1) is None
    again = pair.second_in_clip("contrast-in-turn", whole.seconds + 0.26)
    assert again == pytest.approx(pair.offset + 0.01, abs=1e-3)
    qtbot.keyClick(support, Qt.Key.Key_8)
    settle(qtbot, explained)
    assert pair.sounds["log-mel-original-phase"].seconds == pytest.approx(whole.seconds)
    qtbot.keyClick(support, Qt.Key.Key_1)
    pair.edited.invert()
    settle(qtbot, explained)
    assert pair.rendered.other == ""
