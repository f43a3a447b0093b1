"""Cards: what a model file says of itself, and by which method its scores are explained."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from safetensors.torch import load_file, save_file

from siamese_core.attribution.methods import DEFAULT_METHOD
from siamese_core.card import Card, read_card
from siamese_core.checkpoint import load_checkpoint, save_checkpoint, set_explain_with
from siamese_core.cli import main
from siamese_core.demo import bundled_model
from siamese_core.errors import CheckpointError, EarwitnessError, ParameterError
from siamese_core.recipes import load_recipe
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_RECIPE, tone

CARD = Card(TINY_RECIPE, ("a", "b"), {"validation accuracy": 0.5}, 7, "0.0", "smooth-grad")


def _spoil(path: Path, **values: object) -> None:
    """Put values into a file's card as another program may."""
    about = json.loads(CARD.metadata()["earwitness"]) | values
    about = {name: value for name, value in about.items() if value != "left out"}
    save_file(load_file(path), path, {"earwitness": json.dumps(about)})


def test_a_card_comes_back_without_its_net(tiny_net: SiameseNet, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, tiny_net, CARD)
    assert read_card(path) == load_checkpoint(path)[1] == CARD
    assert CARD.method == "smooth-grad"


@pytest.mark.parametrize("name", ["left out", None, "clairvoyance", 7, ["saliency"], {}, ""])
def test_a_method_that_is_not_known_is_the_programs_own(
    name: object, tiny_checkpoint: Path
) -> None:
    _spoil(tiny_checkpoint, explain_with=name)
    card = read_card(tiny_checkpoint)
    assert card == load_checkpoint(tiny_checkpoint)[1] == replace(CARD, explain_with=None)
    assert card.method == DEFAULT_METHOD


@pytest.mark.parametrize("values", [{"step": float("inf")}, {"scores": {"loss": 10**400}}])
def test_numbers_beyond_all_bounds_are_refused(
    values: dict[str, object], tiny_checkpoint: Path
) -> None:
    _spoil(tiny_checkpoint, **values)
    with pytest.raises(CheckpointError, match="was not written by Earwitness"):
        read_card(tiny_checkpoint)


@pytest.mark.parametrize("half", [False, True])
def test_noting_a_method_changes_no_weight(
    half: bool, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, tiny_net, replace(CARD, explain_with=None), half=half)
    before = load_file(path)
    for method in ("saliency", None):
        assert set_explain_with(path, method) == replace(CARD, explain_with=method)
        assert read_card(path) == replace(CARD, explain_with=method)
        after = load_file(path)
        assert after.keys() == before.keys()
        for name, weight in before.items():
            assert after[name].dtype == weight.dtype
            assert after[name].numpy().tobytes() == weight.numpy().tobytes()


def test_what_cannot_be_noted_leaves_the_file(tiny_checkpoint: Path, tmp_path: Path) -> None:
    before = tiny_checkpoint.read_bytes()
    with pytest.raises(ParameterError, match="'guess' is not an attribution method"):
        set_explain_with(tiny_checkpoint, "guess")
    assert tiny_checkpoint.read_bytes() == before
    with pytest.raises(ParameterError, match="compares drawn characters"):
        set_explain_with(bundled_model("omniglot"), "saliency")
    foreign = tmp_path / "foreign.safetensors"
    save_file(load_file(tiny_checkpoint), foreign)
    for read in (read_card, lambda path: set_explain_with(path, None)):
        with pytest.raises(CheckpointError, match="carries no recipe"):
            read(foreign)
        with pytest.raises(EarwitnessError, match="none"):
            read(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("name", "method"), [("voice", "occlusion"), ("environment", "smooth-grad")]
)
def test_the_bundled_models_name_the_method_that_their_cards_tell(name: str, method: str) -> None:
    card = bundled_model(name).with_suffix(".md").read_text(encoding="utf-8")
    assert read_card(bundled_model(name)).explain_with == method
    assert f"--explain-with {method}" in card


@pytest.mark.parametrize(
    ("name", "recipe"), [("environment", "environment"), ("omniglot", "omniglot/wide")]
)
def test_the_bundled_models_were_trained_by_the_recipes_that_are_bundled(
    name: str, recipe: str
) -> None:
    card = bundled_model(name).with_suffix(".md").read_text(encoding="utf-8")
    assert read_card(bundled_model(name)).recipe == load_recipe(recipe)
    assert f"--recipe {recipe} " in card


def test_the_command_tells_and_notes(
    tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ["card", "--model", str(tiny_checkpoint)]
    assert main(model) == 0
    told = capsys.readouterr().out
    assert f"Explained by   {DEFAULT_METHOD}, the program's first choice" in told
    assert "Validation accuracy: 0.500" in told
    assert main([*model, "--explain-with", "lime", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["explain_with"] == "lime"
    assert read_card(tiny_checkpoint).method == "lime"
    assert main([*model, "--explain-with", "program"]) == 0
    assert read_card(tiny_checkpoint).explain_with is None


def test_the_command_writes_into_no_file_that_was_not_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = bundled_model().read_bytes()
    assert main(["card", "--explain-with", "lime"]) == 2
    assert "name it by --model" in capsys.readouterr().err
    assert bundled_model().read_bytes() == before
    assert main(["card", "--model", str(bundled_model("omniglot"))]) == 0
    assert "Explained" not in capsys.readouterr().out, "it compares glyphs"


def test_explain_asks_the_models_method(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_explain_with(tiny_checkpoint, "saliency")
    soundfile.write(tmp_path / "one.wav", tone(440).samples, 8000)
    clip = str(tmp_path / "one.wav")
    command = [
        "explain",
        "--model",
        str(tiny_checkpoint),
        "--query",
        clip,
        "--support",
        f"a={clip}",
    ]
    command += ["--device", "cpu", "--out", str(tmp_path / "out"), "--json"]
    for more, method, parameters in (
        ([], "saliency", {"absolute": False}),
        (["--set", "absolute=true"], "saliency", {"absolute": True}),
        (["--method", "grad-cam"], "grad-cam", {"layer": None, "positive": False}),
    ):
        assert main([*command, *more]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert (printed["method"], printed["parameters"]) == (method, parameters)
