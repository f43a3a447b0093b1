"""An episode's file gives back what was saved bit for bit, anywhere."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from siamese_core.attribution.parameters import OcclusionParameters, SaliencyParameters
from siamese_core.audio import Clip, read
from siamese_core.episode_file.episode_contents import FORMAT
from siamese_core.episode_file.episode_file import SavedClip, read_episode, write_episode
from siamese_core.episode_file.saved_episode import SavedEpisode, SavedExplanation
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled, CorpusError, EarwitnessError, ParameterError
from siamese_core.explanation import explain
from siamese_core.mask.mask import MaskParameters
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_MEL, tone
from tests.core.episode_files import edit, members_of, saved_episode, written


@pytest.fixture
def saved(tiny_net: SiameseNet) -> SavedEpisode:
    return saved_episode(tiny_net)


@pytest.fixture
def path(saved: SavedEpisode, tmp_path: Path) -> Path:
    return written(saved, tmp_path)


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
    about = json.loads(members_of(path)["episode.json"])
    assert about["format"] == 1
    newer = {"locked", "against_start", "twin", "twin_start"}
    assert not newer & {*about, *about["maps"][0]}, "an older program reads it"
    assert read_episode(path).locked == frozenset()
    maps = (first, first, replace(first, place=2), replace(first, mask=None))
    write_episode(path, replace(saved, explanations=maps, locked=frozenset({0, 3})))
    about = json.loads(members_of(path)["episode.json"])
    assert (about["format"], about["locked"]) == (2, [0, 3]), "an older program says: a newer one"
    found = read_episode(path)
    assert found.locked == {0, 3}
    assert [one.place for one in found.explanations] == [0, 0, 2, 0]
    assert [one.mask is None for one in found.explanations] == [False, False, False, True]


def test_the_choice_the_model_and_the_file_of_a_mask_come_back(
    saved: SavedEpisode, path: Path, tmp_path: Path
) -> None:
    first, _ = saved.explanations
    assert first.mask is not None
    mask = replace(first.mask, path=tmp_path / "by hand.npz")
    for change in (
        {"selected": 2, "explanations": ()},
        {"selected": 1},
        {"weights": "0123456789abcdef"},
        {"explanations": (replace(first, mask=mask),)},
    ):
        changed = replace(saved, **change)
        write_episode(path, changed)
        about = members_of(path)["episode.json"]
        assert json.loads(about)["format"] == FORMAT, "an older program says: a newer one"
        assert str(tmp_path).encode() not in about
        found = read_episode(path)
        assert (found.chosen, found.weights) == (changed.chosen, changed.weights)
    assert found.explanations[0].mask is not None
    assert found.explanations[0].mask.path == Path("by hand.npz")
    assert found.explanations[0].mask_parameters == first.mask_parameters
    np.testing.assert_array_equal(found.explanations[0].mask.values, mask.values)


def test_the_name_of_a_masks_file_leads_nowhere(path: Path) -> None:
    edit(path, lambda about: about["maps"][0].update(mask_file="../../outside/a.npz"))
    mask = read_episode(path).explanations[0].mask
    assert mask is not None
    assert mask.path == Path("a.npz")


def test_in_an_older_file_the_map_that_was_seen_last_tells_the_choice(
    saved: SavedEpisode, path: Path
) -> None:
    assert (read_episode(path).selected, read_episode(path).chosen) == (None, 0)
    write_episode(path, replace(saved, explanations=saved.explanations[::-1]))
    assert read_episode(path).chosen == 1
    write_episode(path, replace(saved, explanations=()))
    assert read_episode(path).chosen is None


@pytest.mark.parametrize("places", [[4], [-1], ["query"], [0] * 1002])
def test_locks_of_clips_that_are_not_there_are_refused(path: Path, places: list[object]) -> None:
    edit(path, lambda about: about.update(format=2, locked=places))
    with pytest.raises(CorpusError, match="locked"):
        read_episode(path)


def test_the_same_net_scores_the_opened_line_up_the_same(
    saved: SavedEpisode, path: Path, tiny_net: SiameseNet
) -> None:
    found = read_episode(path)
    assert score_episode(tiny_net, found.episode, starts=found.starts) == saved.scored


def test_sound_is_flac_where_that_is_exact(path: Path) -> None:
    kinds = sorted(name.rpartition(".")[2] for name in members_of(path) if name.startswith("clips"))
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
    about = members_of(path)["episode.json"].decode()
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
    about = json.loads(members_of(path)["episode.json"])
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

    edit(path, as_older)
    found = read_episode(path).explanations[1].explanation
    for seen in (found.rival_map, found.twin_map):
        assert seen is not None
        assert seen.start == 0.25
