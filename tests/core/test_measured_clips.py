"""What validation and test hear is read once, before the first step."""

from collections import Counter
from pathlib import Path

import pytest

from siamese_core import logmel_cache
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import read_corpus
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train
from tests.core.runs import story


@pytest.fixture
def recipe(tiny_recipe: Recipe) -> Recipe:
    return tiny_recipe.override(["steps=6", "evaluate_every=2", "test=2", "episodes=3"])


@pytest.fixture
def decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """How often each clip is decoded, where no map is kept yet."""
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    read, counts = ClipFile.read, Counter[Path]()

    def counted(self: ClipFile, *arguments: object, **options: object) -> object:
        counts[self.path] += 1
        return read(self, *arguments, **options)

    monkeypatch.setattr(ClipFile, "read", counted)
    return counts


def test_a_training_decodes_each_clip_once(
    tmp_path: Path, recipe: Recipe, tone_corpus: Path, decoded: Counter[Path]
) -> None:
    corpus, one, again = read_corpus(tone_corpus), Run(tmp_path / "one"), Run(tmp_path / "again")
    train(recipe, corpus, one.folder, device="cpu")
    assert decoded == dict.fromkeys((clip.path for clip in corpus.clips), 1)
    decoded.clear()
    train(recipe, corpus, again.folder, device="cpu")
    assert set(decoded.values()) == {1}
    assert len(decoded) < len(corpus.clips) / 3, "what is measured by, but in no line-up"
    assert story(again) == story(one)


def test_without_a_place_for_maps_each_clip_is_still_decoded_once(
    tmp_path: Path,
    recipe: Recipe,
    tone_corpus: Path,
    decoded: Counter[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus, kept, held = read_corpus(tone_corpus), Run(tmp_path / "kept"), Run(tmp_path / "held")
    train(recipe, corpus, kept.folder, device="cpu")
    decoded.clear()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(Run, "log_mels", property(lambda _run: tmp_path / "file" / "maps"))
    told: list[str] = []
    train(recipe, corpus, held.folder, device="cpu", on_event=lambda e: told.append(e["event"]))
    assert "notice" in told
    assert decoded == dict.fromkeys((clip.path for clip in corpus.clips), 1)
    assert story(held) == story(kept)


def test_where_a_clip_is_left_out_the_episodes_of_the_rest_are_heard(
    tmp_path: Path, recipe: Recipe, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    corpus, runs = read_corpus(tone_corpus), [Run(tmp_path / name) for name in ("whole", "maps")]
    read = ClipFile.read

    def fails(self: ClipFile, *arguments: object, **options: object) -> object:
        if self.path.name == "take3.wav":
            raise logmel_cache.AudioError(f"{self.path} is empty (0 bytes); restore it.")
        return read(self, *arguments, **options)

    monkeypatch.setattr(ClipFile, "read", fails)
    for run in runs:  # the second one finds all maps in the cache
        outcome = train(recipe, corpus, run.folder, device="cpu", leave_out_damaged=True)
        assert len(outcome.left_out) == 9
    assert story(runs[0]) == story(runs[1])
