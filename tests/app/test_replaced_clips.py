"""A clip that is not what it was is told of where its line-up is scored again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.lineup.guesses import Guess
from app.lineup.lineup import clip_file
from app.lineup.outcomes import Outcome, Outcomes
from app.main_window import MainWindow
from app.sitting.history_record import KnownLineup, RecalledHistory
from siamese_core.audio import write
from tests.app.conftest import draw_tones, settle
from tests.app.test_guesses import lineup, renamed
from tests.app.test_history_record import reopen
from tests.app.test_outcomes import ONE, OTHER, expected, rows
from tests.conftest import tone

Another = Callable[[str], MainWindow]


def test_a_sound_that_is_another_one_than_before_is_told_by_its_file() -> None:
    outcomes, one = Outcomes(), lineup(1)
    query, *support = (f"{clip.path.name} ({clip.label})" for clip in one.clips)
    before = tuple(str(place) for place in range(len(one.clips)))
    now = ("x", *before[1:])
    outcomes.note(ONE, one, "a", before)
    outcomes.note(OTHER, one, "a", before)
    outcomes.note(ONE, one, "a")
    assert outcomes.replaced(one) == ""
    outcomes.note(ONE, one, "b", now)
    assert outcomes.replaced(one).startswith(f"{query} changed since this line-up was scored")
    assert outcomes.of(ONE, one) == Outcome("b", "a")
    assert outcomes.of(OTHER, one) == Outcome("a", "a"), "it is told that this is of what was"
    outcomes.note(ONE, one, "b", now)
    outcomes.rename(one, renamed(one))
    assert outcomes.sounds(renamed(one)) == now
    now_called = f"{one.clips[0].path.name} ({renamed(one).clips[0].label})"
    assert outcomes.replaced(renamed(one)).startswith(f"{now_called} changed"), "it stays told"
    outcomes.note(ONE, one, "b", tuple("y" for _ in now))
    told = ", ".join([query, *support[:2]])
    assert outcomes.replaced(one).startswith(f"{told} and {len(support) - 2} more changed")
    outcomes.clear()
    assert outcomes.replaced(one) == ""


@pytest.mark.parametrize("is_heard_first", [False, True])
def test_what_an_earlier_sitting_heard_is_compared_whenever_it_comes(is_heard_first: bool) -> None:
    outcomes, one = Outcomes(), lineup(1)
    count = len(one.clips)
    steps = [
        lambda: outcomes.recall(one, False, {ONE: {(): "a"}}, ("0",) * count),
        lambda: outcomes.note(ONE, one, "b", (*("0",) * (count - 1), "1")),
    ]
    for step in reversed(steps) if is_heard_first else steps:
        assert outcomes.replaced(one) == ""
        step()
    assert outcomes.replaced(one).startswith(f"{one.clips[-1].path.name} (")
    assert outcomes.sounds(one)[-1] == "1"
    assert outcomes.of(ONE, one) == Outcome("b", "a")


@pytest.fixture
def left(
    qtbot: QtBot, another_window: Another, tone_corpus: Path, tiny_checkpoint: Path, tmp_path: Path
) -> MainWindow:
    """A window in which a line-up was drawn of a corpus of its own, and closed."""
    window = another_window("one")
    folder = Path(shutil.copytree(tone_corpus, tmp_path / "tones"))
    draw_tones(qtbot, window, folder, tiny_checkpoint)
    window.close()
    return window


def test_a_clip_that_was_replaced_on_disk_is_told_where_it_is_scored_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, notice, path = window.session, window.lineup.notice, tmp_path / "mine.wav"
    shutil.copy(session.lineup.support[0].path, path)
    session.put(1, clip_file(path, session.lineup.support[0].label, None))
    settle(qtbot, window)
    window.history_dock.show()
    for change, is_told in ((path.touch, False), (lambda: write(tone(777, 0.3), path), True)):
        session.draw(3, 1, seed=8)
        settle(qtbot, window)
        assert "changed since" not in notice.text
        change()
        session.go_to(1)
        settle(qtbot, window)
        assert rows(window.history)[1] == expected(window)
        name = f"mine.wav ({session.lineup.support[0].label})"
        assert (f"{name} changed since this line-up was scored" in notice.text) == is_told


def test_a_history_that_comes_after_its_line_up_was_scored_is_compared_with_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    session, sounds = window.session, ("0" * 16,) * 4
    assert session.heard is not None
    alike = KnownLineup(session.lineup, False, {}, Guess(), session.heard.sounds)
    for known, is_told in ((alike, False), (alike._replace(sounds=sounds), True)):
        window.sitting._recall_history(RecalledHistory((known,)))
        settle(qtbot, window)
        assert ("and 1 more changed since" in window.lineup.notice.text) == is_told


def test_a_clip_that_was_replaced_meanwhile_is_told_where_it_was_scored_before(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    shown = left.session.lineup
    replaced = shown.support[0]
    write(tone(777, 0.3), replaced.path)
    words = f"{replaced.path.name} ({replaced.label}) changed since this line-up was scored before"
    for start in range(2):
        window = reopen(qtbot, another_window)
        assert window.session.lineup == shown
        assert (words in window.lineup.notice.text) == (start == 0), "told once it is known"
        if start == 0:
            window.session.move_window(replaced, 0.01)
            settle(qtbot, window)
            assert words in window.lineup.notice.text, "it stays told"
        window.close()


def test_a_line_of_a_history_without_digests_is_still_read(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    path = left.sitting.folder / "history.jsonl"
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    assert [len(line.pop("sounds")) for line in lines if line.get("predicted")] == [4]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    write(tone(777, 0.3), left.session.lineup.support[0].path)
    window = reopen(qtbot, another_window)
    assert window.missed.text == ""
    assert window.session.history.lineups == left.session.history.lineups
    assert "changed since" not in window.lineup.notice.text
