"""A saved episode is explained from the command line as it was when it was saved."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_core.attribution.parameters import OcclusionParameters
from siamese_core.cli import main
from siamese_core.episode_file.episode_file import write_episode
from siamese_core.episode_file.saved_episode import SavedEpisode, SavedExplanation
from siamese_core.episodes import Episode, SupportSet
from siamese_core.exhibit.exhibit import explain_episode
from siamese_core.exhibit.exhibit_folder import write_exhibit
from siamese_core.explanation import explain
from siamese_core.mask.mask import MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet, fingerprint
from tests.conftest import tone
from tests.core.exhibits import assert_same_exhibit, made_again

STARTS = (0.1, None, 0.25)
SHAPE = MaskParameters(share=35, edge="hard")


@pytest.fixture
def saved(tiny_net: SiameseNet) -> SavedEpisode:
    """A line-up with placed windows, its best pair explained and drawn on."""
    clips = (tone(500, 0.4), tone(800, 0.9))
    episode = Episode(tone(450, 0.8), SupportSet(clips, ("low", "high")), "low")
    scored = score_episode(tiny_net, episode, starts=STARTS)
    best = scored.best
    found = explain(
        tiny_net,
        episode.query,
        clips[best],
        "occlusion",
        OcclusionParameters(baseline="twin"),
        starts=(STARTS[0], STARTS[1 + best]),
        twin=clips[1],
        twin_start=STARTS[2],
    )
    mask = found.mask(SHAPE).inverted()
    maps = (SavedExplanation(best, found, mask, SHAPE),)
    weights = fingerprint(tiny_net)
    name = "tiny.safetensors"
    return SavedEpisode(episode, STARTS, name, tiny_net.mel, scored, maps, weights=weights)


def _explain(file: Path, out: Path, *more: str) -> int:
    return main(["explain", "--episode", str(file), "--out", str(out), "--device", "cpu", *more])


def test_it_is_explained_with_its_windows_its_model_its_map_and_its_mask(
    saved: SavedEpisode, tiny_net: SiameseNet, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    file = tiny_checkpoint.with_name("one.earwitness")  # the model lies beside it
    write_episode(file, saved)
    assert _explain(file, tmp_path / "ours") == 0
    kept = saved.explanations[0]
    theirs = explain_episode(
        tiny_net,
        saved.episode,
        method="occlusion",
        parameters=kept.explanation.parameters,
        twin=kept.explanation.twin,
        twin_start=STARTS[2],
        starts=STARTS,
        mask=kept.mask,
        mask_origin=MaskOrigin(SHAPE, by_hand=True),
    )
    ours = json.loads((tmp_path / "ours" / "episode.json").read_text(encoding="utf-8"))
    about = write_exhibit(theirs, tmp_path / "theirs")
    for name in ("predicted", "truth", "method", "parameters", "side", "mask_origin"):
        assert ours[name] == about[name], name
    with (
        np.load(tmp_path / "ours" / "explanation.npz") as one,
        np.load(tmp_path / "theirs" / "explanation.npz") as other,
    ):
        for name in ("maps", "mask", "begins", "start"):
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert ours["query"]["begins"] == 0.1
    assert_same_exhibit(tmp_path / "ours", made_again(ours["command"], tmp_path / "again"))


def test_other_wishes_replace_what_was_saved(
    saved: SavedEpisode, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    file = tiny_checkpoint.with_name("one.earwitness")
    write_episode(file, saved)
    more = ["--method", "saliency", "--query-start", "0.2", "--truth", "high"]
    assert _explain(file, tmp_path / "out", *more) == 0
    about = json.loads((tmp_path / "out" / "episode.json").read_text(encoding="utf-8"))
    assert (about["method"], about["truth"], about["query"]["begins"]) == ("saliency", "high", 0.2)
    assert about["mask"] == SHAPE.model_dump(mode="json"), "its shape stays, what was drawn goes"
    assert about["twin"] is None


def test_the_model_is_known_by_its_weights_and_asked_for_where_it_is_not_found(
    saved: SavedEpisode,
    tiny_checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tiny_checkpoint.with_name("one.earwitness")
    write_episode(file, replace(saved, weights="0" * 16))
    assert _explain(file, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert f"{file} was saved with the model 'tiny.safetensors', which is neither bundled" in said
    assert "give its file with --model" in said
    assert _explain(file, tmp_path / "out", "--model", str(tiny_checkpoint)) == 0
    about = json.loads((tmp_path / "out" / "episode.json").read_text(encoding="utf-8"))
    assert not about["mask_origin"]["by_hand"], "the mask that was drawn is another model's"
    write_episode(file, replace(saved, model="../tiny.safetensors"))
    assert _explain(file, tmp_path / "out") == 2, "a stranger's name leads nowhere"


def test_another_chosen_pair_is_told(
    saved: SavedEpisode,
    tiny_checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert saved.scored is not None
    best = saved.scored.best
    labels = saved.episode.support.labels
    file = tiny_checkpoint.with_name("one.earwitness")
    for chosen in (best, 1 - best):
        write_episode(file, replace(saved, selected=chosen))
        assert _explain(file, tmp_path / "out") == 0
        told = f"The saved episode's chosen pair is that of '{labels[chosen]}'"
        assert (told in capsys.readouterr().err) == (chosen != best)


def test_an_episode_that_was_only_scored_is_explained_as_usual(
    saved: SavedEpisode, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    file = tiny_checkpoint.with_name("one.earwitness")
    write_episode(file, replace(saved, explanations=()))
    assert _explain(file, tmp_path / "out", "--method", "saliency") == 0
    about = json.loads((tmp_path / "out" / "episode.json").read_text(encoding="utf-8"))
    assert about["query"]["begins"] == 0.1
    assert about["mask"] == MaskParameters().model_dump(mode="json")
