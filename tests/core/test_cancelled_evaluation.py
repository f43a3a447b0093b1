"""A cancel is heard in every loop of an evaluation, and looking for one changes no figure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from siamese_core.callbacks import Event, OnEvent, ShouldStop
from siamese_core.episodes import EpisodeSampler
from siamese_core.errors import Cancelled
from siamese_core.evaluation import embeddings, evaluation, retrieval
from siamese_core.evaluation.embeddings import compare_clips
from siamese_core.evaluation.evaluation import draw_episodes, evaluate, predict, sweep
from siamese_core.evaluation.retrieval import retrieve
from siamese_core.evaluation.verification import draw_pairs, verify
from tests.core.points import PointNet, line_corpus, points

CLASSES, CLIPS, RUNS, PAIRS = 6, 10, 8, 240
CORPUS = line_corpus("abcdef" * CLIPS)
PLACES = points(np.random.default_rng(0).normal(size=CLASSES * CLIPS).tolist())
SAMPLER = EpisodeSampler(CORPUS.labels, 3)
NET = PointNet(reach=1.0)
LEFT, RIGHT = (np.arange(500) * step % 60 for step in (7, 11))
Work = Callable[[OnEvent, ShouldStop], object]


@dataclass
class Count:
    """Counts how often it is asked whether to stop, and says so from the last time on."""

    last: float = np.inf
    asked: int = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked >= self.last


def _of_this() -> evaluation.Evaluation:
    return evaluate(NET, CORPUS, runs=RUNS, embeddings=PLACES)


def _predict(e: OnEvent, s: ShouldStop) -> object:
    return predict(NET, PLACES, draw_episodes(SAMPLER, RUNS, 0), e, s)


LOOPS: dict[str, tuple[Work, int]] = {
    "drawing": (lambda e, s: draw_episodes(SAMPLER, RUNS, 0, e, s), CLASSES * RUNS),
    "comparing": (lambda e, s: compare_clips(NET, PLACES, LEFT, RIGHT, e, s), 500 // 50),
    "scoring": (_predict, CLASSES * RUNS * 3 // 50),
    "sweep": (
        lambda e, s: sweep(NET, CORPUS, PLACES, runs=RUNS, on_event=e, should_stop=s),
        CLASSES * RUNS + CLASSES * CLASSES * RUNS // 50,
    ),
    "retrieval": (
        lambda e, s: retrieve(NET, CORPUS, PLACES, on_event=e, should_stop=s),
        3600 // 60,
    ),
    "pairs": (lambda e, s: draw_pairs(CORPUS, PAIRS, 0, e, s), PAIRS // (2 * CLASSES)),
    "verifying": (
        lambda e, s: verify(NET, CORPUS, PLACES, pairs=PAIRS, on_event=e, should_stop=s),
        PAIRS // (2 * CLASSES) + PAIRS // 50,
    ),
}
"""Each loop, and how often it looks at the least."""


@pytest.fixture
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "_VALUES", 50)
    monkeypatch.setattr(evaluation, "_EPISODE_PAIRS", 60)
    monkeypatch.setattr(retrieval, "_PAIRS", 100)


@pytest.mark.usefixtures("_small_steps")
@pytest.mark.parametrize("loop", LOOPS)
def test_each_loop_looks_often_and_stops_at_once(loop: str) -> None:
    work, least = LOOPS[loop]
    events: list[Event] = []
    whole = Count()
    work(events.append, whole)
    assert whole.asked >= least
    told = [event for event in events if event["done"] == 0]
    assert told, "it tells what it does"
    for event in events:
        assert 0 <= int(str(event["done"])) < int(str(event["total"]))
    for last in {1, 2, whole.asked // 2, whole.asked}:
        count = Count(last)
        with pytest.raises(Cancelled):
            work(events.append, count)
        assert count.asked == last, "after a yes nobody asks again"


def test_small_steps_change_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def figures() -> list[object]:
        judged = verify(NET, CORPUS, PLACES, pairs=PAIRS)
        return [
            sweep(NET, CORPUS, PLACES, shots=2, runs=RUNS),
            judged.as_dict(),
            _of_this().as_dict(),
        ]

    whole = figures()
    monkeypatch.setattr(embeddings, "_VALUES", 7)
    monkeypatch.setattr(evaluation, "_EPISODE_PAIRS", 31)
    assert figures() == whole
