"""Pictures of the real window in each state: ``python -m tests.app.screenshots FOLDER``.

Both themes, from 1280 x 720 to 4K at fractional scale; each scale is a process of its own, for Qt
takes it once (where QT_SCALE_FACTOR is set, only the screens of that scale are wanted). Without a
screen, set QT_QPA_PLATFORM=offscreen or run it under xvfb-run. A second argument makes only the
pictures of the screens whose name begins with it: light-1280.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from app import theme
from app.__main__ import hasten
from app.main_window import MainWindow
from app.settings import Settings
from tests.app.evaluate_states import evaluate_states
from tests.app.explain_states import explain_states
from tests.app.library_states import library_states
from tests.app.look_states import look_states
from tests.app.sitting_states import sitting_states
from tests.app.training_states import training_states
from tests.app.window_states import State, lineup_states


class Screen(NamedTuple):
    """What a window is shown on: a theme, pixels and how many of them a point has."""

    theme: str
    width: int
    height: int
    scale: float = 1.0

    @property
    def name(self) -> str:
        """What the names of its pictures end with."""
        return f"{self.theme}-{self.width}" + (f"-at-{self.scale:g}" if self.scale != 1 else "")


SCREENS = (
    *(Screen(mode, *size) for mode in ("light", "dark") for size in ((1280, 720), (2560, 1440))),
    Screen("light", 3840, 2160, 1.5),
    Screen("dark", 3840, 2160, 2.0),
)


def photograph(application: QApplication, screen: Screen, out: Path) -> None:
    """Write the pictures of one screen."""
    with tempfile.TemporaryDirectory() as name:
        store = QSettings(str(Path(name, "settings.ini")), QSettings.Format.IniFormat)
        settings = Settings(store)
        settings.theme, settings.runs_folder = screen.theme, str(Path(name, "runs"))
        theme.apply(application, screen.theme)
        window = MainWindow(settings)
        window.resize(round(screen.width / screen.scale), round(screen.height / screen.scale))
        window.show()
        window.start()
        for state, widget in _states(window, Path(name)):
            QApplication.processEvents()
            widget.grab().save(str(out / f"{state}-{screen.name}.png"))
        settings.parting = "go on"
        window.close()
        window.deleteLater()  # now, and not when Python's collector runs, on whichever thread
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _states(window: MainWindow, folder: Path) -> Iterator[State]:
    yield from lineup_states(window, folder)
    yield from sitting_states(window, folder)
    yield from library_states(window, folder)
    yield from training_states(window, folder / "runs")
    yield from evaluate_states(window)
    yield from explain_states(window)
    yield from look_states(window)


def main(arguments: list[str]) -> int:
    """Write every picture, or those of one screen."""
    if not 1 <= len(arguments) <= 2:
        print("usage: python -m tests.app.screenshots FOLDER [SCREEN]", file=sys.stderr)
        return 2
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    wanted = arguments[1] if len(arguments) == 2 else ""
    chosen = [screen for screen in SCREENS if screen.name.startswith(wanted)]
    if scale := os.environ.get("QT_SCALE_FACTOR"):
        hasten()  # so that no worker collects a widget, as in the program itself
        application = QApplication([])
        for screen in chosen:
            if screen.scale == float(scale):
                photograph(application, screen, out)
        return 0
    command = [sys.executable, "-m", "tests.app.screenshots", str(out), wanted]
    for own_scale in sorted({screen.scale for screen in chosen}):
        subprocess.run(command, env={**os.environ, "QT_SCALE_FACTOR": str(own_scale)}, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
