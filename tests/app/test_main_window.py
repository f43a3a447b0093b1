"""The window as a whole: models, devices, themes, menus, coming and going."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.settings import Settings
from app.sound.audio_output import AudioOutput
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.demo import bundled_model
from siamese_core.recipes import Recipe
from tests.app.conftest import RecordingSink, choose_method, drop, settle, tab_stops


@pytest.fixture
def other_checkpoint(tmp_path: Path, tiny_recipe: Recipe) -> Path:
    torch.manual_seed(7)
    path = tmp_path / "other.safetensors"
    heard = tuple(f"tone{number}" for number in range(30))
    card = Card(tiny_recipe, heard, {"validation accuracy": 0.875}, step=40)
    save_checkpoint(path, build(tiny_recipe), card)
    return path


def similarities(window: MainWindow) -> list[float]:
    heard = window.session.heard
    assert heard is not None
    assert heard.scored is not None
    return [score.similarity for score in heard.scored.scores]


def test_another_model_scores_again_and_shows_its_card(
    qtbot: QtBot, window: MainWindow, other_checkpoint: Path
) -> None:
    before = similarities(window)
    assert drop(window, [other_checkpoint])
    settle(qtbot, window)
    assert not np.allclose(before, similarities(window))
    assert window.models.models.currentText() == "other"
    window.models.show_card()
    words = window.models.card.words()
    for fact in ("tiny", "0.5 s at 8,000 Hz", "30: tone0, tone1", "87.5%", "40 steps", "cpu"):
        assert fact in words
    window.models.card.hide()
    assert "The model heard these classes" in window.lineup.notice.text
    assert window.settings.recent_models[0] == str(other_checkpoint)


def test_a_model_is_picked_from_the_recent_ones(
    qtbot: QtBot, window: MainWindow, other_checkpoint: Path, tiny_checkpoint: Path
) -> None:
    window.session.set_model(other_checkpoint)
    settle(qtbot, window)
    box = window.models.models
    index = box.findText(tiny_checkpoint.stem)
    box.activated.emit(index)
    settle(qtbot, window)
    assert window.session.model is not None
    assert window.session.model.path == tiny_checkpoint
    assert box.currentText() == tiny_checkpoint.stem


def test_every_bundled_model_that_listens_is_offered(window: MainWindow) -> None:
    box = window.models.models
    titles = [box.itemText(place) for place in range(box.count())]
    assert titles[:2] == ["Voice: who speaks", "Environment: which sound"]
    assert not any("Omniglot" in title for title in titles)
    assert all(bundled_model(name).is_file() for name in ("voice", "environment"))


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_foreign_model_is_named_and_the_old_one_stays(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
) -> None:
    model, scores = window.session.model, similarities(window)
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(content)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(foreign), ""))
    window.open_model()
    settle(qtbot, window)
    assert "foreign.safetensors" in window.model_notice.text
    assert window.session.model is model
    assert similarities(window) == scores


def test_a_device_that_is_not_there_is_named(qtbot: QtBot, window: MainWindow) -> None:
    model = window.session.model
    window.session.set_device("cuda:77")
    settle(qtbot, window)
    assert "no device 'cuda:77'" in window.model_notice.text
    assert window.session.model is model
    assert window.settings.device == "auto"
    window.session.set_device("cpu")
    settle(qtbot, window)
    assert window.session.model is not model
    assert window.session.heard is not None
    assert window.settings.device == "cpu"


def test_a_remembered_device_that_is_gone_keeps_nobody_waiting(
    qtbot: QtBot, bare_window: MainWindow, tiny_checkpoint: Path
) -> None:
    bare_window.settings.device = "cuda:77"
    bare_window.session.set_model(tiny_checkpoint)
    settle(qtbot, bare_window)
    assert bare_window.session.model is not None
    assert bare_window.settings.device == "auto"


def test_the_bundled_line_up_is_scored_once_the_core_is_warm(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    if not bundled_model().is_file():
        pytest.skip("the bundled model is not in this tree")
    bare_window.start()
    assert len(bare_window.lineup.cards) == 4
    assert bare_window.session.heard is None
    qtbot.waitUntil(lambda: bare_window.session.heard is not None, timeout=60_000)
    assert sorted(score.rank for score in _scores(bare_window)) == [1, 2, 3, 4]
    assert bare_window.session.lineup.truth == "allison-smith"
    settle(qtbot, bare_window)
    assert bare_window.session.devices[0].name == "cpu"


def _scores(window: MainWindow) -> tuple[object, ...]:
    heard = window.session.heard
    return heard.scored.scores if heard and heard.scored else ()  # type: ignore[return-value]


def test_nothing_but_the_window_comes_on_screen(qtbot: QtBot, window: MainWindow) -> None:
    class Shown(QObject):
        strays: list[QObject] = []  # noqa: RUF012

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
                self.strays += [watched] if watched.isWindow() else []
            return False

    watch = Shown()
    application = QApplication.instance()
    assert application is not None
    application.installEventFilter(watch)
    window.session.draw(5, 2, seed=3)
    settle(qtbot, window)
    window.explain.method.method.setCurrentIndex(3)
    window.explain.method.explain()
    settle(qtbot, window)
    application.removeEventFilter(watch)
    assert watch.strays == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_theme_is_worn_and_remembered(window: MainWindow, mode: str) -> None:
    next(a for a in window.menus.themes.actions() if a.data() == mode).trigger()
    assert theme.colours() == (theme.DARK if mode == "dark" else theme.LIGHT)
    assert window.settings.theme == mode


def test_every_shortcut_is_used_once_and_shown(qtbot: QtBot, window: MainWindow) -> None:
    keys = [a.shortcut().toString() for a in window.menus.entries() if a.shortcut().toString()]
    assert len(keys) == len(set(keys))
    help_menu = [a for a in window.menus.entries() if a.text() == "&Shortcuts"]
    help_menu[0].trigger()
    dialog = window.findChild(QDialog)
    assert dialog is not None
    words = {key for label in dialog.findChildren(QLabel) for key in label.text().split(", ")}
    assert set(keys) <= words
    dialog.close()


def test_about_names_versions_and_licences(window: MainWindow) -> None:
    next(a for a in window.menus.entries() if a.text().startswith("&About")).trigger()
    dialog = window.findChild(QDialog)
    assert dialog is not None
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for part in ("Earwitness", "MIT", "PySide6", "LGPL", "torch", "Allison Smith"):
        assert part in words
    dialog.close()


def test_everything_that_takes_a_key_press_has_a_name(window: MainWindow) -> None:
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
    ]
    assert [w for w in nameless if type(w).__module__.startswith("app.")] == []


def test_a_screen_reader_has_a_name_for_every_stop_of_the_tab_key(
    window: MainWindow,
) -> None:
    """Qt's own widgets count too; one that hands its focus on is named where that goes."""
    window.history_dock.show()
    explain = window.explain
    index = window.library.tree.model().index(0, 0)
    window.library.tree.setCurrentIndex(index)
    for method in ("occlusion", "sinex", "kernel-shap", "grad-cam"):
        choose_method(window, method)
        for tab in range(explain.tabs.count()):
            explain.tabs.setCurrentIndex(tab)
            nameless = [
                (type(stop).__name__, type(stop.parent()).__name__)
                for stop in tab_stops(window.library.tree)
                if stop.isVisible()
                and stop.focusPolicy() & Qt.FocusPolicy.TabFocus
                and stop.focusProxy() is None
                and not read_aloud(stop)
            ]
            assert nameless == []


