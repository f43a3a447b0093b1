"""What Cancel ends can be had again, and what must come comes all the same."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.lineup.loaded_model import list_devices
from app.main_window import MainWindow
from siamese_core import devices
from tests.app.conftest import PATIENCE_MS, choose_method, draw_tones, hold, settle


def test_what_comes_first_can_be_cancelled_but_model_and_devices_come(
    qtbot: QtBot,
    bare_window: MainWindow,
    gate: threading.Event,
    tone_corpus: Path,
    tiny_checkpoint: Path,
) -> None:
    session = bare_window.session
    hold(bare_window, gate)
    session.open_corpus(tone_corpus)
    bare_window.explain.listening.transport.set_available(False, "Not looked for yet")
    bare_window.explain.listening.probe()
    session.warm_up(tiny_checkpoint)
    bare_window.strip.cancel_requested.emit()
    gate.set()
    settle(qtbot, bare_window)
    assert session.corpus is None
    assert session.model is not None
    assert session.devices
    assert bare_window.explain.listening.transport._available
    assert bare_window.models.devices.isEnabled()


def test_a_window_that_is_closed_while_it_starts_ends(
    qtbot: QtBot, bare_window: MainWindow, gate: threading.Event
) -> None:
    hold(bare_window, gate)
    bare_window.start()
    waiting = bare_window.session.background._queue
    qtbot.waitUntil(lambda: any(job.keep for job in waiting))
    threading.Timer(0.2, gate.set).start()
    bare_window.close()
    assert bare_window.session.model is None
    assert not bare_window.jobs._timer.isActive()


def test_the_next_start_is_kept_though_opening_was_cancelled(
    qtbot: QtBot,
    another_window: Callable[[str], MainWindow],
    gate: threading.Event,
    tone_corpus: Path,
    tiny_checkpoint: Path,
) -> None:
    before = another_window("one")
    draw_tones(qtbot, before, tone_corpus, tiny_checkpoint)
    before.close()
    window = another_window("one")
    hold(window, gate)
    window.start()
    qtbot.waitUntil(lambda: bool(window.session.lineup.clips), timeout=PATIENCE_MS)
    window.session.cancel()
    gate.set()
    qtbot.waitUntil(lambda: window.session.model is not None, timeout=PATIENCE_MS)
    settle(qtbot, window)
    assert window.session.corpus is None
    assert not window.session.is_read
    assert not window.sitting._is_opening


def test_the_device_that_was_cancelled_is_not_the_one_shown(
    qtbot: QtBot, window: MainWindow, gate: threading.Event
) -> None:
    window.session._list_devices(list_devices())
    box = window.models.devices
    hold(window, gate)
    cpu = box.findData("cpu")
    box.setCurrentIndex(cpu)
    box.activated.emit(cpu)
    window.session.cancel()
    gate.set()
    settle(qtbot, window)
    assert box.currentData() == window.settings.device == "auto"
    box.setCurrentIndex(cpu)
    box.activated.emit(cpu)
    settle(qtbot, window)
    assert box.currentData() == window.settings.device == "cpu"


def test_sounds_that_were_cancelled_are_made_when_they_are_played(
    qtbot: QtBot, window: MainWindow
) -> None:
    pair, explain = window.pair, window.explain
    transport = explain.listening.transport
    choose_method(window, "saliency")
    explain.method.explain()
    settle(qtbot, window)
    transport.choose("kept")
    before = pair.sounds["kept"]
    cancelled = pair.mask_changed.connect(lambda: QTimer.singleShot(0, window.session.cancel))
    pair.shape(pair.mask_parameters.model_copy(update={"share": 60.0}))
    settle(qtbot, window)
    pair.mask_changed.disconnect(cancelled)
    assert pair.sounds["kept"] is before
    assert not explain.sound_button.isEnabled()
    assert "not of the mask on screen" in explain.sound_button.toolTip()
    transport._play.click()
    settle(qtbot, window)
    assert pair.sounds["kept"] is not before
    assert explain.sound_button.isEnabled()
    assert explain.sound_button.toolTip() == "Write the chosen sound (Ctrl+E)"
    for name in ("removed", "log-mel"):
        assert pair.rendered.is_outdated(name)
        transport.choose(name)
        settle(qtbot, window)
        assert not pair.rendered.is_outdated(name)


def test_a_sound_that_is_being_made_is_not_made_twice(
    qtbot: QtBot, window: MainWindow, gate: threading.Event
) -> None:
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    hold(window, gate)
    rendered = window.pair.rendered
    assert window.pair.mask is not None
    rendered.render(window.pair.explanation, window.pair.mask.inverted())
    waiting = len(window.session.background._queue)
    rendered.want("kept")
    rendered.want("other-clip")
    assert len(window.session.background._queue) == waiting
    rendered.want("region")
    assert len(window.session.background._queue) == waiting + 1


def test_a_gpus_memory_is_left_to_others_once_nothing_is_computed(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    background, busy = window.session.background, list[bool]()
    monkeypatch.setattr(devices, "release", lambda: busy.append(background.busy))
    window.explain.method.explain()
    assert window.pair.explaining
    settle(qtbot, window)
    qtbot.waitUntil(lambda: bool(busy))
    assert not any(busy)
    assert window.pair.explanation is not None
