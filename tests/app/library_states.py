"""The states of locked cards, of several shots, of several folders, and of a recording."""

from collections.abc import Iterator
from pathlib import Path

from app.main_window import MainWindow
from app.pages.library.unreadable import UnreadableDialog
from app.session.corpora import BUNDLED
from siamese_core.demo import bundled_lineup
from tests.app.hand_source import HandSource
from tests.app.window_states import State, settle, wait, write_hums


def library_states(window: MainWindow, folder: Path) -> Iterator[State]:
    """Lead the window through them, from the bundled line-up on."""
    window.start_afresh()
    settle(window)
    yield from _tour(window)
    yield from _draws(window)
    yield from _history(window)
    yield from _chosen(window)
    yield from _folders(window, folder / "further hums")
    yield from _unreadable(window, folder / "faulty")
    yield from _recording(window)


def _tour(window: MainWindow) -> Iterator[State]:
    window.menus.show_tour()
    tour = window.menus.tour
    assert tour is not None
    settle(window)
    for number in range(1, 6):
        yield f"13-tour-{number}", window
        tour.go_on()


def _draws(window: MainWindow) -> Iterator[State]:
    session, bar = window.session, window.draw_bar
    session.lock(0)
    session.lock(3)
    bar.draw_next()
    settle(window)
    yield "13-locked", window
    session.lock(0)
    session.lock(3)
    bar.shots.setValue(3)
    bar.draw_next()
    settle(window)
    yield "13-three-shots", window
    bar.shots.setValue(1)


def _history(window: MainWindow) -> Iterator[State]:
    for _ in range(3):
        window.draw_bar.draw_next()
        settle(window)
    window.history_dock.show()
    settle(window)
    yield "13-history", window
    window.history_dock.hide()


def _chosen(window: MainWindow) -> Iterator[State]:
    """Choose a clip, and draw from the classes that the model was trained on."""
    tree = window.library.tree
    tree.expand(tree.model().index(1, 0))
    tree.setCurrentIndex(tree.model().index(2, 0, tree.model().index(1, 0)))
    bar = window.draw_bar
    bar._parts._take({"Model: validation": window.session.corpora.branches[0]})
    bar.part.setCurrentIndex(1)
    settle(window)
    yield "13-clip-chosen", window
    tree.collapseAll()
    tree.clearSelection()
    bar._parts._take({})


def _unreadable(window: MainWindow, folder: Path) -> Iterator[State]:
    """Open a corpus with two files that cannot be read."""
    write_hums(folder, 3, 4, seconds=1, rate=16000)
    (folder / "hum-1" / "2.wav").write_bytes(b"")
    (folder / "hum-3" / "4.wav").write_text("no sound")
    window.session.open_corpus(folder)
    settle(window)
    tree = window.library.tree
    tree.expandAll()
    tree.setCurrentIndex(tree.model().index(1, 0, tree.model().index(0, 0)))
    settle(window)
    yield "13-unreadable", window
    window.library.list_unreadable()
    dialog = window.findChild(UnreadableDialog)
    assert dialog is not None
    settle(window)
    yield "13-unreadable-list", dialog
    dialog.close()
    window.session.corpora.open(BUNDLED)
    settle(window)


def _folders(window: MainWindow, folder: Path) -> Iterator[State]:
    session, tree = window.session, window.library.tree
    session.corpora.add(write_hums(folder, 3, 3, seconds=1, rate=16000))
    settle(window)
    tree.setCurrentIndex(tree.model().index(1, 0))
    tree.expandToDepth(0)
    yield "13-two-folders", window
    session.corpora.remove(folder)
    settle(window)


def _recording(window: MainWindow) -> Iterator[State]:
    source, microphone = HandSource(), window.recorder.input
    source.names = ["Built-in Audio Analog Stereo", "USB Condenser Microphone"]
    microphone._makers, microphone._source = (lambda: source,), None
    window.library.probe()
    settle(window)
    window.library.open_recorder()
    dialog = window.library._dialog
    assert dialog is not None
    yield "13-recorder", dialog
    clip = bundled_lineup().query.read(8000).samples
    dialog.record.click()
    source.push(clip[:200] * 0, clip)
    wait(lambda: dialog.meter.level_db > -30)
    yield "13-recording", dialog
    dialog.record.click()
    settle(window)
    dialog.trim.click()
    window.recorder.choose(0.15, 0.6)
    yield "13-recorded", dialog
    dialog.close()
