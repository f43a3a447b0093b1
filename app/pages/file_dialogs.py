"""The questions for a file or folder, each remembering where the last one ended."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.settings import Settings
from siamese_core.audio import SUFFIXES
from siamese_core.episode_contents import SUFFIX

_CLIPS = f"Sound files ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})"

_EPISODES = f"Episodes (*{SUFFIX})"
_MASKS = "Masks (*.npz)"


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

    def clip(self) -> Path | None:
        """Ask for a sound file."""
        return self._open("Choose a clip", _CLIPS)

    def sound(self, name: str) -> Path | None:
        """Ask where to write a sound."""
        return self._save(
            "Export the sound", f"{name}.wav", "WAV, 32-bit float (*.wav);;FLAC (*.flac)"
        )

    def figure(self) -> Path | None:
        """Ask where to write a figure."""
        return self._save("Export the figure", "pair.png", "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)")

    def episode(self) -> Path | None:
        """Ask for the folder of an exported line-up."""
        return self._save("Export the line-up to a folder", "earwitness-explanation", "Folder (*)")

    def episode_to_save(self) -> Path | None:
        """Ask where to write an episode's file."""
        return self._save("Save the episode", f"episode{SUFFIX}", _EPISODES)

    def episode_to_open(self) -> Path | None:
        """Ask for an episode's file."""
        return self._open("Open an episode", _EPISODES)

    def report(self) -> Path | None:
        """Ask for the folder of an evaluation's report."""
        return self._save("Export the evaluation to a folder", "evaluation", "Folder (*)")

    def mask_to_save(self) -> Path | None:
        """Ask where to write a mask."""
        return self._save("Save the mask", "mask.npz", _MASKS)

    def mask_to_load(self) -> Path | None:
        """Ask for a mask's file."""
        return self._open("Load a mask", _MASKS)

    def _open(self, title: str, kinds: str) -> Path | None:
        folder = self._settings.last_folder
        return self._keep(QFileDialog.getOpenFileName(self._window, title, folder, kinds)[0])

    def _save(self, title: str, name: str, kinds: str) -> Path | None:
        """Ask for a name; one without an ending takes that of the chosen kind."""
        start = str(Path(self._settings.last_folder, name))
        chosen, kind = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        path = self._keep(chosen)
        ending = kind.rpartition("*")[2].rstrip(")")
        return path.with_suffix(ending) if path and not path.suffix and ending else path

    def _keep(self, chosen: str) -> Path | None:
        if not chosen:
            return None
        self._settings.last_folder = str(Path(chosen).parent)
        return Path(chosen)
