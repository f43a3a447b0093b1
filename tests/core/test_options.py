"""Options: each has a text that says what it is and what it is if absent."""

import argparse
from collections.abc import Iterator

import pytest

from siamese_core.commands.options import parser
from siamese_core.errors import EarwitnessError
from siamese_core.mask.mask import MaskParameters


def verbs(top: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.Action]]:
    """List every option of every verb."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, inner in action.choices.items():
                yield from verbs(inner, f"{name} {verb}".strip())
        else:
            yield f"{name} {'/'.join(action.option_strings) or action.dest}".strip(), action


OPTIONS = dict(verbs(parser()))


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_says_what_it_is_and_its_default(name: str) -> None:
    action = OPTIONS[name]
    assert action.help
    assert len(action.help) > 8
    if action.default not in (None, False, [], argparse.SUPPRESS):
        assert f"default {action.default}" in action.help % {"default": action.default} or (
            "default ./" in action.help
        )


def test_every_way_to_shape_a_mask_is_named() -> None:
    told = OPTIONS["explain --shape"].help or ""
    assert [name for name in MaskParameters.model_fields if name not in told] == []


def test_every_verb_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    top = parser()
    for verb in sorted({name.split()[0] for name in OPTIONS if not name.startswith("-")}):
        with pytest.raises(SystemExit) as ended:
            top.parse_args([verb, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: earwitness {verb}")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["data", "find"], "ACTION is 'find'; give one of 'check', 'get'"),
        (["train"], "--recipe, --data, --out must be given; see 'earwitness train --help'."),
        (["evaluate", "--data", "x", "--split", "test", "--classes", "a"], "exclude each other"),
        (["explain", "--share", "much"], "--share is 'much'; give a number"),
        (["explain", "--seed", "9" * 30], "is not a seed"),
    ],
)
def test_a_mistyped_command_is_one_sentence(argv: list[str], sentence: str) -> None:
    with pytest.raises(EarwitnessError) as error:
        parser().parse_args(argv)
    assert sentence in str(error.value)
    assert "argument" not in str(error.value)
