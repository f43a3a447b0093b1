"""Errors: sentences that a hostile file's name cannot bend."""

import pytest

from siamese_core.errors import AudioError, Cancelled
from siamese_core.terminal import Terminal


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
