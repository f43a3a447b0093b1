"""A line-up that is on screen before its clips are read is neither scored nor saved."""

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.lineup.loaded_model import LoadedModel
from app.main_window import MainWindow
from tests.app.conftest import PATIENCE_MS, settle


class SlowHearing:
    """Has the first hearing end when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()
        hear = LoadedModel.hear

        def slow(model: LoadedModel, *details: object) -> object:
            found = hear(model, *details)  # type: ignore[arg-type]
            self.begun.set()
            self.opened.wait(10)
            return found

        monkeypatch.setattr(LoadedModel, "hear", slow)


def held_afresh(window: MainWindow) -> threading.Event:
    """Start afresh while the worker does something else, and return what lets it go on."""
    gate = threading.Event()
    window.session.run(lambda _e, _s: gate.wait(10), lambda _held: None, "explain")
    window.start_afresh()
    return gate


def messages(window: MainWindow) -> list[str]:
    return [card._picture.message for card in (window.lineup.query, *window.lineup.cards)]


@pytest.mark.parametrize("is_afresh", [True, False])
def test_scores_of_the_line_up_before_never_come(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, is_afresh: bool
) -> None:
    session, slow, heard = window.session, SlowHearing(monkeypatch), []
    if is_afresh:
        window.start_afresh()
    else:
        session.draw(3, 1, seed=4)
    qtbot.waitUntil(slow.begun.is_set, timeout=PATIENCE_MS)
    session.heard_changed.connect(lambda: heard.append((session.heard, session.lineup)))
    window.start_afresh()
    slow.opened.set()
    settle(qtbot, window)
    assert all(found is None or found.lineup == lineup for found, lineup in heard)
    assert session.heard is not None
    assert session.is_read


def test_it_is_not_saved(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "saved.earwitness"
    gate = held_afresh(window)
    assert not window.exports.can_save()
    assert "Not every clip of the line-up is read" in window.lineup.error.text
    window.exports.save_episode(path)
    with qtbot.waitSignal(window.session.failed) as told:
        window.exports._write(lambda _e, _s: None, "It is written.", "Exporting the line-up")
    assert told.args[0] == "export"
    gate.set()
    settle(qtbot, window)
    assert not path.exists()
    assert window.exports.can_save()


def test_after_cancel_its_cards_say_so_and_it_is_read_again(
    qtbot: QtBot, window: MainWindow
) -> None:
    session, gate = window.session, held_afresh(window)
    assert set(messages(window)) == {"Reading…"}
    session.cancel()
    gate.set()
    settle(qtbot, window)
    assert all("Score again" in message for message in messages(window))
    session.lock(0)
    assert all("Score again" in message for message in messages(window))
    session.score_again()
    assert set(messages(window)) == {"Reading…"}
    settle(qtbot, window)
    assert session.heard is not None
    assert set(messages(window)) == {""}


def test_a_clip_that_is_added_to_it_does_no_harm(qtbot: QtBot, window: MainWindow) -> None:
    session, unexpected = window.session, []
    session.unexpected.connect(unexpected.append)
    assert session.corpus is not None
    clip = session.corpus.clips[0]
    gate = held_afresh(window)
    session.cancel()
    gate.set()
    settle(qtbot, window)
    session.add(clip)
    settle(qtbot, window)
    assert session.lineup.support[-1] == clip
    assert session.heard is None
    session.score_again()
    settle(qtbot, window)
    assert session.heard is not None
    assert unexpected == []
