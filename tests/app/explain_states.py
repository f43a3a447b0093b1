"""The explain page beyond a single map: several side by side, and how far to trust one."""

from collections.abc import Iterator

from app.main_window import MainWindow
from tests.app.window_states import State, settle, wait


def explain_states(window: MainWindow) -> Iterator[State]:
    """Compare methods on the bundled line-up's pair, measure its map, and let one grow."""
    window.pages.setCurrentWidget(window.splitter)
    window.start_afresh()
    wait(lambda: not window.session.hearing and len(window.pair.sounds) >= 4)
    settle(window)
    yield from _comparison(window)
    yield from _faithfulness(window)
    yield from _contrast(window)
    yield from _growth(window)


def _comparison(window: MainWindow) -> Iterator[State]:
    explain = window.explain
    explain.method.compare.click()
    wait(lambda: explain.compared.maps and explain.compared.running)
    yield "3-comparing", window
    wait(lambda: not explain.compared.running)
    settle(window)
    yield "3-compared", window
    explain.comparison.page.count.setValue(2)
    settle(window)
    yield "3-compared-two", window
    explain.method.compare.click()
    settle(window)


def _faithfulness(window: MainWindow) -> Iterator[State]:
    explain = window.explain
    explain.method.faithful.click()
    wait(lambda: not explain.measured.measuring)
    settle(window)
    yield "3-faithfulness", explain.faithfulness
    explain.faithfulness.close()


def _contrast(window: MainWindow) -> Iterator[State]:
    """Hold the query against another class, then look at the ways to export the line-up."""
    session, explain = window.session, window.explain
    panel = explain.method
    own = session.pair[1].label if session.pair else ""
    rival = next(clip.label for clip in session.lineup.support if clip.label != own)
    panel.side.setCurrentIndex(panel.side.findData("query"))
    panel.against.setCurrentIndex(panel.against.findData(rival))
    panel.explain()
    wait(lambda: not window.pair.explaining and len(window.pair.sounds) >= 4)
    settle(window)
    yield "3-contrast", window
    explain.tabs.setCurrentIndex(1)
    wait(lambda: not explain.mask_score.measured.is_outdated)
    settle(window)
    yield "3-exports", window
    explain.tabs.setCurrentIndex(0)
    panel.side.setCurrentIndex(panel.side.findData("support"))
    settle(window)


def _growth(window: MainWindow) -> Iterator[State]:
    panel, coarse = window.explain.method, list[str]()

    def note(side: str, _values: object) -> None:
        coarse.append(side)

    panel.method.setCurrentIndex(panel.method.findData("sinexc"))
    model = type(panel.form.values())
    panel.form.set_model(model, model(alpha=2000, min_size=20))
    window.pair.grown.connect(note)
    panel.explain()
    wait(lambda: coarse)
    yield "3-growing", window
    window.pair.grown.disconnect(note)
    window.session.cancel()
    settle(window)
