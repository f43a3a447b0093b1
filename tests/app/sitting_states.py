"""The states of an episode's file, of what is gone since the last start, and of guessing first."""

from collections.abc import Iterator
from pathlib import Path

from app.main_window import MainWindow
from app.widgets.stroke import Stroke
from siamese_core.demo import bundled_model
from tests.app.window_states import State, settle

_SPAN = Stroke("span", ((0.2, 0.0), (0.5, 0.0)))


def sitting_states(window: MainWindow, folder: Path) -> Iterator[State]:
    """Lead the window through them, from the bundled line-up on."""
    window.start_afresh()
    settle(window)
    yield from _episode(window, folder / "voices.earwitness")
    yield from _guesses(window)
    for gone in (folder / "voices", folder / "clip.wav"):
        window.sitting.missed.emit(f"There is no file {gone}. The bundled line-up is shown.")
    settle(window)
    yield "12-gone-since-the-last-start", window
    window.missed.clear()


def _episode(window: MainWindow, path: Path) -> Iterator[State]:
    session, pair = window.session, window.pair
    pair.edit(_SPAN)
    settle(window)
    window.exports.save_episode(path)
    settle(window)
    yield "12-episode-saved", window
    session.set_model(bundled_model("environment"))
    settle(window)
    window.show_episode(path)
    settle(window)
    yield "12-episode-of-another-model", window
    session.set_model(bundled_model())
    settle(window)
    yield "12-episode-opened", window
    path.write_bytes(path.read_bytes()[:900])
    window.show_episode(path)
    settle(window)
    yield "12-episode-damaged", window
    window.menus.recent.fill()
    for name, menu in (("file", window.menus.actions()[0].menu()), ("recent", window.menus.recent)):
        menu.popup(window.pos())
        yield f"12-menu-{name}", menu
        menu.hide()


def _guesses(window: MainWindow) -> Iterator[State]:
    session = window.session
    session.guesses.want(True)
    settle(window)
    yield "12-guess-first", window
    window.draw_bar.draw_next()
    settle(window)
    yield "12-guess-hidden", window
    for place in range(4):
        session.select(place)
        settle(window)
        window.draw_bar.draw_next()
        settle(window)
    session.select(0)
    settle(window)
    yield "12-guess-told", window
    session.guesses.want(False)
