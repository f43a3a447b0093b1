"""Listening: pause and go on, levels that match, and from one sound to another without a click."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from tests.app.conftest import RecordingSink, settle

Samples = NDArray[np.float32]
LEFT, SPACE = Qt.MouseButton.LeftButton, Qt.Key.Key_Space
FADE, HEARD = 40, 1000
"""Samples of a turn at 8 kHz, and those that are heard before a pause."""


@pytest.fixture(autouse=True)
def _as_the_program_looks(qapp: QApplication) -> None:
    theme.apply(qapp, "light")


def loudness(samples: Samples) -> float:
    """Return the root mean square in dB."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def chosen(qtbot: QtBot, window: MainWindow, name: str) -> None:
    window.explain.listening.transport.choose(name)
    settle(qtbot, window)


def pressed(qtbot: QtBot, window: MainWindow, button: str) -> None:
    qtbot.mouseClick(getattr(window.explain.listening.transport, button), LEFT)
    settle(qtbot, window)


def paused(qtbot: QtBot, window: MainWindow, sink: RecordingSink) -> Samples:
    """Play a while, and pause; return what was not heard yet."""
    pressed(qtbot, window, "_play")
    sink.record(HEARD)
    pressed(qtbot, window, "_play")
    sink.record(200)
    return window.pair.sounds["original"].samples[HEARD:]


