"""Keys on a picture: which seconds and rows they show, and which span they select."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.steering import selected, steered
from tests.app.conftest import RecordingSink, settle

KEY = Qt.Key
SEEN = ((1.0, 2.0), (10.0, 20.0))
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.mark.parametrize(
    ("key", "control", "time", "rows"),
    [
        (KEY.Key_Left, False, (0.9, 1.9), SEEN[1]),
        (KEY.Key_Right, False, (1.1, 2.1), SEEN[1]),
        (KEY.Key_Up, False, SEEN[0], (11.0, 21.0)),
        (KEY.Key_Down, False, SEEN[0], (9.0, 19.0)),
        (KEY.Key_Plus, False, (1.1, 1.9), SEEN[1]),
        (KEY.Key_Minus, False, (0.875, 2.125), SEEN[1]),
        (KEY.Key_Equal, True, SEEN[0], (11.0, 19.0)),
        (KEY.Key_Minus, True, SEEN[0], (8.75, 21.25)),
    ],
)
def test_arrows_pan_and_signs_zoom(
    key: Qt.Key, control: bool, time: tuple[float, float], rows: tuple[float, float]
) -> None:
    after = steered(SEEN, key, control)
    assert after is not None
    assert after[0] == pytest.approx(time)
    assert after[1] == pytest.approx(rows)


def test_other_keys_are_left_to_others() -> None:
    assert steered(SEEN, KEY.Key_B, False) is None
    assert steered(SEEN, KEY.Key_Left, True) is None
    assert selected(None, SEEN[0], None, KEY.Key_Left, False) is None


@pytest.mark.parametrize(
    ("span", "playhead", "key", "shift", "after"),
    [
        (None, 1.3, KEY.Key_BracketLeft, False, (1.3, 2.0)),
        ((1.3, 2.0), 1.6, KEY.Key_BracketRight, False, (1.3, 1.6)),
        ((1.3, 1.6), 1.7, KEY.Key_BracketLeft, False, (1.7, 2.0)),
        ((1.3, 1.6), 1.2, KEY.Key_BracketRight, False, (1.0, 1.2)),
        (None, None, KEY.Key_BracketRight, False, (1.0, 2.0)),
        (None, 1.3, KEY.Key_Right, True, (1.3, 1.35)),
        ((1.3, 1.6), None, KEY.Key_Right, True, (1.3, 1.65)),
        ((1.3, 1.6), None, KEY.Key_Left, True, (1.3, 1.55)),
        ((1.3, 1.35), None, KEY.Key_Left, True, (1.3, 1.35)),
    ],
)
def test_brackets_and_shift_select(
    span: tuple[float, float] | None,
    playhead: float | None,
    key: Qt.Key,
    shift: bool,
    after: tuple[float, float],
) -> None:
    assert selected(span, SEEN[0], playhead, key, shift) == pytest.approx(after)


def test_a_span_is_selected_looped_and_forgotten_by_keys_alone(
    qtbot: QtBot, window: MainWindow, sink: RecordingSink
) -> None:
    bar, view = window.explain.listening, window.explain.view.views["support"]
    window.lineup.cards[0].setFocus()
    qtbot.keyClick(window.lineup.cards[0], KEY.Key_Return)  # looks closer
    plot = view._graph
    qtbot.waitUntil(view.hasFocus)
    assert view.accessibleName().startswith("Spectrogram: Support")
    rows = plot.box.viewRange()[1]
    qtbot.keyClick(view, KEY.Key_Plus)
    qtbot.keyClick(view, KEY.Key_Plus, CTRL)
    (first, last), (low, high) = plot.box.viewRange()
    assert high - low < rows[1] - rows[0]
    qtbot.keyClick(view, KEY.Key_BracketLeft)
    whole = (first, min(last, view._extent().right()))  # the query is longer
    assert plot.selected == pytest.approx(whole)
    for _ in range(4):
        qtbot.keyClick(view, KEY.Key_Left, SHIFT)
    assert plot.selected is not None
    start, end = plot.selected
    assert (start, end) == pytest.approx((first, whole[1] - 0.2 * (last - first)))
    qtbot.keyClick(view, KEY.Key_O)
    assert window.session.player.loop
    assert bar.transport._loop.isChecked()
    bar.play_or_pause()
    settle(qtbot, window)
    sink.record(7000)
    offset = window.pair.offset_of("support")
    assert start - 0.02 <= window.session.player.output.position + offset <= end + 0.02
    qtbot.keyClick(view, KEY.Key_Backspace)
    assert plot.selected is None
    assert bar._loop_span is None
