"""RecipeGallery: the bundled recipes with their documents, and recipe files."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.tip import tipped
from app.widgets.notice import Notice
from siamese_core.errors import ParameterError
from siamese_core.recipes import Recipe, load_recipe, recipe_names

_NAME = int(Qt.ItemDataRole.UserRole)


class RecipeGallery(QWidget):
    """Choosing one reads it; a variant stands below its recipe."""

    chosen = Signal(object)
    """A recipe was read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = tipped(QTreeWidget(), "The bundled recipes and their variants", "Recipes")
        self.list.setHeaderHidden(True)
        self.document = QLabel(wordWrap=True)
        self.document.setProperty("quiet", True)
        self.open = tipped(QPushButton("Open &recipe…"), "Take a recipe from a TOML file")
        self.notice = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.list, self.document, self.notice, self.open):
            column.addWidget(widget)
        self._by_name: dict[str, QTreeWidgetItem] = {}
        self._fill()
        self.list.currentItemChanged.connect(self._choose)
        self.open.clicked.connect(self._ask)

    def choose(self, name: str) -> None:
        """Take a recipe by its name or file."""
        self.mark(name)
        self._read(name)

    def mark(self, name: str) -> None:
        """Make a bundled recipe the current one of the list, without reading it yet."""
        if item := self._by_name.get(name):
            blocker = QSignalBlocker(self.list)
            self.list.setCurrentItem(item)
            blocker.unblock()

    def describe(self, recipe: Recipe) -> None:
        """Show where a recipe comes from."""
        self.document.setText(recipe.document)

    def _fill(self) -> None:
        for name in recipe_names():
            stem, _, variant = name.partition("/")
            item = QTreeWidgetItem([variant or stem])
            item.setData(0, _NAME, name)
            if variant:
                self._by_name[stem].addChild(item)
            else:
                self.list.addTopLevelItem(item)
            self._by_name[name] = item

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item:
            self._read(item.data(0, _NAME))

    def _read(self, name: str) -> None:
        self.notice.clear()
        try:
            recipe = load_recipe(name)
        except ParameterError as error:
            self.notice.show_error(str(error))
            return
        self.describe(recipe)
        self.chosen.emit(recipe)

    def _ask(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a recipe", "", "Recipes (*.toml)")
        if chosen:
            self.list.selectionModel().clear()
            self._read(str(Path(chosen)))
