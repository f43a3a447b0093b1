"""The command that an exhibit prints makes its scores, maps and sounds again."""

import json
import shlex
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import soundfile

from siamese_core.attribution.methods import METHODS
from siamese_core.audio import read
from siamese_core.cli import main
from siamese_core.episodes import Episode, SupportSet
from siamese_core.exhibit.exhibit import Exhibit, explain_episode
from siamese_core.exhibit.exhibit_command import ExhibitCommand
from siamese_core.exhibit.exhibit_contents import describe
from siamese_core.exhibit.exhibit_folder import write_exhibit
from siamese_core.mask.mask import MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.siamese import SiameseNet
from tests.conftest import tone
from tests.core.exhibits import assert_same_exhibit, made_again


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Recordings as files, some of them longer than the net's window; a name is no plain word."""
    found = {}
    sounds = {
        "query": tone(450, 1.2),
        "low": tone(300, 0.9),
        "high": tone(800, 1.4),
        "low again": tone(330, 1.1, 16_000),
        "twin": tone(600, 1.3),
    }
    for name, clip in sounds.items():
        found[name] = tmp_path / f"{name}'s.wav"
        soundfile.write(found[name], clip.samples, clip.rate)
    return found


def _options(files: dict[str, Path], model: Path, *more: str) -> list[str]:
    support = [f"--support=low={files[name]}" for name in ("low", "low again")]
    support.insert(1, f"--support=high={files['high']}")
    query = ["--model", str(model), "--query", str(files["query"])]
    return ["explain", *query, *support, "--device", "cpu", *more]


@pytest.mark.parametrize(
    "more",
    [
        "",
        "--truth low --query-start 0.3125 --support-start low=auto --support-start low=0.4 "
        "--support-start high=-0.1 --method saliency --set absolute=true --side query "
        "--against high --seed 7 --rate clip --keep-above --faithfulness",
        "--method gradient-shap --set baselines=twin,mean --set samples=4 --twin TWIN "
        "--twin-start 0.25 --seed 3 --shape by=threshold --shape threshold=33.3 --shape edge=hard",
    ],
    ids=["as usual", "windows and a contrast", "a twin and a threshold"],
)
def test_the_printed_command_makes_the_same_exhibit(
    more: str, files: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    extras = [str(files["twin"]) if word == "TWIN" else word for word in more.split()]
    first, page = tmp_path / "first", tmp_path / "first.html"
    wanted = ["--out", str(first), "--page", str(page)]
    assert main(_options(files, tiny_checkpoint, *extras, *wanted)) == 0
    about = json.loads((first / "episode.json").read_text(encoding="utf-8"))
    again = made_again(about["command"], tmp_path / "again")
    assert_same_exhibit(first, again)
    assert json.loads((again / "episode.json").read_text())["notices"] == about["notices"]
    asked = [word for word in more.split() if word.startswith("--")]
    assert set(asked) <= set(shlex.split(about["command"]))


def test_the_folder_traces_everything_to_its_file(
    files: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert main(_options(files, tiny_checkpoint, "--method", "saliency", "--out", str(out))) == 0
    about = json.loads((out / "episode.json").read_text(encoding="utf-8"))

    def checksum(name: str) -> str:
        return sha256(files[name].read_bytes()).hexdigest()

    assert about["query"]["sha256"] == checksum("query")
    told = [entry["sha256"] for entry in about["support"]]
    assert told == [checksum(name) for name in ("low", "high", "low again")]
    assert about["model_sha256"] == sha256(tiny_checkpoint.read_bytes()).hexdigest()
    assert about["model_file"] == str(tiny_checkpoint)
    assert len(about["weights"]) == 16
    assert about["date"][:2] == "20"
    assert "not the probability" in about["meaning"]["similarity"]
    assert [notice for notice in about["notices"] if str(files["query"]) in notice]


def _exhibit(net: SiameseNet, files: dict[str, Path], model: Path | None, **how: Any) -> Exhibit:
    clips = tuple(read(files[name]) for name in ("low", "high"))
    labels = how.pop("labels", ("low", "high"))
    episode = Episode(read(files["query"]), SupportSet(clips, labels))
    return explain_episode(net, episode, method="saliency", model_file=model, **how)


def test_a_label_may_hold_what_a_shell_or_a_parser_minds(
    tiny_net: SiameseNet, files: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    labels = ("-a=b $HOME", "--o'ne")
    shown = _exhibit(
        tiny_net,
        files,
        tiny_checkpoint,
        labels=labels,
        side="query",
        against=labels[1],
        starts=(None, 0.25, None),
    )
    about = write_exhibit(shown, tmp_path / "first")
    again = made_again(about["command"], tmp_path / "again")
    assert_same_exhibit(tmp_path / "first", again)


def test_a_mask_drawn_by_hand_is_in_the_folder_and_a_page_alone_says_it_is_in_no_file(
    tiny_net: SiameseNet, files: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    shaped = _exhibit(tiny_net, files, tiny_checkpoint)
    drawn = replace(
        shaped,
        mask=shaped.mask.inverted(),
        mask_origin=MaskOrigin(MaskParameters(share=30), by_hand=True),
    )
    about = write_exhibit(drawn, tmp_path / "first")
    assert f"--mask {tmp_path}/first/explanation.npz" in about["command"]
    assert_same_exhibit(tmp_path / "first", made_again(about["command"], tmp_path / "again"))
    alone = ExhibitCommand.of(drawn)
    assert "--mask" not in alone.words
    assert "--shape share=30.0" in alone.line
    assert "changed by hand and is in no file" in alone.note
    assert "by hand" not in ExhibitCommand.of(shaped).note


def test_without_its_files_there_is_no_command_and_the_note_says_why(
    tiny_net: SiameseNet, files: dict[str, Path], tiny_checkpoint: Path
) -> None:
    shown = _exhibit(tiny_net, files, tiny_checkpoint)
    assert describe(shown)["command"] is not None
    query = replace(shown.episode.query, path=None)
    lost = explain_episode(
        tiny_net,
        replace(shown.episode, query=query),
        method="saliency",
        model_file=tiny_checkpoint,
    )
    told = ExhibitCommand.of(lost)
    assert told.words == ()
    assert "no file holds the query any more as it was heard" in told.note
    tiny_net.head.bias += 1  # a training that goes on replaces the file
    for model in (None, tiny_checkpoint):
        about = describe(_exhibit(tiny_net, files, model))
        assert about["command"] is about["model_sha256"] is None
        assert "no file holds the network any more" in about["command_note"]


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_of_a_method_is_written_as_it_is_read(
    method: str,
    tiny_net: SiameseNet,
    files: dict[str, Path],
    tiny_checkpoint: Path,
) -> None:
    usual = METHODS[method].parameters()
    other = {
        bool: lambda value: not value,
        int: lambda value: value + 1,
        float: lambda value: value / 3 or 1e-07,
    }
    words = {"layer": "encoder.1.0", "baseline": "twin", "baselines": ("twin", "floor")}
    values = {
        name: words.get(name, other.get(type(value), lambda same: same)(value))
        for name, value in usual.model_dump().items()
    }
    chosen = type(usual).parse(values)
    shown = _exhibit(tiny_net, files, tiny_checkpoint)
    asked = replace(shown.best, method=method, parameters=chosen)
    explanations = tuple(asked if one is shown.best else one for one in shown.explanations)
    command = ExhibitCommand.of(replace(shown, explanations=explanations)).words
    given = [command[place + 1] for place, word in enumerate(command) if word == "--set"]
    assert usual.override(given) == chosen
    assert len(given) == sum(values[name] != value for name, value in usual.model_dump().items())
