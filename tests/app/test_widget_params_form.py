"""A form drawn from any parameter model: round trips, ranges, faults beside their fields."""

from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.boxes import NumberBox
from app.widgets.param_editors import members_of, plain_type, title
from app.widgets.params_form import ParamsForm
from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import SinexcParameters
from siamese_core.errors import ParameterError
from siamese_core.mask.mask import MaskParameters
from siamese_core.parameters import OnlyFor, Parameters
from siamese_core.recipes import Recipe, load_recipe


class Inner(Parameters):
    depth: Annotated[int, Field(ge=1, le=4)] = 2


class Everything(Parameters):
    count: int = Field(3, ge=1, le=9, description="How many.")
    weight: float = Field(0.15, gt=0, le=1, description="How much.")
    kind: Literal["hard", "soft"] = "soft"
    loud: bool = True
    widths: tuple[int, ...] = (64, 32)
    seconds: float | None = None
    name: str = "plain"
    inner: Inner = Inner()

    @model_validator(mode="after")
    def _weighty(self) -> "Everything":
        if self.loud and self.weight < 0.1:
            raise ValueError("a loud one needs a weight of 0.1 or more")
        return self


@pytest.fixture
def form(qtbot: QtBot) -> ParamsForm:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Everything)
    form.draw()
    form.show()
    return form


def field(form: ParamsForm, name: str) -> NumberBox | QComboBox | QLineEdit:
    found = [w for w in form.findChildren(object) if getattr(w, "accessibleName", str)() == name]
    return found[0]


def faults(form: ParamsForm) -> list[str]:
    return [x.text() for x in form.findChildren(QLabel) if x.property("wrong") and x.isVisible()]


def wrong_at(form: ParamsForm, name: str) -> list[str]:
    """Return what is said below a field."""
    cell = field(form, name).parentWidget()
    return [label.text() for label in cell.findChildren(QLabel) if label.isVisible()]


def test_the_defaults_come_back(form: ParamsForm) -> None:
    assert form.values() == Everything()
    assert form.is_valid()


def test_given_values_come_back(form: ParamsForm) -> None:
    given = Everything(
        count=7, weight=0.5, kind="hard", widths=(1, 2, 3), seconds=2.5, inner=Inner(depth=4)
    )
    form.set_model(Everything, given)
    assert form.values() == given


@pytest.mark.parametrize("model", [*(m.parameters for m in METHODS.values()), MaskParameters])
def test_every_models_defaults_come_back(qtbot: QtBot, model: type[Parameters]) -> None:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(model)
    assert form.values() == model(), "as given, while it is being drawn"
    form.draw()
    assert form.values() == model()
    for name, info in model.model_fields.items():
        assert field(form, title(name)).toolTip() == info.description


def test_each_type_has_its_widget(form: ParamsForm) -> None:
    kinds = {
        "Count": NumberBox,
        "Weight": NumberBox,
        "Kind": QComboBox,
        "Loud": QCheckBox,
        "Channels of each stage": QLineEdit,
    }
    for name, kind in kinds.items():
        assert isinstance(field(form, name), kind)
    assert field(form, "Count").toolTip() == "How many."
    assert field(form, "Count").maximum() == 9
    assert field(form, "Weight").text() == "0.15"


def test_edits_are_told_and_read(qtbot: QtBot, form: ParamsForm) -> None:
    with qtbot.waitSignals([form.changed] * 3):
        field(form, "Count").setValue(5)
        field(form, "Kind").setCurrentIndex(0)
        field(form, "Depth").setValue(3)
    widths = field(form, "Channels of each stage")
    widths.setText("8, 16,24")
    with qtbot.waitSignal(form.changed):
        widths.editingFinished.emit()
    assert form.values() == Everything(
        count=5, kind="hard", widths=(8, 16, 24), inner=Inner(depth=3)
    )


def test_an_empty_optional_value_is_none(form: ParamsForm) -> None:
    field(form, "Clip length (s)").setText("  ")
    assert form.values().seconds is None  # type: ignore[attr-defined]
    field(form, "Clip length (s)").setText("1.5")
    assert form.values().seconds == 1.5  # type: ignore[attr-defined]


def test_an_illegal_value_is_named_beside_its_field(form: ParamsForm) -> None:
    field(form, "Channels of each stage").setText("8, wide")
    with pytest.raises(ParameterError, match="widths"):
        form.values()
    assert len(faults(form)) == 1
    assert "wide" in faults(form)[0]
    assert faults(form) == wrong_at(form, "Channels of each stage")
    field(form, "Channels of each stage").setText("8")
    assert form.is_valid()
    assert faults(form) == []


def is_asked(form: ParamsForm, name: str) -> bool:
    """Whether a parameter's row is there."""
    cell = form._editors[name].widget.parentWidget()
    assert cell is not None
    return form._rows.isRowVisible(cell)


