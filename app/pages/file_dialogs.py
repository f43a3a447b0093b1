"""The questions for a file or folder, each remembering where the last one ended."""

import re
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.settings import Settings
from app.widgets.plain import plain
from siamese_core.audio import SUFFIXES
from siamese_core.episode_file.episode_contents import SUFFIX

_CLIPS = f"Sound files ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})"

_EPISODES = f"Episodes (*{SUFFIX})"
_SOUNDS = "WAV, 32-bit float (*.wav);;FLAC (*.flac)"
_MASKS = "Masks (*.npz)"
_LINEUP_PICTURES = "SVG (*.svg);;PDF (*.pdf);;PNG (*.png)"
_PICTURES = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"


_ENDING = re.compile(r"(?<=\*)\.\w+")
"""In what a dialog's kinds of files are called."""
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 30
"""Letters of a clip's name; two of four bytes each and an ending fit any file system."""


def named_after(clips: Iterable[Path], *what: str) -> str:
    """Return a name made of clips' names, of what every file system takes."""
    stems = (_UNSAFE.sub("_", clip.stem)[:_LONGEST].strip("._-") or "clip" for clip in clips)
    return "-".join((*stems, *what))


class FileDialogs:
    """Asks on behalf of one window."""

    def __init__(self, window: QWidget, settings: Settings) -> None:
        self._window, self._settings = window, settings

    def corpus(self) -> Path | None:
        """Ask for a folder of class folders."""
        title = "Open a folder of class folders"
        return self._keep(
            QFileDialog.getExistingDirectory(self._window, title, self._settings.last_folder)
        )

    def model(self) -> Path | None:
        """Ask for a model file."""
        return self._open("Open a model", "Models (*.safetensors)")

    def recipe(self) -> Path | None:
        """Ask for a recipe's file."""
        return self._open("Open a recipe", "Recipes (*.toml)")

    def clip(self) -> Path | None:
        """Ask for a sound file."""
        return self._open("Choose a clip", _CLIPS)

    def sound(self, name: str) -> Path | None:
        """Ask where to write a sound."""
        return self._save("Export the sound", f"{name}.wav", _SOUNDS)

    def recording(self) -> Path | None:
        """Ask where to write what was recorded."""
        return self._save("Save the recording", "recording.wav", _SOUNDS)

    def figure(self, name: str) -> Path | None:
        """Ask where to write a figure."""
        return self._save("Export the figure", f"{name}.png", _PICTURES)

    def episode(self) -> Path | None:
        """Ask for the folder of an exported line-up."""
        return self._new_folder("Export the line-up to a folder", "earwitness-explanation")

    def page(self) -> Path | None:
        """Ask where to write a line-up as a page."""
        return self._save("Export the line-up as a page", "line-up.html", "Pages (*.html)")

    def lineup_figure(self) -> Path | None:
        """Ask where to write a line-up as a figure."""
        return self._save("Export the line-up as a figure", "line-up.svg", _LINEUP_PICTURES)

    def episode_to_save(self) -> Path | None:
        """Ask where to write an episode's file."""
        return self._save("Save the episode", f"episode{SUFFIX}", _EPISODES)

    def episode_to_open(self) -> Path | None:
        """Ask for an episode's file."""
        return self._open("Open an episode", _EPISODES)

    def report(self) -> Path | None:
        """Ask for the folder of an evaluation's report."""
        return self._new_folder("Export the evaluation to a folder", "evaluation")

    def figures(self) -> Path | None:
        """Ask where to write the figures of a map's faithfulness."""
        return self._save("Export the figures", "faithfulness.csv", "CSV (*.csv)")

    def mask_to_save(self, name: str) -> Path | None:
        """Ask where to write a mask."""
        return self._save("Save the mask", f"{name}.npz", _MASKS)

    def mask_to_load(self) -> Path | None:
        """Ask for a mask's file."""
        return self._open("Load a mask", _MASKS)

    def _open(self, title: str, kinds: str) -> Path | None:
        folder = self._settings.last_folder
        return self._keep(QFileDialog.getOpenFileName(self._window, title, folder, kinds)[0])

    def _save(self, title: str, name: str, kinds: str) -> Path | None:
        """Ask for a name; one that ends in none of the kinds takes the ending of the chosen one."""
        start = str(Path(self._settings.last_folder, name))
        chosen, kind = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        path = self._keep(chosen)
        ending = kind.rpartition("*")[2].rstrip(")")
        if path is None or path.suffix.lower() in _ENDING.findall(kinds) or not ending:
            return path  # the dialog itself has asked whether to replace it
        path = path.with_name(path.name + ending)
        asked = _is_there(path) and not self._agrees(f"{path.name} exists already. Replace it?")
        return None if asked else path

    def _new_folder(self, title: str, name: str) -> Path | None:
        """Ask for a folder's name, and what is to become of one that is not empty."""
        start = _free(Path(self._settings.last_folder, name))
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, str(start), "Folder (*)")
        folder = self._keep(chosen)
        if folder is None or not _has_files(folder):
            return folder
        agreed = self._agrees(
            f"The folder {folder.name} is not empty. Write there all the same? An earlier export "
            "in it is replaced; other files stay."
        )
        return folder if agreed else None

    def _agrees(self, question: str) -> bool:
        """Ask before something is replaced."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window, "Earwitness", plain(question), buttons.Yes | buttons.No, buttons.No
        )
        return answer == buttons.Yes

    def _keep(self, chosen: str) -> Path | None:
        if not chosen:
            return None
        self._settings.last_folder = str(Path(chosen).parent)
        return Path(chosen)


def _free(path: Path) -> Path:
    """Return a path that nothing has yet, with a number if need be."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(one for one in chain([path], numbered) if not _is_there(one))


def _is_there(path: Path) -> bool:
    """Whether a path is taken; of a folder that cannot be read, whoever writes will tell."""
    try:
        return path.exists()
    except OSError:
        return False


def _has_files(folder: Path) -> bool:
    """Whether there is anything in a folder."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False
