"""What was open is open again: after closing, after a kill, and with the pieces that are left."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.__main__ import _episode
from app.explaining.compared_maps import MOST_MAPS
from app.main_window import MainWindow
from app.sitting.sitting_record import SittingRecord
from app.widgets.stroke import Stroke
from siamese_core.demo import bundled_lineup, bundled_model
from tests.app.conftest import PATIENCE_MS, settle
from tests.app.window_states import write_hums

SPAN = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))
Another = Callable[[str], MainWindow]

KILLED = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from app.sound.audio_output import AudioOutput
from app.main_window import MainWindow
from app.settings import Settings
from app.widgets.stroke import Stroke

store, corpus, model = sys.argv[1:]
application = QApplication([])
window = MainWindow(Settings(QSettings(store, QSettings.Format.IniFormat)), AudioOutput(sinks=[]))
window.show()
session, pair, sitting = window.session, window.pair, window.sitting
session.open_corpus(Path(corpus))
session.set_model(Path(model))
box = window.explain.method.method
box.setCurrentIndex(box.findData("saliency"))
span = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))
steps = [
    (lambda: session.corpus and session.model, lambda: session.draw(3, 1, 5)),
    (lambda: session.heard and session.heard.scored, lambda: session.select(1)),
    (lambda: True, window.explain.method.explain),
    (lambda: pair.mask, lambda: pair.edit(span)),
    (lambda: pair.edited.can_undo and not sitting._changed and not sitting.background.busy,
     lambda: print(*(clip.path for clip in session.lineup.clips), sep="\\n", flush=True)),
]

def work():
    if steps and steps[0][0]():
        steps.pop(0)[1]()

timer = QTimer(interval=20)
timer.timeout.connect(work)
timer.start()
application.exec()
"""


@pytest.fixture
def corpus(tone_corpus: Path, tmp_path: Path) -> Path:
    """A corpus of this test's own, of which parts can go."""
    return Path(shutil.copytree(tone_corpus, tmp_path / "tones"))


@pytest.fixture
def left(qtbot: QtBot, another_window: Another, corpus: Path, tiny_checkpoint: Path) -> MainWindow:
    """A window that was worked in and closed."""
    window = another_window("one")
    session, panel = window.session, window.explain.method
    session.open_corpus(corpus)
    session.set_model(tiny_checkpoint)
    settle(qtbot, window)
    session.draw(3, 1, seed=1)
    settle(qtbot, window)
    session.select(1)
    session.move_window(session.lineup.support[1], 0.02)
    panel.method.setCurrentIndex(panel.method.findData("occlusion"))
    settle(qtbot, window)
    panel.explain()
    settle(qtbot, window)
    window.pair.edit(SPAN)
    settle(qtbot, window)
    assert window.pair.edited.can_undo
    window.close()
    return window


