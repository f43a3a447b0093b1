"""ModelChoice: which model is to listen, while it is loaded on the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.background import Background
from app.lineup.loaded_model import LoadedModel, load_model
from app.settings import Settings
from siamese_core.demo import bundled_model


@dataclass(frozen=True, eq=False)
class _Wish:
    """A model's file, and the device that it is to run on."""

    path: Path
    device: str


class ModelChoice:
    """The newest wish counts; while it is open, what is left out of the next one comes from it.

    ``take`` receives a model that was loaded, and ``fail`` the error of one that cannot be.
    """

    def __init__(
        self,
        background: Background,
        settings: Settings,
        take: Callable[[LoadedModel], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._background, self._settings = background, settings
        self._accept, self._tell = take, fail
        self._present: LoadedModel | None = None
        self._wish: _Wish | None = None

    def ask(self, path: Path | None = None, device: str | None = None) -> None:
        """Load a model on a device; what is None stays as it is or was asked for."""
        wish = self._wish = _Wish(path or self._path, self._device if device is None else device)
        self._background.run(
            lambda _e, _s: load_model(wish.path, wish.device),
            on_done=partial(self._take, wish),
            on_error=partial(self._fail, wish),
            on_cancelled=partial(self._end, wish),
            title="Loading the model" if self._present else "Warming up the network",
            key="model",
            keep=self._present is None,  # without any model nothing can be asked for
        )

    @property
    def _path(self) -> Path:
        known = self._wish or self._present
        return known.path if known else bundled_model()

    @property
    def _device(self) -> str:
        return self._wish.device if self._wish else self._settings.device

    def _take(self, wish: _Wish, model: LoadedModel) -> None:
        self._end(wish)
        self._present = model
        self._settings.device = wish.device
        if wish.path != bundled_model():
            self._settings.remember_model(str(wish.path))
        self._accept(model)

    def _fail(self, wish: _Wish, error: Exception) -> None:
        """Tell it, and have some model, unless there is one or another is asked for."""
        is_newest = self._wish is wish
        self._end(wish)
        self._tell(error)
        if self._present is None and is_newest:
            if wish.device != "auto":  # the device of another day is gone
                self.ask(wish.path, "auto")
            elif wish.path != bundled_model():
                self.ask(bundled_model(), "auto")

    def _end(self, wish: _Wish) -> None:
        if self._wish is wish:
            self._wish = None
