"""What is said beside the form of the map on screen, and of the form where it asks for another."""

import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.explain.map_result import map_words
from siamese_core.attribution.methods import METHODS
from siamese_core.parameters import Parameters
from tests.app.conftest import choose_method, settle

OTHER = "The form asks for something else; press Explain."


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the first pair explained by occlusion."""
    window.session.select(0)
    explain(qtbot, window, "occlusion")
    return window


def explain(qtbot: QtBot, window: MainWindow, method: str, **values: object) -> str:
    """Explain the pair with some values; return what is said of the map."""
    panel = window.explain.method
    choose_method(window, method)
    parameters: Parameters = METHODS[method].parameters.parse(values)
    panel.form.set_model(type(parameters), parameters)
    panel.form.changed.emit()
    panel.explain()
    settle(qtbot, window)
    return panel.result.text()


def choose(box: QComboBox, data: object) -> None:
    box.setCurrentIndex(box.findData(data))


def test_it_begins_with_method_side_and_baseline(qtbot: QtBot, explained: MainWindow) -> None:
    panel = explained.explain.method
    assert panel.result.text().startswith("Occlusion on the support clip, baseline floor. Sim")
    choose(panel.side, "query")
    words = explain(qtbot, explained, "gradient-shap", baselines=["mean", "twin"])
    assert words.startswith("Gradient SHAP on the query, baselines mean and the other clip. Sim")
    assert explain(qtbot, explained, "smooth-grad").startswith("SmoothGrad on the query. Sim")
    averaged = explain(qtbot, explained, "smooth-grad", of="input-x-gradient")
    assert averaged.startswith("SmoothGrad on the query, baseline floor. Sim")
    assert explain(qtbot, explained, "grad-cam").startswith("Grad-CAM on the query. Sim")
    layered = explain(qtbot, explained, "grad-cam", layer="0")
    assert layered.startswith("Grad-CAM on the query, layer 0. Sim")


def test_a_twin_is_named(qtbot: QtBot, explained: MainWindow) -> None:
    label = explained.session.lineup.classes[2]
    twin = explained.explain.method.twin
    twin.setCurrentIndex(twin.findData(label))
    words = explain(qtbot, explained, "occlusion", baseline="twin")
    assert words.startswith(f"Occlusion on the support clip, baseline the clip of {label}. Sim")


def test_it_stays_as_it_is_while_the_form_changes_and_the_form_is_told_of(
    qtbot: QtBot, explained: MainWindow
) -> None:
    panel, found = explained.explain.method, explained.pair.explanation
    assert found is not None
    result, words, places = panel.result, panel.result.text(), panel.faithful.geometry()
    assert (words, result.other.text()) == (map_words(found), "")
    stride = panel.form._editors["stride_mels"]
    stride.set(2)
    panel.form.changed.emit()
    assert (result.text(), result.other.text()) == (words, OTHER)
    qtbot.wait(50)
    assert panel.faithful.geometry() == places, "nothing jumps"
    stride.set(4)
    panel.form.changed.emit()
    assert result.other.text() == ""
    for turn in (
        lambda: choose_method(explained, "saliency"),
        lambda: choose(panel.side, "query"),
        lambda: choose(panel.against, explained.session.lineup.classes[1]),
    ):
        turn()
        assert (result.text(), result.other.text()) == (words, OTHER)
    panel.explain()
    assert result.other.text() == "", "it is being made"
    settle(qtbot, explained)
    assert result.text().startswith("Saliency on the query.")
    assert result.other.text() == ""


def test_another_mask_is_no_other_map(qtbot: QtBot, explained: MainWindow) -> None:
    result = explained.explain.method.result
    explained.explain.mask_controls._amount.setValue(50)
    settle(qtbot, explained)
    assert result.other.text() == ""
    explained.session.select(1)
    assert not result.isVisible(), "there is no map"


def test_nothing_is_said_of_a_form_that_holds_an_illegal_value(
    qtbot: QtBot, explained: MainWindow
) -> None:
    panel, pair = explained.explain.method, explained.pair
    other, stride = panel.result.other, panel.form._editors["stride_mels"]
    stride.set(2)
    panel.form.changed.emit()
    assert other.text() == OTHER
    asked = pair.asked
    panel.form._editors["height_mels"].set(1)  # narrower than the stride
    panel.form.changed.emit()
    assert not panel.form.is_valid()
    assert other.text() == "", "Explain would make nothing else"
    assert pair.asked == asked, "what is compared and kept stays as it was legal last"
    panel.form._editors["height_mels"].set(8)
    panel.form.changed.emit()
    assert other.text() == OTHER
