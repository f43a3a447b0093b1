"""The history as a value: nothing that was seen is lost, wherever the sitting goes and changes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lineup.lineup import Lineup
from app.lineup.lineup_history import LineupHistory
from tests.app.test_guesses import lineup

STEPS = st.lists(
    st.sampled_from(["draw", "draw again", "remove", "lock", "-1", "1", "-3", "undo", "redo"]),
    max_size=40,
)


def drawn(*numbers: int) -> LineupHistory:
    history = LineupHistory()
    for number in numbers:
        history.show(lineup(number))
    return history


def nobody(_lineup: Lineup) -> bool:
    return False


def go(history: LineupHistory, by: int, *, edits: bool = False) -> Lineup:
    """Go there as a session does."""
    place = history.set_out(by, edits=edits)
    history.arrive(place)
    history.show(history.at(place))
    return history.lineups[history.place]


@pytest.mark.parametrize("edited", [lineup(2).with_lock_turned(0), lineup(2).without(1)])
def test_a_change_of_an_earlier_line_up_loses_no_later_one(edited: Lineup) -> None:
    history = drawn(1, 2, 3, 4, 5)
    assert go(history, -3) == lineup(2)
    history.show(edited)
    is_new = edited != lineup(2)
    assert history.lineups[:5] == tuple(map(lineup, range(1, 6)))
    assert len(history.lineups) == 5 + is_new, "a lock is not another line-up"
    assert history.lineups[history.place].is_same(edited)
    assert history.place == (5 if is_new else 1)
    assert go(history, -1) == lineup(5 if is_new else 1)
    assert go(history, 1) == edited
    assert go(history, -1, edits=True).is_same(lineup(2)), "what it was made from"
    assert go(history, 1, edits=True).is_same(edited)
    assert not history.can_step(1, edits=True)


def test_a_new_change_ends_what_could_be_done_again_and_stays_listed() -> None:
    history, first = drawn(1), lineup(1)
    history.show(first.without(1))
    go(history, -1, edits=True)
    history.show(first.without(2))
    assert history.change(1, nobody) == ""
    assert history.change(-1, nobody) == "remove b1.wav"
    assert history.lineups == (first, first.without(1), first.without(2))
    go(history, -1)
    assert go(history, -1, edits=True) == first
    assert history.change(1, nobody) == "remove a1.wav"
    assert go(history, 1, edits=True) == first.without(1), "what was undone last"


def test_a_line_up_that_comes_again_is_listed_once_and_undone_to_where_it_came_from() -> None:
    history = drawn(1, 2, 3, 1)
    assert (history.lineups, history.place) == (tuple(map(lineup, (1, 2, 3))), 0)
    assert go(history, -1, edits=True) == lineup(3)
    assert go(history, 1, edits=True) == lineup(1)


def test_quick_steps_count_from_where_the_sitting_is_going() -> None:
    history = drawn(1, 2, 3)
    for edits in (False, True):
        first = history.set_out(-1, edits=edits)
        second = history.set_out(-1, edits=edits)
        assert (history.at(first), history.at(second)) == (lineup(2), lineup(1))
        assert not history.can_step(-1, edits=edits)
        history.give_up(first)
        assert not history.can_step(-1, edits=edits), "another one was asked for since"
        history.give_up(second)
        assert history.can_step(-1, edits=edits)
    history.set_out(-1)
    history.clear()
    assert not history.can_step(-1)
    assert not history.can_step(-1, edits=True)


def test_classes_by_other_names_stay_in_their_place() -> None:
    def renamed(old: Lineup) -> Lineup:
        query, *support = (replace(clip, label=f"x/{clip.label}") for clip in old.clips)
        return Lineup(query, tuple(support), old.locked and frozenset(support[:1]))

    history = drawn(1, 2, 3)
    history.show(renamed(lineup(3)))
    place = history.set_out(-2)
    history.arrive(place)
    history.show(renamed(lineup(1)))
    assert history.lineups == (renamed(lineup(1)), lineup(2), renamed(lineup(3)))
    assert history.place == 0
    assert go(history, 1) == lineup(2)


def test_undo_and_redo_lead_past_what_cannot_be_read() -> None:
    history = drawn(1, 2, 3)
    go(history, -1, edits=True)
    history.show(lineup(4))  # made of the second one, too
    go(history, -1)
    assert history.at(history.state) == lineup(3)
    for by, lost, there in ((-1, 2, 1), (1, 2, 3)):
        state = history.set_out(by, edits=True)
        assert history.at(state) == lineup(lost)
        history.give_up(state)
        beyond = history.set_out_beyond(state, by, edits=True)
        assert history.at(beyond) == lineup(there), "what was undone is done again first"
        history.arrive(beyond)
        history.show(lineup(there))
    assert not history.can_step(1, edits=True)
    go(history, -2)
    first = history.state
    assert history.set_out_beyond(first, -1, edits=True) == -1
    assert history.state == first


def test_nothing_is_named_while_it_is_hidden() -> None:
    history = drawn(1)
    for edited in (lineup(1).with_lock_turned(0), lineup(1).without(2)):
        history.show(edited)
        assert "wav" in history.change(-1, nobody)
        for hidden in (lineup(1), edited):
            assert history.change(-1, hidden.__eq__) == "change of the line-up"
        go(history, -1, edits=True)
        assert history.change(1, edited.__eq__) == "change of the line-up"


@given(STEPS)
def test_whatever_is_done_the_list_only_grows_and_undo_leads_back(steps: list[str]) -> None:
    history, seen, now, made = drawn(0), [lineup(0)], lineup(0), 0
    for step in steps:
        before, undoes = now, step in ("draw", "draw again", "remove", "lock")
        if step == "draw":
            made += 1
            now = lineup(made)
        elif step == "draw again":
            now = lineup(made // 2)
        elif step == "remove" and now.support:
            now = now.without(1)
        elif step == "lock":
            now = now.with_lock_turned(0)
        elif step in ("undo", "redo"):
            by = -1 if step == "undo" else 1
            if history.can_step(by, edits=True):
                now = go(history, by, edits=True)
        elif not undoes and history.can_step(int(step)):
            now = go(history, int(step))
        history.show(now)
        seen += [now] if now not in seen else []
        assert history.lineups == tuple(seen)
        assert history.lineups[history.place].is_same(now)
        assert history.can_step(-1) == (history.place > 0)
        assert history.can_step(1) == (history.place < len(seen) - 1)
        if undoes and not now.is_same(before):
            assert go(history, -1, edits=True).is_same(before)
            assert go(history, 1, edits=True).is_same(now)


def test_a_listed_line_up_is_gone_to_from_wherever_the_sitting_is_going() -> None:
    history = drawn(1, 2, 3, 4, 5)
    history.set_out(-3)
    state = history.set_out_for(3)
    assert history.at(state) == lineup(4)
    history.arrive(state)
    assert history.place == 3
