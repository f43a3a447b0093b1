"""The cache of log-mels changes no value, trusts no file, and keeps memory flat."""

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import soxr
import torch

from siamese_core import logmel_cache
from siamese_core.computed_maps import computed_maps
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.errors import AudioError, Cancelled
from siamese_core.evaluation.embeddings import embed_corpus
from siamese_core.logmel_cache import (
    cache_folder,
    cached_maps,
    cached_pictures,
)
from siamese_core.map_file import MapFile
from siamese_core.melspec import MelSpec
from siamese_core.pictures import pictures
from siamese_core.recipes import Recipe
from siamese_core.training.training_set import training_set
from tests.conftest import TINY_MEL, TINY_RECIPE, tone
from tests.core.toys import Stopper
from tests.core.warm import own_bytes, run_warm

QUIET = (lambda _event: None, lambda: False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def corpus(tone_corpus: Path) -> Corpus:
    corpus = read_corpus(tone_corpus)
    return corpus.select(corpus.classes[:3])


def picture(file: LabelledFile) -> np.ndarray:
    (found,) = pictures([file], TINY_MEL)
    return found


class Counter:
    """Computes log-mels, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, files):
        for file in files:
            self.calls += 1
            yield picture(file)


def test_a_map_is_computed_once_and_comes_back_bit_for_bit(folder: Path, corpus: Corpus) -> None:
    count = Counter()
    for _ in range(2):
        maps = cached_maps(corpus.clips, count, {"a": 1}, *QUIET)
        assert isinstance(maps, MapFile)
        for clip, cached in zip(corpus.clips, maps, strict=True):
            np.testing.assert_array_equal(cached, picture(clip))
    assert count.calls == len(corpus.clips)
    assert {path.suffix for path in folder.iterdir()} == {".npy", ".json"}


def test_the_key_is_the_content_and_the_settings(folder: Path, corpus: Corpus) -> None:
    file = replace(corpus.clips[0], path=folder.parent / "copy.wav")
    file.path.write_bytes(corpus.clips[0].path.read_bytes())
    cached_maps(corpus.clips[:1], Counter(), {"a": 1}, *QUIET)
    for files, settings, calls in (
        ([file], {"a": 1}, 0),  # the same sound under another name
        ([file], {"a": 2}, 1),
        ([file, file], {"a": 1}, 2),
    ):
        count = Counter()
        cached_maps(files, count, settings, *QUIET)
        assert count.calls == calls
    soundfile.write(file.path, tone(500).samples, 8000)
    count = Counter()
    cached_maps([file], count, {"a": 1}, *QUIET)
    assert count.calls == 1, "other sound under the same name"


@pytest.mark.parametrize("suffix", [".npy", ".json"])
def test_a_torn_file_is_made_again(folder: Path, corpus: Corpus, suffix: str) -> None:
    cached_maps(corpus.clips, Counter(), {}, *QUIET)
    (torn,) = folder.glob(f"*{suffix}")
    torn.write_bytes(torn.read_bytes()[:-40])
    count = Counter()
    maps = cached_maps(corpus.clips, count, {}, *QUIET)
    assert count.calls == len(corpus.clips)
    np.testing.assert_array_equal(maps[-1], picture(corpus.clips[-1]))


def test_a_clip_that_cannot_be_read_leaves_nothing(folder: Path, corpus: Corpus) -> None:
    broken = replace(corpus.clips[0], path=folder.parent / "none.wav")
    with pytest.raises(AudioError, match=r"There is no file .*none\.wav"):
        cached_maps([*corpus.clips, broken], Counter(), {}, *QUIET)
    broken.path.write_text("not sound")
    with pytest.raises(AudioError, match="not sound"):
        cached_maps([*corpus.clips, broken], Counter(), {}, *QUIET)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("events", [0, 1, 2])
def test_reading_can_be_stopped(folder: Path, corpus: Corpus, events: int) -> None:
    stopper = Stopper(events)
    with pytest.raises(Cancelled, match=r"(Checking|Reading).* was cancelled"):
        cached_maps(corpus.clips, Counter(), {}, stopper.on_event, stopper.should_stop)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_stop_is_heard_within_a_portion_of_clips(corpus: Corpus) -> None:
    """A portion of long clips takes seconds, and there are several under way."""
    begun, files = Counter(), [corpus.clips[0]] * 400
    told: list[object] = []

    def slow(some):
        for file in some:
            time.sleep(0.02)
            yield from begun([file])

    with pytest.raises(Cancelled, match="Reading clips was cancelled"):
        list(
            computed_maps(
                files, slow, lambda event: told.append(event["done"]), lambda: begun.calls > 2
            )
        )
    assert begun.calls < 60, "neither what waits is begun, nor a portion finished"
    assert told[0] == 0


def test_progress_is_told_within_a_portion_of_clips(corpus: Corpus) -> None:
    gate, told = threading.Event(), []

    def held(some):
        for file in some:
            if file is corpus.clips[4]:
                assert gate.wait(60)
            yield picture(file)

    def note(event):
        told.append(event["done"])
        if event["done"]:
            gate.set()

    assert len(list(computed_maps(corpus.clips[:8], held, note, QUIET[1]))) == 8
    assert 4 in told, "while the fifth is read"


def test_two_that_begin_together_compute_once(folder: Path, corpus: Corpus) -> None:
    count, maps = Counter(), []
    workers = [
        threading.Thread(target=lambda: maps.append(cached_maps(corpus.clips, count, {}, *QUIET)))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert count.calls == len(corpus.clips)
    assert [len(one) for one in maps] == [len(corpus.clips)] * 3


def test_without_room_it_is_kept_beside_the_run_or_in_memory(
    tmp_path: Path, corpus: Corpus, monkeypatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "file" / "cache"))
    seen = []
    beside = cached_maps(corpus.clips, Counter(), {}, seen.append, QUIET[1], tmp_path / "run")
    assert isinstance(beside, MapFile)
    assert len(list((tmp_path / "run").glob("*.npy"))) == 1
    assert "notice" not in [event["event"] for event in seen]
    maps = cached_maps(corpus.clips, Counter(), {}, seen.append, QUIET[1])
    (notice,) = (event for event in seen if event["event"] == "notice")
    assert "not a directory" in notice["sentence"].lower()
    assert "stay in memory" in notice["sentence"]
    np.testing.assert_array_equal(maps[3], beside[3])


def test_the_longest_unused_maps_make_room(folder: Path, corpus: Corpus, monkeypatch) -> None:
    one_size = 0
    for number in range(4):
        maps = cached_maps(corpus.clips, Counter(), {"a": number}, *QUIET)
        one_size = one_size or sum(p.stat().st_size for p in folder.glob("*.npy"))
        monkeypatch.setattr(logmel_cache, "LARGEST_BYTES", 2 * one_size)
    assert len(list(folder.glob("*.npy"))) == len(list(folder.glob("*.json"))) == 2
    assert len(maps) == len(corpus.clips)
    count = Counter()
    cached_maps(corpus.clips, count, {"a": 3}, *QUIET)
    assert count.calls == 0, "the last stays"


def _computed(files, number: int) -> int:
    count = Counter()
    cached_maps(files, count, {"a": number}, *QUIET)
    return count.calls


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.npy"))


def test_maps_larger_than_the_limit_stay_until_so_many_others_were_used(
    folder: Path, corpus: Corpus, monkeypatch
) -> None:
    whole, few = corpus.clips, corpus.clips[:4]
    assert _computed(few, 1) == len(few)
    monkeypatch.setattr(logmel_cache, "LARGEST_BYTES", 5 * _bytes(folder) // 2)
    assert _computed(whole, 2) == len(whole)
    assert _bytes(folder) > logmel_cache.LARGEST_BYTES
    assert _computed(few, 3) == len(few), "of the same training: what validates it"
    assert _computed(whole, 2) == _computed(few, 3) == 0, "at its next start"
    assert _computed(few, 4) == len(few)
    assert _computed(whole, 2) == 0
    assert _computed(few, 1) == len(few), "gone: there is room for two of them"
    assert _computed(whole, 2) == 0
    for number in (5, 6, 7):
        _computed(few, number)
    assert _bytes(folder) <= logmel_cache.LARGEST_BYTES
    assert _computed(whole, 2) == len(whole), "gone: others were used since"
    assert _computed(whole, 8) == len(whole)
    assert _computed(few, 7) == 0
    assert _computed(whole, 2) == len(whole), "gone: of two such files the last stays"


def test_other_peoples_files_in_the_folder_stay(folder: Path, corpus: Corpus, monkeypatch) -> None:
    folder.mkdir()
    theirs = ("features.npy", "features.json", f"{'a' * 39}.npy", f"{'A' * 40}.npy", "notes.txt")
    theirs += (".earwitness-x.npy", f"{'a' * 40}.csv")
    ours = (f"{'a' * 40}.npy", f"{'a' * 40}.json", ".earwitness-ab_12xyz.npy")
    for name in (*theirs, *ours):
        (folder / name).write_bytes(b"weeks of work")
        os.utime(folder / name, (1, 1))
    monkeypatch.setattr(logmel_cache, "LARGEST_BYTES", 1)
    for number in (1, 2):
        _computed(corpus.clips[:4], number)
    assert {(folder / name).read_bytes() for name in theirs} == {b"weeks of work"}
    assert not any((folder / name).exists() for name in ours)


@pytest.mark.parametrize("library", [librosa, soxr, torch])
def test_another_version_of_what_makes_them_makes_them_anew(
    folder: Path, corpus: Corpus, monkeypatch, library
) -> None:
    assert _computed(corpus.clips, 0) == len(corpus.clips)
    monkeypatch.setattr(library, "__version__", "0.0")
    assert _computed(corpus.clips, 0) == len(corpus.clips)
    assert _computed(corpus.clips, 0) == 0


def test_maps_in_use_stay_whatever_is_used_since(folder: Path, corpus: Corpus, monkeypatch) -> None:
    monkeypatch.setattr(logmel_cache, "LARGEST_BYTES", 1)
    held = cached_maps(corpus.clips, Counter(), {"a": 0}, *QUIET)
    for number in (1, 2, 3):
        _computed(corpus.clips[:4], number)
    assert len(list(folder.glob("*.npy"))) == 2, "what is in use, and what was used last"
    assert _computed(corpus.clips, 0) == 0
    np.testing.assert_array_equal(held[3], picture(corpus.clips[3]))


def test_the_folder_is_the_systems_unless_it_is_named(monkeypatch) -> None:
    monkeypatch.delenv("EARWITNESS_CACHE")
    assert cache_folder().parts[-2:] == ("earwitness", "log-mels")


def test_embeddings_are_the_same_with_and_without_the_cache(
    folder: Path, corpus: Corpus, tiny_net, monkeypatch
) -> None:
    first, second = (embed_corpus(tiny_net, corpus).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(list(folder.glob("*.npy"))) == 1
    maps = np.stack([picture(clip) for clip in corpus.clips])
    cached = np.stack(cached_pictures(corpus.clips, TINY_MEL, *QUIET))
    np.testing.assert_allclose(cached, maps, atol=1e-4)


def _growth(wav: Path, clips: int, recipe: Recipe) -> int:
    """Read and draw from a corpus, and say by how much memory grew at most."""
    os.environ["EARWITNESS_CACHE"] = str(wav.parent / "cache")
    files = tuple(ClipFile(wav, f"{i % 4}", f"{i}") for i in range(clips))
    clip_set = training_set(Corpus("large", files), recipe)
    before, most = own_bytes(), 0

    def look(_event) -> None:
        nonlocal most
        most = max(most, own_bytes())

    clip_set.read(look, QUIET[1])
    rng = np.random.default_rng(0)
    for _ in range(50):
        clip_set.place(rng.integers(0, clips, 32), rng)
        look({})
    return most - before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
def test_memory_does_not_grow_with_the_corpus(folder: Path) -> None:
    wav = folder.parent / "tone.wav"
    soundfile.write(wav, tone(500).samples, 8000)
    mel = MelSpec(rate=8000, n_fft=256, hop=32, n_mels=64, seconds=0.5)
    recipe = TINY_RECIPE.model_copy(update={"input": mel})
    few, many = (run_warm(_growth, wav, clips, recipe) for clips in (300, 1500))
    small, large = sorted(p.stat().st_size for p in folder.glob("*.npy"))
    assert many - few < 0.2 * (large - small)