@pytest.mark.parametrize(
    ("segmentation", "counting"),
    [
        ("felzenszwalb", {"scale", "sigma", "min_size"}),
        ("slic", {"n_segments", "compactness", "slic_sigma"}),
        ("quickshift", {"kernel_size", "max_distance"}),
        ("watershed", {"sigma", "n_segments"}),
        ("tiles", {"tile_mels", "tile_frames"}),
        ("mel-bands", {"tile_mels"}),
        ("time-slices", {"tile_frames"}),
    ],
)
def test_only_what_counts_for_the_segmentation_is_asked(
    form: ParamsForm, segmentation: str, counting: set[str]
) -> None:
    form.set_model(SinexcParameters, SinexcParameters(scale=70.0, tile_mels=3))
    form.draw()
    cut = form._editors["segmentation"].widget
    cut.setCurrentIndex(cut.findData(segmentation))  # type: ignore[attr-defined]
    shown = {name for name in form._editors if is_asked(form, name)}
    always = {"baseline", "segmentation", "weight", "mode", "reference"}
    assert shown == counting | always | {"alpha", "beta", "estimator"}
    held = form.values()
    assert held == SinexcParameters(segmentation=segmentation, scale=70.0, tile_mels=3)
    form.set_model(SinexcParameters, SinexcParameters())
    assert is_asked(form, "scale")
    assert not is_asked(form, "tile_mels")


@pytest.fixture
def recipe_form(qtbot: QtBot) -> ParamsForm:
    form = ParamsForm(greys=True)
    qtbot.addWidget(form)
    form.set_model(Recipe, load_recipe("mnist-net"))
    form.draw()
    form.show()
    return form


def greyed(form: ParamsForm, *place: str) -> str:
    """Say why a parameter cannot be edited; nothing if it can."""
    for name in place[:-1]:
        form = form._groups[name].form
    row = form._cells[place[-1]]
    widget = form._editors[place[-1]].widget
    assert row.isVisibleTo(form)
    assert row.label.isEnabled() == widget.isEnabled()
    told = {widget.toolTip(), widget.accessibleDescription(), row.label.toolTip()}
    if widget.isEnabled():
        assert not any("No effect" in words for words in told)
        return ""
    (words,) = told
    return words.partition("\n")[0]


def test_what_has_no_effect_in_a_recipe_is_greyed_with_the_reason(recipe_form: ParamsForm) -> None:
    form, choose = recipe_form, field
    assert greyed(form, "margin") == (
        "No effect: Loss is binary-cross-entropy, and it counts with contrastive, triplet or "
        "angular-margin."
    )
    assert greyed(form, "decay") == greyed(form, "decay_every")
    assert "Rate schedule is fixed" in greyed(form, "decay")
    assert "Batch normalisation is false" in greyed(form, "encoder", "dense_norm")
    assert "only glyphs" in greyed(form, "augmentation", "turns")
    assert greyed(form, "augmentation", "formants") == greyed(form, "pos") == ""
    choose(form, "Loss").setCurrentText("triplet")
    choose(form, "Rate schedule").setCurrentText("step")
    choose(form, "Batch normalisation").setChecked(True)
    for place in (("margin",), ("miner",), ("decay",), ("encoder", "dense_norm")):
        assert greyed(form, *place) == "", place
    assert greyed(form, "scale")
    form.set_model(Recipe, load_recipe("omniglot"))
    assert greyed(form, "augmentation", "turns") == ""
    assert greyed(form, "augmentation", "formants") == "No effect: glyphs have no sound."
    assert form.values() == load_recipe("omniglot"), "what is greyed keeps its value"


def test_what_is_greyed_can_be_mended_where_it_is_at_fault(recipe_form: ParamsForm) -> None:
    form = recipe_form
    field(form, "Loss").setCurrentText("triplet")
    field(form, "Triplet mining").setCurrentText("hard")
    field(form, "Loss").setCurrentText("mse")
    assert not form.is_valid()
    assert greyed(form, "miner") == ""
    assert len(wrong_at(form, "Triplet mining")) == 1
    field(form, "Triplet mining").setCurrentText("none")
    assert form.is_valid()
    assert "Loss is mse" in greyed(form, "miner")


def test_what_counts_is_said_in_the_descriptions_too() -> None:
    for name, field in SinexcParameters.model_fields.items():
        for condition in field.metadata:
            if isinstance(condition, OnlyFor):
                said = (field.description or "").partition(":")[0].split(", ")
                assert tuple(said) == condition.values, name


def test_an_open_bound_is_refused_in_words(form: ParamsForm) -> None:
    field(form, "Loud").setChecked(False)
    field(form, "Weight").setValue(0.0)
    assert not form.is_valid()
    assert "above 0" in faults(form)[0]


def test_a_fault_of_several_fields_is_shown_too(form: ParamsForm) -> None:
    field(form, "Weight").setValue(0.05)
    assert not form.is_valid()
    assert faults(form) == ["a loud one needs a weight of 0.1 or more."]
    assert faults(form) == wrong_at(form, "Loud"), "the first that it names"