def test_what_is_paused_stands_still_and_goes_on_from_there(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    bar, output = explained.explain.listening, explained.session.player.output
    rest = paused(qtbot, explained, sink)
    assert not output.playing
    sink.record(2000)
    assert bar.transport.position == output.position == pytest.approx(HEARD / 8000)
    with qtbot.waitSignal(bar.playhead_moved) as moved:
        pressed(qtbot, explained, "_play")
    assert moved.args is not None
    assert moved.args[1] == pytest.approx(explained.pair.offset + HEARD / 8000)
    np.testing.assert_allclose(sink.record(500)[FADE:], rest[FADE:500], atol=1e-4)


def test_a_click_into_the_picture_moves_what_is_paused(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    paused(qtbot, explained, sink)
    explained.explain.view.views["support"].time_clicked.emit(explained.pair.offset + 0.05)
    settle(qtbot, explained)
    output = explained.session.player.output
    assert not output.playing
    assert output.position == pytest.approx(0.05)
    sink.record(100)
    pressed(qtbot, explained, "_play")
    original = explained.pair.sounds["original"].samples
    np.testing.assert_allclose(sink.record(500)[FADE:], original[400 + FADE : 900], atol=1e-4)


def test_stop_goes_back_to_the_beginning_or_to_that_of_the_span(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    bar, output = explained.explain.listening, explained.session.player.output
    pressed(qtbot, explained, "_play")
    sink.record(1000)
    pressed(qtbot, explained, "_stop")
    assert (output.playing, output.position, bar.transport.position) == (False, 0.0, 0.0)
    assert not bar.transport._stop.isEnabled()
    bar.transport._loop.setChecked(True)
    explained.explain.view.views["support"]._drag_span(0.1, 0.2)
    pressed(qtbot, explained, "_play")
    sink.record(300)
    pressed(qtbot, explained, "_stop")
    assert not output.playing
    assert output.position == pytest.approx(0.1)


def test_a_card_that_is_heard_meanwhile_does_not_take_the_place_away(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    bar, player = explained.explain.listening, explained.session.player
    rest = paused(qtbot, explained, sink)
    explained.lineup.query.play_requested.emit(0)
    settle(qtbot, explained)
    sink.record(20_000)
    qtbot.waitUntil(lambda: not player.output.playing)
    assert bar.transport.position == pytest.approx(HEARD / 8000)
    pressed(qtbot, explained, "_play")
    np.testing.assert_allclose(sink.record(500)[FADE:], rest[FADE:500], atol=1e-4)


def test_space_plays_and_pauses_on_a_picture_alone(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    output, view = explained.session.player.output, explained.explain.view.views["support"]
    view.setFocus()
    qtbot.keyClick(view, SPACE)
    settle(qtbot, explained)
    assert output.playing
    sink.record(500)
    qtbot.keyClick(view, SPACE)
    assert not output.playing
    box = explained.explain.listening.transport._match
    box.setFocus()
    qtbot.keyClick(box, SPACE)
    assert box.isChecked()
    assert not output.playing


@pytest.mark.parametrize("matched", [False, True])
def test_another_sound_goes_on_at_the_same_place_without_a_click(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink, matched: bool
) -> None:
    bar = explained.explain.listening
    if matched:
        bar.transport._match.click()
    chosen(qtbot, explained, "kept")
    kept = bar._sound
    chosen(qtbot, explained, "removed")
    removed = bar._sound
    assert kept is not None
    assert removed is not None
    apart = kept.samples - removed.samples
    turn = 200 + int(np.abs(apart[200:-400]).argmax())  # where a bare switch would click most
    chosen(qtbot, explained, "kept")
    pressed(qtbot, explained, "_play")
    before = sink.record(turn)
    chosen(qtbot, explained, "removed")
    after = sink.record(300)
    np.testing.assert_allclose(after[FADE:], removed.samples[turn + FADE : turn + 300], atol=1e-4)
    steps = np.abs(np.diff(np.concatenate([before[-1:], after[: FADE + 1]])))
    around = slice(turn - 1, turn + FADE + 1)
    own = max(np.abs(np.diff(sound.samples[around])).max() for sound in (kept, removed))
    fading = np.abs(apart[around]).max() / FADE
    assert steps.max() <= own + fading + 1e-4
    assert np.abs(apart[turn]) > 3 * fading, "else a bare switch would pass too"


def test_matched_levels_are_heard_and_said_and_nothing_is_written_so(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink, tmp_path: Path
) -> None:
    bar, pair = explained.explain.listening, explained.pair
    chosen(qtbot, explained, "kept")
    assert not bar.transport._match.isChecked(), "what is heard first is what is written"
    assert bar.transport._gain.isHidden()
    pressed(qtbot, explained, "_play")
    sink.record(1000)
    kept = pair.sounds["kept"]
    view = explained.explain.view.views["support"]
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Q)
    settle(qtbot, explained)
    assert bar.transport._match.isChecked()
    assert explained.session.player.output.playing, "it goes on where it is"
    matched = bar._sound
    assert matched is not None
    heard = sink.record(1000)[FADE:]
    np.testing.assert_allclose(heard, matched.samples[1000 + FADE : 2000], atol=1e-4)
    gain = loudness(matched.samples) - loudness(kept.samples)
    assert bar.transport._gain.isVisible()
    assert bar.transport._gain.text() == f"{gain:+.1f} dB"
    chosen(qtbot, explained, "original")
    original = bar._sound
    assert original is not None
    assert loudness(original.samples) == pytest.approx(loudness(matched.samples), abs=0.05)
    assert loudness(pair.sounds["original"].samples) > loudness(kept.samples) + 1
    explained.exports.sound("kept", tmp_path / "kept.wav")
    settle(qtbot, explained)
    written, _ = soundfile.read(tmp_path / "kept.wav", dtype="float32")
    np.testing.assert_array_equal(written, kept.samples)
    assert explained.settings.match_levels


def test_the_key_of_matched_levels_is_in_the_menu_and_in_its_tip(window: MainWindow) -> None:
    entries = window.explain.menus[1].actions()
    entry = next(action for action in entries if action.text() == "&Match levels")
    assert f"({entry.shortcut().toString()})" in window.explain.listening.transport._match.toolTip()


def test_why_nothing_is_heard_can_be_read_whole_on_a_small_screen(
    qtbot: QtBot, window: MainWindow
) -> None:
    transport = window.explain.listening.transport
    reason = (
        "No sound: PortAudio finds no device and Qt Multimedia finds no device; sounds can still "
        "be exported."
    )
    before = transport.height()
    transport.set_available(False, reason)
    label = transport._reason
    qtbot.waitUntil(label.isVisible)
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert label.width() >= label.fontMetrics().horizontalAdvance(reason), "in one line"
    qtbot.waitUntil(lambda: transport.height() <= before)  # the pictures keep their height
