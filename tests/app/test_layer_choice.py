"""The layer that a method looks at is chosen among those that the network has."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.param_editors import OfferBox
from siamese_core.attribution.parameters import GradCamParameters
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from tests.app.conftest import choose_method, settle
from tests.conftest import TINY_RECIPE


@pytest.fixture
def box(window: MainWindow) -> OfferBox:
    """The choice of a layer."""
    choose_method(window, "grad-cam")
    form = window.explain.method.form
    form.draw()
    box = form._editors["layer"].widget
    assert isinstance(box, OfferBox)
    return box


def items(box: OfferBox) -> list[str]:
    return [box.itemText(place) for place in range(box.count())]


def type_in(qtbot: QtBot, box: OfferBox, words: str) -> None:
    line = box.lineEdit()
    assert line is not None
    line.selectAll()
    qtbot.keyClicks(line, words)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def layer(window: MainWindow) -> str | None:
    parameters = window.explain.method.request().parameters
    assert isinstance(parameters, GradCamParameters)
    return parameters.layer


def test_the_networks_layers_are_listed_and_one_is_looked_at(
    qtbot: QtBot, window: MainWindow, box: OfferBox
) -> None:
    assert items(box) == ["automatic", "0", "3"]
    assert layer(window) is None
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert layer(window) == "0"
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.explanation is not None
    assert window.pair.explanation.parameters == GradCamParameters(layer="0")
    type_in(qtbot, box, "3")
    assert layer(window) == "3"
    type_in(qtbot, box, "automatic")
    assert layer(window) is None


def test_a_wrong_one_is_told_below_the_field_and_nothing_is_asked(
    qtbot: QtBot, window: MainWindow, box: OfferBox
) -> None:
    panel = window.explain.method
    type_in(qtbot, box, "nope")
    cell = box.parent()
    assert isinstance(cell, QWidget)
    told = [label.text() for label in cell.findChildren(QLabel)]
    assert told == ["layer is 'nope', but this network's convolution layers are 0, 3."]
    panel.explain()
    settle(qtbot, window)
    assert not panel.notice.isVisible()
    assert window.pair.explanation is None
    box.setCurrentIndex(2)
    box.activated.emit(2)
    assert not panel.form._faults["layer"].isVisible()


def test_another_network_has_other_layers_and_what_was_typed_stays(
    qtbot: QtBot, window: MainWindow, box: OfferBox, tmp_path: Path
) -> None:
    type_in(qtbot, box, "3")
    path = tmp_path / "other.safetensors"
    recipe = TINY_RECIPE.override(["encoder.filters=[4]", "encoder.kernels=[3]"])
    save_checkpoint(path, build(recipe), Card(recipe))
    window.session.set_model(path)
    settle(qtbot, window)
    assert items(box) == ["automatic", "0"]
    assert box.name() == "3"
    assert window.explain.method.form._faults["layer"].isVisible()
