"""JSON and TOML of anybody's: plain values, or one kind of error."""

from pathlib import Path

import pytest

from siamese_core.plain_values import parse_json, parse_toml, read_json

HOSTILE = ("", "{torn", "[" * 60_000, '{"a":' * 60_000, "[" * 200 + "]" * 200, "9" * 5_000)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:5])
def test_whatever_is_no_json_is_a_value_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which words, the next who reads decides
        parse_json(text)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(tmp_path / "a.json")


def test_what_is_json_is_read(tmp_path: Path) -> None:
    nested = "[" * 40 + "1" + "]" * 40
    assert str(parse_json(nested)) == nested
    assert parse_json(b'{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    (tmp_path / "a.json").write_text('"\u00e4"', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == "\u00e4"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = \n", r"^it is not TOML \(line 1, column 5\)$"),
        ("a = " + "[" * 20_000, "^its brackets are nested too deeply$"),
        ("a = " + "[" * 100 + "]" * 100, "^its brackets are nested too deeply$"),
        ("a" + ".a" * 20_000 + " = 1", "^its brackets are nested too deeply$"),
        (f"a = {'9' * 5_000}", "^a number in it has thousands of digits$"),
    ],
    ids=["torn", "open", "deep", "keys", "digits"],
)
def test_whatever_is_no_toml_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_toml(text)


def test_what_is_toml_is_read() -> None:
    assert parse_toml("a.b = [1, 'x']") == {"a": {"b": [1, "x"]}}
