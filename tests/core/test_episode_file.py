"""An episode's file gives back what was saved bit for bit, anywhere; a hostile one a sentence."""

import errno
import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import pytest

from siamese_core import episode_file
from siamese_core.attribution.parameters import OcclusionParameters, SaliencyParameters
from siamese_core.audio import Clip, read
from siamese_core.episode_file import (
    SavedClip,
    SavedEpisode,
    SavedExplanation,
    read_episode,
    write_episode,
)
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled, CorpusError, EarwitnessError, ParameterError
from siamese_core.explanation import explain
from siamese_core.mask import MaskParameters
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_MEL, tone

MUTANTS = 250
Members = dict[str, bytes]


def _sixteen_bits(clip: Clip) -> Clip:
    samples = np.rint(clip.samples * 2**15).astype(np.float32) / 2**15
    return Clip(samples, clip.rate)


@pytest.fixture
def saved(tiny_net: SiameseNet) -> SavedEpisode:
    """A line-up of three clips, one of them beyond full scale, and two explanations."""
    loud = Clip(tone(800, 0.9).samples * 3, 8000, path=Path("somewhere/loud.wav"))
    clips = (_sixteen_bits(tone(300, 0.3)), loud, tone(500, 0.2, 16_000))
    query = _sixteen_bits(tone(450, 0.4))
    episode = Episode(query, SupportSet(clips, ("low", "high", "low")), "low")
    first = explain(tiny_net, query, clips[0], "saliency")
    parameters = MaskParameters(share=30)
    second = explain(tiny_net, query, loud, "saliency", side="query", against=clips[2])
    return SavedEpisode(
        episode,
        (None, None, 0.25, None),
        "tiny.safetensors",
        tiny_net.mel,
        score_episode(tiny_net, episode, starts=(None, None, 0.25, None)),
        (
            SavedExplanation(0, first, first.mask(parameters), parameters),
            SavedExplanation(1, second),
        ),
    )


@pytest.fixture
def path(saved: SavedEpisode, tmp_path: Path) -> Path:
    path = tmp_path / "saved" / "one.earwitness"
    write_episode(path, saved)
    return path


def _members(path: Path) -> Members:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _pack(path: Path, members: Members, kind: int = ZIP_STORED) -> None:
    with ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _edit(path: Path, change: Callable[[dict], object]) -> None:
    members = _members(path)
    about = json.loads(members["episode.json"])
    change(about)
    _pack(path, {**members, "episode.json": json.dumps(about).encode()})


def test_everything_comes_back_bit_for_bit(saved: SavedEpisode, path: Path) -> None:
    found = read_episode(path)
    for ours, theirs in zip(found.clips, saved.clips, strict=True):
        assert ours.rate == theirs.rate
        np.testing.assert_array_equal(ours.samples, theirs.samples)
    assert (found.episode.truth, found.episode.support.labels) == ("low", ("low", "high", "low"))
    assert (found.model, found.mel, found.starts) == ("tiny.safetensors", TINY_MEL, saved.starts)
    assert found.scored == saved.scored
    assert [entry.place for entry in found.explanations] == [0, 1]
    for ours, theirs in zip(found.explanations, saved.explanations, strict=True):
        one, other = ours.explanation, theirs.explanation
        np.testing.assert_array_equal(one.attribution.values, other.attribution.values)
        np.testing.assert_array_equal(one.query_map.db, other.query_map.db)
        np.testing.assert_array_equal(one.support_map.db, other.support_map.db)
        assert (one.logit, one.similarity, one.side) == (other.logit, other.similarity, other.side)
        assert (one.method, one.parameters) == ("saliency", SaliencyParameters())
    first, second = found.explanations
    assert first.mask is not None
    assert first.mask_parameters == MaskParameters(share=30)
    assert saved.explanations[0].mask is not None
    np.testing.assert_array_equal(first.mask.values, saved.explanations[0].mask.values)
    assert second.explanation.against is found.episode.support.clips[2]
    assert second.explanation.contrast == saved.explanations[1].explanation.contrast


def test_locks_and_several_maps_of_a_clip_come_back(saved: SavedEpisode, path: Path) -> None:
    first = saved.explanations[0]
    write_episode(path, replace(saved, explanations=(first,)))
    about = json.loads(_members(path)["episode.json"])
    assert about["format"] == 1
    newer = {"locked", "against_start", "twin", "twin_start"}
    assert not newer & {*about, *about["maps"][0]}, "an older program reads it"
    assert read_episode(path).locked == frozenset()
    maps = (first, first, replace(first, place=2), replace(first, mask=None))
    write_episode(path, replace(saved, explanations=maps, locked=frozenset({0, 3})))
    about = json.loads(_members(path)["episode.json"])
    assert (about["format"], about["locked"]) == (2, [0, 3]), "an older program says: a newer one"
    found = read_episode(path)
    assert found.locked == {0, 3}
    assert [one.place for one in found.explanations] == [0, 0, 2, 0]
    assert [one.mask is None for one in found.explanations] == [False, False, False, True]


