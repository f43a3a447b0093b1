"""ParamsForm: a form drawn from any parameter model, so that no method needs one of its own."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QGroupBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.widgets.boxes import ChoiceBox, OfferBox
from app.widgets.param_editors import Editor, editor_of, title
from app.widgets.params_faults import Fault, Place, absent_parts, find_faults, named, spoken
from app.widgets.params_help import help_of, is_fixed, kind_title, models_of
from app.widgets.params_row import ParamsRow
from siamese_core.attribution.parameters import OfNetwork
from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters, idle_reason

_ROWS = 4
"""So many are drawn at a time: each widget takes the interpreter often, which a worker may hold."""
_PAUSE_MS, _TURN_MS = 30, 10
"""Till what is around a group has been painted, and between two turns of drawing rows."""


class ParamsForm(QWidget):
    """One row a parameter that counts; an illegal value is named beside its field.

    A long form is drawn in turns, so that the window is not held up; till its row is drawn, a
    parameter has the value that was given.

    Parameters
    ----------
    greys : bool
        Whether parameters that have no effect are greyed with the reason, and not hidden.
    """

    changed = Signal()
    drawn = Signal()
    """Further rows of it stand."""

    def __init__(self, parent: QWidget | None = None, *, greys: bool = False) -> None:
        super().__init__(parent)
        self._greys = greys
        self._around: dict[str, object] = {}
        self._model: type[Parameters] = Parameters
        self._editors: dict[str, Editor] = {}
        self._cells: dict[str, ParamsRow] = {}
        self._groups: dict[str, _Group] = {}
        self._fixed: dict[str, object] = {}
        self._waiting: deque[str] = deque()
        self._given: dict[str, object] = {}
        self._offered: dict[OfNetwork, Sequence[str]] = {}
        self._told: set[str] = set()
        self._withheld: frozenset[str] = frozenset()
        self._refused = ""
        self._turn = QTimer(self, singleShot=True, interval=_TURN_MS)
        self._turn.timeout.connect(self._draw_some)
        # What is drawn later comes behind it, for Qt puts nothing in order that no key stops at.
        self._head = QWidget(self, focusPolicy=Qt.FocusPolicy.TabFocus)
        self._head.hide()
        self._form, self._rows = QWidget(), QFormLayout()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._form)

    def set_model(self, model: type[Parameters], values: Parameters | None = None) -> None:
        """Draw the form of ``model``, holding ``values`` or the model's defaults."""
        if model is self._model and values is not None:
            self._fill(values)
            return
        self._model = model
        self._editors, self._cells, self._groups, self._fixed = {}, {}, {}, {}
        self._given = {
            name: getattr(values, name, _initial(field))
            for name, field in model.model_fields.items()
        }
        self._waiting = deque(self._given)
        fresh = QWidget()
        self._rows = QFormLayout(fresh)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._column.replaceWidget(self._form, fresh)
        self._form.hide()  # it goes a little later, and would be seen below the fresh one
        self._form.deleteLater()
        self._form = fresh
        self._draw_some()

    def offer(self, what: OfNetwork, names: Sequence[str]) -> None:
        """List what a network has of its parts, where one is to be named; others are illegal."""
        self._offered[what] = names
        for name, editor in self._editors.items():
            self._offer(name, editor)

    def withhold(self, names: Iterable[str]) -> None:
        """Hide parameters that mean nothing here, and no others, unless their value is at fault."""
        self._withheld = frozenset(names)
        self._show_counting()

    @property
    def stops(self) -> list[QWidget]:
        """Where the Tab key stops, groups included, from top to bottom, as far as it is drawn."""
        rows = (
            self._groups[n].stops if n in self._groups else [self._editors[n].widget]
            for n in self._given
            if n in self._groups or n in self._editors
        )
        return [stop for row in rows for stop in row]

    @property
    def waiting(self) -> bool:
        """Whether a part of it is still to be drawn."""
        return bool(self._waiting) or any(group.waiting for group in self._groups.values())

    def draw(self) -> None:
        """Draw at once what is not drawn yet."""
        while self._waiting:
            self._draw_some()
        for group in self._groups.values():
            group.form.draw()

    def values(self) -> Parameters:
        """Return what the form holds.

        Raises
        ------
        ParameterError
            If a value is illegal; its field then says so.
        """
        self._hide_faults()
        plain = self._plain()
        faults = [*find_faults(self._model, plain, self._legal(), self._unread())]
        faults += absent_parts(self._model, plain, self._offered)
        new = next((fault for fault in faults if fault.sentence not in self._told), None)
        for fault in faults:
            self._show_fault(fault, fault is new)
        self._told = {fault.sentence for fault in faults}
        if faults:
            raise ParameterError(faults[0].sentence)
        return self._model.parse(plain)

    def refuse(self, name: str, sentence: str) -> None:
        """Say below a field why its value, though legal, cannot be had."""
        self.draw()
        words = spoken(sentence, self._model.model_fields)
        self._show_fault_at(name, words, is_new=words != self._refused)
        self._refused = words

    def _unread(self) -> dict[Place, str]:
        """Say of each field in which a number may be one of two why nobody can tell which."""
        told: dict[Place, str] = {(n,): editor.fault() for n, editor in self._editors.items()}
        for name, group in self._groups.items():
            told |= {(name, *place): why for place, why in group.unread().items()}
        return {place: why for place, why in told.items() if why}

    def _legal(self) -> dict[str, object]:
        """Return what it was given, as `_plain` returns what it holds."""
        return self._given | {name: group.legal() for name, group in self._groups.items()}

    def is_valid(self) -> bool:
        """Look whether every value is legal, and mark those that are not."""
        try:
            self.values()
        except ParameterError:
            return False
        return True

    def _fill(self, values: Parameters) -> None:
        """Hold other values of the same model; what is drawn already need not be drawn again."""
        self._hide_faults()
        self._given = {name: getattr(values, name) for name in self._given}
        self._fixed = {name: getattr(values, name) for name in self._fixed}
        for name, editor in self._editors.items():
            blocker = QSignalBlocker(editor.widget)
            editor.set(getattr(values, name))
            blocker.unblock()
        for name, group in self._groups.items():
            group.hold(getattr(values, name))
        self._show_counting()

    def _draw_some(self) -> None:
        for name in [self._waiting.popleft() for _ in range(min(_ROWS, len(self._waiting)))]:
            self._draw_row(name, self._model.model_fields[name], self._given[name])
        if self._waiting:
            self._turn.start()
        else:
            self._turn.stop()
        self._show_counting()
        self._order()

    def _order(self) -> None:
        """Have the Tab key go through what was drawn later as if it always stood there."""
        for before, after in pairwise((self._head, *self.stops)):
            QWidget.setTabOrder(before, after)
        self.drawn.emit()

    def _draw_row(self, name: str, field: FieldInfo, given: object) -> None:
        if models := models_of(field.annotation):
            self._rows.addRow(self._group(name, models, given))
        elif is_fixed(field.annotation):  # the kind by which a group is chosen
            self._fixed[name] = given
        else:
            row = self._row(name, field, given)
            self._rows.addRow(row.label, row)

    def _show_counting(self) -> None:
        """Hide, or grey, what has no effect beside what the others hold; it keeps its value."""
        values = self._around | self._plain()
        for name, row in self._cells.items():
            idle = idle_reason(self._model.model_fields[name], values, title)
            is_hidden = bool(idle) and not self._greys
            row.grey(idle if self._greys else "")
            self._rows.setRowVisible(row, name not in self._withheld and not is_hidden)
        for group in self._groups.values():
            group.surround(values)

    def surround(self, values: Mapping[str, object]) -> None:
        """Take what the form around it holds, beside which some of it has no effect."""
        self._around = dict(values)
        self._show_counting()

    def _plain(self) -> dict[str, object]:
        waiting = {name: self._given[name] for name in self._waiting}
        groups = {name: group.plain() for name, group in self._groups.items()}
        editors = {name: editor.get() for name, editor in self._editors.items()}
        return self._fixed | waiting | groups | editors

    def _row(self, name: str, field: FieldInfo, value: object) -> ParamsRow:
        editor = editor_of(field)
        editor.set(value)
        editor.changed.connect(self._tell)
        self._editors[name] = editor
        self._offer(name, editor)
        row = self._cells[name] = ParamsRow(name, editor, help_of(self._model, name, field))
        return row

    def _offer(self, name: str, editor: Editor) -> None:
        for part in self._model.model_fields[name].metadata:
            if isinstance(part, OfNetwork) and isinstance(editor.widget, OfferBox):
                editor.widget.offer(self._offered.get(part, ()))

    def _group(self, name: str, models: tuple[type[Parameters], ...], value: object) -> QWidget:
        group = _Group(name, models, value, self._greys)
        group.changed.connect(self._tell)
        group.drawn.connect(self._order)
        self._groups[name] = group
        return group

    def _tell(self) -> None:
        self._show_counting()
        self.is_valid()
        self.changed.emit()

    def _show_fault(self, fault: Fault, is_new: bool) -> None:
        """Put the sentence below its field; one of several fields below the first it names."""
        form, path = self, list(fault.place)
        form.draw()
        while path and path[0] in form._groups:
            form, path = form._groups[path[0]].form, path[1:]
        names = (part for part in (*path, *named(fault.sentence)) if part in form._editors)
        if name := next(names, next(reversed(form._editors), "")):
            form._show_fault_at(name, fault.sentence, is_new)

    def _show_fault_at(self, name: str, sentence: str, is_new: bool) -> None:
        row = self._cells[name]
        self._rows.setRowVisible(row, True)
        row.grey("")  # or nobody could mend it
        row.show_fault(sentence, is_new)

    @property
    def _faults(self) -> dict[str, QLabel]:
        """What is, or was, said of values."""
        return {name: row.fault for name, row in self._cells.items() if row.fault}

    def _hide_faults(self) -> None:
        for fault in self._faults.values():
            fault.clear()
            fault.hide()
        for group in self._groups.values():
            group.hide_faults()


