"""The method that a model's card names: taken with the model, unless somebody chose another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from siamese_core.attribution.methods import DEFAULT_METHOD
from siamese_core.card import Card
from siamese_core.checkpoint import save_checkpoint
from siamese_core.siamese import SiameseNet
from tests.app.conftest import choose_method, settle
from tests.conftest import TINY_RECIPE

Load = Callable[[str | None], str]
"""Loads a model whose card names a method, and returns the method that stands in the panel."""


@pytest.fixture
def load(qtbot: QtBot, window: MainWindow, tiny_net: SiameseNet, tmp_path: Path) -> Load:
    def loaded(method: str | None) -> str:
        path = tmp_path / f"{method}.safetensors"
        save_checkpoint(path, tiny_net, Card(TINY_RECIPE, explain_with=method))
        window.session.set_model(path)
        settle(qtbot, window)
        return str(window.explain.method.method.currentData())

    return loaded


def test_each_model_brings_its_method(window: MainWindow, load: Load) -> None:
    assert window.explain.method.method.currentData() == DEFAULT_METHOD
    assert load("smooth-grad") == "smooth-grad"
    assert window.explain.method.request().method == "smooth-grad"
    assert load("saliency") == "saliency"
    assert load(None) == DEFAULT_METHOD


def test_what_was_chosen_by_hand_stays(qtbot: QtBot, window: MainWindow, load: Load) -> None:
    box = window.explain.method.method
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    chosen = box.currentData()
    assert chosen != DEFAULT_METHOD
    assert load("smooth-grad") == chosen
    assert load(None) == chosen


def test_even_the_default_stays_if_it_was_chosen(
    qtbot: QtBot, window: MainWindow, load: Load
) -> None:
    box = window.explain.method.method
    box.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(box, key)
    assert box.currentData() == DEFAULT_METHOD
    assert load("smooth-grad") == DEFAULT_METHOD


def test_only_a_choice_is_remembered(qtbot: QtBot, window: MainWindow, load: Load) -> None:
    load("saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.settings.method == ""
    box = window.explain.method.method
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.settings.method == box.currentData() != "saliency"


def test_a_recalled_method_stays_until_it_is_a_models_own(window: MainWindow, load: Load) -> None:
    choose_method(window, "saliency")  # as recalling does
    assert load("smooth-grad") == "saliency"
    assert load("saliency") == "saliency"
    assert load("smooth-grad") == "smooth-grad"
