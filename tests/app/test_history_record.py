"""The history is there again at the next start, with its outcomes and guesses, whatever happens."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.lineup.guesses import Guess, Guesses, Verdict
from app.lineup.lineup import Lineup
from app.lineup.lineup_history import MOST, LineupHistory
from app.lineup.outcomes import Outcomes, Sounds
from app.main_window import MainWindow
from app.sitting.history_record import (
    KnownLineup,
    Predicted,
    add_to_history,
    forget_history,
    read_history,
)
from siamese_core.callbacks import ignore, never
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.demo import bundled_model
from siamese_core.errors import EarwitnessError, ParameterError
from tests.app.conftest import PATIENCE_MS, settle
from tests.app.test_guesses import leave_to, renamed
from tests.app.test_outcomes import rows

Another = Callable[[str], MainWindow]
MODEL = Path("some", "model.safetensors")
MOVED = ((0, 1.5), (2, 0.25))


def lineup(number: int) -> Lineup:
    query = ClipFile(Path(f"a/{number}.wav"), "a", str(number))
    return Lineup(query, tuple(ClipFile(Path(f"{x}/0.wav"), x, f"{x}0") for x in "ab"))


def write(folder: Path, *numbers: int, predicted: Predicted | None = None) -> None:
    known = [KnownLineup(lineup(n), True, predicted or {}, Guess()) for n in numbers]
    add_to_history(folder, known, ignore, never)


def test_a_line_up_comes_back_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    predicted: Predicted = {MODEL: {(): "a"}, bundled_model(): {MOVED: "b", (): None}}
    locked = lineup(1).with_lock_turned(1)
    write(tmp_path, 1, 2)
    strange = Lineup(ClipFile(Path("\ud800.wav"), "a", "a"))  # a name that is not UTF-8
    for known in (
        KnownLineup(locked, True, predicted, Guess("b", ("a",))),
        KnownLineup(strange, False, {}, Guess()),
    ):
        add_to_history(tmp_path, [known], ignore, never)
    assert str(bundled_model()) not in (tmp_path / "history.jsonl").read_text()
    found = read_history(tmp_path, ignore, never)
    assert found.fault == ""
    first, second, third = found.lineups
    assert third.lineup == strange
    assert first.lineup.is_same(locked)
    assert (first.drawn, first.predicted, first.guess) == (True, predicted, Guess("b", ("a",)))
    assert (second.lineup, second.predicted, second.guess) == (lineup(2), {}, Guess())
    assert read_history(tmp_path, ignore, never) == found, "written anew, it says the same"


def test_a_line_up_whose_classes_were_renamed_is_one(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, predicted={MODEL: {(): "a"}})
    add_to_history(tmp_path, [KnownLineup(renamed(lineup(1)), False, {}, Guess())], ignore, never)
    first, second = read_history(tmp_path, ignore, never).lineups
    assert (first.lineup, first.drawn) == (renamed(lineup(1)), True)
    assert first.predicted == {MODEL: {(): "a"}}
    assert second.lineup == lineup(2)


def test_the_oldest_of_many_are_forgotten(tmp_path: Path) -> None:
    write(tmp_path, *range(MOST + 7))
    found = read_history(tmp_path, ignore, never).lineups
    assert [one.lineup for one in found] == [lineup(n) for n in range(7, MOST + 7)]
    assert (tmp_path / "history.jsonl").read_text().count("\n") == MOST
    history = LineupHistory()
    for number in range(MOST + 7):
        history.show(lineup(number))
    assert (history.lineups[0], history.place) == (lineup(7), MOST - 1)


DAMAGED = {
    "torn": b'\n{"query": {"path": "x.w',
    "a list": b"\n[1, 2]",
    "deep": b"\n" + b"[" * 200_000,
    "not text": b"\n\xff\xfe\x00",
    "another kind": b'\n{"support": [{"path": 3}]}',
    "another version": b'\n{"format": 9}',
    "no digest": b'\n{"sounds": ["../../x"]}',
}


@dataclass
class Told:
    """What the lines of a line-up have said so far."""

    drawn: bool = False
    predicted: Predicted = field(default_factory=dict)
    guess: Guess = field(default_factory=Guess)
    sounds: Sounds = ()

    def hear(self, known: KnownLineup) -> None:
        drawn, predicted, guess, sounds = known[1:]
        self.sounds = sounds or self.sounds
        self.drawn |= drawn
        for model, placed in predicted.items():
            known = self.predicted.get(model, {}).items()
            self.predicted[model] = {at: n for at, n in known if at not in placed} | dict(placed)
        pick, against = (guess if guess.pick or not self.guess.pick else self.guess)[:2]
        is_known = self.guess.known or guess.known
        self.guess = Guess(pick, against or self.guess.against, is_known)


NAMED = st.sampled_from(["a", "b", None])
LINES = st.builds(
    KnownLineup,
    st.integers(0, 3).map(lineup),
    st.booleans(),
    st.dictionaries(
        st.sampled_from([MODEL, bundled_model()]),
        st.dictionaries(st.sampled_from([(), MOVED]), NAMED, min_size=1),
    ),
    st.builds(Guess, NAMED, st.just(()) | NAMED.map(lambda named: (named,)), st.booleans()),
    st.sampled_from([(), ("0" * 16,) * 3, ("1" * 16,) * 3]),
)


@settings(deadline=None)  # a busy machine is not a fault
@given(st.lists(LINES | st.sampled_from(["start", "{}"]), max_size=20))
def test_silence_and_starts_take_nothing_away(
    tmp_path_factory: pytest.TempPathFactory, steps: list[KnownLineup | str]
) -> None:
    folder, told = tmp_path_factory.mktemp("history"), dict[Lineup, Told]()
    for step in (*steps, "start"):
        if isinstance(step, KnownLineup):
            add_to_history(folder, [step], ignore, never)
            told.setdefault(step.lineup, Told()).hear(step)
        elif step == "{}":
            with (folder / "history.jsonl").open("a") as file:
                file.write("\n{}")
        else:
            found = read_history(folder, ignore, never)
            expected = [
                (one, it.drawn, it.predicted, it.guess, it.sounds) for one, it in told.items()
            ]
            assert [tuple(one) for one in found.lineups] == expected
            assert found.fault == ""


def test_an_outcome_that_is_told_again_behind_a_silent_line_stays(tmp_path: Path) -> None:
    for predicted in ({MODEL: {(): "b"}}, {}, {MODEL: {(): "b"}}):
        write(tmp_path, 1, predicted=predicted)
    write(tmp_path, 1)
    for start in range(2):
        (found,) = read_history(tmp_path, ignore, never).lineups
        assert found.predicted == {MODEL: {(): "b"}}, start
    many: Predicted = {Path(f"{number}"): {(): "a"} for number in range(140)}
    for part in (dict(list(many.items())[:70]), many):
        write(tmp_path, 1, predicted=part)
    (found,) = read_history(tmp_path, ignore, never).lineups
    assert list(found.predicted)[-1] == Path("139"), "the latest networks, for a line has its end"


def test_a_guess_counts_though_its_outcome_was_seen_again_before_it_came_back() -> None:
    guesses, one = Guesses(), lineup(1)
    guesses.note(one, "a")  # at a start, before the history is read
    guesses.recall(one, Guess("b", ("a",)))
    kept = guesses.guess(one)
    again = Guesses()
    again.recall(one, kept)
    assert again.verdicts == guesses.verdicts == (Verdict(person=False, network=True),)


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_costs_its_own_line_and_is_told(tmp_path: Path, kind: str) -> None:
    write(tmp_path, 1)
    path = tmp_path / "history.jsonl"
    path.write_bytes(path.read_bytes() + DAMAGED[kind])
    write(tmp_path, 2)
    found = read_history(tmp_path, ignore, never)
    assert [one.lineup for one in found.lineups] == [lineup(1), lineup(2)]
    assert found.fault.startswith("A line-up of the history cannot be read")
    assert DAMAGED[kind] in (tmp_path / "history.damaged.jsonl").read_bytes()
    assert read_history(tmp_path, ignore, never) == found._replace(fault="")


def test_what_cannot_be_read_or_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_history(tmp_path, ignore, never) == ((), "")
    blocked = tmp_path / "blocked"
    blocked.write_text("a file stands where the folder should")
    with pytest.raises(EarwitnessError, match=r"history\.jsonl cannot be written"):
        write(blocked, 1)
    many = Lineup(support=tuple(lineup(n).clips[0] for n in range(1001)))
    with pytest.raises(ParameterError, match="support"):
        add_to_history(tmp_path, [KnownLineup(many, False, {}, Guess())], ignore, never)
    monkeypatch.setattr("app.sitting.history_record._LARGEST", 100)
    write(tmp_path, 1)
    with pytest.raises(EarwitnessError, match=r"larger than a history can be; it was put aside"):
        read_history(tmp_path, ignore, never)
    assert read_history(tmp_path, ignore, never) == ((), "")
    forget_history(tmp_path, ignore, never)


def test_an_earlier_history_goes_before_what_was_shown_since() -> None:
    history = LineupHistory()
    history.recall([lineup(n) for n in range(3)])
    history.show(lineup(7))
    assert (history.lineups, history.place) == ((*map(lineup, (0, 1, 2, 7)),), 3)
    begun = LineupHistory()
    begun.show(lineup(1).with_lock_turned(1))
    begun.recall([lineup(n) for n in range(3)])
    assert (len(begun.lineups), begun.place, begun.can_step(1)) == (3, 1, True)
    assert begun.lineups[1].locked
    further = LineupHistory()
    for number in (8, 9):
        further.show(lineup(number))
    further.arrive(0)
    further.recall([lineup(n) for n in range(3)])
    assert (further.lineups, further.place) == ((*map(lineup, (0, 1, 2, 8, 9)),), 3)
    further.clear()
    assert (further.lineups, further.place) == ((lineup(8),), 0)
    assert not further.can_step(-1)


def test_what_came_since_holds_and_a_clearing_leaves_what_was_seen() -> None:
    outcomes, guesses = Outcomes(), Guesses()
    outcomes.note(MODEL, lineup(1), "b")
    outcomes.recall(lineup(1), True, {MODEL: {MOVED: "a", (): "a"}, Path("other"): {(): None}})
    found = {MODEL: {MOVED: "a", (): "b"}, Path("other"): {(): None}}
    assert outcomes.predicted(lineup(1)) == found
    assert outcomes.share(MODEL, lambda _lineup: False) == (0, 1)
    guesses.recall(lineup(1), Guess("a", ("b",)))
    assert guesses.verdict(lineup(1)) == Verdict(person=True, network=False)
    guesses.want(True)
    guesses.note(lineup(2), "a")
    assert guesses.hides(lineup(2))
    assert guesses.guess(lineup(2)) == Guess(None, ("a",)), "still hidden at the next start"
    guesses.clear()
    outcomes.clear()
    assert (guesses.verdicts, guesses.hides(lineup(1))) == ((), False)
    assert outcomes.share(MODEL, lambda _lineup: False) == (0, 0)


@pytest.fixture
def left(
    qtbot: QtBot, another_window: Another, tone_corpus: Path, tiny_checkpoint: Path, tmp_path: Path
) -> MainWindow:
    """A window in which four line-ups were drawn, one of them guessed first, and closed."""
    window = another_window("one")
    session = window.session
    window.history_dock.show()
    session.open_corpus(Path(shutil.copytree(tone_corpus, tmp_path / "tones")))
    session.set_model(tiny_checkpoint)
    settle(qtbot, window)
    for seed in range(4):
        session.guesses.want(seed == 2)
        session.draw(3, 1, seed)
        settle(qtbot, window)
        if seed == 2:
            session.select(1)
            settle(qtbot, window)
    window.close()
    return window


def reopen(qtbot: QtBot, another_window: Another, name: str = "one") -> MainWindow:
    window = another_window(name)
    window.start()
    heard = window.session
    qtbot.waitUntil(lambda: heard.heard is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.sitting.background.busy, timeout=PATIENCE_MS)
    settle(qtbot, window)
    return window


def listed(window: MainWindow) -> list[tuple[str, str]]:
    window.history_dock.show()
    return rows(window.history)


def test_the_history_is_there_again_with_outcomes_guesses_and_the_running_accuracy(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    window = reopen(qtbot, another_window)
    session, before = window.session, left.session
    assert window.missed.text == ""
    assert session.history.lineups == before.history.lineups
    assert len(session.history.lineups) == 4
    assert session.history.place == 3
    assert listed(window) == listed(left)
    assert session.guesses.verdicts == before.guesses.verdicts
    assert len(session.guesses.verdicts) == 1
    model = session.model.path if session.model else Path()
    assert session.outcomes.share(model, session.guesses.hides)[1] == 4
    qtbot.waitUntil(lambda: window.lineup.standing.running == left.lineup.standing.running)
    assert window.draw_bar.back.isEnabled()
    session.back()
    settle(qtbot, window)
    assert session.lineup == before.history.lineups[2]
    window.close()
    again = reopen(qtbot, another_window)
    assert again.session.history.lineups == before.history.lineups
    assert again.session.history.place == 2


def test_starts_that_end_in_a_kill_take_no_outcome_away(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    told = listed(left)
    assert not any(outcome == "–" for _name, outcome in told)
    window = reopen(qtbot, another_window)
    for name in ("two", "three"):
        leave_to(qtbot, window, name)
        silent = [KnownLineup(one, False, {}, Guess()) for one in window.session.history.lineups]
        add_to_history(window.sitting.folder.with_name(name), silent, ignore, never)
        window = reopen(qtbot, another_window, name)
        assert listed(window) == told


def test_what_could_not_be_written_is_written_once_it_can_be(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    window, folder = bare_window, bare_window.sitting.folder
    folder.write_text("a file stands where the folder should")
    window.session.open_corpus(tone_corpus)
    settle(qtbot, window)
    for seed in (1, 2):
        window.session.draw(3, 1, seed)
        settle(qtbot, window)
        window.sitting.keep()
        qtbot.waitUntil(lambda: not window.sitting.background.busy)
        if folder.is_file():
            folder.unlink()
    found = read_history(folder, ignore, never).lineups
    assert tuple(one.lineup for one in found) == window.session.history.lineups
    assert len(found) == 2


def test_a_damaged_history_costs_no_start(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    path = left.sitting.folder / "history.jsonl"
    path.write_bytes(b"\x00\xff" * 100)
    window = reopen(qtbot, another_window)
    assert "of the history cannot be read" in window.missed.text
    assert "history.damaged.jsonl" in window.missed.text
    assert window.session.lineup == left.session.lineup
    assert window.session.history.lineups == (left.session.lineup,)
    window.session.draw(3, 1, 9)
    settle(qtbot, window)
    window.close()
    again = reopen(qtbot, another_window)
    assert again.missed.text == ""
    assert len(again.session.history.lineups) == 2


def test_the_history_is_cleared_once_that_was_asked(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    window = reopen(qtbot, another_window)
    for answer, count in ((QMessageBox.StandardButton.Cancel, 4), (None, 1)):
        window.history.clear_action.trigger()
        box = window.history.box
        assert box is not None
        assert "history of 4 line-ups" in box.text()
        (box.button(answer) if answer else window.history.clear).click()
        assert len(window.session.history.lineups) == count
    settle(qtbot, window)
    assert window.lineup.standing.running == window.lineup.standing.guessed == ""
    assert not window.draw_bar.back.isEnabled()
    qtbot.waitUntil(lambda: listed(window)[0][1] != "–")  # how the one on screen went is told
    window.close()
    again = reopen(qtbot, another_window)
    assert again.session.history.lineups == (left.session.lineup,)
    kept = (again.sitting.folder / "history.jsonl").read_text().split("\n")
    assert all(json.loads(line)["query"]["path"] for line in kept if line)


def test_nothing_is_kept_where_that_is_not_wanted(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    window = reopen(qtbot, another_window)
    window.sitting.set_reopen(False)
    window.close()
    assert list(left.sitting.folder.iterdir()) == []
    again = another_window("one")
    again.sitting.set_reopen(True)
    assert not again.sitting.open()
