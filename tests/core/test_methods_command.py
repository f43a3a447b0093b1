"""`earwitness methods`: every method with a sentence, every parameter with what it can be."""

import json
from pathlib import Path

import pytest

from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS
from siamese_core.cli import main
from siamese_core.commands.methods import describe, plain
from siamese_core.recipes import load_recipe, recipe_names


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_a_sentence_and_aligned_columns(name: str) -> None:
    model = METHODS[name].parameters
    lines = list(describe(METHODS[name]))
    assert lines[0].startswith("    ")
    assert max(map(len, lines)) <= 100
    text = " ".join(" ".join(lines).split())
    defaults = model().model_dump(mode="json")
    starts = set()
    for key, default in defaults.items():
        head = next(line for line in lines[1:] if line.split()[:1] == [key])
        assert plain(default) in head
        assert f"({model.legal(key)})." in text
        starts.add(head.index(plain(default), len(key) + 4))
    assert len(starts) == min(1, len(defaults))


def test_all_methods_are_listed_with_a_sentence_each_and_the_default_is_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    starts = [line for line in lines if line[:1].strip()]
    assert [line.split()[0] for line in starts] == list(METHODS)
    assert [line.split()[0] for line in starts if "(default)" in line] == [DEFAULT_METHOD]
    text = " ".join(" ".join(lines).split())
    assert all(method.about in text for method in METHODS.values())
    assert max(map(len, lines)) <= 100


def test_a_method_is_told_by_its_name_and_a_name_that_is_none_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["methods", "lime", "saliency"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "lime",
        *describe(METHODS["lime"]),
        "",
        "saliency",
        *describe(METHODS["saliency"]),
        "",
    ]
    assert main(["methods", "lime", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["lime"]
    assert main(["methods", "limes"]) == 2
    assert "'limes' is not an attribution method" in capsys.readouterr().err


def test_recipes_are_listed_and_one_is_printed_as_a_file_that_is_a_recipe(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["recipes"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line[:1].strip()]
    assert tuple(line.split()[0] for line in lines) == recipe_names()
    assert main(["recipes", "voice/second"]) == 0
    (tmp_path / "own.toml").write_text(capsys.readouterr().out)
    assert load_recipe(str(tmp_path / "own.toml")) == load_recipe("voice/second")
    assert main(["recipes", "voices"]) == 2
    assert "voice" in capsys.readouterr().err


def test_values_are_printed_as_they_are_written() -> None:
    values = (False, "floor", 0.5, ["a", "b"])
    assert [plain(value) for value in values] == ["false", "floor", "0.5", '["a", "b"]']
