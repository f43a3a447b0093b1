"""What the dialogs for a file or folder suggest: names of the clips, and of what is not there."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.file_dialogs import FileDialogs, named_after
from tests.app.conftest import choose_method, settle


def suggestions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that are suggested from now on; each dialog is closed."""
    suggested: list[str] = []

    def suggest(_parent: object, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        suggested.append(Path(start).name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", suggest)
    return suggested


def test_names_of_the_clips_are_suggested(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    suggested = suggestions(monkeypatch)
    assert window.session.pair is not None
    query, support = (clip.path.stem for clip in window.session.pair)
    window.explain.listening.transport.sound = "kept"
    window.export.sound()
    window.export.mask()
    window.export.figure()
    assert suggested == [f"{support}-kept.wav", f"{support}-mask.npz", f"{query}-{support}.png"]


def test_a_folder_that_is_there_is_not_suggested(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggested = suggestions(monkeypatch)
    window.settings.last_folder = str(tmp_path)
    dialogs = FileDialogs(window, window.settings)
    for number in (1, 2, 3):
        assert dialogs.episode() is None
        (tmp_path / suggested[-1]).mkdir()
        assert suggested[-1].endswith("explanation" if number == 1 else f"explanation-{number}")
    for ask in (dialogs.page, dialogs.lineup_figure, dialogs.report):
        assert ask() is None
    assert suggested[3:] == ["line-up.html", "line-up.svg", "evaluation"]


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["en_four.flac"], "en_four-kept"),
        (["a: b?/../c*.wav", "..wav"], "c-clip-kept"),
        (["\u97f3" * 90 + ".wav"] * 2, "-".join(["\u97f3" * 30] * 2 + ["kept"])),
        (['take "2" <x>|\n.ogg'], "take_2_x-kept"),
    ],
)
def test_an_export_is_named_after_its_clips_as_any_file_system_takes_it(
    names: list[str], name: str
) -> None:
    assert named_after(map(Path, names), "kept") == name
    assert len(f"{name}.wav".encode()) <= 255
