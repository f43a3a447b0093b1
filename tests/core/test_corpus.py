"""Corpora: which files are clips of which class, and splits in which no class meets itself."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, Split, join, read_corpus
from siamese_core.errors import CorpusError


def _corpus(classes: int, clips: int = 2) -> Corpus:
    return Corpus(
        "made",
        tuple(
            ClipFile(Path(f"c{c}/{i}.wav"), f"c{c}", f"c{c}/{i}")
            for c in range(classes)
            for i in range(clips)
        ),
    )


@pytest.mark.parametrize(
    ("folder", "classes", "clips"),
    [
        ("audiomnist5", 5, 1000),
        ("arabic_commands", 26, 4160),
        ("esc10", 10, 400),
        ("kitchen20", 16, None),
        ("dspspeech20", 30, None),
    ],
)
def test_the_real_layouts_are_read(
    data: Path, folder: str, classes: int, clips: int | None
) -> None:
    corpus = read_corpus(data / folder)
    assert len(corpus.classes) == classes
    assert clips is None or len(corpus.clips) == clips


def test_takes_of_one_recording_share_a_source(data: Path) -> None:
    corpus = read_corpus(data / "esc10")
    takes = {}
    for clip in corpus.clips:
        takes.setdefault(clip.source, []).append(clip.path.name)
    shared = next(names for names in takes.values() if len(names) > 1)
    assert len({name.split("-")[1] for name in shared}) == 1


def test_every_speech_clip_is_its_own_source(data: Path) -> None:
    corpus = read_corpus(data / "audiomnist5")
    assert len(set(corpus.sources)) == len(corpus.clips)


@given(
    classes=st.integers(2, 20),
    validation=st.integers(0, 8),
    test=st.integers(0, 8),
    seed=st.integers(0, 99),
)
def test_no_class_stands_in_two_parts_and_none_is_lost(
    classes: int, validation: int, test: int, seed: int
) -> None:
    corpus = _corpus(classes)
    if validation + test > classes - 2:
        with pytest.raises(CorpusError, match="training needs 2"):
            corpus.split(validation, test, seed)
        return
    split = corpus.split(validation, test, seed)
    parts = [*split.train, *split.validation, *split.test]
    assert sorted(parts) == sorted(corpus.classes)
    assert (len(split.validation), len(split.test)) == (validation, test)
    assert split == corpus.split(validation, test, seed)


def test_too_few_classes_are_told_with_what_was_asked() -> None:
    with pytest.raises(
        CorpusError, match=r"has 1 class; 5 for validation and 3 for the test leave 0"
    ):
        _corpus(1).split(5, 3)
    corpus = _corpus(3)
    with pytest.raises(
        CorpusError, match=r"3 classes; 2 for validation and 0 for the test leave 1"
    ):
        corpus.split(corpus.classes[:2], 0)


def test_a_name_with_a_slash_holds_out_all_classes_below_it() -> None:
    names = ("Greek/a", "Greek/b", "Latin/a", "Latin/b", "Latin/c")
    corpus = Corpus("made", tuple(_clip(name, name) for name in names))
    split = corpus.split(("Greek/",), ("Latin/b",))
    assert split == Split(("Latin/a", "Latin/c"), ("Greek/a", "Greek/b"), ("Latin/b",))
    with pytest.raises(CorpusError, match="no class 'Lat/'"):
        corpus.split(("Lat/",), 0)
    with pytest.raises(CorpusError, match="'Greek/b' is named twice"):
        corpus.split(("Greek/",), ("Greek/b",))


def test_named_classes_are_held_out_as_named() -> None:
    split = _corpus(8).split(2, ("c3", "c1"), seed=5)
    assert split.test == ("c3", "c1")
    assert not {"c3", "c1"} & {*split.train, *split.validation}


def test_an_unknown_or_twice_named_class_is_refused() -> None:
    with pytest.raises(CorpusError, match="has no class 'c9'; it has c0, c1"):
        _corpus(8).split(2, ("c9",))
    with pytest.raises(CorpusError, match="'c1' is named twice; name each class once, for"):
        _corpus(8).split(("c1",), ("c1",))


def test_hidden_files_and_other_files_are_no_clips(tmp_path: Path) -> None:
    for name in ("a/1.wav", "a/notes.txt", "a/._1.wav", ".hidden/1.wav", "b/deep/2.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(100), 8000, format="WAV")
    corpus = read_corpus(tmp_path)
    assert [(c.label, c.path.name) for c in corpus.clips] == [("a", "1.wav"), ("b", "2.wav")]


def test_a_missing_folder_and_one_without_classes_are_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder"):
        read_corpus(tmp_path / "none")
    with pytest.raises(CorpusError, match="each class is a folder"):
        read_corpus(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="file is a file; give a folder"):
        read_corpus(tmp_path / "file")


def test_a_link_to_itself_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    soundfile.write(tmp_path / "a" / "1.wav", np.zeros(100), 8000)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "a" / "around").symlink_to(tmp_path)
    assert [clip.path.name for clip in read_corpus(tmp_path).clips] == ["1.wav"]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch) -> None:
    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CorpusError, match="cannot be read: permission denied"):
        read_corpus(tmp_path)


def test_classes_of_two_corpora_of_one_name_stay_apart() -> None:
    joined = join([Corpus("data", _corpus(1).clips), Corpus("data", _corpus(1, 3).clips)])
    assert joined.classes == ("data-1/c0", "data-2/c0")


def test_a_corpus_is_not_joined_with_itself_nor_sounds_with_glyphs() -> None:
    with pytest.raises(CorpusError, match="made is given twice; name each folder once"):
        join([_corpus(3), _corpus(2), _corpus(3)])
    elsewhere = [replace(c, path=Path("..") / Path.cwd().name / c.path) for c in _corpus(3).clips]
    with pytest.raises(CorpusError, match="again is given twice; name each folder once"):
        join([_corpus(3), Corpus("again", tuple(elsewhere))])
    glyph = GlyphFile(Path("Greek/character02/0395_07.png"), "beta", "beta")
    with pytest.raises(CorpusError, match="drawn holds glyphs and made does not; no network"):
        join([_corpus(3), Corpus("drawn", (glyph,))])


def test_joined_corpora_keep_classes_of_one_name_apart() -> None:
    joined = join([Corpus("x", _corpus(2).clips), Corpus("y", _corpus(3).clips)])
    assert joined.classes == ("c2", "x/c0", "x/c1", "y/c0", "y/c1")
    assert len(set(joined.sources)) == len(joined.clips) == 10


def _clip(label: str, source: str, part: str = "") -> ClipFile:
    return ClipFile(Path(f"{label}/{source}{part}.wav"), label, source, part)


def test_a_part_stands_apart_from_recordings_of_another() -> None:
    corpus = Corpus("made", (_clip("a", "1"), _clip("a", "2"), _clip("b", "2"), _clip("b", "3")))
    train, test = corpus.select(["a"]), corpus.select(["b"])
    assert train.apart_from(test).sources == ("1",)
    assert test.apart_from(train).sources == ("3",)
    assert train.apart_from(corpus.select([])) == train


def test_parts_of_the_real_kitchen_share_no_recording(data: Path) -> None:
    corpus = read_corpus(data / "kitchen20")
    split = corpus.split(4, 0, seed=1)
    train, validation = corpus.select(split.train), corpus.select(split.validation)
    assert set(train.sources) & set(validation.sources)
    apart = train.apart_from(validation)
    assert not set(apart.sources) & set(validation.sources)
    assert apart.classes == train.classes


def test_a_corpus_keeps_the_split_it_brings_through_joining() -> None:
    one = Corpus("one", (_clip("a", "1", "train"), _clip("b", "2", "test")))
    two = Corpus("two", (_clip("c", "1", "validation"), _clip("a", "3", "train")))
    assert one.official == Split(("a",), (), ("b",))
    joined = join([one, two])
    assert joined.official == Split(("one/a", "two/a"), ("c",), ("b",))


@pytest.mark.parametrize(
    "parts",
    [("train", ""), ("train", "train"), ("", "test"), ("", "")],
)
def test_there_is_no_official_split_where_a_part_is_missing(parts: tuple[str, str]) -> None:
    first, second = parts
    assert Corpus("made", (_clip("a", "1", first), _clip("b", "2", second))).official is None


def test_a_class_in_both_parts_makes_no_split() -> None:
    clips = (_clip("a", "1", "train"), _clip("a", "2", "test"), _clip("b", "3", "test"))
    assert Corpus("made", clips).official is None
