"""Episodes around locked clips: these stay, and the rest obeys the rules of every episode."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode
from siamese_core.errors import ParameterError
from siamese_core.locked_draw import draw_around


def clip(label: str, number: int, source: str = "") -> ClipFile:
    return ClipFile(Path(f"{label}{number}.wav"), label, source or f"{label}{number // 2}")


CORPUS = Corpus("six", tuple(clip(label, n) for label in "abcdef" for n in range(10)))
"""Two clips of each of five recordings a class."""


def check(episode: Episode[ClipFile], ways: int, shots: int) -> None:
    support = episode.support
    assert episode.truth == episode.query.label
    assert episode.truth in support.classes
    assert [support.labels.count(label) for label in support.classes] == [shots] * ways
    assert episode.query.source not in {c.source for c in support.clips}
    assert len({c.source for c in support.clips}) == ways * shots


@given(
    st.integers(0, 2**16),
    st.integers(2, 6),
    st.integers(1, 3),
    st.booleans(),
    st.lists(st.integers(0, 59), max_size=4, unique=True),
)
def test_locked_clips_stay_and_the_rest_is_an_episode(
    seed: int, ways: int, shots: int, lock_query: bool, locked: list[int]
) -> None:
    before = CORPUS.clips[seed % 60] if lock_query else None
    support = {2 * place: CORPUS.clips[index] for place, index in enumerate(locked)}
    labels = [c.label for c in support.values()]
    sources = [c.source for c in support.values()]
    if (before and before.source in sources) or len(set(sources)) < len(sources):
        return
    rng = np.random.default_rng(seed)
    crowded = max(map(labels.count, labels), default=0) > shots
    if crowded or len({*labels, *([before.label] if before else [])}) > ways:
        with pytest.raises(ParameterError, match="has no room for them; unlock one, or ask for"):
            draw_around(CORPUS, ways, shots, rng, before, support)
        return
    episode = draw_around(CORPUS, ways, shots, rng, before, support)
    check(episode, ways, shots)
    assert set(support.values()) <= set(episode.support.clips)
    assert before in (None, episode.query)


def test_one_shot_clips_keep_their_very_place() -> None:
    support = {1: CORPUS.clips[12], 3: CORPUS.clips[40]}
    for seed in range(20):
        clips = draw_around(CORPUS, 5, 1, np.random.default_rng(seed), None, support).support.clips
        assert (clips[1], clips[3]) == (support[1], support[3])


def test_several_shots_of_a_class_stay_beside_each_other() -> None:
    support = {3: CORPUS.clips[12]}
    drawn = draw_around(CORPUS, 3, 2, np.random.default_rng(1), None, support).support
    assert drawn.clips[3] == support[3]
    assert drawn.labels[2] == drawn.labels[3] == support[3].label


def test_every_class_is_asked_alike_and_the_rest_is_drawn_anew() -> None:
    support = {0: CORPUS.clips[0]}
    drawn = [draw_around(CORPUS, 3, 1, np.random.default_rng(i), None, support) for i in range(600)]
    asked = sum(episode.truth == "a" for episode in drawn)
    assert 150 < asked < 250  # a third of 600, within more than four deviations
    assert {episode.support.labels for episode in drawn} > {("a", "b", "c"), ("a", "f", "d")}
    again = draw_around(CORPUS, 3, 1, np.random.default_rng(7), None, support)
    assert again == drawn[7]


def test_a_stranger_to_the_corpus_is_never_joined_by_another_clip_of_its_class() -> None:
    stranger = clip("me", 0)
    rng = np.random.default_rng(0)
    for _ in range(20):
        episode = draw_around(CORPUS, 3, 1, rng, None, {2: stranger})
        assert episode.support.clips[2] == stranger
        assert episode.truth != "me"
    with pytest.raises(ParameterError, match="needs 1 recording of class 'me', and there are 0"):
        draw_around(CORPUS, 3, 2, rng, None, {2: stranger})
    with pytest.raises(ParameterError, match="needs 1 recording of class 'me'"):
        draw_around(CORPUS, 3, 1, rng, stranger)


def test_a_recording_that_is_heard_in_two_classes_does_not_meet_itself() -> None:
    shared = [clip(label, n, f"shared{n}") for label in "ab" for n in range(3)]
    for seed in range(30):
        rng = np.random.default_rng(seed)
        check(draw_around(Corpus("two", tuple(shared)), 2, 1, rng, shared[0]), 2, 1)
        free = draw_around(Corpus("two", tuple(shared)), 2, 1, rng, None, {0: shared[0]})
        assert free.query.source != shared[0].source


def test_a_recording_left_to_no_class_is_refused() -> None:
    shared = [clip(label, n, f"shared{n}") for label in "abc" for n in range(3)]
    with pytest.raises(ParameterError, match=r"needs 1 recording of class '.', and there are 0"):
        draw_around(Corpus("three", tuple(shared)), 3, 1, np.random.default_rng(0), shared[0])


def test_what_no_corpus_can_give_is_refused_as_without_locks() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ParameterError, match="2 to 6 are possible"):
        draw_around(CORPUS, 7, 1, rng, CORPUS.clips[0])
    with pytest.raises(ParameterError, match="5 shots and a query need 6"):
        draw_around(CORPUS, 3, 5, rng, CORPUS.clips[0])