@pytest.mark.parametrize("places", [[4], [-1], ["query"], [0] * 1002])
def test_locks_of_clips_that_are_not_there_are_refused(path: Path, places: list[object]) -> None:
    _edit(path, lambda about: about.update(format=2, locked=places))
    with pytest.raises(CorpusError, match="locked"):
        read_episode(path)


def test_the_same_net_scores_the_opened_line_up_the_same(
    saved: SavedEpisode, path: Path, tiny_net: SiameseNet
) -> None:
    found = read_episode(path)
    assert score_episode(tiny_net, found.episode, starts=found.starts) == saved.scored


def test_sound_is_flac_where_that_is_exact(path: Path) -> None:
    kinds = sorted(name.rpartition(".")[2] for name in _members(path) if name.startswith("clips"))
    assert kinds == ["flac", "flac", "wav", "wav"]


def test_a_real_recording_comes_back_bit_for_bit(data: Path, tmp_path: Path) -> None:
    files = sorted(data.glob("audiomnist5/*/*.flac"))[:3]
    clips = [read(file) for file in files]
    episode = Episode(clips[0], SupportSet(tuple(clips[1:]), ("a", "b")))
    path = tmp_path / "real.earwitness"
    write_episode(path, SavedEpisode(episode, (None,) * 3, "", TINY_MEL))
    found = read_episode(path)
    for ours, theirs in zip(found.clips, clips, strict=True):
        np.testing.assert_array_equal(ours.samples, theirs.samples)
    assert [clip.path.name for clip in found.clips if clip.path] == [file.name for file in files]
    assert found.scored is None


def test_nothing_of_this_machine_is_in_the_file(path: Path) -> None:
    about = _members(path)["episode.json"].decode()
    assert "loud.wav" in about
    assert "somewhere" not in about


def test_a_clip_of_the_file_can_be_read_again(saved: SavedEpisode, path: Path) -> None:
    clip = read_episode(path).episode.support.clips[1]
    file = SavedClip.of(clip, "high")
    assert file.path.name == "loud.wav"
    np.testing.assert_array_equal(file.read().samples, clip.samples)
    assert file.read(4000).rate == 4000
    write_episode(path, SavedEpisode(_quiet(saved.episode), (None,) * 4, "", TINY_MEL))
    with pytest.raises(CorpusError, match=r"does not hold the clip 'loud.wav'"):
        file.read()
    path.unlink()
    with pytest.raises(CorpusError, match="There is no file"):
        file.read()


def _quiet(episode: Episode[Clip]) -> Episode[Clip]:
    return episode.map(lambda clip: Clip(clip.samples / 4, clip.rate))