class _Group(QGroupBox):
    """A form within a form; where several models are legal, a choice of them stands above it.

    It is drawn when it is asked for, or a little after the form around it: to draw all of a long
    form at once would hold the window up.
    """

    changed = Signal()
    drawn = Signal()

    def __init__(
        self, name: str, models: tuple[type[Parameters], ...], value: object, greys: bool
    ) -> None:
        super().__init__(title(name))
        self._greys, self._around = greys, dict[str, object]()
        self._form: ParamsForm | None = None
        self._kinds, self._models, self._held = ChoiceBox(), models, value
        self._kinds.setAccessibleName(f"Kind of {self.title().lower()}")
        for model in models:
            self._kinds.addItem(kind_title(model), model)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._kinds)
        self._kinds.setVisible(len(models) > 1)
        self.hold(value)
        self._kinds.currentIndexChanged.connect(self._choose)
        pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        pause.timeout.connect(self._draw)
        pause.start()

    @property
    def form(self) -> ParamsForm:
        """The form, drawn now if it was not yet."""
        if self._form is None:
            self._form = ParamsForm(greys=self._greys)
            self._form.drawn.connect(self.drawn)
            self._column.addWidget(self._form)
            self._fill(self._form)
            self._form.surround(self._around)
            self._form.changed.connect(self.changed)
        return self._form

    def plain(self) -> object:
        """Return what it holds, which till it is drawn is what was given."""
        return self._form._plain() if self._form else self._held

    def legal(self) -> object:
        """Return what it was given."""
        return self._form._legal() if self._form else self._held

    def unread(self) -> Mapping[Place, str]:
        """Return where nobody can tell what was typed, and why."""
        return self._form._unread() if self._form else {}

    @property
    def waiting(self) -> bool:
        """Whether a part of it is still to be drawn."""
        return self._form is None or self._form.waiting

    @property
    def stops(self) -> list[QWidget]:
        """Where the Tab key stops: the kinds, and the form as far as it is drawn."""
        return [self._kinds, *(self._form.stops if self._form else [])]

    def hold(self, value: object) -> None:
        """Show the form of a value's model, or of the first where it has none."""
        self._held = value
        blocker = QSignalBlocker(self._kinds)
        self._kinds.setCurrentIndex(self._models.index(self._model))
        blocker.unblock()
        if self._form:
            self._fill(self._form)

    def surround(self, values: Mapping[str, object]) -> None:
        """Take what the form around it holds (`ParamsForm.surround`)."""
        self._around = dict(values)
        if self._form:
            self._form.surround(values)

    def hide_faults(self) -> None:
        """Say nothing of the values any more."""
        if self._form:
            self._form._hide_faults()

    @property
    def _model(self) -> type[Parameters]:
        held = self._held
        return next((model for model in self._models if type(held) is model), self._models[0])

    def _fill(self, form: ParamsForm) -> None:
        form.set_model(self._model, self._held if isinstance(self._held, Parameters) else None)

    def _draw(self) -> None:
        _ = self.form

    def _choose(self) -> None:
        """Show another kind: the one that was given as it was given, others as they begin."""
        chosen: type[Parameters] = self._kinds.currentData()
        given = self._held if isinstance(self._held, chosen) else None
        self.form.set_model(chosen, given)
        self.form.changed.emit()


def _initial(field: FieldInfo) -> object:
    """Return what a parameter begins with: its default, or the example of one without."""
    if field.is_required() and field.examples:
        return field.examples[0]
    return field.get_default(call_default_factory=True)
