"""Errors: sentences that a hostile file's name cannot bend."""

import pickle

import pytest

from siamese_core.cli import WORDS
from siamese_core.commands.terminal import Terminal
from siamese_core.errors import Advice, AudioError, Cancelled, EarwitnessError


@pytest.mark.parametrize("trick", ["\u202e", "\u2066", "\x1b", "\x07", "\x9b", "\r"])
def test_what_would_steer_a_terminal_or_turn_the_text_is_shown_and_not_obeyed(trick: str) -> None:
    assert (
        str(AudioError(f"a{trick}b.wav is empty.")) == "a\N{REPLACEMENT CHARACTER}b.wav is empty."
    )


def test_a_terminal_is_not_steered_by_names(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.say("class a\x1b[2Jb")
    terminal.notice("a\x1bb is new.")
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert "class a\N{REPLACEMENT CHARACTER}[2Jb" in printed.out


def test_other_scripts_and_lines_stay() -> None:
    sentence = "صوت.wav, 声.wav and 🎙.wav\n\tare empty."
    assert str(AudioError(sentence)) == sentence
    assert str(Cancelled()) == "The work was cancelled."


@pytest.mark.parametrize("advice", Advice)
def test_a_reason_stands_apart_from_what_each_surface_advises(advice: Advice) -> None:
    error = AudioError("a\x1bb.wav is empty", advice)
    assert error.reason == "a\N{REPLACEMENT CHARACTER}b.wav is empty"
    assert str(error) == f"{error.reason}; {advice.value}."
    assert "--" not in str(error), "no surface's own name"
    assert "earwitness" not in str(error)
    assert error.told(WORDS) == f"{error.reason}; {WORDS[advice]}."
    assert error.told({advice: "do this"}) == f"{error.reason}; do this."
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.advice) == (str(error), advice)


def test_without_advice_every_surface_says_the_same() -> None:
    assert EarwitnessError("It is empty.").told(WORDS) == "It is empty."
