"""Listener: the model that listens, while it is chosen, moved to a device, or found elsewhere."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.lineup.loaded_model import LoadedModel, list_devices
from app.lineup.model_choice import ModelChoice
from app.session.errands import Errands
from app.settings import Settings
from app.training.run_folder import moved
from siamese_core.demo import bundled_model

if TYPE_CHECKING:
    from siamese_core.devices import DeviceInfo


class Listener(Errands):
    """What of the window's shared state is the model, and the devices that it can run on."""

    model_changed = Signal()
    model_moved = Signal(object, object)
    """A folder of models has another path: the one before, and the one now."""
    devices_changed = Signal()
    changing = Signal()
    """Another line-up, model or window was asked for: what is being explained is not wanted."""

    def __init__(
        self, background: Background, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(background, parent)
        self.settings = settings
        self.model: LoadedModel | None = None
        self.devices: list[DeviceInfo] = []
        self._choice = ModelChoice(background, settings, self._take_model, self._miss_model)

    def warm_up(self, model: Path | None = None) -> None:
        """Import torch, load a model or the bundled one, look for devices, all on the worker."""
        self.set_model(model or bundled_model())
        self.run(lambda _e, _s: list_devices(), self._list_devices, "model", keep=True)

    def set_model(self, path: Path, device: str | None = None) -> None:
        """Load a model, or move it to another device; the line-up is scored again."""
        self.changing.emit()
        self._choice.ask(path, device)

    def set_device(self, name: str) -> None:
        """Run the present model on another device."""
        self.changing.emit()
        self._choice.ask(device=name)

    def move_models(self, before: Path, after: Path) -> None:
        """Know models by where they are since their folder was renamed; none is loaded anew."""
        where = partial(moved, before=before, after=after)
        recent = (str(where(Path(path))) for path in self.settings.recent_models)
        self.settings.recent_models = tuple(recent)
        if self.model:
            # The same object stays: maps and what is being made are known by it.
            self.model.file.path = where(self.model.path)
        self.model_moved.emit(before, after)
        self.model_changed.emit()

    def forget_models(self, folder: Path) -> None:
        """Offer no model any more that was in a folder."""
        known = self.settings.recent_models
        left = tuple(path for path in known if not Path(path).is_relative_to(folder))
        if left != known:
            self.settings.recent_models = left
            self.model_changed.emit()

    def _take_model(self, model: LoadedModel) -> None:
        self.model = model
        self.model_changed.emit()

    def _miss_model(self, error: Exception) -> None:
        self.model_changed.emit()
        self.tell("model", error)

    def _list_devices(self, devices: "list[DeviceInfo]") -> None:
        self.devices = devices
        self.devices_changed.emit()