def read_aloud(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface else ""


def test_closing_joins_the_worker_and_remembers_the_window(
    qtbot: QtBot, tmp_path: Path, sink: RecordingSink, tone_corpus: Path
) -> None:
    before = set(threading.enumerate())
    store = QSettings(str(tmp_path / "own.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Settings(store), AudioOutput(sinks=[lambda: sink]))
    qtbot.addWidget(window)
    window.show()
    window.dock.hide()
    window.session.open_corpus(tone_corpus)
    window.close()
    assert set(threading.enumerate()) == before
    again = MainWindow(Settings(store), AudioOutput(sinks=[lambda: sink]))
    qtbot.addWidget(again)
    again.show()
    assert not again.dock.isVisible()
    again.close()


def test_qt_takes_as_many_references_to_none_as_it_gives_back(window: MainWindow) -> None:
    """With PySide6 6.12, Python 3.11 loses one a call and aborts when none is left."""
    before = sys.getrefcount(None)
    for _ in range(1000):
        window.update()
    assert abs(sys.getrefcount(None) - before) < 100


def test_an_unexpected_fault_is_told_and_handed_on(qtbot: QtBot, window: MainWindow) -> None:
    def fail(_event: object, _stop: object) -> None:
        raise ZeroDivisionError("division by zero")

    with qtbot.waitSignal(window.session.unexpected) as raised:
        window.session.run(fail, lambda _none: None, "explain")
    assert isinstance(raised.args[0], ZeroDivisionError)
    assert "Something unexpected happened" in window.explain.method.notice.text


def test_the_sound_output_is_chosen_and_remembered(window: MainWindow) -> None:
    window.menus.outputs.fill()
    assert [a.text() for a in window.menus.outputs.actions()] == [
        "The system's default",
        "recorder",
    ]
    window.menus.outputs.actions()[1].trigger()
    assert window.settings.output_device == window.session.player.output.device == "recorder"
    window.menus.outputs.fill()
    assert [a.isChecked() for a in window.menus.outputs.actions()] == [False, True]


def test_how_pictures_are_read_is_said_only_where_there_are_some(window: MainWindow) -> None:
    readout, height = window.explain.view.readout, window.statusBar().height()
    assert readout.isVisible()
    for page in (window.train, window.evaluate):
        window.pages.setCurrentWidget(page)
        assert not readout.isVisible()
        assert window.statusBar().height() == height, "nothing jumps"
    window.pages.setCurrentWidget(window.splitter)
    assert readout.isVisible()


def test_the_window_is_gone_before_its_workers_are_waited_for(
    bare_window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    for part, name in (
        (bare_window.train, "close_down"),
        (bare_window.evaluations, "close"),
        (bare_window.jobs, "let_go"),
    ):
        close = getattr(part, name)

        def look(*details: object, close: Callable[..., None] = close) -> None:
            seen.append(bare_window.isVisible())
            close(*details)

        monkeypatch.setattr(part, name, look)
    bare_window.close()
    assert seen == [False] * 3


def test_a_long_title_leaves_room_for_cancel(qtbot: QtBot, window: MainWindow) -> None:
    strip, title = window.strip, f"Opening {'a long name ' * 20}.earwitness…"
    strip.set_progress(title)
    assert strip._label.text().startswith("Opening a long")
    assert strip._label.text().endswith(".earwitness…")
    # all of what is left is seen
    qtbot.waitUntil(lambda: strip._label.width() >= strip._label.sizeHint().width())
    assert strip.rect().contains(strip._cancel.geometry())
    assert strip._cancel.width() >= strip._cancel.sizeHint().width()
    assert strip._label.toolTip() == title
    strip.finish()


def test_untitled_work_does_not_bear_the_title_of_the_work_before(
    qtbot: QtBot, window: MainWindow
) -> None:
    gates = threading.Event(), threading.Event()
    for gate, title in zip(gates, ("Explaining", ""), strict=True):
        window.session.run(
            lambda _e, _s, gate=gate: gate.wait(10), lambda _held: None, "explain", title=title
        )
    qtbot.waitUntil(window.strip.isVisible)
    assert window.strip._label.text() == "Explaining…"
    gates[0].set()
    qtbot.waitUntil(lambda: window.strip._label.text() == "")
    assert window.strip.isVisible()
    gates[1].set()
    settle(qtbot, window)
