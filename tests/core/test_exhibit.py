"""Exhibits: the folder's files say what was scored and explained, and appear all or not at all."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core import __version__, outputs
from siamese_core.attribution.parameters import OcclusionParameters, SaliencyParameters
from siamese_core.audio import Clip, resample
from siamese_core.callbacks import Event
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled, EarwitnessError, ParameterError
from siamese_core.exhibit.exhibit import Exhibit, explain_episode, rivals
from siamese_core.exhibit.exhibit_contents import describe
from siamese_core.exhibit.exhibit_folder import write_exhibit
from siamese_core.mask.mask import Mask, MaskParameters
from siamese_core.mask.mask_file import load_mask
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import PRESETS
from siamese_core.scoring import rank
from siamese_core.siamese import SiameseNet
from siamese_core.sonification.modes import RenderParameters
from siamese_core.sonification.sonification import sonify
from tests.conftest import TINY_MEL, tone


@pytest.fixture
def episode() -> Episode[Clip]:
    """One query and three clips of two classes, of several rates and lengths."""
    clips = (tone(300, 0.3), tone(800, 0.9), tone(500, 0.2, 16_000))
    query = Clip(tone(450, 0.4).samples, 8000, path=Path("query.wav"))
    return Episode(query, SupportSet(clips, ("low", "high", "low")), "low")


@pytest.fixture
def shown(tiny_net: SiameseNet, episode: Episode[Clip]) -> Exhibit:
    return explain_episode(tiny_net, episode, method="saliency", seed=4, model="tiny")


def test_each_support_clip_is_explained_with_its_own_score(shown: Exhibit) -> None:
    assert len(shown.explanations) == 3
    for explanation, score in zip(shown.explanations, shown.scored.scores, strict=True):
        assert explanation.logit == pytest.approx(score.logit, abs=1e-5)
    assert shown.best is shown.explanations[shown.scored.best]
    assert shown.mask.start == shown.best.support_map.start


@pytest.mark.parametrize(
    ("logits", "against", "wanted"),
    [
        ([5, -5, 3, 2, 0], "c", [4, 4, 4, 4, 2]),  # b is predicted, a has the most similar clip
        ([5, -5, 3, 2, 0], "b", [2, 2, 0, 0, 2]),  # a and c tie
        ([5, -5, 3, 2, 1], "b", [2, 2, 4, 4, 2]),  # c comes next
        ([5, 4, 3, 2, 0], "a", [2, 2, 0, 0, 0]),
    ],
)
def test_a_contrasts_own_class_is_held_against_the_best_pair_of_the_others(
    logits: list[float], against: str, wanted: list[int]
) -> None:
    """Which the predicted class has, though a clip of another may be more similar."""
    scored = rank(np.array(logits, float), ("a", "a", "b", "b", "c"))
    assert rivals(scored, against) == wanted
    assert rivals(scored, None) == [None] * 5


def test_a_contrast_holds_every_class_against_one(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    shown = explain_episode(
        tiny_net, episode, method="saliency", side="query", against="high", model="tiny"
    )
    scores = shown.scored.scores
    rival = min((0, 2), key=lambda number: scores[number].rank)
    for number, against in ((0, 1), (1, rival), (2, 1)):
        explanation = shown.explanations[number]
        assert explanation.against is episode.support.clips[against]
        difference = scores[number].logit - scores[against].logit
        assert explanation.contrast == pytest.approx(difference, abs=1e-5)
    assert describe(shown)["against"] == "high"


def test_a_contrast_needs_another_class(tiny_net: SiameseNet, episode: Episode[Clip]) -> None:
    with pytest.raises(ParameterError, match="'deep' is not a class of the support set; give one"):
        explain_episode(tiny_net, episode, method="saliency", side="query", against="deep")
    alone = Episode(episode.query, SupportSet(episode.support.clips[:1], ("low",)), "low")
    with pytest.raises(ParameterError, match="'low' is the only class; a contrast needs another"):
        explain_episode(tiny_net, alone, method="saliency", side="query", against="low")


def test_the_folder_holds_the_six_files(shown: Exhibit, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    written = write_exhibit(shown, folder)
    assert sorted(file.name for file in folder.iterdir()) == sorted(outputs.EXHIBIT)
    assert [entry.name for entry in folder.parent.iterdir()] == ["folder"]
    assert json.loads((folder / "episode.json").read_text(encoding="utf-8")) == written


def test_episode_json_says_what_was_done(shown: Exhibit) -> None:
    about = describe(shown)
    assert about["query"] == {
        "label": "low",
        "path": "query.wav",
        "sha256": None,
        "begins": 0.0,
        "heard_seconds": 0.4,
        "seconds": 0.4,
        "rate": 8000,
        "sound": shown.episode.query.digest,
    }
    for entry, score in zip(about["support"], shown.scored.scores, strict=True):
        assert (entry["label"], entry["rank"]) == (score.label, score.rank)
        assert (entry["logit"], entry["similarity"]) == (score.logit, score.similarity)
    assert sorted(entry["rank"] for entry in about["support"]) == [1, 2, 3]
    assert about["predicted"] == shown.scored.predicted
    assert (about["method"], about["side"]) == ("saliency", "support")
    assert about["parameters"] == SaliencyParameters().model_dump()
    assert (about["seed"], about["model"], about["version"]) == (4, "tiny", __version__)
    assert [entry["label"] for entry in about["classes"]] == ["low", "high"]


def test_explanation_npz_holds_maps_mask_and_axes(shown: Exhibit, tmp_path: Path) -> None:
    write_exhibit(shown, tmp_path)
    with np.load(tmp_path / "explanation.npz", allow_pickle=False) as arrays:
        maps, seconds = arrays["maps"], arrays["seconds"]
        assert maps.dtype == np.float32
        assert maps.shape == (3, *TINY_MEL.shape)
        assert maps.min() < 0 < maps.max()
        assert arrays["mel_hz"].shape == (16,)
        assert seconds.shape == (TINY_MEL.n_frames,)
        for number, begin, end in zip(
            range(3), arrays["clip_start"], arrays["clip_end"], strict=True
        ):
            outside = (seconds < begin - 1e-6) | (seconds > end + 1e-6)
            assert not maps[number][:, outside].any()
            duration = shown.episode.support.clips[number].seconds
            assert end - begin == pytest.approx(min(duration, TINY_MEL.seconds), abs=1e-3)
    again = load_mask(tmp_path / "explanation.npz")
    np.testing.assert_array_equal(again.values, shown.mask.values)
    assert again.start == shown.mask.start


def test_sounds_are_float_and_last_the_clips_seconds(shown: Exhibit, tmp_path: Path) -> None:
    write_exhibit(shown, tmp_path)
    sounds = {}
    for name in ("kept", "removed", "model-view"):
        info = soundfile.info(tmp_path / f"{name}.wav")
        assert (info.subtype, info.samplerate) == ("FLOAT", TINY_MEL.rate)
        sounds[name], _ = soundfile.read(tmp_path / f"{name}.wav", dtype="float32")
        seconds = min(shown.best.explained.seconds, TINY_MEL.seconds)
        assert len(sounds[name]) == round(seconds * TINY_MEL.rate)
    whole = resample(shown.best.explained, TINY_MEL.rate)
    start = max(0, round(shown.mask.start * TINY_MEL.rate))
    wanted = whole.cut(start, len(sounds["kept"])).samples
    np.testing.assert_allclose(sounds["kept"] + sounds["removed"], wanted, atol=1e-5)
    view = sonify(shown.best.explained, shown.mask, "log-mel", seed=4)
    np.testing.assert_allclose(sounds["model-view"], view.samples, atol=1e-6)


def test_the_query_side_is_heard_when_it_is_explained(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    shown = explain_episode(tiny_net, episode, method="saliency", side="query")
    assert shown.best.explained is episode.query
    assert shown.mask.start == shown.best.query_map.start


def test_windows_are_passed_on(tiny_net: SiameseNet, episode: Episode[Clip]) -> None:
    starts = (None, None, 0.25, None)
    shown = explain_episode(tiny_net, episode, method="saliency", starts=starts)
    assert shown.explanations[1].support_map.start == 0.25
    assert shown.explanations[1].logit == pytest.approx(shown.scored.scores[1].logit, abs=1e-5)


def test_the_twin_is_seen_through_its_own_window(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    shown = explain_episode(
        tiny_net,
        episode,
        method="occlusion",
        parameters=OcclusionParameters(baseline="twin"),
        twin=tone(700, 0.9),
        twin_start=0.25,
    )
    seen = [explanation.twin_map for explanation in shown.explanations]
    assert [log_mel.start for log_mel in seen if log_mel] == [0.25] * 3


def test_a_ready_mask_is_laid_on_the_best_window(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    ready = Mask(np.ones(TINY_MEL.shape, np.float32), TINY_MEL, 17.0, path=Path("m.npz"))
    shown = explain_episode(tiny_net, episode, method="saliency", mask=ready)
    assert shown.mask.start == shown.best.explained_map.start
    assert shown.mask.is_of(shown.best.explained)
    assert describe(shown)["mask"] == "m.npz"
    assert describe(shown)["mask_origin"]["words"] == "loaded from m.npz"
    voice = PRESETS["voice"]
    foreign = Mask(np.ones(voice.shape, np.float32), voice, 0.0)
    with pytest.raises(ParameterError, match="another model's log-mels"):
        explain_episode(tiny_net, episode, method="saliency", mask=foreign)


def test_episode_json_says_how_the_mask_was_made(
    tiny_net: SiameseNet, episode: Episode[Clip], shown: Exhibit
) -> None:
    about, shape = describe(shown), MaskParameters().model_dump(mode="json")
    assert about["mask"] == about["mask_origin"]["shaped_from"] == shape
    assert about["mask_origin"]["words"].startswith("share 20 %, what raises the similarity")
    drawn = explain_episode(
        tiny_net,
        episode,
        method="saliency",
        mask=shown.mask.inverted(),
        mask_origin=MaskOrigin(MaskParameters(share=30), by_hand=True),
    )
    about = describe(drawn)
    assert about["mask"] is None, "no parameters give it"
    assert about["mask_origin"]["by_hand"]
    assert about["mask_origin"]["shaped_from"]["share"] == 30


def test_sounds_are_rendered_at_the_rate_that_is_asked_for(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    high = tone(450, 0.4, 16_000).samples + tone(6000, 0.4, 16_000).samples
    clip = Clip(high, 16_000)  # 6 kHz lies above what the net hears
    episode = Episode(clip, SupportSet((clip, clip), ("a", "b")))
    above = {}
    for keep in (False, True):
        render = RenderParameters("clip", keep)
        made = explain_episode(tiny_net, episode, method="saliency", render=render)
        assert made.best.explained is clip
        about = write_exhibit(made, tmp_path)
        assert about["sounds"] == {"rate": "clip", "keep_above": keep}
        for name in ("kept", "removed", "model-view"):
            samples, rate = soundfile.read(tmp_path / f"{name}.wav", dtype="float32")
            assert rate == 16_000
            above[name, keep] = np.abs(np.fft.rfft(samples))[2400 - 20 : 2400 + 20].max()
    assert above["removed", False] == pytest.approx(above["kept", True], rel=0.01)
    assert max(above["kept", False], above["removed", True]) < 0.02 * above["kept", True]


def test_the_share_shapes_the_mask(tiny_net: SiameseNet, episode: Episode[Clip]) -> None:
    shares = [
        explain_episode(
            tiny_net,
            episode,
            method="saliency",
            mask_parameters=MaskParameters(share=share, edge="hard"),
        ).mask.values.sum()
        for share in (10, 40)
    ]
    assert shares[1] == pytest.approx(4 * shares[0], abs=4)


def test_on_a_tie_the_most_similar_clip_is_heard(tiny_net: SiameseNet, tmp_path: Path) -> None:
    clip = tone(500)
    tied = Episode(tone(450), SupportSet((clip, clip), ("a", "b")))
    about = write_exhibit(explain_episode(tiny_net, tied, method="saliency"), tmp_path)
    assert about["predicted"] is None
    assert about["heard"] == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(outputs.EXHIBIT)


def test_progress_rises_over_the_whole_line_up(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    events: list[Event] = []
    explain_episode(tiny_net, episode, method="integrated-gradients", on_event=events.append)
    shares = [e["done"] / e["total"] for e in events if e.get("what") == "Explaining"]  # type: ignore[operator]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_a_written_folder_is_replaced_and_other_files_stay(shown: Exhibit, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_exhibit(shown, tmp_path)
    (tmp_path / "kept.wav").write_text("old")
    write_exhibit(shown, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert soundfile.info(tmp_path / "kept.wav").frames > 0
    assert len(list(tmp_path.iterdir())) == len(outputs.EXHIBIT) + 1


@pytest.mark.parametrize("name", ["kept.wav", "episode.json"])
def test_other_peoples_files_are_never_replaced(shown: Exhibit, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"title": "mine"}')
    with pytest.raises(EarwitnessError, match=f"already holds another {name}; give another folder"):
        write_exhibit(shown, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == '{"title": "mine"}'


def test_a_full_disk_leaves_nothing_and_says_so(
    shown: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("siamese_core.mask.mask.np.savez_compressed", lambda *_, **__: full())
    folder = tmp_path / "out"
    with pytest.raises(EarwitnessError, match="no space left on device") as caught:
        write_exhibit(shown, folder)
    assert str(folder / "explanation.npz") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_folder_leaves_the_old_one_alone(shown: Exhibit, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_exhibit(shown, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    calls = iter([False, False, False, True])
    with pytest.raises(Cancelled, match=r"^\w+ was cancelled\.$"):
        write_exhibit(shown, folder, should_stop=lambda: next(calls))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_is_refused(shown: Exhibit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(EarwitnessError, match=r"is a file; give a folder|cannot be written"):
            write_exhibit(shown, folder)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_it_says_which_seconds_of_each_clip_were_judged(
    tiny_net: SiameseNet, episode: Episode[Clip], tmp_path: Path
) -> None:
    starts = [None, None, 0.25, None]
    shown = explain_episode(tiny_net, episode, method="saliency", starts=starts)
    about = write_exhibit(shown, tmp_path)
    moved = about["support"][1]
    assert (moved["begins"], moved["heard_seconds"], moved["seconds"]) == (0.25, 0.5, 0.9)
    assert (about["support"][2]["rate"], about["query"]["begins"]) == (16_000, 0.0)
    assert moved["sound"] == episode.support.clips[1].digest
    with np.load(tmp_path / "explanation.npz", allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["begins"], [0, 0, 0.25, 0])
        np.testing.assert_allclose(arrays["heard_seconds"], [0.4, 0.3, 0.5, 0.2])
        np.testing.assert_allclose(arrays["seconds_of_clip"], [0.4, 0.3, 0.9, 0.2])
        assert arrays["rates"].tolist() == [8000, 8000, 8000, 16_000]
