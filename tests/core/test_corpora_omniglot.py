"""Omniglot: the real archives, and made ones that are off in every way that can be thought of."""

import io
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_core.corpora import omniglot
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, read_any, read_corpus
from siamese_core.episodes import EpisodeSampler
from siamese_core.errors import CorpusError


def png(side: int = 105, mode: str = "1", format: str = "PNG") -> bytes:  # noqa: A002
    """White paper with one black dot at row 2, column 3."""
    pixels = np.full((side, side), 255, np.uint8)
    pixels[2, 3] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, format)
    return buffer.getvalue()


def write_archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def glyph(folder: Path, content: bytes) -> GlyphFile:
    member = "images_background/Greek/character02/0395_07.png"
    write_archive(folder / "images_background.zip", {member: content})
    return read_any(folder).clips[0]


@pytest.fixture
def real(data: Path) -> Corpus[GlyphFile]:
    return read_any(data / "omniglot")


def test_the_real_archives_hold_what_the_paper_says(real: Corpus[GlyphFile]) -> None:
    assert len(real.clips) == 32_460
    assert len(real.classes) == 1623
    assert len({clip.alphabet for clip in real.clips}) == 50
    assert real.official is not None
    assert (len(real.official.train), len(real.official.test)) == (964, 659)
    assert "Angelic/character01" in real.official.test
    drawers = [clip.drawer for clip in real.select(["Greek/character01"]).clips]
    assert drawers == list(range(1, 21))


def test_real_glyphs_are_thin_ink_on_paper(real: Corpus[GlyphFile]) -> None:
    ink = np.stack([clip.read() for clip in real.clips[:: len(real.clips) // 200]])
    assert ink.shape[1:] == (omniglot.SIDE, omniglot.SIDE)
    assert ink.dtype == np.float32
    assert set(np.unique(ink)) == {0.0, 1.0}
    assert 0.01 < ink.mean() < 0.15
    assert ink.reshape(len(ink), -1).any(axis=1).all()


def test_threads_read_the_same_glyphs(real: Corpus[GlyphFile]) -> None:
    some = real.clips[:200]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(GlyphFile.read, some))
    np.testing.assert_array_equal(together, [clip.read() for clip in some])


def test_a_corpus_of_glyphs_makes_episodes_like_one_of_sound(real: Corpus[GlyphFile]) -> None:
    assert real.official is not None
    test = real.select(real.official.test)
    sampler = EpisodeSampler(test.labels, 20, sources=test.sources)
    episode = sampler.sample(np.random.default_rng(0)).map(lambda index: test.clips[index])
    assert episode.query.label == episode.truth
    assert episode.query not in episode.support.clips


def test_the_alphabet_can_be_the_class(real: Corpus[GlyphFile], tone_corpus: Path) -> None:
    alphabets = real.by_alphabet()
    assert len(alphabets.classes) == 50
    assert len(alphabets.clips) == len(real.clips)
    assert alphabets.official is not None
    assert (len(alphabets.official.train), len(alphabets.official.test)) == (30, 20)
    with pytest.raises(CorpusError, match="has no alphabets"):
        read_corpus(tone_corpus).by_alphabet()


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_ink_is_one_and_paper_zero(tmp_path: Path, mode: str) -> None:
    file = glyph(tmp_path, png(mode=mode))
    assert (file.label, file.alphabet, file.drawer) == ("Greek/character02", "Greek", 7)
    assert (file.part, file.source) == ("train", str(file.path))
    ink = file.read()
    assert ink[2, 3] == 1.0
    assert ink.sum() == 1.0


def test_one_archive_is_a_corpus_without_a_split(tmp_path: Path) -> None:
    glyph(tmp_path, png())
    corpus = read_any(tmp_path)
    assert (corpus.layout, corpus.official) == ("omniglot", None)


def test_the_repository_of_the_corpus_is_one(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "matlab").mkdir()
    glyph(tmp_path / "python", png())
    corpus = read_any(tmp_path)
    assert (corpus.layout, corpus.classes) == ("omniglot", ("Greek/character02",))
    with pytest.raises(CorpusError, match=r"holds drawn characters \(Omniglot\), not sounds"):
        read_corpus(tmp_path)


def test_folders_and_strangers_in_the_archive_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "images_evaluation.zip"
    write_archive(
        path,
        {
            "images_evaluation/": b"",
            "__MACOSX/images_evaluation/._Angelic": b"x",
            "images_evaluation/Angelic/.DS_Store": b"x",
            "images_evaluation/Angelic/character01/0965_20.png": png(),
        },
    )
    assert [(clip.label, clip.drawer) for clip in read_any(tmp_path).clips] == [
        ("Angelic/character01", 20)
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a PNG"),
        (b"\x89PNG\r\n\x1a\n", "is not a PNG"),
        (b"not a picture at all, but long enough", "is not a PNG"),
        (png(format="BMP"), "is not a PNG"),
        (png(104), "measures 104 x 104 pixels; 105 x 105 are right"),
        (png()[:60], "is a damaged PNG"),
        (png().replace(b"IDAT", b"IDOT"), "is a damaged PNG"),
    ],
)
def test_what_is_no_glyph_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(CorpusError, match=f"0395_07.png {sentence}"):
        glyph(tmp_path, content).read()


def test_a_picture_that_claims_to_be_huge_is_not_decoded(tmp_path: Path) -> None:
    huge = bytearray(png())
    huge[16:24] = struct.pack(">II", 60_000, 60_000)
    with pytest.raises(CorpusError, match="measures 60000 x 60000 pixels"):
        glyph(tmp_path, bytes(huge)).read()


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = tmp_path / "images_background.zip"
    glyph(tmp_path, png())
    data = bytearray(path.read_bytes())
    start = data.index(b".png") + 4
    data[start : start + 8] = b"\xff" * 8
    elsewhere = tmp_path / "damaged"
    elsewhere.mkdir()
    (elsewhere / path.name).write_bytes(data)
    with pytest.raises(CorpusError, match=r"0395_07\.png is damaged"):
        read_any(elsewhere).clips[0].read()


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "holds no glyphs"),
        ({"images_background/Greek/0395_07.png": b""}, "holds no glyphs"),
        ({"../images_background/Greek/character02/0395_07.png": b""}, "leads out of the folder"),
        ({"images_background/bomb.png": bytes(1 << 20)}, "of 1048576 bytes; at most 65536"),
    ],
)
def test_hostile_archives_are_refused(tmp_path: Path, members: dict, sentence: str) -> None:
    write_archive(tmp_path / "images_background.zip", members)
    with pytest.raises(CorpusError, match=sentence):
        read_any(tmp_path)


def test_a_truncated_and_an_oversized_archive_are_refused(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "images_background.zip"
    path.write_bytes(b"PK\3\4 and no more")
    with pytest.raises(CorpusError, match="is not a zip archive that can be read"):
        read_any(tmp_path)
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(CorpusError, match="larger than 64 MiB"):
        read_any(tmp_path)


def test_an_archive_that_went_away_is_named(tmp_path: Path) -> None:
    file = glyph(tmp_path, png())
    (tmp_path / "images_background.zip").unlink()
    omniglot._open.cache_clear()
    with pytest.raises(CorpusError, match="cannot be read: no such file"):
        file.read()


def test_glyphs_are_no_sound_and_sound_no_glyphs(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="known layout"):
        read_any(tmp_path)
    glyph(tmp_path, png())
    with pytest.raises(CorpusError, match=r"drawn characters \(Omniglot\), not sounds; it serves"):
        read_corpus(tmp_path)
