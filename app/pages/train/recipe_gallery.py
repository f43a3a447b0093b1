"""RecipeGallery: the bundled recipes with their documents, and recipe files."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.file_dialogs import FileDialogs
from app.pages.tip import tipped
from app.settings import Settings
from app.widgets.notice import Notice
from app.widgets.plain import plain
from siamese_core.errors import ParameterError
from siamese_core.recipes import Recipe, load_recipe, recipe_names

_NAME = int(Qt.ItemDataRole.UserRole)
_DUPLICATE = "another training's"


class RecipeGallery(QWidget):
    """Choosing one reads it; a variant stands below its recipe, a file below all.

    What the person changes in a recipe is kept: it is there again when the recipe is.
    """

    chosen = Signal(object)
    """A recipe was read."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask_for = FileDialogs(self, settings)
        self.list = tipped(QTreeWidget(), "The bundled recipes and their variants", "Recipes")
        self.list.setHeaderHidden(True)
        self.document = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.document.setProperty("quiet", True)
        self.open = tipped(QPushButton("Open &recipe…"), "Take a recipe from a TOML file")
        self.restore = tipped(QPushButton("Res&tore"), "Undo the changes to the chosen recipe")
        self.notice = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.list, self.document, self.notice):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.open, 1)
        row.addWidget(self.restore)
        column.addLayout(row)
        self._by_name: dict[str, QTreeWidgetItem] = {}
        self._name = ""
        """What was shown last."""
        self._own: dict[str, Recipe] = {}
        """As they were read, by their names."""
        self._changed: dict[str, Recipe] = {}
        self._fill()
        self._mark_changes()
        # Not the current item: the first one becomes it when the list gets the focus.
        self.list.itemSelectionChanged.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        self.open.clicked.connect(self._ask)
        self.restore.clicked.connect(self._restore)

    def choose(self, name: str) -> None:
        """Take a recipe by its name or file, without what was changed in it here."""
        try:
            recipe = load_recipe(name)
        except ParameterError as error:
            self.notice.show_error(str(error))
            return
        self._put(name, recipe, Path(name).name)

    def mark(self, name: str) -> None:
        """Make a listed recipe the current one, without reading it yet."""
        if item := self._by_name.get(name):
            with QSignalBlocker(self.list):
                self.list.setCurrentItem(item)

    def take(self, recipe: Recipe) -> None:
        """List another training's recipe, in the place of the one before, and choose it."""
        self._put(_DUPLICATE, recipe, f"{recipe.name} (duplicate)")

    def keep(self, recipe: Recipe) -> None:
        """Keep what the person made of the recipe that was read."""
        if recipe == self._own.get(self._name):
            self._changed.pop(self._name, None)
        else:
            self._changed[self._name] = recipe
        self._mark_changes()

    def _fill(self) -> None:
        for name in recipe_names():
            stem, _, variant = name.partition("/")
            above = self._by_name[stem] if variant else self.list.invisibleRootItem()
            self._list(name, variant or stem, above)

    def _list(self, name: str, title: str, above: QTreeWidgetItem) -> None:
        item = self._by_name[name] = QTreeWidgetItem(above, [title])
        item.setData(0, _NAME, name)

    def _put(self, name: str, recipe: Recipe, title: str) -> None:
        """Show a recipe as it was read; one that is not bundled is listed, to come back to it."""
        self._own[name] = recipe
        self._changed.pop(name, None)
        if name not in self._by_name:
            self._list(name, title, self.list.invisibleRootItem())
            self._by_name[name].setToolTip(0, plain(name))
        elif name == _DUPLICATE:
            self._by_name[name].setText(0, title)
        self.mark(name)
        self._show(name)

    def _choose(self) -> None:
        """Show the selected recipe, unless it is there already."""
        for item in self.list.selectedItems():
            name = item.data(0, _NAME)
            if name not in self._own:
                self.choose(name)
            elif name != self._name:
                self._show(name)

    def _show(self, name: str) -> None:
        self.notice.clear()
        self._name = name
        self.document.setText(self._own[name].document)
        self._mark_changes()
        self.chosen.emit(self._changed.get(name, self._own[name]))

    def _mark_changes(self) -> None:
        """Mark what was changed, and let it be undone."""
        for name, item in self._by_name.items():
            font = item.font(0)
            font.setItalic(name in self._changed)
            item.setFont(0, font)
        self.restore.setEnabled(self._name in self._changed)

    def _restore(self) -> None:
        self.choose(self._name)

    def _ask(self) -> None:
        if path := self._ask_for.recipe():
            self.choose(str(path))
