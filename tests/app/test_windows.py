"""Windows that were placed by hand: kept for each way to hear, undone, and known with outcomes."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.lineup.lineup import Lineup
from app.lineup.outcomes import Outcome, Outcomes
from app.main_window import MainWindow
from app.widgets.reading import Reading
from siamese_core.audio import Clip, write
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.recipes import Recipe
from tests.app.conftest import choose_method, drop, settle
from tests.app.test_guesses import lineup
from tests.conftest import tone

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
MODEL = Path("one.safetensors")


def undone(window: MainWindow) -> str:
    return window.menus.edit.undo.text().replace("&", "") * window.menus.edit.undo.isEnabled()


def press(qtbot: QtBot, window: MainWindow, keys: Qt.KeyboardModifier = CTRL) -> None:
    card = window.lineup.query
    card.setFocus()
    qtbot.waitUntil(card.hasFocus)
    qtbot.keyClick(card, Qt.Key.Key_Z, keys)
    settle(qtbot, window)


@pytest.fixture
def other(tmp_path: Path, tiny_recipe: Recipe) -> Path:
    """A model whose window is longer."""
    longer = tiny_recipe.mel.model_copy(update={"seconds": 1.5 * tiny_recipe.mel.seconds})
    recipe = tiny_recipe.model_copy(update={"input": longer})
    save_checkpoint(
        tmp_path / "longer.safetensors", build(recipe), Card(recipe, ("x",), {}, step=1)
    )
    return tmp_path / "longer.safetensors"


def test_a_moved_window_is_taken_back_and_done_again(qtbot: QtBot, window: MainWindow) -> None:
    session, clip = window.session, window.session.lineup.support[0]
    assert session.heard is not None
    before = session.heard.maps[clip].start
    for start in (0.05, 0.1):
        session.move_window(clip, start)
        settle(qtbot, window)
    assert undone(window) == f"Undo: window of {clip.path.name}"
    for start in (0.05, None):
        press(qtbot, window)
        assert session.starts.get(clip) == start
    assert session.heard.maps[clip].start == before
    press(qtbot, window, CTRL | SHIFT)
    assert session.starts.get(clip) == 0.05
    assert len(session.history.lineups) == 1, "a window makes no other line-up"


def test_windows_are_kept_while_a_model_listens_that_hears_otherwise(
    qtbot: QtBot, window: MainWindow, tiny_checkpoint: Path, other: Path
) -> None:
    session, clip = window.session, window.session.lineup.support[0]
    session.move_window(clip, 0.05)
    settle(qtbot, window)
    session.set_model(other)
    settle(qtbot, window)
    assert session.starts == {}
    assert undone(window) == "", "it would be seen by nobody"
    session.move_window(clip, 0.02)
    settle(qtbot, window)
    session.set_model(tiny_checkpoint)
    settle(qtbot, window)
    assert session.starts == {clip: 0.05}
    assert session.heard is not None
    assert session.heard.starts == {clip: 0.05}
    press(qtbot, window)
    assert session.starts == {}
    session.set_model(other)
    settle(qtbot, window)


def test_a_line_up_comes_back_with_its_windows(qtbot: QtBot, window: MainWindow) -> None:
    session, clip = window.session, window.session.lineup.support[0]
    session.move_window(clip, 0.05)
    settle(qtbot, window)
    session.draw(3, 1, seed=2)
    settle(qtbot, window)
    session.back()
    settle(qtbot, window)
    assert session.heard is not None
    assert session.heard.starts == {clip: 0.05}


@pytest.fixture
def long(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> ClipFile:
    """The clip at the first place, which is longer than the model's window."""
    session = window.session
    path = tmp_path / "long.wav"
    write(tone(440, 3.0), path)
    session.put(1, ClipFile(path, session.lineup.support[0].label, str(path)))
    settle(qtbot, window)
    session.select(0)
    return session.lineup.support[0]


@pytest.mark.parametrize("how", ["double click", "Delete", "menu"])
def test_a_window_is_put_back_where_it_falls_by_itself(
    qtbot: QtBot, window: MainWindow, long: ClipFile, how: str
) -> None:
    session, strip = window.session, window.explain.view.pictures["support"].strip
    assert session.heard is not None
    before = session.heard.maps[long].start
    qtbot.keyClick(strip, Qt.Key.Key_End)
    settle(qtbot, window)
    assert session.heard.maps[long].start > before
    if how == "double click":
        qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=strip._window().center().toPoint())
    elif how == "Delete":
        qtbot.keyClick(strip, Qt.Key.Key_Delete)
    else:
        strip.actions()[0].trigger()
    settle(qtbot, window)
    assert session.starts == {}
    assert session.heard.maps[long].start == before
    press(qtbot, window)
    assert long in session.starts


