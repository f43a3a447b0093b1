"""Samplers: every draw is legal, seeded, and an impossible wish is refused at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.episodes import Episode, EpisodeSampler, PairSampler, SupportSet
from siamese_core.errors import ParameterError

LABELS = [f"c{i // 6}" for i in range(36)]
# Two takes of each recording.
SOURCES = [f"r{i // 2}" for i in range(36)]


@given(ways=st.integers(2, 6), shots=st.integers(1, 2), seed=st.integers(0, 999))
def test_episodes_are_legal(ways: int, shots: int, seed: int) -> None:
    sampler = EpisodeSampler(LABELS, ways, shots, SOURCES)
    episode = sampler.sample(np.random.default_rng(seed))
    support = episode.support
    assert len(support.classes) == ways
    assert all(support.labels.count(label) == shots for label in support.classes)
    assert [LABELS[i] for i in support.clips] == list(support.labels)
    assert episode.truth == LABELS[episode.query] in support.classes
    drawn = [SOURCES[i] for i in (episode.query, *support.clips)]
    assert len(set(drawn)) == len(drawn)


@given(ways=st.integers(2, 6), shots=st.integers(1, 2), seed=st.integers(0, 999))
def test_clips_of_a_recording_that_several_classes_share_never_meet(
    ways: int, shots: int, seed: int
) -> None:
    shared = [f"r{i % 18}" for i in range(36)]  # of each recording two clips, three classes apart
    drawn = EpisodeSampler(LABELS, ways, shots, shared).sample(np.random.default_rng(seed))
    clips = [drawn.query, *drawn.support.clips]
    assert len({shared[clip] for clip in clips}) == len(clips) == ways * shots + 1
    assert [drawn.support.labels.count(label) for label in drawn.support.classes] == [shots] * ways


def test_a_draw_that_leads_nowhere_is_drawn_anew() -> None:
    # "b" has the recordings of "a" alone: a query of "a" with a support clip leaves it one of two.
    labels, sources = list("aaabbbcc"), ["1", "2", "3", "1", "2", "2", "4", "5"]
    sampler = EpisodeSampler(labels, 2, 1, sources)
    for seed in range(200):
        drawn = sampler.sample(np.random.default_rng(seed), "a")
        assert len({sources[clip] for clip in (drawn.query, *drawn.support.clips)}) == 3


def test_episodes_that_would_hear_a_recording_twice_are_refused() -> None:
    labels, sources = list("aabb"), ["1", "2", "1", "2"]
    with pytest.raises(
        ParameterError,
        match=r"^No line-up of 2 classes and 1 shot around 'b' was found .*; ask for fewer",
    ):
        EpisodeSampler(labels, 2, 1, sources).sample(np.random.default_rng(0), "b")


def test_without_shared_recordings_a_seed_draws_what_it_always_drew() -> None:
    rng = np.random.default_rng(42)
    sampler = EpisodeSampler(LABELS, 4, 2, SOURCES)
    drawn = [sampler.sample(rng) for _ in range(3)]
    assert [(e.query, e.support.clips) for e in drawn] == [
        (3, (21, 22, 5, 1, 32, 34, 26, 29)),
        (11, (35, 31, 22, 20, 7, 8, 0, 5)),
        (14, (11, 7, 31, 33, 12, 17, 23, 21)),
    ]


def test_the_positive_stands_at_every_place_equally_often() -> None:
    sampler = EpisodeSampler(LABELS, 5)
    rng = np.random.default_rng(0)
    places = [(e := sampler.sample(rng)).support.labels.index(e.truth) for _ in range(2000)]
    counts = np.bincount(places, minlength=5)
    assert counts.min() > 320
    assert counts.max() < 480


def test_the_same_seed_draws_the_same_episode() -> None:
    sampler = EpisodeSampler(LABELS, 4, 2)
    draws = [sampler.sample(np.random.default_rng(7), "c2") for _ in range(2)]
    assert draws[0] == draws[1]
    assert draws[0].truth == "c2"


@pytest.mark.parametrize(
    ("labels", "sources", "ways", "shots", "words"),
    [
        (LABELS, None, 7, 1, "of 7 classes cannot be drawn from 6 classes; 2 to 6 are possible"),
        (LABELS, None, 1, 1, "A line-up of 1 class cannot"),
        (LABELS, None, 5, 0, "0 shots"),
        ([*LABELS, "lonely"], None, 5, 1, "Class 'lonely' has 1 separate recording; 1 shot and"),
        (
            LABELS,
            SOURCES,
            5,
            3,
            "Class 'c0' has 3 separate recordings; 3 shots and a query need 4: add clips",
        ),
    ],
)
def test_impossible_episodes_are_refused_when_the_sampler_is_built(
    labels: list[str], sources: list[str] | None, ways: int, shots: int, words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        EpisodeSampler(labels, ways, shots, sources)


@given(
    pos=st.integers(1, 2),
    negatives=st.integers(1, 5),
    shared=st.booleans(),
    seed=st.integers(0, 999),
)
def test_pair_batches_are_algorithm_2(pos: int, negatives: int, shared: bool, seed: int) -> None:
    sampler = PairSampler(LABELS, pos, negatives, SOURCES, shared=shared)
    batch = sampler.sample(np.random.default_rng(seed))
    left, right = batch.clips[batch.left], batch.clips[batch.right]
    assert len(left) == 6 * (pos + negatives)
    assert batch.target.sum() == 6 * pos
    assert len(set(batch.clips.tolist())) == len(batch.clips)
    for a, b, target in zip(left, right, batch.target, strict=True):
        assert (LABELS[a] == LABELS[b]) == bool(target)
        assert SOURCES[a] != SOURCES[b]
    strangers = [
        (LABELS[a], LABELS[b]) for a, b, t in zip(left, right, batch.target, strict=True) if not t
    ]
    assert len(set(strangers)) == len(strangers), "an anchor's negatives are of different classes"


def test_fewer_classes_can_be_drawn_into_a_batch() -> None:
    batch = PairSampler(LABELS, 1, 1, classes=4).sample(np.random.default_rng(0))
    assert len(batch.target) == 8


def test_shared_strangers_are_clips_that_the_batch_holds_already() -> None:
    rng = np.random.default_rng(0)
    shared = [PairSampler(LABELS, 2, 2, shared=True).sample(rng) for _ in range(20)]
    anew = [PairSampler(LABELS, 2, 2).sample(rng) for _ in range(20)]
    assert {len(batch.clips) for batch in shared} == {6 * 3}
    assert np.mean([len(batch.clips) for batch in anew]) > 6 * 3.5


def test_a_pair_is_as_likely_whether_strangers_are_shared_or_new() -> None:
    labels, counts = list("aabbcc"), {}
    for shared in (False, True):
        sampler, rng = PairSampler(labels, 1, 1, shared=shared), np.random.default_rng(1)
        met = np.zeros((6, 6))
        for _ in range(4000):
            batch = sampler.sample(rng)
            np.add.at(met, (batch.clips[batch.left], batch.clips[batch.right]), 1)
        counts[shared] = met / met.sum()
    assert counts[True] == pytest.approx(counts[False], abs=0.005)


def test_shared_strangers_of_the_anchors_own_recording_are_replaced() -> None:
    # "b" has one clip of the recording that "a" has, too, and others of its own.
    labels, sources = list("aaabbb"), ["one", "two", "three", "one", "four", "five"]
    sampler = PairSampler(labels, 1, 1, sources, shared=True)
    for seed in range(200):
        batch = sampler.sample(np.random.default_rng(seed))
        left, right = batch.clips[batch.left], batch.clips[batch.right]
        assert all(sources[a] != sources[b] for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize(
    ("pos", "negatives", "words"),
    [
        (1, 6, "6 negative pairs a class need 7 classes; there are 6"),
        (3, 1, "3 positive pairs a class need 4"),
        (0, 1, "must both be at least 1"),
    ],
)
def test_impossible_batches_are_refused(pos: int, negatives: int, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        PairSampler(LABELS, pos, negatives, SOURCES)


def test_shared_strangers_need_enough_classes_in_the_batch() -> None:
    with pytest.raises(
        ParameterError, match="2 negative pairs a class need 3 classes; there are 2"
    ):
        PairSampler(LABELS, 1, 2, classes=2, shared=True)


def test_a_support_set_has_one_label_a_clip() -> None:
    with pytest.raises(ParameterError, match="2 clips and 1 labels"):
        SupportSet((1, 2), ("a",))
    episode = Episode("q", SupportSet(("x", "y", "z"), ("b", "a", "b")), "a").map(str.upper)
    assert (episode.query, episode.support.clips, episode.support.classes) == (
        "Q",
        ("X", "Y", "Z"),
        ("b", "a"),
    )