@contextmanager
def working(*arguments: Path) -> Iterator[tuple[subprocess.Popen[str], list[Path]]]:
    """A window in a process of its own, once it has kept what is open, and its line-up's files."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, *map(str, arguments)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        try:
            yield child, [Path(child.stdout.readline().strip()) for _ in range(4)]
        finally:
            child.kill()


def reopen(qtbot: QtBot, another_window: Another, path: Path | None = None) -> MainWindow:
    window = another_window("one")
    window.start(path)
    qtbot.waitUntil(
        lambda: window.session.heard is not None and not window.sitting._is_opening,
        timeout=PATIENCE_MS,
    )
    settle(qtbot, window)
    return window


def saved(qtbot: QtBot, window: MainWindow, folder: Path) -> Path:
    path = folder / "one.earwitness"
    window.exports.save_episode(path)
    settle(qtbot, window)
    return path


def names(window: MainWindow) -> list[str]:
    return [clip.path.name for clip in window.session.lineup.clips]


def is_bundled(window: MainWindow) -> bool:
    return names(window)[0] == bundled_lineup().query.path.name


def test_what_was_open_is_open_again(
    qtbot: QtBot, left: MainWindow, another_window: Another, corpus: Path, tiny_checkpoint: Path
) -> None:
    window = reopen(qtbot, another_window)
    session, before = window.session, left.session
    assert window.missed.text == ""
    assert session.corpora.folders == (corpus,)
    assert session.model is not None
    assert session.model.path == tiny_checkpoint
    assert (session.lineup, session.selected) == (before.lineup, 1)
    assert session.starts == {session.lineup.support[1]: 0.02}
    assert window.pair.explanation is not None
    assert window.explain.method.method.currentData() == window.pair.explanation.method
    assert window.pair.explanation.method == "occlusion"
    assert window.pair.mask is not None
    assert left.pair.edited.now is not None
    np.testing.assert_array_equal(window.pair.mask.values, left.pair.edited.now.values)
    window.pair.edited.undo()
    settle(qtbot, window)
    assert not np.array_equal(window.pair.mask.values, left.pair.edited.now.values)


def test_a_window_that_is_killed_loses_nothing(
    qtbot: QtBot, another_window: Another, corpus: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    with working(tmp_path / "one.ini", corpus, tiny_checkpoint) as (child, paths):
        child.kill()
    assert child.returncode == -9
    window = reopen(qtbot, another_window)
    assert [clip.path for clip in window.session.lineup.clips] == paths
    assert window.session.selected == 1
    assert window.pair.explanation is not None
    assert window.pair.explanation.method == "saliency"
    assert window.pair.edited.can_undo
    assert window.missed.text == ""


def test_after_a_damaged_record_the_window_begins_anew(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    (left.sitting.folder / "sitting.json").write_bytes(b"{")
    window = reopen(qtbot, another_window)
    assert "is damaged, so what was open is not known" in window.missed.text
    assert is_bundled(window)
    window.close()
    again = reopen(qtbot, another_window)
    assert again.missed.text == ""
    assert is_bundled(again)


def test_what_is_gone_is_named_and_the_rest_is_there(
    qtbot: QtBot, left: MainWindow, another_window: Another, tiny_checkpoint: Path, corpus: Path
) -> None:
    tiny_checkpoint.unlink()
    clip = left.session.lineup.support[2].path
    shutil.rmtree(corpus)
    window = reopen(qtbot, another_window)
    library, lineup, model = window.missed.text.splitlines()
    assert str(corpus) in library
    assert library.endswith("The bundled voices are open instead.")
    assert str(left.session.lineup.clips[0].path) in lineup
    assert lineup.endswith("The bundled line-up is shown instead.")
    assert str(tiny_checkpoint) in model
    assert model.endswith("The bundled model listens instead.")
    assert clip.name
    assert is_bundled(window)
    assert window.session.model is not None
    assert window.session.model.path == bundled_model()


def test_a_clip_that_is_gone_alone_leaves_folder_and_model(
    qtbot: QtBot, left: MainWindow, another_window: Another, tiny_checkpoint: Path, corpus: Path
) -> None:
    gone = left.session.lineup.support[2].path
    gone.unlink()
    (left.sitting.folder / "maps.earwitness").write_bytes(b"PK\x03\x04 and nothing")
    window = reopen(qtbot, another_window)
    assert "maps that were on screen cannot be read" in window.missed.text
    session, before = window.session, left.session.lineup
    assert session.lineup.clips == before.clips[:3]
    assert session.heard is not None
    assert session.heard.scored is not None
    assert session.pair == (before.query, before.support[1])
    words = window.lineup.error.text
    assert words == f"1 of 4 clips left out: There is no file {gone}."
    assert session.history.lineups[-2:] == (before, session.lineup), "the whole one is listed"
    assert window.session.corpora.folders == (corpus,)
    assert window.session.model is not None
    assert window.session.model.path == tiny_checkpoint


def test_without_its_query_the_bundled_line_up_is_shown(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    assert left.session.lineup.query is not None
    gone = left.session.lineup.query.path
    gone.unlink()
    window = reopen(qtbot, another_window)
    assert str(gone) in window.missed.text
    assert window.missed.text.endswith("The bundled line-up is shown instead.")
    assert is_bundled(window)


def test_an_opened_episode_is_opened_again_and_a_file_comes_first(
    qtbot: QtBot, left: MainWindow, another_window: Another, tmp_path: Path
) -> None:
    window = reopen(qtbot, another_window)
    path = saved(qtbot, window, tmp_path)
    window.close()
    by_file = reopen(qtbot, another_window, path)
    assert path in by_file.session.lineup.clips[0].path.parents
    assert names(by_file) == names(window)
    by_file.close()
    again = reopen(qtbot, another_window)
    assert again.session.lineup == by_file.session.lineup
    assert again.pair.explanation is not None
    again.close()
    path.unlink()
    without = reopen(qtbot, another_window)
    assert str(path) in without.missed.text
    assert is_bundled(without)


def test_starting_afresh_and_keeping_nothing(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    window = reopen(qtbot, another_window)
    entries = {a.text().replace("&", ""): a for a in window.menus.entries()}
    entries["Start afresh"].trigger()
    settle(qtbot, window)
    assert is_bundled(window)
    assert entries["Reopen what was open"].isChecked()
    entries["Reopen what was open"].trigger()
    window.close()
    assert list(left.sitting.folder.iterdir()) == []
    assert not another_window("one").sitting.open()


def test_where_nothing_can_be_kept_it_is_said_once(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    bare_window.sitting.folder.write_text("a file stands where the folder should")
    for number in range(2):
        bare_window.session.open_corpus(tone_corpus)
        settle(qtbot, bare_window)
        bare_window.sitting.keep()
        qtbot.waitUntil(lambda: not bare_window.sitting.background.busy)
        assert bare_window.missed.text.count("cannot be kept for the next start") == 1, number


def test_it_is_written_a_while_after_a_change(qtbot: QtBot, window: MainWindow) -> None:
    record = window.sitting.folder / "sitting.json"
    qtbot.waitUntil(record.is_file, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.sitting.background.busy)
    window.session.remove(1)
    settle(qtbot, window)
    qtbot.waitUntil(
        lambda: len(SittingRecord.parse(json.loads(record.read_text())).support) == 2,
        timeout=PATIENCE_MS,
    )


def test_only_an_episode_is_opened_by_its_name() -> None:
    assert _episode("some/one.earwitness") == Path("some/one.earwitness")
    assert _episode("explain") is None
    assert _episode("--version") is None


def test_locks_and_several_folders_are_there_again(
    qtbot: QtBot, left: MainWindow, another_window: Another, corpus: Path, tmp_path: Path
) -> None:
    other = write_hums(tmp_path / "hums", 2, 3, seconds=1, rate=8000)
    window = reopen(qtbot, another_window)
    window.session.corpora.add(other)
    window.session.lock(0)
    window.session.lock(2)
    settle(qtbot, window)
    before = window.session.lineup
    window.close()
    window = reopen(qtbot, another_window)
    assert window.session.corpora.folders == (corpus, other)
    assert window.session.lineup.is_same(before)
    assert len(before.locked) == 2
    window.close()
    shutil.rmtree(corpus)
    window = another_window("one")
    window.start()
    qtbot.waitUntil(lambda: window.session.corpora.folders == (other,), timeout=PATIENCE_MS)
    settle(qtbot, window)
    assert f"There is no folder {corpus}" in window.library.notice.text


def test_a_second_window_neither_opens_nor_overwrites_what_the_first_keeps(
    qtbot: QtBot, another_window: Another, corpus: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    with working(tmp_path / "one.ini", corpus, tiny_checkpoint) as (first, paths):
        second = another_window("one")
        folder = second.sitting.folder
        kept = {file.name: file.read_bytes() for file in folder.iterdir()}
        assert {"sitting.json", "sitting.lock"} <= set(kept)
        second.start()
        qtbot.waitUntil(lambda: second.session.heard is not None, timeout=PATIENCE_MS)
        settle(qtbot, second)
        assert is_bundled(second)
        assert f"Another window (process {first.pid}) opens and keeps" in second.missed.text
        second.session.remove(1)
        for wanted in (False, True):
            second.sitting.set_reopen(wanted)
        settle(qtbot, second)
        second.close()
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == kept
    again = reopen(qtbot, another_window)
    assert [clip.path for clip in again.session.lineup.clips] == paths
    assert again.missed.text == ""


def test_an_episode_s_file_opens_beside_a_window_that_keeps_another_line_up(
    qtbot: QtBot, left: MainWindow, another_window: Another, tmp_path: Path
) -> None:
    first = reopen(qtbot, another_window)
    path = saved(qtbot, first, tmp_path)
    first.sitting.keep()
    second = reopen(qtbot, another_window, path)
    assert path in second.session.lineup.clips[0].path.parents
    assert "another" not in first.missed.text.lower()
    second.close()
    first.close()
    again = reopen(qtbot, another_window)
    assert again.session.lineup == first.session.lineup


def test_the_methods_that_were_compared_are_offered_again(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    window = reopen(qtbot, another_window)
    window.explain.method.compare.toggle()
    page = window.explain.comparison.page
    page.count.setValue(MOST_MAPS)
    chosen = ["grad-cam", "saliency", "deeplift", "occlusion", "smooth-grad", "deconvolution"]
    for cell, method in zip(page.shown, chosen, strict=True):
        cell.box.setCurrentIndex(cell.box.findData(method))
    settle(qtbot, window)
    window.explain.method.compare.toggle()
    window.close()
    record = window.sitting.folder / "sitting.json"
    values = json.loads(record.read_text())
    assert values["compared"] == chosen
    values["compared"][1] = "a method of another version"
    record.write_text(json.dumps(values))
    again = reopen(qtbot, another_window)
    assert not again.explain.method.compare.isChecked(), "nothing is made without being asked"
    again.explain.method.compare.toggle()
    methods = again.explain.comparison.page.methods
    assert methods == ("grad-cam", *chosen[2:])
    settle(qtbot, again)
