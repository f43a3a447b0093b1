"""Number fields: what is typed is what counts, and the wheel changes none that it passes."""

import pytest
from pydantic import Field
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.widgets.param_editors import ChoiceBox, NumberBox, editor_of
from app.widgets.params_form import ParamsForm
from siamese_core.parameters import Parameters, Seed
from siamese_core.recipes import Recipe, load_recipe


class Numbers(Parameters):
    steps: int = Field(2000, ge=1)
    decay: float = Field(0.14, ge=0, le=1)
    top: float = Field(8000.0, gt=0)
    seed: Seed = 0


@pytest.fixture
def form(qtbot: QtBot) -> ParamsForm:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Numbers)
    form.draw()
    form.show()
    return form


def typed(qtbot: QtBot, form: ParamsForm, name: str, keys: str) -> NumberBox:
    """Type key by key over what stands in a field, and leave it."""
    box = form._editors[name].widget
    assert isinstance(box, NumberBox)
    box.selectAll()
    qtbot.keyClicks(box, keys)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    return box


def fault(form: ParamsForm, name: str) -> str:
    cell = form._editors[name].widget.parentWidget()
    assert cell is not None
    return "".join(label.text() for label in cell.findChildren(QLabel) if label.isVisible())


@pytest.mark.parametrize(
    ("keys", "number", "shown"),
    [
        ("1e-5", 1e-5, "1e-05"),
        ("5e-4", 5e-4, "0.0005"),
        ("1E-3", 1e-3, "0.001"),
        ("1e-7", 1e-7, "1e-7"),
        ("0,01", 0.01, "0.01"),
        (".5", 0.5, "0.5"),
        ("0.12345678", 0.12345678, "0.12345678"),
        ("1", 1.0, "1"),
    ],
)
def test_a_number_is_taken_as_it_is_typed(
    qtbot: QtBot, form: ParamsForm, keys: str, number: float, shown: str
) -> None:
    with qtbot.waitSignal(form.changed):
        box = typed(qtbot, form, "decay", keys)
    assert form.values() == Numbers(decay=number)
    assert box.text() == shown


@pytest.mark.parametrize(
    ("name", "keys", "sentence"),
    [
        ("steps", "0", "steps is 0; give a whole number from 1 on."),
        ("steps", "2.5", "steps is '2.5'; give a whole number from 1 on."),
        ("steps", "many", "steps is 'many'; give a whole number from 1 on."),
        ("seed", "-3", "seed is -3; give a whole number from 0 on and below 2**63."),
        ("decay", "14", "decay is 14.0; give a number from 0 to 1."),
        ("decay", "1e-", "decay is '1e-'; give a number from 0 to 1."),
        ("decay", "nan", "decay is 'nan'; give a number from 0 to 1."),
        ("top", "16,000", "top is '16,000'; give a number above 0."),
    ],
)
def test_what_cannot_be_taken_stands_with_the_reason_below_it(
    qtbot: QtBot, form: ParamsForm, name: str, keys: str, sentence: str
) -> None:
    with qtbot.waitSignal(form.changed):
        box = typed(qtbot, form, name, keys)
    assert box.text() == keys
    assert fault(form, name) == sentence
    legal = str(Numbers.model_fields[name].default)
    with qtbot.waitSignal(form.changed):
        typed(qtbot, form, name, legal)
    assert fault(form, name) == ""
    assert form.values() == Numbers()


def test_steps_lead_back_into_the_range(qtbot: QtBot, form: ParamsForm) -> None:
    box = typed(qtbot, form, "steps", "0")
    with qtbot.waitSignal(form.changed):
        qtbot.keyClick(box, Qt.Key.Key_Up)
    assert form.values() == Numbers(steps=2)
    assert box.text() == "2"


def test_an_edit_is_told_once_and_none_is_not_told(qtbot: QtBot, form: ParamsForm) -> None:
    told: list[object] = []
    form.changed.connect(lambda: told.append(form._plain()["steps"]))
    box = typed(qtbot, form, "steps", "50")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    typed(qtbot, form, "steps", "0")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert told == [50, 0]


def test_values_that_no_step_reaches_come_back(form: ParamsForm) -> None:
    given = Numbers(seed=2**63 - 1, decay=1e-9)
    form.set_model(Numbers, given)
    assert form.values() == given
    form.set_model(Numbers, Numbers())
    assert form.values() == Numbers()


@pytest.mark.parametrize("kind", ["number", "choice"])
def test_the_wheel_is_left_to_the_column_without_focus(qtbot: QtBot, kind: str) -> None:
    column = QWidget()
    qtbot.addWidget(column)
    box, other = _box(kind), QLineEdit()
    rows = QVBoxLayout(column)
    rows.addWidget(other)
    rows.addWidget(box)
    column.show()
    column.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    before = _held(box)
    assert not _wheel(box), "the column gets it"
    assert _held(box) == before
    assert box.focusPolicy() == Qt.FocusPolicy.StrongFocus, "the wheel gives no focus"
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    assert _wheel(box)
    assert _held(box) != before


def test_the_kinds_of_a_group_leave_the_wheel_to_the_column_too(qtbot: QtBot) -> None:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Recipe, load_recipe("voice"))
    form.draw()
    for box in form.findChildren(QComboBox) + form.findChildren(QAbstractSpinBox):
        assert box.focusPolicy() == Qt.FocusPolicy.StrongFocus, box.accessibleName()


def _box(kind: str) -> NumberBox | ChoiceBox:
    if kind == "number":
        box = editor_of(Numbers.model_fields["steps"]).widget
        assert isinstance(box, NumberBox)
        box.setValue(5)
        return box
    choice = ChoiceBox()
    choice.addItems(["a", "b", "c"])
    return choice


def _held(box: NumberBox | ChoiceBox) -> object:
    return box.number() if isinstance(box, NumberBox) else box.currentText()


def _wheel(box: QWidget) -> bool:
    """Turn the wheel down by one notch over a widget; return whether it took that."""
    at = box.rect().center()
    event = QWheelEvent(
        QPointF(at),
        QPointF(box.mapToGlobal(at)),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    return event.isAccepted()