def test_each_fault_is_told_beside_its_own_field_at_once(form: ParamsForm) -> None:
    field(form, "Count").setValue(12)
    field(form, "Weight").setValue(7.0)
    field(form, "Channels of each stage").setText("8, wide")
    field(form, "Depth").setValue(9)
    with pytest.raises(ParameterError) as raised:
        form.values()
    assert str(raised.value) == "count is 12; give a whole number from 1 to 9.", "the first"
    assert wrong_at(form, "Count") == [str(raised.value)]
    assert wrong_at(form, "Weight") == ["weight is 7.0; give a number above 0, up to 1."]
    assert "widths.1 is 'wide'" in wrong_at(form, "Channels of each stage")[0]
    assert wrong_at(form, "Depth") == ["inner.depth is 9; give a whole number from 1 to 4."]
    assert len(faults(form)) == 4
    field(form, "Count").setValue(3)
    assert not form.is_valid()
    assert wrong_at(form, "Count") == []
    assert len(faults(form)) == 3


def test_a_fault_of_several_fields_stands_beside_that_of_a_third(form: ParamsForm) -> None:
    field(form, "Weight").setValue(0.05)
    field(form, "Count").setValue(12)
    assert not form.is_valid()
    assert wrong_at(form, "Loud") == ["a loud one needs a weight of 0.1 or more."]
    assert len(wrong_at(form, "Count")) == 1


def test_of_several_fields_nothing_is_said_while_one_of_them_is_wrong_itself(
    form: ParamsForm,
) -> None:
    form.set_model(Everything, Everything(loud=False, weight=0.05))
    field(form, "Loud").setChecked(True)
    field(form, "Weight").setValue(-1.0)
    assert not form.is_valid()
    assert len(faults(form)) == len(wrong_at(form, "Weight")) == 1


def test_a_fault_of_a_group_and_one_elsewhere_are_both_told(qtbot: QtBot) -> None:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Recipe, load_recipe("voice"))
    form.draw()
    form.show()
    field(form, "Lowest frequency (Hz)").setValue(9000)
    field(form, "Steps").setValue(0)
    assert not form.is_valid()
    assert "fmin < fmax" in wrong_at(form, "Lowest frequency (Hz)")[0]
    assert wrong_at(form, "Steps") == ["steps is 0; give a whole number from 1 to 1000000000."]
    assert len(faults(form)) == 2


def test_a_fault_of_several_fields_is_brought_into_view(qtbot: QtBot) -> None:
    form, column = ParamsForm(), QScrollArea(widgetResizable=True)
    qtbot.addWidget(column)
    column.setWidget(form)
    form.set_model(Recipe, load_recipe("voice"))
    form.draw()
    column.resize(500, 300)
    column.show()
    bar = column.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    field(form, "Lowest frequency (Hz)").setValue(9000)
    assert len(wrong_at(form, "Lowest frequency (Hz)")) == 1
    assert "fmin < fmax" in faults(form)[0]
    lowest = field(form, "Lowest frequency (Hz)")
    qtbot.waitUntil(lambda: column.viewport().rect().intersects(_place(lowest, column)))
    bar.setValue(bar.maximum())
    field(form, "Steps").setValue(77)
    qtbot.wait(20)
    assert bar.value() == bar.maximum(), "whoever knows it already is left where he is"


def _place(widget: QWidget, column: QScrollArea) -> QRect:
    return QRect(widget.mapTo(column.viewport(), QPoint()), widget.size())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("feather_ms", "Feather (ms)"),
        ("height_mels", "Height (mels)"),
        ("steps", "Steps"),
        ("n_segments", "Segments"),
        ("n_fft", "FFT size (samples)"),
        ("fmin", "Lowest frequency (Hz)"),
    ],
)
def test_names_are_written_for_people(name: str, shown: str) -> None:
    assert title(name) == shown


@pytest.mark.parametrize("model", [Recipe, *(m.parameters for m in METHODS.values())])
def test_no_two_fields_of_a_form_are_called_alike(model: type[Parameters]) -> None:
    for form in _with_groups(model):
        titles = [title(name) for name in form.model_fields]
        assert len(set(titles)) == len(titles)


def _with_groups(model: type[Parameters]) -> Iterator[type[Parameters]]:
    yield model
    for info in model.model_fields.values():
        for member in map(plain_type, members_of(info.annotation)):
            if isinstance(member, type) and issubclass(member, Parameters):
                yield from _with_groups(member)


@pytest.mark.parametrize("name", ["voice", "mnist-net", "speech-embedding", "omniglot"])
def test_every_field_of_a_recipe_says_what_it_is_for(qtbot: QtBot, name: str) -> None:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Recipe, load_recipe(name))
    form.draw()
    for stop in form.stops:
        words = stop.toolTip()
        assert not stop.accessibleName() or not words.startswith("Legal"), stop.accessibleName()
