"""Names: short ones that still differ, and models told apart by as little as tells them apart."""

from pathlib import Path

import pytest

from siamese_core.model_names import model_name, model_names
from siamese_core.short_names import told_apart


@pytest.mark.parametrize("most", [4, 8, 20, 60])
def test_short_names_differ_where_names_do(most: int) -> None:
    names = [f"{a}-of-a-long-row-{b}-and-so-on-{a}" for a in range(12) for b in range(12)]
    names += ["a", "", "short", "a name that stands alone and is long"]
    short = told_apart([*names, names[0]], most)
    assert len(set(short)) == len(names)
    assert short[0] == short[-1]
    assert short[-3] == ("short" if most > 4 else "s…t")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("models/voice.safetensors", "voice"),
        ("runs/monday/best.safetensors", "monday"),
        ("runs/monday/last.safetensors", "monday"),
    ],
)
def test_a_model_is_known_by_its_run_or_its_file(file: str, name: str) -> None:
    assert model_name(Path(file)) == name
    assert model_names([Path(file)]) == (name,)


def test_a_model_of_the_folder_one_is_in_has_a_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert model_name(Path("best.safetensors")) == tmp_path.name


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (("a/best", "b/best"), ("a", "b")),
        (("x/a/best", "y/a/best"), ("x/a/best", "y/a/best")),
        (("a/best", "a/last"), ("a/best", "a/last")),
        (("x/voice", "y/voice"), ("x/voice", "y/voice")),
        (("x/voice", "x/voice"), ("voice", "voice")),
        (("x/voice", "voice/best"), ("x/voice", "voice/best")),
    ],
)
def test_models_spoken_of_together_are_told_apart(
    files: tuple[str, str], names: tuple[str, str]
) -> None:
    assert model_names([Path(f"{file}.safetensors") for file in files]) == names
