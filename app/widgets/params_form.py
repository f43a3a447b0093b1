"""ParamsForm: a form drawn from any parameter model, so that no method needs one of its own."""

import inspect

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QGroupBox, QLabel, QVBoxLayout, QWidget

from app.widgets.param_editors import Editor, editor_of, title
from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters


class ParamsForm(QWidget):
    """One row a parameter; an illegal value is named beside its field."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: type[Parameters] = Parameters
        self._editors: dict[str, Editor] = {}
        self._faults: dict[str, QLabel] = {}
        self._groups: dict[str, ParamsForm] = {}
        self._form = QWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._form)

    def set_model(self, model: type[Parameters], values: Parameters | None = None) -> None:
        """Draw the form of ``model``, holding ``values`` or the model's defaults."""
        self._model = model
        self._editors, self._faults, self._groups = {}, {}, {}
        fresh = QWidget()
        rows = QFormLayout(fresh)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, field in model.model_fields.items():
            given = getattr(values, name, field.get_default(call_default_factory=True))
            if inspect.isclass(field.annotation) and issubclass(field.annotation, Parameters):
                rows.addRow(self._group(name, field.annotation, given))
            else:
                rows.addRow(self._label(name, field), self._editor(name, field, given))
        self._column.replaceWidget(self._form, fresh)
        self._form.deleteLater()
        self._form = fresh

    def values(self) -> Parameters:
        """Return what the form holds.

        Raises
        ------
        ParameterError
            If a value is illegal; its field then says so.
        """
        for fault in self._faults.values():
            fault.hide()
        try:
            return self._model.parse(self._plain())
        except ParameterError as error:
            self._show_fault(error)
            raise

    def is_valid(self) -> bool:
        """Look whether every value is legal, and mark those that are not."""
        try:
            self.values()
        except ParameterError:
            return False
        return True

    def reset(self) -> None:
        """Go back to the model's defaults."""
        self.set_model(self._model)
        self.changed.emit()

    def _plain(self) -> dict[str, object]:
        groups = {name: form._plain() for name, form in self._groups.items()}
        return groups | {name: editor.get() for name, editor in self._editors.items()}

    def _label(self, name: str, field: FieldInfo) -> QLabel:
        label = QLabel(title(name))
        label.setToolTip(field.description or "")
        return label

    def _editor(self, name: str, field: FieldInfo, value: object) -> QWidget:
        editor = editor_of(field)
        editor.set(value)
        editor.widget.setToolTip(field.description or "")
        editor.widget.setAccessibleName(title(name))
        editor.widget.setAccessibleDescription(field.description or "")
        editor.changed.connect(self._tell)
        fault = QLabel(wordWrap=True)
        fault.setProperty("wrong", True)
        fault.hide()
        self._editors[name], self._faults[name] = editor, fault
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(editor.widget)
        column.addWidget(fault)
        return cell

    def _group(self, name: str, model: type[Parameters], value: object) -> QWidget:
        box = QGroupBox(title(name))
        inner = ParamsForm()
        inner.set_model(model, value if isinstance(value, Parameters) else None)
        inner.changed.connect(self._tell)
        self._groups[name] = inner
        QVBoxLayout(box).addWidget(inner)
        return box

    def _tell(self) -> None:
        self.is_valid()
        self.changed.emit()

    def _show_fault(self, error: ParameterError) -> None:
        """Put the sentence beside its field; one that concerns several fields below the last."""
        path = _path(error)
        if path and path[0] in self._groups:
            inner = self._groups[path[0]]
            inner._show_fault_at(path[1] if len(path) > 1 else "", str(error))
        else:
            self._show_fault_at(path[0] if path else "", str(error))

    def _show_fault_at(self, name: str, sentence: str) -> None:
        if not self._faults:
            return
        fault = self._faults.get(name) or list(self._faults.values())[-1]
        fault.setText(sentence)
        fault.show()


def _path(error: ParameterError) -> tuple[str, ...]:
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return ()
    return tuple(str(part) for part in cause.errors()[0]["loc"])