def test_a_reading_goes_with_the_picture_that_it_is_of(
    qtbot: QtBot, window: MainWindow, long: ClipFile
) -> None:
    view = window.explain.view
    hint = view.readout.text()
    view.views["support"].hovered.emit(Reading(0.1, 440.0, -20.0, None, None))
    assert "dB" in view.readout.text()
    window.session.move_window(long, 0.5)
    settle(qtbot, window)
    assert view.readout.text() == hint


def test_outcomes_with_windows_elsewhere_are_kept() -> None:
    outcomes, one, moved = Outcomes(), lineup(1), ((1, 84.0),)
    outcomes.note_drawn(one)
    outcomes.note(MODEL, one, "a")
    outcomes.note(MODEL, one, "b", windows=moved)
    assert outcomes.of(MODEL, one) == Outcome("b", "a")
    assert outcomes.all_of(MODEL, one) == {(): Outcome("a", "a"), moved: Outcome("b", "a")}
    assert outcomes.share(MODEL, lambda _one: False) == (1, 1), "it counts as it was drawn"
    outcomes.note(MODEL, one, "a")
    assert list(outcomes.all_of(MODEL, one)) == [moved, ()], "the newest last"


def test_the_history_tells_what_came_out_before_a_window_was_moved(
    qtbot: QtBot, window: MainWindow, tiny_checkpoint: Path
) -> None:
    session, panel = window.session, window.history
    one, (first, second) = session.lineup, session.lineup.classes[:2]
    one = replace(one, query=replace(one.query, label=first)) if one.query else Lineup()
    session.outcomes.note(tiny_checkpoint, one, first)
    session.outcomes.note(tiny_checkpoint, one, second, windows=((1, 84.0),))
    assert panel._outcome(one) == f"wrong: {second}, before: right"
    file = one.clips[1].path.name
    told = [f"wrong: {second}, window of {file} from 84.00 s", "right"]
    assert panel._tip(one).splitlines()[-2:] == told


def test_the_scores_of_a_moved_window_are_of_the_same_model(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, path = window.session, tmp_path / "saved.earwitness"
    choose_method(window, "saliency")
    session.move_window(session.lineup.support[0], 0.05)
    settle(qtbot, window)
    window.exports.save_episode(path)
    settle(qtbot, window)
    session.open_episode(path)
    settle(qtbot, window)
    assert session.opened is not None
    for weights in (session.opened.model.weights, ""):  # as an older file has them
        model = session.opened.model._replace(weights=weights)
        session.opened = replace(session.opened, model=model)
        session.move_window(session.lineup.support[0], 0.1 if weights else 0.15)
        settle(qtbot, window)
        assert session.heard is not None
        assert not [one for one in session.heard.notices if "was saved with the model" in one]


def test_a_library_that_calls_a_clip_otherwise_renames_no_class(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path
) -> None:
    session, field = window.session, tmp_path / "case" / "field"
    shutil.copytree(tone_corpus, field)
    folders = sorted(path for path in field.iterdir() if path.is_dir())
    files = [next(iter(sorted(folder.glob("*.wav")))) for folder in folders[:2]]
    alone = [ClipFile(path, path.parent.name, str(path)) for path in files]
    session.open_lineup(Lineup(alone[0], (alone[1],)))
    settle(qtbot, window)
    shown = session.lineup
    with qtbot.waitSignal(session.failed) as told:
        assert drop(window.library, [field.parent])
    settle(qtbot, window)
    assert session.lineup == shown
    assert shown.truth is None
    assert told.args is not None
    words = f"The {len(folders)} folders in case/field are read as one class, field; if each is a"
    assert str(told.args[1]).startswith(words)


def test_a_window_moved_off_the_sound_is_told_till_it_is_back_on_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, path = window.session, tmp_path / "rest.wav"
    write(Clip(np.pad(tone(440, 1.0).samples, (0, 16_000)), 8000), path)
    session.put(1, ClipFile(path, session.lineup.support[0].label, str(path)))
    settle(qtbot, window)
    long = session.lineup.support[0]
    for start, is_told in ((1.5, True), (0.2, False)):
        session.move_window(long, start)
        settle(qtbot, window)
        assert session.heard is not None
        said = "The window of rest.wav, from 1.50 s on, holds next to no sound"
        assert any(said in one for one in session.heard.notices) is is_told
        assert (said in window.lineup.notice.text) is is_told


def test_a_copy_of_the_query_in_another_format_is_told(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, path = window.session, tmp_path / "copy.ogg"
    assert session.lineup.query is not None
    query = session.lineup.query.read()
    soundfile.write(path, query.samples, query.rate)
    session.put(1, ClipFile(path, session.lineup.support[0].label, str(path)))
    settle(qtbot, window)
    assert session.heard is not None
    (told,) = [one for one in session.heard.notices if "as if it were a copy" in one]
    assert "support clip copy.ogg of" in told
