"""ModelBar: which model listens, on which device, and what is known of it."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from app.pages.tip import tipped
from app.pages.window.model_card import ModelCard
from app.session.session import Session
from app.widgets.icon_button import IconButton
from siamese_core.demo import bundled_model
from siamese_core.model_names import model_name

OPEN = "open"
"""Chosen to open a model's file."""
_ANSWERS = {
    "voice": "who speaks",
    "environment": "which sound",
    "omniglot": "which character",
}
"""What each bundled model tells."""
_LISTENING = ("voice", "environment")
"""Those of them that listen."""


class ModelBar(QWidget):
    """Changing the model or the device scores the line-up again."""

    open_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.models = tipped(QComboBox(), "The network that listens")
        self.devices = tipped(QComboBox(), "Where the network runs")
        self.info = IconButton("info", "About this model (F2)")
        self.card = ModelCard(session, self)
        self._arrange()
        self.models.activated.connect(self._choose_model)
        self.devices.activated.connect(self._choose_device)
        self.info.clicked.connect(self.show_card)
        session.model_changed.connect(self._fill)
        session.devices_changed.connect(self._fill)
        self._fill()

    def show_card(self) -> None:
        """Show what is known of the model, below the button."""
        self.card.popup(self.info.mapToGlobal(self.info.rect().bottomRight()))

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for title, box in (("Model", self.models), ("Device", self.devices)):
            label = QLabel(title)
            label.setBuddy(box)
            box.setAccessibleName(title)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            row.addWidget(label)
            row.addWidget(box)
            row.addSpacing(6)
        row.insertWidget(2, self.info)

    def _fill(self) -> None:
        self._fill_models()
        self._fill_devices()
        self.info.setEnabled(self._session.model is not None)

    def _fill_models(self) -> None:
        session = self._session
        current = session.model.path if session.model else bundled_model()
        recent = [Path(path) for path in session.settings.recent_models]
        paths = dict.fromkeys([*map(bundled_model, _LISTENING), *recent, current])
        with QSignalBlocker(self.models):
            self.models.clear()
            list_models(self.models, paths)
            self.models.setCurrentIndex(list(paths).index(current))

    def _fill_devices(self) -> None:
        session = self._session
        known = [(device.title, device.name) for device in session.devices]
        with QSignalBlocker(self.devices):
            self.devices.clear()
            for title, name in [("Automatic", "auto"), *known]:
                self.devices.addItem(title, name)
            self.devices.setCurrentIndex(max(self.devices.findData(session.settings.device), 0))
            self.devices.setEnabled(bool(known))

    def _choose_model(self, index: int) -> None:
        chosen = self.models.itemData(index)
        self._fill_models()
        if chosen == OPEN:
            self.open_requested.emit()
        elif isinstance(chosen, Path):
            self._session.set_model(chosen)

    def _choose_device(self, index: int) -> None:
        chosen = self.devices.itemData(index)
        self._fill_devices()
        self._session.set_device(chosen)


def list_models(box: QComboBox, paths: Iterable[Path]) -> None:
    """Add models to a choice, and the way to any other one."""
    for path in paths:
        box.addItem(model_choice(path), path)
        box.setItemData(box.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
    box.insertSeparator(box.count())
    box.addItem("Open…", OPEN)


def model_choice(path: Path) -> str:
    """Name a model among others, with what a bundled one is for."""
    answer = _ANSWERS.get(path.stem, "") if path.parent == bundled_model().parent else ""
    return f"{path.stem.capitalize()}: {answer}" if answer else model_title(path)


def model_title(path: Path) -> str:
    """Name a model: a run's checkpoint after its run, another after its file."""
    if path.parent == bundled_model().parent:
        return f"{path.stem.capitalize()} (bundled)"
    return model_name(path)
