"""How the program starts, each time in a process of its own: what is imported, and what is said."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.display import LIBRARIES, obstacle

ON_A_SCREEN = """
import sys
from PySide6.QtWidgets import QApplication
from app.main_window import MainWindow
application = QApplication([])
window = MainWindow()
window.show()
window.session.open_bundled()
for _ in range(20):
    application.processEvents()
assert window.isVisible()
assert window.lineup.query.accessibleName().startswith("Query, allison-smith")
assert len(window.lineup.cards) == 4
loaded = {"torch", "librosa", "captum", "scipy", "matplotlib", "pyqtgraph"} & set(sys.modules)
window.close()
print("loaded:", sorted(loaded))
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter with nothing of this one's display."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def on_a_screen(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code where a window can be opened, with settings of its own."""
    own = str(folder)
    return python(code, QT_QPA_PLATFORM="offscreen", XDG_CONFIG_HOME=own, XDG_DATA_HOME=own)


IN_EARNEST = """
import builtins, gc, sys, threading
from app import main_window
from app.__main__ import main
from app.collector import Collector
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

of_qt = {"PySide6", "pyqtgraph", "app"}
astray = set()

def audit(event, arguments):
    if event == "import" and threading.current_thread() is not threading.main_thread():
        name = arguments[0]
        if name.partition(".")[0] in of_qt:
            astray.add(name)

sys.addaudithook(audit)

def look():
    window = next(w for w in QApplication.topLevelWidgets() if w.isVisible())
    collector = window.findChild(Collector)
    session = window.session
    if session.heard is None or session.background.busy or collector is None:
        QTimer.singleShot(50, look)
        return
    hooked = getattr(builtins, "__orig_import__", builtins.__import__) is not builtins.__import__
    print("collects:", collector.collects, "hooked:", hooked, "torch:", "torch" in sys.modules)
    collector._collect()  # what is due each second
    late = ("torch", "siamese_core.explanation")
    names = {id(vars(sys.modules[name])) for name in late}
    print("goes through:", not names.isdisjoint(map(id, gc.get_objects())))
    window.train.ask()
    QTimer.singleShot(500, lambda: leave(window))

def leave(window):
    print("dialog:", window.train.dialog.isVisible(), "astray:", sorted(astray))
    window.train.dialog.close()
    window.close()

def start(window, episode=None):
    print("collects:", gc.isenabled())
    began(window, episode)
    QTimer.singleShot(0, look)

began, main_window.MainWindow.start = main_window.MainWindow.start, start
sys.exit(main([]))
"""

START = "import sys; from app.__main__ import main; sys.exit(main([]))"


def test_the_line_up_is_on_screen_before_torch_is_imported(tmp_path: Path) -> None:
    done = on_a_screen(ON_A_SCREEN, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "loaded: []" in done.stdout


def test_nothing_keeps_the_first_picture_waiting_and_all_works_after_it(tmp_path: Path) -> None:
    done = on_a_screen(IN_EARNEST, tmp_path)
    assert done.returncode == 0, done.stderr
    before, after, imported, astray = done.stdout.splitlines()
    assert before == "collects: False"
    assert after == "collects: True hooked: False torch: True"
    assert imported == "goes through: False", "which would hold the window now and then"
    assert astray == "dialog: True astray: []", "a worker that meets a class of Qt's may crash it"


@pytest.mark.parametrize(
    "environment",
    [{}, {"QT_QPA_PLATFORM": "xcb"}, {"DISPLAY": ":7654"}, {"WAYLAND_DISPLAY": "nowhere-7654"}],
    ids=["none", "xcb", "dead X server", "dead compositor"],
)
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux runs without a display"
)
def test_without_a_display_it_says_so_and_what_works_instead(environment: dict[str, str]) -> None:
    done = python(START, **environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "display" in done.stderr
    assert "earwitness explain" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_shared_library_is_named_with_the_apt_line() -> None:
    lacking = (
        "import sys\n"
        "class Lacking:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'PySide6.QtWidgets':\n"
        "            raise ImportError('libEGL.so.1: cannot open shared object file')\n"
        "sys.meta_path.insert(0, Lacking())\n"
    )
    done = python(lacking + START, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2
    assert done.stderr == (
        f"The window needs libEGL.so.1, which this machine lacks; run: {LIBRARIES}\n"
    )


def test_a_listening_display_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-9"))
        compositor.listen()
        there = {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert obstacle(there) is None
    assert "wayland-9 cannot be reached" in (obstacle(there) or "")


@pytest.mark.parametrize("display", ["", "7", "host", ":x", ":0:0:0"])
def test_a_display_that_is_no_display_is_one_sentence(display: str) -> None:
    assert (obstacle({"DISPLAY": display}) or "").endswith("without a window.")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["methods"], 0), (["--version"], 0), (["bogus"], 2), (["--help"], 0)]
)
def test_a_verb_goes_to_the_command_line_without_qt(arguments: list[str], code: int) -> None:
    done = python(
        "import sys\n"
        "from app.__main__ import main\n"
        "try:\n"
        f"    code = main({arguments})\n"
        "except SystemExit as leaving:\n"
        "    code = leaving.code\n"
        "qt = [m for m in sys.modules if m.startswith(('PySide6', 'pyqtgraph'))]\n"
        "sys.exit(99 if qt else code)\n"
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_who_was_right_is_worked_out_without_torch() -> None:
    """No two threads import it at once, so none but the session's worker does."""
    told = "import sys; from app.session.standing import words; print(words((), 2, 3)[1])"
    done = python(f"{told}; print('torch' in sys.modules)")
    assert done.stdout.splitlines() == ["Random line-ups: 2 of 3 right (21–94 %)", "False"]
