"""A hostile or damaged episode's file opens, or a sentence says why not."""

import random
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED

import pytest

from siamese_core.episode_file import episode_file
from siamese_core.episode_file.episode_file import (
    read_episode,
)
from siamese_core.errors import CorpusError, EarwitnessError
from siamese_core.siamese import SiameseNet
from tests.core.episode_files import Members, edit, members_of, pack, saved_episode, written

MUTANTS = 250


@pytest.fixture
def path(tiny_net: SiameseNet, tmp_path: Path) -> Path:
    return written(saved_episode(tiny_net), tmp_path)


def _set(*keys: str | int, to: object) -> Callable[[dict], None]:
    def change(about: dict) -> None:
        place: object = about
        for key in keys[:-1]:
            place = place[key]  # type: ignore[index]
        place[keys[-1]] = to  # type: ignore[index]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("format", to=6), "newer Earwitness"),
        (_set("selected", to=3), "selected clip 3"),
        (_set("selected", to=-1), "selected is -1"),
        (_set("weights", to="../" * 5), "weights is"),
        (_set("maps", 0, "mask_file", to="a\nb"), "plain text"),
        (_set("mel", "n_mels", to=1e9), "mel.n_mels is 1000000000"),
        (_set("mel", "hop", to="x" * 9999), "mel.hop is 'xxx"),
        (_set("logits", 0, to=float("nan")), "logits.0 is nan"),
        (_set("logits", to=[1.0]), "as many logits"),
        (_set("truth", to="nobody"), "the truth 'nobody'"),
        (_set("support", to=[]), "support is"),
        (_set("support", 0, "label", to=None), "must have a label"),
        (_set("support", 0, "label", to="a\nb"), "plain text"),
        (_set("query", "sound", to="../../../etc/pas"), "query.sound is"),
        (_set("query", "sound", to="0" * 16), "does not hold the clip"),
        (_set("query", "start", to=1e300), "query.start is"),
        (_set("maps", 0, "support", to=7), "support clip 7"),
        (_set("maps", 0, "method", to="magic"), "magic"),
        (_set("maps", 0, "parameters", to={"magic": 1}), "magic"),
        (_set("maps", 0, "arrays", to=["mask"]), "must have a map"),
        (_set("maps", 0, "arrays", to=["map"] * 4), "maps.0.arrays is"),
        (_set("maps", 1, "arrays", to=["map", "mask"]), "is damaged"),
        (_set("mel", "n_mels", to=12), "is damaged"),
    ],
)
def test_a_wrong_value_is_named(path: Path, change: Callable[[dict], None], words: str) -> None:
    edit(path, change)
    with pytest.raises(CorpusError) as caught:
        read_episode(path)
    assert words in str(caught.value)
    assert "one.earwitness" in str(caught.value)
    assert len(str(caught.value)) < 600 + len(str(path))


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b"\xff", b"[" * 100_000, b"null", b'{"format": 1}']
)
def test_a_foreign_json_is_refused(path: Path, content: bytes) -> None:
    pack(path, {**members_of(path), "episode.json": content})
    with pytest.raises(CorpusError, match=r"one\.earwitness"):
        read_episode(path)


def test_names_that_lead_out_and_bombs_are_refused(path: Path) -> None:
    members = members_of(path)
    pack(path, {**members, "../outside.wav": b""})
    with pytest.raises(CorpusError, match="leads out of the folder"):
        read_episode(path)
    pack(path, members, ZIP_DEFLATED)
    with pytest.raises(CorpusError, match="packed"):
        read_episode(path)
    pack(path, {**members, "episode.json": b" " * (9 << 20)})
    with pytest.raises(CorpusError, match="more data than an episode"):
        read_episode(path)
    pack(path, {**members, **{f"more/{n}": b"" for n in range(2_000)}})
    with pytest.raises(CorpusError, match="members"):
        read_episode(path)
    path.write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match="not a zip archive"):
        read_episode(path)


