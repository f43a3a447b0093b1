"""An opened episode: what was chosen, whose map it is, and what is told while it opens."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from tests.app.conftest import choose_method, settle
from tests.app.test_episode_file import hear

Another = Callable[[str], MainWindow]


def explain(qtbot: QtBot, window: MainWindow) -> None:
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)


def test_the_chosen_pair_comes_along_though_it_has_no_map(
    qtbot: QtBot, window: MainWindow, another_window: Another, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    path, other = tmp_path / "one.earwitness", another_window("other")
    for chosen in range(3):
        window.session.select(chosen)
        window.exports.save_episode(path)
        settle(qtbot, window)
        hear(qtbot, other, tiny_checkpoint, path)
        assert other.session.selected == chosen
        assert other.pair.explanation is None
        if chosen == 1:
            explain(qtbot, window)  # which is saved with the next, and not on screen then


def test_a_map_outlives_another_name_of_its_model(
    qtbot: QtBot, window: MainWindow, another_window: Another, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    explain(qtbot, window)
    path, renamed = tmp_path / "one.earwitness", tmp_path / "renamed.safetensors"
    window.exports.save_episode(path)
    settle(qtbot, window)
    renamed.write_bytes(tiny_checkpoint.read_bytes())
    for name, model in (("second", renamed), ("third", tiny_checkpoint)):
        other = another_window(name)
        hear(qtbot, other, model, path)
        assert "saved with the model" not in other.lineup.notice.text
        assert other.pair.explanation is not None
        assert window.pair.explanation is not None
        ours, theirs = (one.pair.explanation.attribution.values for one in (window, other))
        np.testing.assert_array_equal(theirs, ours)
        path = tmp_path / f"{name}.earwitness"
        other.exports.save_episode(path)
        settle(qtbot, other)


def test_what_opens_is_told_by_its_name_till_it_is_there_or_refused(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path, told = tmp_path / "one.earwitness", list[str]()
    window.exports.save_episode(path)
    settle(qtbot, window)
    window.session.background.progress.connect(lambda title, _done, _total: told.append(title))
    for content in (path.read_bytes(), b"no episode"):
        path.write_bytes(content)
        told.clear()
        window.show_episode(path)
        settle(qtbot, window)
        assert "Opening one.earwitness" in told
        assert not window.strip.isVisible()
    assert "one.earwitness" in window.lineup.error.text
