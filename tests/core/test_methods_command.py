"""`earwitness methods`: every method with a sentence, every parameter with what it can be."""

import pytest

from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS
from siamese_core.cli import main
from siamese_core.commands.methods import describe, plain


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


def test_the_default_method_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{DEFAULT_METHOD} (default)" in lines
    assert [line.split()[0] for line in lines if line[:1].strip()] == list(METHODS)


def test_values_are_printed_as_they_are_written() -> None:
    values = (False, "floor", 0.5, ["a", "b"])
    assert [plain(value) for value in values] == ["false", "floor", "0.5", '["a", "b"]']
