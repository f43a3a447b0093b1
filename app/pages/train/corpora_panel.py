"""CorporaPanel: the folders to train on, what they are, and which classes are held out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QWidget

from app.errors import sentence
from app.newest import Newest
from app.pages.corpus_list import CorpusList, source_of
from app.pages.tip import tipped
from app.session.session import Session
from app.training.advice import SPARING
from app.training.training_data import TrainingData, look_at, parameter_of
from app.widgets.notice import Notice
from siamese_core.corpora.layouts import GLYPH_LAYOUTS, LAYOUTS
from siamese_core.recipes import Recipe

_TIP = "Folders to train on; several are joined"


class CorporaPanel(CorpusList):
    """Each change is looked at on the worker; the split follows the recipe."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, _TIP, parent)
        self._recipe: Recipe | None = None
        self._looking: Newest[TrainingData] = Newest(session.background)
        self.data: TrainingData | None = None
        """What the folders hold, once it is known and suits the recipe."""
        self.wanting = "Add a folder to train on."
        """Why there is no data yet, unless it is refused."""
        self.refusal = ""
        """Why the folders cannot be trained on; empty if they can, or that is not known."""
        self.remove = tipped(QPushButton("Remove"), "Leave the selected folder out")
        tip = "How the folders are laid out; of ESC-50's, ESC-10 must be chosen"
        self.kind = tipped(QComboBox(), tip, "Layout")
        self.kind.addItem("Recognised", None)
        for name, one in {**LAYOUTS, **GLYPH_LAYOUTS}.items():
            self.kind.addItem(one.title, name)
        tip = "Train without clips that cannot be read; else one of them refuses the training"
        self.sparing = tipped(QCheckBox(SPARING), tip)
        self.about = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.about.setProperty("quiet", True)
        self.notice = Notice()
        self._arrange()
        self.asked.connect(self._take)
        self.remove.clicked.connect(self._drop)
        self.kind.currentIndexChanged.connect(self._look)

    @property
    def layout_name(self) -> str | None:
        """How the folders are laid out; None where that is to be recognised."""
        name = self.kind.currentData()
        return None if name is None else str(name)

    @property
    def folders(self) -> list[Path]:
        """The folders, in their order."""
        sources = [source_of(item) for item in self.items]
        return [source for source in sources if isinstance(source, Path)]

    @property
    def looking(self) -> bool:
        """Whether the folders are being looked at, by the recipe as it is now."""
        return self._looking.running

    def choose_layout(self, name: str | None) -> None:
        """Read the folders as laid out so; recognise it if None."""
        self.kind.setCurrentIndex(max(0, self.kind.findData(name)))

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Train on these."""
        self.list.clear()
        for folder in folders:
            self.put(folder, str(folder), str(folder))
        self._look()

    def set_recipe(self, recipe: Recipe | None) -> None:
        """Split the classes as a recipe says; None while it is not legal."""
        if recipe != self._recipe:
            self._recipe = recipe
            self._look()

    def _arrange(self) -> None:
        label = QLabel("&Layout")
        label.setBuddy(self.kind)
        self.buttons.addWidget(self.remove)
        self.buttons.addStretch(1)
        self.buttons.addWidget(label)
        self.buttons.addWidget(self.kind)
        self.column.addWidget(self.sparing)
        self.column.addWidget(self.about)
        self.column.addWidget(self.notice)

    def _take(self, folder: Path) -> None:
        if folder not in self.folders:
            self.set_folders([*self.folders, folder])

    def _drop(self) -> None:
        row = self.list.currentRow()
        self.set_folders([f for number, f in enumerate(self.folders) if number != row])

    def _look(self) -> None:
        """Look at the folders as they are now; an answer to an older question is not wanted."""
        self._looking.cancel()
        self.data, self.refusal = None, ""
        folders, recipe, layout = self.folders, self._recipe, self.layout_name
        self.notice.clear()
        self.remove.setEnabled(bool(folders))
        if not folders or recipe is None:
            self._say("Add a folder to train on." if not folders else "Mend the recipe first.")
            return
        self._looking.run(
            lambda _e, _s: look_at(folders, recipe, layout),
            on_done=self._show,
            on_error=self._refuse,
            on_cancelled=partial(self._say, "Looking at the folders was cancelled."),
        )
        self._say("Looking at the folders…")

    def _say(self, words: str) -> None:
        self.wanting = words
        self.about.setText(words)
        self.about.setVisible(bool(words))
        self.changed.emit()

    def _show(self, data: TrainingData) -> None:
        self.data = data
        if data.notice:
            self.notice.show_notice(data.notice)
        self._say("\n".join([*data.recognised, data.words]))

    def _refuse(self, error: Exception) -> None:
        self._say("")
        self.refusal = sentence(error)
        if not parameter_of(self.refusal):  # which is told beside the field
            self.notice.show_error(self.refusal)
        self.changed.emit()
