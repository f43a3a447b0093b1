"""MethodPanel: which method explains, with its parameters, on which clip; Explain and Cancel."""

from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.explaining.pair import Pair
from app.lineup.loaded_model import Request
from app.pages.explain.map_result import MapResult
from app.pages.explain.method_title import method_title
from app.pages.obstacles import to_explain, to_take_map
from app.pages.section import align_labels
from app.pages.tip import tipped
from app.widgets.class_box import ClassBox
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.icon_button import IconButton
from app.widgets.notice import Notice
from app.widgets.params_form import ParamsForm
from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS
from siamese_core.attribution.parameters import CONVOLUTIONS, names_twin
from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters

_SPACING, _GAP = 6, 8
_SIDES = {"support": "Support clip", "query": "Query"}
_NOBODY = "Nobody"
_ONE_CLASS = "The line-up has one class only; a contrast needs another"
_CONTRAST = "What speaks for the support clip's class and not for this one"
_OTHER_CLIP = "The pair's other clip"
_TWIN = "What stands for absence: the map shows what this clip has and that one lacks"
_COMPARE_TIP = "See what two to six methods make of this pair, side by side (Ctrl+K)"
_FAITHFUL_TIP = "Measure how far this map can be trusted (Ctrl+Shift+K)"


class MethodPanel(QWidget):
    """Everything that is decided before the button is pressed, and what can be asked after it."""

    faithfulness_requested = Signal()

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._session = pair, pair.session
        self._first = False
        self._chosen = False
        self._given = DEFAULT_METHOD  # by the last model, while nobody had another one
        self.against, self.twin = ClassBox(_NOBODY), ClassBox(_OTHER_CLIP)
        self.method, self.side, self.form = QComboBox(), QComboBox(), ParamsForm()
        self.button = IconButton("explain", "Explain", text="Explain")
        self.compare, self.faithful = QPushButton("Compare"), QPushButton("Faithfulness…")
        self.compare.setCheckable(True)
        self.notice, self.result = Notice(), MapResult(pair)
        self._build()
        self._connect()
        self._follow(pair)
        self._show_form()
        self._list_classes()
        self._enable()

    def _connect(self) -> None:
        """Heed what is chosen here."""
        self.method.activated.connect(self._choose)
        self.method.currentIndexChanged.connect(self._show_form)
        self.side.currentIndexChanged.connect(self._offer_contrast)
        self.side.currentIndexChanged.connect(self._note)
        self.against.chosen.connect(self._note)
        self.twin.chosen.connect(self._note)
        self.form.drawn.connect(partial(align_labels, self))
        self.form.changed.connect(self._enable)
        self.form.changed.connect(self._note)
        self.form.changed.connect(self._offer_twin)
        self.button.clicked.connect(self._press)
        self.faithful.clicked.connect(self.faithfulness_requested)
        self.compare.toggled.connect(self._enable)
        self.at_once.toggled.connect(self._remember_at_once)

    def _follow(self, pair: Pair) -> None:
        """Keep up with model, line-up and pair."""
        session = self._session
        session.model_changed.connect(self._offer_layers)
        session.model_changed.connect(self._follow_model)
        for changed in (session.lineup_changed, session.selection_changed):
            changed.connect(self._list_classes)
            changed.connect(self._note)
        pair.recalled.connect(self._recall)
        pair.explaining_changed.connect(self._enable)
        pair.explanation_changed.connect(self._enable)
        pair.maps_came.connect(self._explain_at_once)
        for signal in (session.model_changed, session.lineup_changed):
            signal.connect(self._enable)
        for signal in (session.selection_changed, session.heard_changed):
            signal.connect(self._enable)
            signal.connect(self._explain_at_once)
        session.lineup_changed.connect(self._explain_first)
        session.reading_changed.connect(self._give_up_unread)
        session.heard_changed.connect(self._give_up_unscored)
        session.failed.connect(self._tell)

    def request(self) -> Request:
        """Return what is asked for; raises ParameterError if a field holds an illegal value."""
        parameters = self.form.values()
        return Request(
            self.method.currentData(),
            parameters,
            self.side.currentData(),
            self._pair.mask_parameters,
            self.against.label if self.side.currentData() == "query" else None,
            self.twin.label if names_twin(parameters) else None,
        )

    def explain(self) -> None:
        """Explain the pair, unless a field holds an illegal value, which then says so."""
        self.notice.clear()
        if self.form.is_valid():
            if self._chosen:
                self._session.settings.method = self.method.currentData()
            self._pair.explain(self.request())

    def explain_first(self) -> None:
        """Explain the first line-up that is scored, unless it has a map, without being asked."""
        self._first = True

    def _explain_at_once(self) -> None:
        """Explain what has just been scored or chosen, where that is wanted.

        Not while earlier maps are awaited: one of them may be of this pair, and drawn upon.
        """
        session, awaits = self._session, self._pair.awaits_maps
        if awaits or not (session.pair and session.heard and session.heard.scored):
            return
        is_first = self._first and not session.is_reading  # else it is the line-up before
        self._first = self._first and not is_first
        if (is_first or self.at_once.isChecked()) and not self._pair.explanation:
            self.explain()

    def _explain_first(self) -> None:
        """Explain the first line-up where it was scored already when it was asked for."""
        if self._first:
            self._explain_at_once()

    def _give_up_unread(self) -> None:
        """Explain no later line-up in the place of one that is not read."""
        if not self._session.is_reading:
            self._first = False

    def _give_up_unscored(self) -> None:
        """Explain no later line-up in the place of one whose scoring was cancelled or failed."""
        session = self._session
        if session.model and session.is_read and not (session.heard or session.hearing):
            self._first = False

    def _remember_at_once(self, wanted: bool) -> None:
        self._session.settings.explain_at_once = wanted
        self._explain_at_once()

    def _build(self) -> None:
        self._fill()
        asked = QWidget()
        questions = _stack(asked)
        questions.setContentsMargins(0, 0, 4, 0)
        questions.addLayout(self._arrange_rows())
        questions.addWidget(self.form)
        column = _stack(self)
        column.addWidget(FittingScroll(asked))
        column.addLayout(_beside((self.button, 1), (self.at_once, 0)))
        column.addWidget(self.notice)
        column.addWidget(self.result)
        column.addLayout(_beside((self.compare, 1), (self.faithful, 1)))

    def _fill(self) -> None:
        """List what can be chosen, and say what it is."""
        settings = self._session.settings
        for name in METHODS:
            self.method.addItem(method_title(name), name)
        known = settings.method if settings.method in METHODS else self._given
        self.method.setCurrentIndex(self.method.findData(known))
        self.method.setAccessibleName("Method")
        for name, title in _SIDES.items():
            self.side.addItem(title, name)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.at_once = tipped(
            QCheckBox("At once"), "Explain a pair as soon as it is scored or chosen"
        )
        self.at_once.setChecked(settings.explain_at_once)
        self.side.setAccessibleName("Clip that the map lies on")
        self.side.setToolTip("The clip whose parts are asked about; the other one stays as it is")
        self.against.setAccessibleName("Class that the query is held against")
        tipped(self.twin, _TWIN, "Clip that the baseline is")

    def _arrange_rows(self) -> QFormLayout:
        rows = self._rows = QFormLayout()
        rows.setSpacing(_SPACING)  # as in the form below
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow("Method", self.method)
        rows.addRow("Map on", self.side)
        rows.addRow("Against", self.against)
        rows.addRow("Twin", self.twin)
        for box in (self.against, self.twin):
            rows.setRowVisible(box, False)
        return rows

    def _offer_contrast(self) -> None:
        """Offer it on the query, which two pairs share."""
        self._rows.setRowVisible(self.against, self.side.currentData() == "query")

    def _offer_twin(self) -> None:
        """Ask which clip the baseline is, where it is one."""
        asked = legal(self)
        self._rows.setRowVisible(self.twin, asked is not None and names_twin(asked.parameters))

    def _list_classes(self) -> None:
        """List the line-up's classes, one of which is held against, and one the baseline of."""
        classes, pair = self._session.lineup.classes, self._session.pair
        self.against.offer(classes, own=pair[1].label if pair else None)
        self.twin.offer(classes)
        several = len(classes) > 1
        self.against.setEnabled(several)
        self.against.setToolTip(_CONTRAST if several else _ONE_CLASS)

    def _choose(self) -> None:
        self._chosen = True

    def _follow_model(self) -> None:
        """Take the method that a new model's card names; a person's choice stays."""
        model, now = self._session.model, self.method.currentData()
        if model is None or self._chosen:
            return
        if now == self._given:
            self.method.setCurrentIndex(self.method.findData(model.card.method))
        if now in (self._given, model.card.method):
            self._given = model.card.method

    def _offer_layers(self) -> None:
        """List the layers of the network that is explained, of which a method may look at one."""
        if model := self._session.model:
            from siamese_core.attribution.convolutions import convolutions

            self.form.offer(CONVOLUTIONS, tuple(convolutions(model.net)))
            self._note()

    def _show_form(self) -> None:
        self._show_parameters(None)

    def _show_parameters(self, values: Parameters | None) -> None:
        method = METHODS[self.method.currentData()]
        self.method.setToolTip(method.about)
        self.form.set_model(method.parameters, values)
        self._enable()
        self._note()
        self._offer_twin()

    def _note(self) -> None:
        """Tell the pair what would be asked for now, or that a field holds an illegal value."""
        self._pair.ask(legal(self))

    def _recall(self, request: Request) -> None:
        """Show what was asked for at another time."""
        self.against.want(request.against)
        self.twin.want(request.twin)
        for box, name in ((self.method, request.method), (self.side, request.side)):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(name))
        self._offer_contrast()
        self._list_classes()
        self._show_parameters(request.parameters)

    def _press(self) -> None:
        if self._pair.explaining:
            self._pair.cancel()
        else:
            self.explain()

    def _enable(self) -> None:
        explaining = self._pair.explaining
        obstacle = to_explain(self._pair)
        self.button.setText("Cancel" if explaining else "Explain")
        self.button.set_icon("stop" if explaining else "explain")
        self.button.setEnabled(explaining or not obstacle)
        self.compare.setEnabled(not obstacle or self.compare.isChecked())
        tipped(self.compare, _COMPARE_TIP if self.compare.isEnabled() else obstacle)
        self.compare.setText("Back to the pair" if self.compare.isChecked() else "Compare")
        keys = "Esc" if explaining else "Ctrl+Return"
        self.button.setToolTip(
            f"{self.button.text()} ({keys})" if self.button.isEnabled() else obstacle
        )
        no_map = to_take_map(self._pair)
        tipped(self.faithful, no_map or _FAITHFUL_TIP).setEnabled(not no_map)

    def _tell(self, where: str, sentence: str) -> None:
        if where == "explain":
            self.notice.show_error(sentence)


def _stack(box: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(_GAP)
    return column


def _beside(*members: tuple[QWidget, int]) -> QHBoxLayout:
    """Return a row of widgets, each with its share of the width to spare."""
    row = QHBoxLayout()
    row.setSpacing(_GAP)
    for widget, stretch in members:
        row.addWidget(widget, stretch)
    return row


def legal(panel: MethodPanel) -> Request | None:
    """Return the panel's request, or None after its field has said what is wrong."""
    try:
        return panel.request()
    except ParameterError:
        return None
