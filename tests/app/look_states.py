"""What is measured on a picture, and levels in other colours and of another range."""

from collections.abc import Iterator

from app.main_window import MainWindow
from app.widgets.level_scale import LevelScale, level_scale
from tests.app.window_states import State, settle, wait


def look_states(window: MainWindow) -> Iterator[State]:
    """Measure a rectangle of the bundled query, in the colours of each kind."""
    window.start_afresh()
    wait(lambda: not window.session.hearing and len(window.pair.sounds) >= 4)
    settle(window)
    window.explain.view.views["query"]._drag_span(0.15, 0.45, (20.0, 50.0))
    for name, scale in (
        ("4-measured", LevelScale()),
        ("4-viridis", LevelScale("viridis")),
        ("4-grey-40-dB", LevelScale("grey", 40)),
    ):
        level_scale().show(scale)
        settle(window)
        yield name, window
    level_scale().show(LevelScale())
