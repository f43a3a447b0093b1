"""Another clip as the baseline: chosen in the panel, kept, and there again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from siamese_core.attribution.parameters import OcclusionParameters
from siamese_core.explanation import explain
from tests.app.conftest import settle

Another = Callable[[str], MainWindow]


def choose(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(box.findData(value))


def classes(window: MainWindow) -> list[str]:
    return [clip.label for clip in window.session.lineup.support]


def set_baseline(window: MainWindow) -> None:
    """Have occlusion replace parts by those of a clip."""
    panel = window.explain.method
    window.session.select(0)
    choose(panel.method, "occlusion")
    choose(panel.form._editors["baseline"].widget, "twin")


@pytest.fixture
def asked(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The first pair explained with the third class's clip as the baseline."""
    set_baseline(window)
    choose(window.explain.method.twin, classes(window)[2])
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.explanation is not None
    return window


def test_it_is_offered_where_the_baseline_is_a_clip(window: MainWindow) -> None:
    panel = window.explain.method
    choose(panel.method, "occlusion")
    assert not panel.twin.isVisible()
    assert panel.request().twin is None
    set_baseline(window)
    assert panel.twin.isVisible()
    labels = [panel.twin.itemText(place) for place in range(panel.twin.count())]
    assert labels == ["The pair's other clip", *classes(window)]
    choose(panel.twin, classes(window)[1])
    assert panel.request().twin == classes(window)[1]
    choose(panel.method, "saliency")
    assert not panel.twin.isVisible()
    assert panel.request().twin is None, "no setting of this method names it"


def test_the_map_is_what_the_core_makes_with_that_clip(asked: MainWindow) -> None:
    session, found = asked.session, asked.pair.explanation
    assert found is not None
    assert session.model is not None
    query, first, _, third = (session.clips[clip] for clip in session.lineup.clips)
    assert found.twin is third
    net, values = session.model.net, found.attribution.values
    parameters = OcclusionParameters(baseline="twin")
    same = explain(net, query, first, "occlusion", parameters, "support", twin=third)
    np.testing.assert_array_equal(values, same.attribution.values)
    other = explain(net, query, first, "occlusion", parameters, "support")
    assert not np.array_equal(values, other.attribution.values)


def test_the_map_of_another_baseline_is_another_map(qtbot: QtBot, asked: MainWindow) -> None:
    pair, panel = asked.pair, asked.explain.method
    kept = pair.explanation
    choose(panel.twin, None)
    panel.explain()
    settle(qtbot, asked)
    assert pair.explanation is not kept
    assert pair.explanation is not None
    assert pair.explanation.twin is None
    assert len(pair.known) == 2
    asked.session.remove(3)  # the clip that the first map needs
    settle(qtbot, asked)
    assert [known.request.twin for known in pair.known] == [None]


def test_a_saved_episode_brings_it_back(
    qtbot: QtBot,
    asked: MainWindow,
    another_window: Another,
    tiny_checkpoint: Path,
    tmp_path: Path,
) -> None:
    found, path = asked.pair.explanation, tmp_path / "twin.earwitness"
    assert found is not None
    asked.exports.save_episode(path)
    settle(qtbot, asked)
    opened = another_window("other")
    opened.session.set_model(tiny_checkpoint)
    opened.show_episode(path)
    settle(qtbot, opened)
    again = opened.pair.explanation
    assert again is not None
    assert again.twin is not None
    assert again.twin.label == classes(asked)[2]
    assert again.twin_map is not None
    assert found.twin_map is not None
    np.testing.assert_allclose(again.twin_map.db, found.twin_map.db, atol=0.01)
    np.testing.assert_array_equal(again.attribution.values, found.attribution.values)
    assert opened.explain.method.twin.currentData() == classes(asked)[2]


def test_a_class_that_is_gone_is_no_baseline(qtbot: QtBot, asked: MainWindow) -> None:
    panel = asked.explain.method
    asked.pair.explain(replace(panel.request(), twin="nobody"))
    settle(qtbot, asked)
    assert "'nobody' is not a class of the line-up; take one of " in panel.notice.text
    asked.session.remove(3)
    settle(qtbot, asked)
    assert panel.request().twin is None
