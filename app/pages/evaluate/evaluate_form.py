"""EvaluateForm: which networks are measured, on what, how, and the button that begins it."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.evaluations import Evaluations, about, obstacle
from app.pages.evaluate.class_picker import ClassPicker
from app.pages.evaluate.corpus_picker import CorpusPicker
from app.pages.evaluate.model_picker import ModelPicker
from app.pages.section import Section, align_labels
from app.pages.tip import tipped
from app.pages.window.model_bar import model_title
from app.widgets.icon_button import IconButton
from app.widgets.params_form import ParamsForm
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.errors import ParameterError
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.report.evaluation_plan import AnyPart, EvaluationPlan

_WIDTH = 302
_MOST_WAYS = 5
_FIRST = EvaluationParameters.parse(
    {"ways": _MOST_WAYS, "runs": 100, "sweep": True, "retrieval": True, "pairs": 2000}
)
"""Everything, of line-ups as most papers draw them."""
_HEARD: Final = "train"
_WORDS = {
    _HEARD: "Only the classes that the model's recipe trains on",
    "validation": "Only the classes that the model's recipe holds out for validation",
    "test": "Only the classes that the model's recipe holds out for the test",
}
"""Of each part, as the command line's --split has it; the corpora are what it was trained on."""
_TIP = "Measure the model on line-ups drawn from these classes"


