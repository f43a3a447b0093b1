"""A mask that was drawn in an earlier sitting is there again, also where pairs explain at once."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.explaining.edited_mask import lay
from app.lineup.episode_file import open_episode
from app.lineup.kept_map import FiledModel
from app.lineup.lineup import Lineup
from app.main_window import MainWindow
from app.sitting.sitting_record import SittingRecord
from app.widgets.stroke import Stroke
from siamese_core.callbacks import ignore, never
from siamese_core.demo import bundled_lineup
from siamese_core.errors import EarwitnessError
from siamese_core.mask.mask_file import load_mask, save_mask
from tests.app.conftest import PATIENCE_MS, choose_method, draw_tones, settle
from tests.app.test_sitting import SPAN, Another, reopen
from tests.core.episode_files import edit


@pytest.fixture
def left(
    qtbot: QtBot, another_window: Another, tone_corpus: Path, tiny_checkpoint: Path
) -> MainWindow:
    """A window in which a mask was drawn, closed."""
    window = another_window("one")
    draw_tones(qtbot, window, tone_corpus, tiny_checkpoint)
    choose_method(window, "occlusion")
    window.explain.method.explain()
    settle(qtbot, window)
    window.pair.edit(SPAN)
    settle(qtbot, window)
    window.close()
    return window


def test_a_drawn_mask_outlives_a_start_that_explains_at_once(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    assert left.pair.mask is not None
    left.settings.explain_at_once = True
    for _ in range(2):
        window = reopen(qtbot, another_window)
        assert window.explain.method.at_once.isChecked()
        assert window.pair.mask is not None
        np.testing.assert_array_equal(window.pair.mask.values, left.pair.mask.values)
        assert window.pair.edited.can_undo
        assert [kept.is_drawn for kept in window.pair.known] == [True]
        window.close()


def test_where_no_map_was_left_a_start_explains_at_once(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    left.settings.explain_at_once = True
    maps = left.sitting.folder / "maps.earwitness"
    for damage in (maps.unlink, lambda: maps.write_bytes(b"PK and nothing")):
        damage()
        window = reopen(qtbot, another_window)
        qtbot.waitUntil(lambda window=window: window.pair.mask is not None, timeout=PATIENCE_MS)
        assert window.pair.explanation is not None
        assert not window.pair.edited.is_drawn
        window.close()


def test_a_drawn_map_that_comes_late_takes_the_place_of_its_like(
    qtbot: QtBot, left: MainWindow, another_window: Another
) -> None:
    window = reopen(qtbot, another_window)
    pair, session = window.pair, window.session
    assert session.pair is not None
    (drawn,) = pair.known
    assert drawn.is_drawn
    window.explain.method.explain()  # the same anew, as nobody had drawn on it
    settle(qtbot, window)
    assert not pair.edited.is_drawn
    pair.take_maps([(session.pair, replace(drawn, model=FiledModel(drawn.model.name)))])
    assert pair.mask is drawn.history.now
    pair.edit(Stroke("span", ((0.2, 0.0), (0.3, 0.0))))
    settle(qtbot, window)
    latest = pair.mask
    pair.take_maps([(session.pair, drawn)])
    assert pair.mask is latest, "what is drawn on screen stays"


def test_a_line_up_of_an_episode_that_cannot_be_had_is_told_as_such(
    qtbot: QtBot,
    left: MainWindow,
    another_window: Another,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = reopen(qtbot, another_window)
    path = tmp_path / "one.earwitness"
    window.exports.save_episode(path)
    settle(qtbot, window)
    window.show_episode(path)
    settle(qtbot, window)
    window.close()

    def gone(_record: SittingRecord) -> None:
        raise EarwitnessError("The episode is gone.")

    monkeypatch.setattr(SittingRecord, "lineup", gone)
    window = reopen(qtbot, another_window)
    said = window.missed.text
    assert said == "The episode is gone. The bundled line-up is shown instead."
    assert window.session.lineup == Lineup.of(bundled_lineup())


def test_a_mask_from_a_file_is_not_taken_for_one_that_was_drawn(
    qtbot: QtBot, left: MainWindow, another_window: Another, tmp_path: Path
) -> None:
    window = reopen(qtbot, another_window)
    assert window.pair.mask is not None
    save_mask(window.pair.mask, tmp_path / "mine.npz")
    loaded = load_mask(tmp_path / "mine.npz")
    window.pair.edited.empty()
    window.pair.edit(partial(lay, loaded))
    assert told(window) == "loaded from mine.npz"
    path = tmp_path / "one.earwitness"
    window.exports.save_episode(path)
    settle(qtbot, window)
    for _ in range(2):
        window.close()
        window = reopen(qtbot, another_window)
        assert told(window) == "loaded from mine.npz"
        assert window.pair.mask is not None
        np.testing.assert_array_equal(window.pair.mask.values, loaded.values)
    assert origins(path) == ["loaded from mine.npz"]
    edit(path, as_before_the_name_was_kept)
    assert origins(path) == [f"loaded from {path.name}"]
    window.pair.edited.invert()
    window.close()
    assert told(reopen(qtbot, another_window)).endswith("changed by hand")


def as_before_the_name_was_kept(about: dict) -> None:
    about["format"] = 1
    del about["weights"], about["selected"], about["maps"][0]["mask_file"]
    about["maps"][0]["mask"] = None


def origins(path: Path) -> list[str]:
    """Say how the masks in an episode's file came to be."""
    opened = open_episode(path, ignore, never)
    return [kept.mask_origin.words() for _pair, kept in opened.maps]


def told(window: MainWindow) -> str:
    """Say how the mask on screen came to be."""
    assert window.pair.edited.origin is not None
    return window.pair.edited.origin.words()
