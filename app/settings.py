"""Settings: what the window remembers; a broken stored value falls back to its default."""

from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, overload

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from PySide6.QtCore import QSettings, QStandardPaths

T = TypeVar("T")

Theme = Literal["system", "light", "dark"]
LevelMap = Literal["magma", "inferno", "plasma", "viridis", "cividis", "grey"]
"""The colours that levels are shown in."""
LevelRange = Literal[0, 20, 30, 40, 50, 60]
"""How many dB below the loudest are shown, 0 for all."""
Parting = Literal["ask", "go on", "stop"]
"""What becomes of trainings that run when the window closes."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Paths = tuple[str, ...]
Size = Annotated[int, Field(ge=1, le=99)]
LARGEST_SEED = 999_999
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]

MOST_RECENT = 8
_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class Stored(Generic[T]):
    """One remembered value: kept as JSON, checked when it is read and when it is set."""

    def __init__(self, kind: Any, default: T, config: ConfigDict | None = None) -> None:
        deferred: ConfigDict = {**(config or {}), "defer_build": True}  # a first start needs none
        self._adapter: TypeAdapter[T] = TypeAdapter(kind, config=deferred)
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, settings: None, owner: type) -> "Stored[T]": ...
    @overload
    def __get__(self, settings: "Settings", owner: type) -> T: ...
    def __get__(self, settings: "Settings | None", owner: type) -> "Stored[T] | T":
        if settings is None:
            return self
        text = settings.store.value(self._name)
        try:
            return self._adapter.validate_json(text) if isinstance(text, str) else self._default
        except ValidationError:
            return self._default

    def __set__(self, settings: "Settings", value: T) -> None:
        checked = self._adapter.validate_python(value)
        settings.store.setValue(self._name, self._adapter.dump_json(checked).decode())


class Settings:
    """The remembered values, each a plain typed attribute.

    They lie in ``store``, or in the platform's place for the application.
    """

    recent_corpora = Stored[Paths](Paths, ())
    recent_models = Stored[Paths](Paths, ())
    recent_episodes = Stored[Paths](Paths, ())
    device = Stored[str](str, "auto")
    theme = Stored[Theme](Theme, "system")
    level_map = Stored[LevelMap](LevelMap, "magma")
    level_range = Stored[LevelRange](LevelRange, 0)
    method = Stored[str](str, "")
    explain_at_once = Stored[bool](bool, False)
    output_device = Stored[str](str, "")
    input_device = Stored[str](str, "")
    loop = Stored[bool](bool, False)
    match_levels = Stored[bool](bool, False)
    volume = Stored[float](Share, 0.8)
    overlay_opacity = Stored[float](Share, 0.7)
    overlay_threshold = Stored[float](Share, 0.0)
    dimming = Stored[bool](bool, True)
    panel_tab = Stored[int](Annotated[int, Field(ge=0)], 0)
    mask_share = Stored[float](Percent, 20.0)
    ways = Stored[int](Size, 5)
    shots = Stored[int](Size, 1)
    seed = Stored[int](Seed, 0)
    sorted_by_score = Stored[bool](bool, False)
    last_folder = Stored[str](str, "")
    runs_folder = Stored[str](str, "")
    recent_runs_folders = Stored[Paths](Paths, ())
    training_folders = Stored[Paths](Paths, ())
    library_columns = Stored[dict[int, bool]](dict[int, bool], {})
    parting = Stored[Parting](Parting, "ask")
    reopen = Stored[bool](bool, True)
    page = Stored[str](str, "")
    splitter = Stored[bytes](bytes, b"", _BYTES)
    geometry = Stored[bytes](bytes, b"", _BYTES)
    window_state = Stored[bytes](bytes, b"", _BYTES)

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store or _own_store()

    @property
    def folder(self) -> Path:
        """Where the program keeps files of its own: the platform's place, or beside its store."""
        if self.store.format() == QSettings.Format.IniFormat:
            return Path(self.store.fileName()).with_suffix("")
        return own_folder()

    def remember_corpus(self, path: str) -> None:
        """Put a corpus' folder first among the recent ones."""
        self.recent_corpora = _first(path, self.recent_corpora)

    def remember_model(self, path: str) -> None:
        """Put a model's file first among the recent ones."""
        self.recent_models = _first(path, self.recent_models)

    def remember_episode(self, path: str) -> None:
        """Put an episode's file first among the recent ones."""
        self.recent_episodes = _first(path, self.recent_episodes)

    def remember_runs_folder(self, path: str) -> None:
        """Put a folder of runs first among the recent ones; those that are gone drop out."""
        there = tuple(folder for folder in self.recent_runs_folders if Path(folder).is_dir())
        self.recent_runs_folders = _first(path, there)

    def sync(self) -> None:
        """Write what has changed to disk now."""
        self.store.sync()


def own_folder() -> Path:
    """Return the platform's place for what the program keeps."""
    place = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(place))


def _first(path: str, paths: Paths) -> Paths:
    return (path, *(other for other in paths if other != path))[:MOST_RECENT]


def _own_store() -> QSettings:
    """Open the program's store in the format that is set, so that a test can redirect it."""
    scope = QSettings.Scope.UserScope
    return QSettings(QSettings.defaultFormat(), scope, "Earwitness", "Earwitness")
