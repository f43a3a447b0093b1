"""The line-up as a value: places, labels, truth."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.lineup.lineup import Lineup, clip_file, random_lineup
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus, join, read_corpus


def clip(name: str, label: str = "a") -> ClipFile:
    return ClipFile(Path(f"{name}.wav"), label, name)


def test_it_is_an_episode_once_both_sides_are_there() -> None:
    query, support = clip("q", "b"), (clip("x"), clip("y", "b"))
    assert Lineup(query).episode is None
    assert Lineup(None, support).episode is None
    episode = Lineup(query, support).episode
    assert episode is not None
    assert (episode.query, episode.support.labels, episode.truth) == (query, ("a", "b"), "b")
    assert Lineup.of(episode) == Lineup(query, support)


def test_the_truth_is_unknown_where_no_support_class_can_be_right() -> None:
    assert Lineup(clip("q", "c"), (clip("x"), clip("y", "b"))).truth is None


@given(st.lists(st.sampled_from("abc"), max_size=5), st.integers(1, 8))
def test_a_clip_is_put_where_it_is_wanted_and_taken_away_again(
    labels: list[str], place: int
) -> None:
    before = Lineup(clip("q"), tuple(clip(str(i), label) for i, label in enumerate(labels)))
    after = before.put(place, clip("new"))
    where = min(place, len(labels) + 1)
    assert after.support[where - 1] == clip("new")
    assert len(after.support) == max(len(labels), where)
    if place > len(labels):
        assert after.without(where) == before


def test_the_query_has_a_place_too() -> None:
    lineup = Lineup().put(0, clip("q"))
    assert lineup.query == clip("q")
    assert lineup.without(0) == Lineup()


def test_a_dropped_file_is_known_by_the_corpus_or_by_its_folder() -> None:
    known = ClipFile(Path("corpus/a/1.wav"), "the class", "source")
    corpus = Corpus("corpus", (known,))
    assert clip_file(Path("corpus/a/1.wav"), None, corpus) == known
    assert clip_file(Path("elsewhere/b/2.wav"), None, corpus).label == "b"
    assert clip_file(Path("elsewhere/b/2.wav"), "told", None).label == "told"


def test_a_clip_on_a_card_is_found_before_the_corpus() -> None:
    inside, known = clip("one.earwitness/0/x", "inside"), clip("one.earwitness/0/x", "outside")
    corpus = Corpus("corpus", (known,))
    assert clip_file(inside.path, "inside", corpus, (inside,)) is inside
    assert clip_file(inside.path, None, corpus, (inside,)) is inside
    assert clip_file(inside.path, "outside", corpus, (inside,)) is known


def test_an_edit_is_named_by_what_it_did() -> None:
    first = Lineup(clip("q"), (clip("x"), clip("y"), clip("y"), clip("z")))
    changes = {
        "query new.wav": first.put(0, clip("new")),
        "remove the query": first.without(0),
        "replace y.wav": first.put(2, clip("new")),
        "add new.wav": first.put(9, clip("new")),
        "remove x.wav": first.without(1),
        "remove y.wav": first.without(3),
        "remove z.wav": first.without(4),
        "new line-up": Lineup(clip("q"), (clip("a"), clip("b"))),
    }
    assert {words: after.change_from(first) for words, after in changes.items()} == {
        words: words for words in changes
    }
    assert first.without(1).put(1, clip("b")).change_from(first) == "new line-up"
    assert Lineup(clip("a"), (clip("x"),)).change_from(Lineup()) == "new line-up"
    assert Lineup(clip("q"), (clip("x"),)).change_from(Lineup(clip("q"))) == "add x.wav"


def test_a_seed_draws_the_same_line_up_again(tone_corpus: Path) -> None:
    corpus = read_corpus(tone_corpus)
    drawn = random_lineup(corpus, 4, 2, seed=5)
    assert drawn == random_lineup(corpus, 4, 2, seed=5)
    assert drawn != random_lineup(corpus, 4, 2, seed=6)
    assert (len(drawn.support), len(drawn.classes)) == (8, 4)
    assert drawn.truth == drawn.query.label if drawn.query else False
    assert drawn.query not in drawn.support


def test_locks_belong_to_clips_and_do_not_make_another_line_up() -> None:
    first = Lineup(clip("q"), (clip("x"), clip("y", "b")))
    locked = first.with_lock_turned(0).with_lock_turned(2)
    assert locked.locked == {clip("q"), clip("y", "b")}
    assert locked == first
    assert not locked.is_same(first)
    assert locked.change_from(first.with_lock_turned(0)) == "lock y.wav"
    assert first.change_from(first.with_lock_turned(0)) == "unlock q.wav"
    assert locked.without(1).locked == locked.locked
    assert locked.put(0, clip("new")).locked == {clip("y", "b")}
    assert locked.without(2).locked == {clip("q")}
    assert Lineup().with_lock_turned(0) == Lineup()


def test_a_draw_around_locked_clips_keeps_them_locked(tone_corpus: Path) -> None:
    corpus = read_corpus(tone_corpus)
    before = random_lineup(corpus, 4, 1, seed=5)
    around = before.with_lock_turned(0).with_lock_turned(3)
    for seed in range(5):
        drawn = random_lineup(corpus, 4, 1, seed, around)
        assert (drawn.query, drawn.support[2]) == (before.query, before.support[2])
        assert drawn.locked == around.locked
        assert len(drawn.classes) == 4
    assert random_lineup(corpus, 4, 1, 6, before) == random_lineup(corpus, 4, 1, 6)


def test_a_locked_clip_takes_the_name_that_its_class_has_now(tone_corpus: Path) -> None:
    corpus = read_corpus(tone_corpus)
    around = random_lineup(corpus, 3, 1, seed=5).with_lock_turned(1)
    twins = tuple(replace(c, path=Path("twin", *c.path.parts[-2:])) for c in corpus.clips)
    renamed = join([replace(corpus, name="a"), replace(corpus, name="b", clips=twins)])
    kept = next(c for c in renamed.clips if c.path == around.support[0].path)
    assert kept.label.startswith("a/")
    drawn = random_lineup(renamed, 3, 1, 1, around)
    assert drawn.support[0] == kept
    assert drawn.locked == {kept}
