"""What is remembered comes back typed; what is broken falls back to its default."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.settings import MOST_RECENT, LevelRange, Settings

NAMES = [
    "recent_corpora", "recent_models", "device", "theme", "method", "volume",
    "dimming", "loop", "overlay_opacity", "overlay_threshold", "panel_tab", "mask_share",
    "last_folder", "geometry", "window_state", "level_map", "level_range",
]  # fmt: skip


def opened(path: Path) -> Settings:
    return Settings(QSettings(str(path), QSettings.Format.IniFormat))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


def test_values_come_back_from_the_file_with_their_types(path: Path) -> None:
    settings = opened(path)
    settings.theme = "dark"
    settings.volume = 0.25
    settings.geometry = bytes(range(256))
    settings.remember_corpus("/music/vögel, und; so")
    settings.sync()
    again = opened(path)
    assert again.theme == "dark"
    assert again.volume == 0.25
    assert again.geometry == bytes(range(256))
    assert again.recent_corpora == ("/music/vögel, und; so",)


def test_recent_ones_are_unique_newest_first_and_few(path: Path) -> None:
    settings = opened(path)
    for number in range(MOST_RECENT + 4):
        settings.remember_model(f"m{number}")
    settings.remember_model("m8")
    assert settings.recent_models[0] == "m8"
    assert len(settings.recent_models) == len(set(settings.recent_models)) == MOST_RECENT
    assert settings.recent_corpora == ()


def test_folders_of_runs_that_are_gone_drop_out(path: Path) -> None:
    settings = opened(path)
    for number in range(MOST_RECENT + 2):
        folder = path.parent / str(number)
        folder.mkdir()
        settings.remember_runs_folder(str(folder))
    assert len(settings.recent_runs_folders) == MOST_RECENT
    folder.rmdir()
    settings.remember_runs_folder(str(path.parent / "8"))
    assert [Path(p).name for p in settings.recent_runs_folders] == list("8765432")


@settings(deadline=None)  # a busy machine is not a fault
@given(name=st.sampled_from(NAMES), junk=st.text(max_size=30) | st.integers(-9, 9) | st.none())
def test_junk_never_gets_out(
    tmp_path_factory: pytest.TempPathFactory, name: str, junk: object
) -> None:
    settings = opened(tmp_path_factory.mktemp("junk") / "settings.ini")
    default = getattr(settings, name)
    settings.store.setValue(name, junk)
    value = getattr(settings, name)
    assert type(value) is type(default)
    if name in ("volume", "overlay_opacity"):
        assert 0 <= value <= 1
    if name == "level_map":
        assert value in theme.LEVEL_MAPS
    if name == "level_range":
        assert value in get_args(LevelRange)
    if name == "theme":
        assert value in ("system", "light", "dark")


@pytest.mark.parametrize("broken", ["", "{", "2.5", "NaN", '"loud"', "null", "[1]"])
def test_a_broken_volume_is_the_default(path: Path, broken: str) -> None:
    settings = opened(path)
    settings.store.setValue("volume", broken)
    assert settings.volume == 0.8


def test_an_illegal_value_is_refused_when_it_is_set(path: Path) -> None:
    settings = opened(path)
    with pytest.raises(ValidationError):
        settings.theme = "pink"  # type: ignore[assignment]
    assert settings.theme == "system"


def test_the_programs_own_store_can_be_redirected(tmp_path: Path) -> None:
    Settings().device = "cuda:0"
    store = Settings().store
    assert store.format() == QSettings.Format.IniFormat
    assert "Earwitness" in store.fileName()
    assert Settings().device == "cuda:0"
    store.clear()


def test_files_of_its_own_lie_beside_a_store_in_a_file(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "own.ini"), QSettings.Format.IniFormat)
    assert Settings(store).folder == tmp_path / "own"
    native = QSettings(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, "No", "Body")
    assert Settings(native).folder.is_absolute()


def test_episodes_are_remembered_apart_from_folders(tmp_path: Path) -> None:
    settings = Settings(QSettings(str(tmp_path / "own.ini"), QSettings.Format.IniFormat))
    for name in ("a", "b", "a"):
        settings.remember_episode(f"{name}.earwitness")
    assert settings.recent_episodes == ("a.earwitness", "b.earwitness")
    assert settings.recent_corpora == ()
    assert settings.reopen


def test_how_the_map_was_looked_at_is_there_again(
    qtbot: QtBot, another_window: Callable[[str], MainWindow]
) -> None:
    first = another_window("one").explain
    first.opacity.setValue(40)
    first.threshold.setValue(30)
    first.tabs.setCurrentIndex(1)
    again = another_window("one").explain
    assert (again.opacity.value(), again.threshold.value()) == (40, 30)
    assert {view.threshold for view in again.view.views.values()} == {0.3}
    assert again.tabs.currentIndex() == 1
    assert again.comparison.page.shown[0].view.threshold == 0.3


def test_dimming_and_loop_are_as_they_were_left(
    qtbot: QtBot, another_window: Callable[[str], MainWindow]
) -> None:
    left = another_window("one")
    assert (left.explain.dim.isChecked(), left.session.player.loop) == (True, False)
    left.explain.dim.click()
    left.explain.listening.transport._loop.click()
    left.settings.sync()
    found = another_window("one")
    assert not found.explain.dim.isChecked()
    assert not found.explain.view._dimming
    assert found.explain.listening.transport._loop.isChecked()
    assert found.session.player.loop