def test_a_fault_while_writing_leaves_the_older_file(
    saved: SavedEpisode, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    with pytest.raises(Cancelled):
        write_episode(path, saved, should_stop=lambda: True)

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(ZipFile, "writestr", full)
    with pytest.raises(EarwitnessError, match=r"one.earwitness cannot be written: no space"):
        write_episode(path, saved)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["one.earwitness"]


@pytest.mark.parametrize(
    ("named", "said"), [("against", "The contrast is with"), ("twin", "The baseline is")]
)
def test_what_cannot_be_saved_is_said(
    saved: SavedEpisode, tmp_path: Path, named: str, said: str
) -> None:
    with pytest.raises(ParameterError, match=r"end its name in .earwitness"):
        write_episode(tmp_path / "one.zip", saved)
    entry = saved.explanations[1]
    other = replace(entry.explanation, **{named: tone(900)})
    stranger = replace(saved, explanations=(replace(entry, explanation=other),))
    with pytest.raises(ParameterError, match=f"{said} a clip that is not in the support set"):
        write_episode(tmp_path / "one.earwitness", stranger)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_was_the_baseline_is_kept_with_its_window(
    saved: SavedEpisode, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    query, low, loud, _ = saved.clips
    how = ("occlusion", OcclusionParameters(baseline="twin"))
    made = explain(tiny_net, query, low, *how, twin=loud, twin_start=0.5)
    path = tmp_path / "one.earwitness"
    write_episode(path, replace(saved, explanations=(SavedExplanation(0, made),)))
    about = json.loads(_members(path)["episode.json"])
    assert (about["format"], about["maps"][0]["twin"]) == (4, 1)
    again = read_episode(path)
    (found,) = again.explanations
    assert found.explanation.twin is again.episode.support.clips[1]
    assert found.explanation.twin_map is not None
    assert found.explanation.twin_map.start == 0.5, "the line-up's own window may lie elsewhere"


def test_the_rival_of_a_contrast_is_kept_with_its_window(
    saved: SavedEpisode, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    query, low, loud, _ = saved.clips
    made = explain(tiny_net, query, low, "saliency", side="query", against=loud, against_start=0.5)
    path = tmp_path / "one.earwitness"
    write_episode(path, replace(saved, explanations=(SavedExplanation(0, made),)))
    found = read_episode(path).explanations[0].explanation
    assert made.rival_map is not None
    assert found.rival_map is not None
    assert (found.rival_map.start, found.against_start) == (0.5, 0.5)
    np.testing.assert_array_equal(found.rival_map.db, made.rival_map.db)


def test_an_older_file_has_the_other_clips_where_they_lay_in_the_line_up(path: Path) -> None:
    def as_older(about: dict) -> None:
        about["maps"][1].update(against=1, twin=1)
        del about["maps"][1]["against_start"]
        about["format"] = 3

    _edit(path, as_older)
    found = read_episode(path).explanations[1].explanation
    for seen in (found.rival_map, found.twin_map):
        assert seen is not None
        assert seen.start == 0.25


# Hostile files --------------------------------------------------------------------------------


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
        (_set("format", to=5), "newer Earwitness"),
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
    _edit(path, change)
    with pytest.raises(CorpusError) as caught:
        read_episode(path)
    assert words in str(caught.value)
    assert "one.earwitness" in str(caught.value)
    assert len(str(caught.value)) < 600 + len(str(path))


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b"\xff", b"[" * 100_000, b"null", b'{"format": 1}']
)
def test_a_foreign_json_is_refused(path: Path, content: bytes) -> None:
    _pack(path, {**_members(path), "episode.json": content})
    with pytest.raises(CorpusError, match=r"one\.earwitness"):
        read_episode(path)


def test_names_that_lead_out_and_bombs_are_refused(path: Path) -> None:
    members = _members(path)
    _pack(path, {**members, "../outside.wav": b""})
    with pytest.raises(CorpusError, match="leads out of the folder"):
        read_episode(path)
    _pack(path, members, ZIP_DEFLATED)
    with pytest.raises(CorpusError, match="packed"):
        read_episode(path)
    _pack(path, {**members, "episode.json": b" " * (9 << 20)})
    with pytest.raises(CorpusError, match="more data than an episode"):
        read_episode(path)
    _pack(path, {**members, **{f"more/{n}": b"" for n in range(2_000)}})
    with pytest.raises(CorpusError, match="members"):
        read_episode(path)
    path.write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match="not a zip archive"):
        read_episode(path)


def test_a_header_that_claims_a_huge_map_takes_no_memory(path: Path) -> None:
    members = _members(path)
    inner = path.with_name("inner.npz")
    inner.write_bytes(members["maps/0.npz"])
    arrays = _members(inner)
    huge = arrays["map.npy"].replace(b"(16,", b"(1" + b"6" * 9 + b",")
    _pack(inner, {**arrays, "map.npy": huge}, ZIP_DEFLATED)
    _pack(path, {**members, "maps/0.npz": inner.read_bytes()})
    with pytest.raises(CorpusError, match="is damaged"):
        read_episode(path)


def test_maps_that_would_take_much_memory_together_are_not_unpacked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"rate": 8000, "n_fft": 1024, "hop": 8, "n_mels": 1024, "seconds": 20}
    _edit(path, lambda about: about.update(mel=large))
    monkeypatch.setattr(episode_file, "unpack_arrays", None)  # whoever calls it fails
    with pytest.raises(CorpusError, match="2 maps of 1024 x 20001 cells are too many"):
        read_episode(path)


def test_a_map_with_a_value_that_is_not_a_number_is_refused(path: Path) -> None:
    members = _members(path)
    inner = path.with_name("inner.npz")
    inner.write_bytes(members["maps/0.npz"])
    arrays = _members(inner)
    for spoilt, words in (
        (b"\x00\x00\xc0\x7f", "not a number"),
        (b"\x00\x00\x00\x40", "from 0 to"),
    ):
        name = "map.npy" if words == "not a number" else "mask.npy"
        _pack(inner, {**arrays, name: arrays[name][:-4] + spoilt})
        _pack(path, {**members, "maps/0.npz": inner.read_bytes()})
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
        arrays = _members(inner)
        chosen = rng.choice(list(arrays))
        _pack(inner, {**arrays, chosen: _spoil(arrays[chosen], rng)})
        spoilt = inner.read_bytes()
        inner.unlink()
    else:
        spoilt = _spoil(members[name], rng)
    _pack(path, {**members, name: spoilt})


def test_no_spoilt_file_does_anything_but_open_or_say_why_not(path: Path) -> None:
    good, members, rng = path.read_bytes(), _members(path), random.Random(0)
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
