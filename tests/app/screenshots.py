"""Pictures of the real window in each state: ``python tests/app/screenshots.py FOLDER``.

Both themes, from 1280 x 720 to 3840 x 2160. Without a screen, set QT_QPA_PLATFORM=offscreen or
run it under xvfb-run.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from app import theme
from app.main_window import MainWindow
from app.pages.help import about_dialog, shortcuts_dialog
from app.settings import Settings
from siamese_core.corpus import ClipFile

SIZES = ((1280, 720), (2560, 1440), (3840, 2160))
_PATIENCE = 120.0


def wait(condition: Callable[[], object]) -> None:
    """Let the window work until a condition holds."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("The window did not get there.")
        QApplication.processEvents()
        time.sleep(0.005)


def settle(window: MainWindow) -> None:
    """Wait until nothing is left to do, and everything is painted."""
    workers = window.session.background, window.session.player.background
    wait(lambda: not any(worker.busy for worker in workers))
    pause = time.monotonic() + 0.3
    wait(lambda: time.monotonic() > pause)


def states(window: MainWindow, folder: Path) -> Iterator[tuple[str, QWidget]]:
    """Lead the window through its states."""
    session, pair, lineup = window.session, window.pair, window.lineup
    wait(lambda: window.strip.isVisible() or session.heard)
    yield "1-warming-up", window
    wait(lambda: pair.explaining)
    yield "2-scored", window
    wait(lambda: len(pair.sounds) == 4)
    settle(window)
    yield "3-explained", window
    window.explain.tabs.setCurrentIndex(1)
    window.explain.mask_bar.tools.choose("brush")
    window.explain.listening.transport.choose("region")
    settle(window)
    yield "3-mask-and-sound", window
    window.explain.tabs.setCurrentIndex(0)
    window.explain.mask_bar.tools.choose("")
    window.explain.tabs.setCurrentIndex(1)
    settle(window)
    yield "3b-mask", window
    window.explain.tabs.setCurrentIndex(0)
    window.models.show_card()
    yield "4-model-card", window.models.card
    window.models.card.hide()
    broken = folder / "broken.wav"
    broken.write_bytes(b"RIFF and nothing behind it")
    session.put(1, ClipFile(broken, "broken", "broken"))
    settle(window)
    yield "5-corrupt-clip", window
    lineup.error.clear()
    long = folder / "ten-minutes.wav"
    rng = np.random.default_rng(0)
    soundfile.write(long, rng.normal(0, 0.05, 8000 * 600).astype(np.float32), 8000)
    session.put(0, ClipFile(long, "noise", "noise"))
    settle(window)
    window.library.search.setText("en_")
    settle(window)
    yield "6-long-clip", window
    window.library.search.clear()
    session.open_corpus(unsuitable(folder))
    settle(window)
    yield "6b-unsuitable-corpus", window
    session.open_bundled_corpus()
    settle(window)
    session.put(0, session.corpus.clips[0])
    for clip in session.corpus.clips[30:90:7]:
        session.add(clip)
    settle(window)
    yield "7-many-clips", window
    while session.lineup.support:
        session.remove(1)
    session.remove(0)
    settle(window)
    yield "8-empty", window
    for name, dialog in (
        ("9-shortcuts", shortcuts_dialog(window.menus.entries(), window)),
        ("10-about", about_dialog(window)),
    ):
        dialog.show()
        yield name, dialog
        dialog.close()


def unsuitable(folder: Path) -> Path:
    """Write a corpus of long clips of a low rate."""
    hum = np.sin(np.arange(8000 * 8) / 20).astype(np.float32) / 4
    for place in (f"{label}/{take}.wav" for label in ("hum", "buzz") for take in range(3)):
        path = folder / "long-hums" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, hum, 8000)
    return folder / "long-hums"


def main(arguments: list[str]) -> int:
    """Write every picture."""
    if len(arguments) != 1:
        print("usage: python tests/app/screenshots.py FOLDER", file=sys.stderr)
        return 2
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        for mode in ("light", "dark"):
            for width, height in SIZES:
                store = QSettings(str(Path(name, f"{mode}{width}.ini")), QSettings.Format.IniFormat)
                settings = Settings(store)
                settings.theme = mode
                theme.apply(application, mode)
                window = MainWindow(settings)
                window.resize(width, height)
                window.show()
                window.start()
                for state, widget in states(window, Path(name)):
                    QApplication.processEvents()
                    widget.grab().save(str(out / f"{state}-{mode}-{width}.png"))
                window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
