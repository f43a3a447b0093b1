"""Number fields: what is typed is what counts, and the wheel changes none that it passes."""

import pytest
from pydantic import Field
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
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

from app.widgets.boxes import ChoiceBox, NumberBox
from app.widgets.param_editors import editor_of
from app.widgets.params_form import ParamsForm
from app.widgets.typed_number import ambiguity, read_number
from siamese_core.parameters import Parameters, Seed
from siamese_core.recipes import Recipe, load_recipe

LOCALES = ("C", "en_US", "de_DE", "fr_FR")
AMBIGUOUS = "to some and"


class Numbers(Parameters):
    steps: int = Field(2000, ge=1)
    decay: float = Field(0.14, ge=0, le=1)
    top: float = Field(8000.0, gt=0)
    seed: Seed = 0
    length: float | None = None
    speeds: tuple[float, ...] = (0.9, 1.125)


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
        ("top", "16,00,0", "top is '16,00,0'; give a number above 0."),
        (
            "steps",
            "2.500",
            "steps: '2.500' is 2.5 to some and 2500 to others; write 2500 if that is meant.",
        ),
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


def spoken(name: str) -> QLocale:
    return QLocale.c() if name == "C" else QLocale(name)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("keys", "number"),
    [
        ("1 000", 1000.0),
        ("1\u202f000", 1000.0),
        ("1\u00a0000,5", 1000.5),
        ("1'000", 1000.0),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1e3", 1000.0),
        ("1,5e3", 1500.0),
        ("0,5", 0.5),
        ("1,5", 1.5),
        ("1.5", 1.5),
        ("0,125", 0.125),
        ("1,00", 1.0),
        ("16000,5", 16000.5),
        ("-2,5", -2.5),
    ],
)
def test_what_is_clear_is_the_same_number_everywhere(locale: str, keys: str, number: float) -> None:
    assert read_number(keys, False, spoken(locale)) == number
    assert ambiguity(keys, False, spoken(locale)) == ""


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("keys", ["1 5", "1,2,3", "1.2.3", "12 34", "1e", ".", "", "1,23.4"])
def test_what_is_no_number_anywhere_is_none(locale: str, keys: str) -> None:
    assert read_number(keys, False, spoken(locale)) is None
    assert ambiguity(keys, False, spoken(locale)) == ""


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("1,000", {"C": 1000, "en_US": 1000, "de_DE": None, "fr_FR": None}),
        ("1.000", {"C": 1, "en_US": 1, "de_DE": None, "fr_FR": 1}),
        ("16.125", {"C": 16.125, "en_US": 16.125, "de_DE": None, "fr_FR": 16.125}),
    ],
)
def test_a_mark_before_three_digits_is_read_as_the_locale_and_the_program_agree(
    keys: str, read: dict[str, float | None]
) -> None:
    for name, number in read.items():
        assert read_number(keys, False, spoken(name)) == number, name
        assert (AMBIGUOUS in ambiguity(keys, False, spoken(name))) == (number is None), name


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("1,000", {"C": 1000, "en_US": 1000, "de_DE": None, "fr_FR": None}),
        ("1.000", {"C": None, "en_US": None, "de_DE": 1000, "fr_FR": None}),
    ],
)
def test_a_whole_number_has_the_thousands_of_its_locale(
    keys: str, read: dict[str, int | None]
) -> None:
    for name, number in read.items():
        assert read_number(keys, True, spoken(name)) == number, name
        assert (AMBIGUOUS in ambiguity(keys, True, spoken(name))) == (number is None), name


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("keys", "number"), [("1e3", 1000), ("1 000", 1000), ("2.5e3", 2500), ("2,5", None)]
)
def test_whole_numbers_are_read_everywhere(locale: str, keys: str, number: int | None) -> None:
    assert read_number(keys, True, spoken(locale)) == number


@pytest.mark.parametrize("keys", ["1,500", "1 500", "1.5e3", "15e2", "1500"])
def test_a_whole_number_is_shown_without_what_made_it_readable(
    qtbot: QtBot, form: ParamsForm, keys: str
) -> None:
    form._editors["steps"].widget.setLocale(spoken("en_US"))
    box = typed(qtbot, form, "steps", keys)
    assert box.text() == "1500"
    assert form.values() == Numbers(steps=1500)


@pytest.mark.parametrize("number", ["1.1250", "1125", "1.0", "1000"])
@pytest.mark.parametrize("locale", LOCALES)
def test_what_a_person_is_told_to_write_is_clear(locale: str, number: str) -> None:
    assert read_number(number, False, spoken(locale)) == float(number)


def test_an_ambiguous_number_stands_with_the_ways_to_write_it(
    qtbot: QtBot, form: ParamsForm
) -> None:
    for editor in form._editors.values():
        editor.widget.setLocale(spoken("de_DE"))
    box = typed(qtbot, form, "top", "16,125")
    assert box.text() == "16,125"
    told = "top: '16,125' is 16.1250 to some and 16125 to others; write 16.1250 or 16125."
    assert fault(form, "top") == told
    typed(qtbot, form, "top", "1.000")
    assert not form.is_valid(), "pydantic alone would take it for 1"
    typed(qtbot, form, "top", "16125")
    assert form.values() == Numbers(top=16125.0)
    line = form._editors["length"].widget
    assert isinstance(line, QLineEdit)
    line.setText("2.000")
    assert not form.is_valid()
    assert fault(form, "length").startswith("length: '2.000' is 2 to some and 2000 to others")
    line.setText("2,5")
    assert form.values() == Numbers(top=16125.0, length=2.5)


def test_what_the_form_shows_itself_is_no_riddle(qtbot: QtBot, form: ParamsForm) -> None:
    for editor in form._editors.values():
        editor.widget.setLocale(spoken("de_DE"))
    given = Numbers(top=16.125, length=1.125, speeds=(1.125, 0.875))
    form.set_model(Numbers, given)
    box = form._editors["top"].widget
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert form.values() == given


def test_fractions_in_a_list_stand_between_semicolons_where_commas_are_decimal(
    qtbot: QtBot, form: ParamsForm
) -> None:
    line = form._editors["speeds"].widget
    assert isinstance(line, QLineEdit)
    line.setLocale(spoken("fr_FR"))
    line.setText("0,9, 1,1")
    assert not form.is_valid()
    assert fault(form, "speeds").endswith("write 0.9, 1.1 or 0,9; 1,1.")
    line.setText("0,9; 1,1")
    assert form.values() == Numbers(speeds=(0.9, 1.1))
    line.setText("0.9, 1.1")
    assert form.values() == Numbers(speeds=(0.9, 1.1))


@pytest.mark.parametrize(("keys", "number"), [("12", 12), ("1e3", 1000), ("1e", "1e"), ("", "")])
def test_a_number_that_is_typed_and_not_left_counts(
    qtbot: QtBot, form: ParamsForm, keys: str, number: int | str
) -> None:
    box = form._editors["steps"].widget
    assert isinstance(box, NumberBox)
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClicks(box, keys)
    assert box.number() == number
    assert form.is_valid() == isinstance(number, int)
    if isinstance(number, int):
        assert form.values() == Numbers(steps=number)