def test_a_header_that_claims_a_huge_map_takes_no_memory(path: Path) -> None:
    members = members_of(path)
    inner = path.with_name("inner.npz")
    inner.write_bytes(members["maps/0.npz"])
    arrays = members_of(inner)
    huge = arrays["map.npy"].replace(b"(16,", b"(1" + b"6" * 9 + b",")
    pack(inner, {**arrays, "map.npy": huge}, ZIP_DEFLATED)
    pack(path, {**members, "maps/0.npz": inner.read_bytes()})
    with pytest.raises(CorpusError, match="is damaged"):
        read_episode(path)


def test_maps_that_would_take_much_memory_together_are_not_unpacked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"rate": 8000, "n_fft": 1024, "hop": 8, "n_mels": 1024, "seconds": 20}
    edit(path, lambda about: about.update(mel=large))
    monkeypatch.setattr(episode_file, "unpack_arrays", None)  # whoever calls it fails
    with pytest.raises(CorpusError, match="2 maps of 1024 x 20001 cells are too many"):
        read_episode(path)


def test_a_map_with_a_value_that_is_not_a_number_is_refused(path: Path) -> None:
    members = members_of(path)
    inner = path.with_name("inner.npz")
    inner.write_bytes(members["maps/0.npz"])
    arrays = members_of(inner)
    for spoilt, words in (
        (b"\x00\x00\xc0\x7f", "not a number"),
        (b"\x00\x00\x00\x40", "from 0 to"),
    ):
        name = "map.npy" if words == "not a number" else "mask.npy"
        pack(inner, {**arrays, name: arrays[name][:-4] + spoilt})
        pack(path, {**members, "maps/0.npz": inner.read_bytes()})
        with pytest.raises(CorpusError, match=words):
            read_episode(path)


def _spoil(data: bytes, rng: random.Random) -> bytes:
    """Change bytes, cut, repeat or swap a stretch."""
    spoilt = bytearray(data)
    kind, place = rng.randrange(4), rng.randrange(max(len(spoilt), 1))
    if kind == 0:
        return bytes(spoilt[:place])
    if kind == 1:
        length = rng.randrange(1, 40)
        spoilt[place : place + length] = rng.randbytes(rng.randrange(40))
    else:
        for _ in range(rng.choice([1, 1, 4, 30])):
            spoilt[rng.randrange(len(spoilt))] = rng.choice([0, 255, rng.randrange(256)])
    return bytes(spoilt)


def _mutant(path: Path, good: bytes, members: Members, rng: random.Random) -> None:
    """Spoil the whole file, or what lies in a sound zip, or in a sound npz in that."""
    if rng.random() < 0.4:
        path.write_bytes(_spoil(good, rng))
        return
    name = rng.choice(list(members))
    if name.endswith(".npz") and rng.random() < 0.6:
        inner = path.with_name("inner.npz")
        inner.write_bytes(members[name])
        arrays = members_of(inner)
        chosen = rng.choice(list(arrays))
        pack(inner, {**arrays, chosen: _spoil(arrays[chosen], rng)})
        spoilt = inner.read_bytes()
        inner.unlink()
    else:
        spoilt = _spoil(members[name], rng)
    pack(path, {**members, name: spoilt})


def test_no_spoilt_file_does_anything_but_open_or_say_why_not(path: Path) -> None:
    good, members, rng = path.read_bytes(), members_of(path), random.Random(0)
    refused = 0
    for number in range(MUTANTS):
        _mutant(path, good, members, rng)
        try:
            read_episode(path)
        except EarwitnessError as error:
            sentence = str(error)
            assert "one.earwitness" in sentence, (number, sentence)
            assert sentence.endswith("."), (number, sentence)
            assert "\n" not in sentence, (number, sentence)
            assert len(sentence) < 1000, (number, sentence)
            refused += 1
        assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert refused > MUTANTS / 2