class PartPicker(ClassPicker):
    """Offers the classes that the model was trained on too, as ``--split train`` does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        behind = self.kind.findData("validation") + 1
        self.kind.insertItem(behind, "The recipe's training classes", _HEARD)
        for part, words in _WORDS.items():
            self.kind.setItemData(self.kind.findData(part), words, Qt.ItemDataRole.ToolTipRole)

    @property
    def part(self) -> AnyPart:
        """The part that the recipe made of the corpus, if one is wanted."""
        return _HEARD if self.kind.currentData() == _HEARD else self.split


class EvaluateForm(QWidget):
    """A button that measures or cancels; beside it stands what is still missing."""

    def __init__(self, evaluations: Evaluations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluations, session = evaluations, evaluations.session
        self.model = tipped(ModelPicker(session), "The network that is measured", "Model")
        self.rival = tipped(
            ModelPicker(session, "Nothing"),
            "Another network that is asked the same line-ups",
            "Compare with",
        )
        self.corpora, self.classes = CorpusPicker(session), PartPicker()
        self.form, self._proposed = ParamsForm(), _FIRST.ways
        self.form.set_model(EvaluationParameters, _FIRST)
        self.about = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.reason = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.same = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.same.setProperty("wrong", True)
        self.button, self.bar = IconButton("play", _TIP, text="Evaluate"), QProgressBar()
        self._arrange()
        for picker in (self.model, self.rival, self.classes, self.form):
            picker.changed.connect(self._enable)
        self.corpora.changed.connect(self._look)
        self.button.clicked.connect(self._press)
        evaluations.corpus_changed.connect(self._take_corpus)
        evaluations.measuring_changed.connect(self._enable)
        evaluations.cancelling.connect(self._enable)
        session.model_changed.connect(self._enable)
        evaluations.progressed.connect(self._tell)
        self._look()

    def plan(self) -> EvaluationPlan | None:
        """Return what is asked for; None where a field holds an illegal value, and says so."""
        model = self.model.path
        try:
            parameters = self.form.values()
        except ParameterError:
            return None
        if model is None or not isinstance(parameters, EvaluationParameters):
            return None
        device = self._evaluations.session.settings.device
        classes = self.classes
        return EvaluationPlan(
            model, parameters, self.rival.path, classes.part, classes.classes, device
        )

    def _arrange(self) -> None:
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow("Model", self.model)
        rows.addRow("Compare with", self.rival)
        rows.addRow(self.same)
        models = QWidget()
        models.setLayout(rows)
        for label in (self.about, self.reason):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setProperty("quiet", True)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 8, 2, 8)
        column.setSpacing(14)
        column.addWidget(Section("Models", models))
        column.addWidget(Section("Corpora", self.corpora))
        column.addWidget(self.about)
        column.addWidget(Section("Classes", self.classes))
        column.addWidget(Section("Line-ups and figures", self.form))
        column.addStretch(1)
        align_labels(inner)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what has the focus within is scrolled to
        scroll.setWidget(inner)
        # The bar's room is kept free: fields that got narrower as it comes would jump.
        bar = scroll.verticalScrollBar().sizeHint().width()
        inner.setFixedWidth(_WIDTH)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 0, bar + 2, 8)
        foot.addWidget(self.reason)
        foot.addWidget(self.bar)
        foot.addWidget(self.button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)
        self.setFixedWidth(_WIDTH + bar)

    def _look(self) -> None:
        self._evaluations.look(self.corpora.sources)

    def _take_corpus(self) -> None:
        if corpus := self._evaluations.corpus:
            self._suit(len(corpus.classes))
            self.form.withhold(() if corpus.has_alphabets else ("within_alphabet",))
            self.classes.set_classes(corpus.classes)
            self.about.setText(about(corpus))
        self.about.setVisible(self._evaluations.corpus is not None)
        self._enable()

    def _suit(self, classes: int) -> None:
        """Propose line-ups that so many classes allow, unless the person chose other ones."""
        try:
            values = self.form.values()
        except ParameterError:
            return
        proposal = max(2, min(_MOST_WAYS, classes))
        if isinstance(values, EvaluationParameters) and values.ways == self._proposed != proposal:
            self._proposed = proposal
            self.form.set_model(EvaluationParameters, values.model_copy(update={"ways": proposal}))
            align_labels(self)

    def _press(self) -> None:
        self._enable()
        if self._evaluations.measuring:
            self._evaluations.cancel()
        elif self.button.isEnabled() and (plan := self.plan()):
            self._evaluations.measure(plan)

    def _wanting(self) -> str:
        """Say what keeps it from being measured; empty if nothing."""
        corpus, classes = self._evaluations.corpus, self.classes
        if self._tell_same():
            return "Choose another model to compare with."
        if corpus is None:
            return self._evaluations.wanting
        if classes.is_choosing and len(classes.classes) < 2:
            return "Tick two classes or more."
        return "" if self._is_possible(corpus) else "Mend the marked field."

    def _tell_same(self) -> bool:
        """Look whether the model would be compared with itself, and say so beside the choice."""
        model = self.model.path
        same = model is not None and model == self.rival.path
        if same and model:
            self.same.setText(
                f"{model_title(model)} cannot be compared with itself; choose another model or "
                "Nothing."
            )
        self.same.setVisible(same)
        return same

    def _is_possible(self, corpus: Corpus[LabelledFile]) -> bool:
        """Look whether such line-ups can be drawn, and mark the field that does not allow it."""
        try:
            asked = self.form.values()
        except ParameterError:
            return False
        if self.classes.part or not isinstance(asked, EvaluationParameters):
            return True  # only the model knows those classes
        name, sentence = obstacle(corpus, self._evaluations.recordings, self.classes.classes, asked)
        if name:
            self.form.refuse(name, sentence)
        return not name

    def _enable(self) -> None:
        measuring, wanting = self._evaluations.measuring, self._wanting()
        stopping = self._evaluations.stopping
        self.button.setText("Cancelling…" if stopping else "Cancel" if measuring else "Evaluate")
        self.button.set_icon("stop" if measuring else "play")
        self.button.setToolTip("Stop it (Esc); the results before it stay" if measuring else _TIP)
        self.button.setEnabled(measuring or not wanting)
        self.reason.setText(wanting)
        self.reason.setVisible(bool(wanting))
        if self.bar.isHidden() == measuring:
            self._tell("", 0, 0)
            self.bar.setVisible(measuring)

    def _tell(self, what: str, done: int, total: int) -> None:
        """Say within the bar what is done; a total of 0 is work without a known end."""
        what = what or "Beginning"
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.setFormat(f"{what}: %p %" if total else what)
        self.bar.setAccessibleName(what)
