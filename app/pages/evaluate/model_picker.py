"""ModelPicker: a choice of one of the models at hand, or of a file."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.pages.file_dialogs import FileDialogs
from app.pages.window.model_bar import OPEN, list_models
from app.session.session import Session
from app.training.run_folder import moved
from app.widgets.elided_box import ElidedBox
from siamese_core.demo import bundled_model


class ModelPicker(ElidedBox):
    """The bundled models, those used lately and Open…; nothing else in the window changes.

    Parameters
    ----------
    nothing : str
        What stands for no model; one must be chosen if empty.
    """

    changed = Signal()

    def __init__(self, session: Session, nothing: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._nothing = session, nothing
        self._chosen: Path | None = None
        self.activated.connect(self._take)
        session.model_moved.connect(self._follow)
        session.model_changed.connect(self._fill)
        self._fill()

    @property
    def path(self) -> Path | None:
        """The chosen model; where one must be, the one that listens until another is chosen."""
        listening = self._session.model.path if self._session.model else bundled_model()
        return self._chosen or (None if self._nothing else listening)

    def choose(self, path: Path | None) -> None:
        """Choose a model."""
        self._chosen = path
        self._fill()
        self.changed.emit()

    def _follow(self, before: Path, after: Path) -> None:
        """Know the chosen model by where its folder is now; the list is made anew after that."""
        self._chosen = self._chosen and moved(self._chosen, before, after)

    def _fill(self) -> None:
        own = sorted(bundled_model().parent.glob(f"*{bundled_model().suffix}"))
        recent = [Path(path) for path in self._session.settings.recent_models]
        paths = dict.fromkeys([bundled_model(), *own, *recent, *([self.path] if self.path else [])])
        with QSignalBlocker(self):
            self.clear()
            if self._nothing:
                self.addItem(self._nothing, None)
            list_models(self, paths)
            self.setCurrentIndex(
                bool(self._nothing) + list(paths).index(self.path) if self.path else 0
            )

    def _take(self, index: int) -> None:
        chosen = self.itemData(index)
        if chosen == OPEN:
            chosen = FileDialogs(self, self._session.settings).model() or self._chosen
        self.choose(chosen)
