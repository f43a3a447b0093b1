"""The model and the device that were chosen last are what listens."""

import shutil
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import app.lineup.model_choice
from app.lineup.loaded_model import LoadedModel
from app.main_window import MainWindow
from siamese_core.errors import ParameterError
from tests.app.conftest import PATIENCE_MS, settle


@pytest.fixture
def other(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(tiny_checkpoint, tmp_path / "other.safetensors"))


def test_a_model_that_fails_does_not_replace_the_one_chosen_meanwhile(
    qtbot: QtBot,
    bare_window: MainWindow,
    tiny_checkpoint: Path,
    other: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, begun, gate = bare_window.session, threading.Event(), threading.Event()
    load = app.lineup.model_choice.load_model

    def slow(path: Path, device: str) -> LoadedModel:
        if device == "cuda:77":
            begun.set()
            gate.wait(10)
            raise ParameterError("There is no device 'cuda:77'.")
        return load(path, device)

    monkeypatch.setattr(app.lineup.model_choice, "load_model", slow)
    bare_window.settings.device = "cuda:77"
    session.set_model(tiny_checkpoint)
    qtbot.waitUntil(begun.is_set, timeout=PATIENCE_MS)
    session.set_model(other, "auto")
    gate.set()
    settle(qtbot, bare_window)
    assert session.model is not None
    assert session.model.path == other
    assert bare_window.settings.device == "auto"


def test_a_device_is_for_the_model_that_is_asked_for(
    qtbot: QtBot, window: MainWindow, other: Path
) -> None:
    window.session.set_model(other)
    window.session.set_device("cpu")
    settle(qtbot, window)
    assert window.session.model is not None
    assert window.session.model.path == other
    assert window.settings.device == "cpu"


def test_a_model_is_for_the_device_that_is_asked_for(
    qtbot: QtBot, window: MainWindow, other: Path
) -> None:
    window.session.set_device("cpu")
    window.session.set_model(other)
    settle(qtbot, window)
    assert window.session.model is not None
    assert window.session.model.path == other
    assert window.settings.device == "cpu"


def test_what_was_cancelled_is_no_longer_asked_for(
    qtbot: QtBot, window: MainWindow, tiny_checkpoint: Path, other: Path
) -> None:
    window.session.set_model(other)
    window.session.cancel()
    settle(qtbot, window)
    window.session.set_device("cpu")
    settle(qtbot, window)
    assert window.session.model is not None
    assert window.session.model.path == tiny_checkpoint
