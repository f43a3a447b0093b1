"""The two pictures of the pair: what is selected is heard, and what was in view stays."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from siamese_core.audio import Clip, write
from siamese_core.corpora.labelled_file import ClipFile
from tests.app.conftest import RecordingSink, hold, settle, tab_stops


def test_a_span_on_the_query_is_looped_in_the_query(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    window, session, bar = explained, explained.session, explained.explain.listening
    views = window.explain.view.views
    bar.transport._loop.setChecked(True)
    views["support"]._drag_span(0.1, 0.2)
    assert bar._loop_span == pytest.approx((0.1, 0.2))
    views["query"]._drag_span(0.15, 0.25)
    assert views["support"]._graph.selected is None, "one span at a time, and none without effect"
    assert bar.side == "query"
    bar.play_or_pause()
    settle(qtbot, window)
    assert session.lineup.query is not None
    query = session.clips[session.lineup.query]
    first = round(0.15 * query.rate)
    heard = sink.record(600)
    np.testing.assert_allclose(heard[200:], query.samples[first + 200 : first + 600], atol=1e-4)
    sink.record(5000)
    assert 0.13 <= session.player.output.position <= 0.27
    bar.transport._buttons["kept"].click()
    assert bar.side == "support"
    assert views["query"]._graph.selected is None
    assert bar._loop_span is None


def test_a_click_on_a_picture_goes_there_in_its_own_clip(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    window, bar = explained, explained.explain.listening
    window.explain.view.views["query"].time_clicked.emit(0.2)
    settle(qtbot, window)
    assert bar.side == "query"
    bar.play_or_pause()
    settle(qtbot, window)
    with qtbot.waitSignal(bar.playhead_moved) as moved:
        sink.record(400)
    assert moved.args is not None
    assert moved.args[0] == "query"
    assert moved.args[1] == pytest.approx(0.2, abs=0.1)
    window.explain.view.views["support"].time_clicked.emit(0.1)
    assert bar.side == "support"
    assert bar.transport.sound == "original"


def test_both_originals_say_whose_they_are(qtbot: QtBot, explained: MainWindow) -> None:
    window, buttons = explained, explained.explain.listening.transport._buttons
    assert [b.text() for b in list(buttons.values())[:2]] == ["Support", "Query"]
    box = window.explain.method.side
    box.setCurrentIndex(box.findData("query"))
    window.explain.method.explain()
    settle(qtbot, window)
    assert [b.text() for b in list(buttons.values())[:2]] == ["Query", "Support"]
    assert "query as it is (1)" in buttons["original"].toolTip()
    list(buttons.values())[1].click()
    assert not window.explain.sound_button.isEnabled()
    assert "not explained" in window.explain.sound_button.toolTip()
    buttons["kept"].click()
    assert window.explain.sound_button.isEnabled()


def test_what_is_in_view_stays_while_supports_are_compared(
    qtbot: QtBot, explained: MainWindow
) -> None:
    window, views = explained, explained.explain.view.views
    place = ((0.1, 0.25), (2.0, 9.0))
    for view in views.values():
        view.look_at(place)
    for chosen in (1, 2, 0):
        window.session.select(chosen)
        for view in views.values():
            np.testing.assert_allclose(view._graph.box.viewRange(), place, atol=1e-6)
    support = views["support"]
    qtbot.mouseDClick(support._graph.viewport(), Qt.MouseButton.LeftButton)
    assert support.zoom == (None, None)
    window.session.select(1)
    assert support.zoom == (None, None)
    support.look_at(place)
    window.session.draw(3, 1, seed=9)
    settle(qtbot, window)
    assert support.zoom == (None, None), "another query is looked at from the beginning"


def test_the_colours_of_a_map_are_told_beside_it(qtbot: QtBot, explained: MainWindow) -> None:
    window, views = explained, explained.explain.view.views
    heights = [view._graph.height() for view in views.values()]
    assert abs(heights[0] + views["support"].time_height - heights[1]) <= 2
    assert views["support"].legend.isVisible()
    assert not views["query"].legend.isVisible()
    assert views["support"].legend.words == ("lowers", "raises the similarity")
    assert "Orange: raises the similarity" in views["support"].legend.toolTip()
    panel, session = window.explain.method, window.session
    own = session.pair[1].label if session.pair else ""
    rival = next(clip.label for clip in session.lineup.support if clip.label != own)
    panel.side.setCurrentIndex(panel.side.findData("query"))
    panel.against.setCurrentIndex(panel.against.findData(rival))
    panel.explain()
    settle(qtbot, window)
    assert views["query"].legend.words == (f"for {rival}", f"for {own}")
    assert not views["support"].legend.isVisible()
    least = views["query"].minimumSizeHint().width()
    views["query"].legend.set_words("for " + "long " * 50, "for b")
    assert views["query"].minimumSizeHint().width() <= least + 200
    assert "long " * 50 in views["query"].legend.toolTip()


def test_the_tab_key_goes_from_tools_to_pictures_to_sounds_to_the_panel(
    explained: MainWindow,
) -> None:
    explain = explained.explain
    transport = explain.listening.transport
    wanted = [
        explain.mask_bar.tools._more,
        explain.view.views["query"],
        explain.view.views["support"],
        transport._buttons["original"],
        transport._other,
        transport._play,
        explain.method.method,
        explain.method.button,
        explain.opacity,
    ]
    assert [stop for stop in tab_stops(explain.mask_bar.tools._more) if stop in wanted] == wanted


def test_a_mask_is_outlined_though_nothing_is_dimmed(explained: MainWindow) -> None:
    graph = explained.explain.view.views["support"]._graph
    assert graph.dimming.isVisible()
    for wanted in (False, True):
        explained.explain.dim.setChecked(wanted)
        assert graph.dimming.isVisible() == wanted
        assert graph.outline.isVisible(), "the mask is still to be seen"
        assert not graph.outline.path().isEmpty()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_picture_that_has_the_keyboard_is_framed(
    qtbot: QtBot, explained: MainWindow, qapp: QApplication, mode: str
) -> None:
    theme.apply(qapp, mode)
    views = explained.explain.view.views
    for side, view in views.items():
        view.setFocus(Qt.FocusReason.TabFocusReason)
        for other, picture in views.items():
            image = picture.grab().toImage()
            edge = {image.pixelColor(0, y).name() for y in range(10, image.height() - 10)}
            assert (theme.colours().accent in edge) == (other == side)
    theme.apply(qapp, "system")


def test_sounds_are_chosen_by_arrows(qtbot: QtBot, explained: MainWindow) -> None:
    transport = explained.explain.listening.transport
    transport._buttons["original"].setFocus(Qt.FocusReason.TabFocusReason)
    for name in ("other-clip", "kept"):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
        assert transport.sound == name
        assert transport._buttons[name].hasFocus()
    stops = [b for b in transport._buttons.values() if b.focusPolicy() != Qt.FocusPolicy.NoFocus]
    assert stops == [transport._buttons["kept"]]
    assert transport._other.focusPolicy() == Qt.FocusPolicy.TabFocus
    qtbot.keyClick(transport._buttons["kept"], Qt.Key.Key_Left)
    qtbot.keyClick(transport._buttons["other-clip"], Qt.Key.Key_Left)
    qtbot.keyClick(transport._buttons["original"], Qt.Key.Key_Left)
    assert transport.sound == "log-mel"


def test_a_strip_goes_with_its_clip_while_another_one_is_waited_for(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, gate: threading.Event
) -> None:
    session, strip = window.session, window.explain.view.pictures["query"].strip
    path = tmp_path / "tone0" / "long.wav"
    write(Clip(np.full(8000 * 20, 0.01, np.float32), 8000), path)
    session.put(0, ClipFile(path, "tone0", "long"))
    settle(qtbot, window)
    assert strip.isVisible()
    long, short = session.lineup, session.lineup.put(0, session.lineup.support[1])
    hold(window, gate)
    session.score_again()
    assert strip.isVisible(), "it is of the clip that is scored"
    session._commit(short, {})
    assert not strip.isVisible()
    session._commit(long, {})
    assert not strip.isVisible()
