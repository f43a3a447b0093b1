"""The explain page: explain, cancel, mask, hear, and take away."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QScrollArea, QSlider
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.reading import Reading
from siamese_core.recipes import Recipe
from tests.app.conftest import PATIENCE_MS, RecordingSink, choose_method, settle
from tests.app.test_episode_file import other_model

SOUNDS = {"original", "kept", "removed", "log-mel"}


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the first pair explained by integrated gradients."""
    choose_method(window, "integrated-gradients")
    window.session.select(0)
    qtbot.mouseClick(window.explain.method.button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.pair.explanation is not None
    return window


def test_choosing_a_card_shows_its_pair(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.lineup.cards[2], Qt.MouseButton.LeftButton)
    clip = window.session.lineup.support[2]
    assert window.session.selected == 2
    assert clip.path.name in window.explain.view.views["support"].title
    query = window.session.lineup.query
    assert query is not None
    assert query.path.name in window.explain.view.views["query"].title


@pytest.mark.parametrize("side", ["support", "query"])
def test_explaining_gives_map_mask_and_sounds(qtbot: QtBot, window: MainWindow, side: str) -> None:
    box = window.explain.method.side
    box.setCurrentIndex(box.findData(side))
    window.explain.method.explain()
    settle(qtbot, window)
    pair, session = window.pair, window.session
    explanation, mask = pair.explanation, pair.mask
    assert explanation is not None
    assert mask is not None
    assert session.heard is not None
    assert session.selected is not None
    scored = session.heard.scored
    assert scored is not None
    assert explanation.side == pair.heard_side == side
    assert explanation.logit == pytest.approx(scored.scores[session.selected].logit, abs=1e-4)
    assert set(pair.sounds) == SOUNDS
    own = explanation.explained_map.own_frames
    assert mask.values[:, own].mean() == pytest.approx(pair.mask_parameters.share / 100, abs=0.12)
    kept, removed, original = (pair.sounds[n].samples for n in ("kept", "removed", "original"))
    np.testing.assert_allclose(kept + removed, original, atol=1e-4)
    assert f"logit {explanation.logit:+.2f}" in window.explain.method.result.text()


def choose_slow_sinexc(window: MainWindow) -> None:
    """Choose a method that takes long enough to be cancelled."""
    choose_method(window, "sinexc")
    form = window.explain.method.form
    model = type(form.values())
    form.set_model(model, model(alpha=10_000, min_size=1))


def test_cancel_stops_the_explanation_and_keeps_the_window_usable(
    qtbot: QtBot, window: MainWindow
) -> None:
    choose_slow_sinexc(window)
    button = window.explain.method.button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.pair.explaining
    assert button.text() == "Cancel"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert not window.pair.explaining
    assert window.pair.explanation is None
    assert button.text() == "Explain"
    assert not window.explain.method.notice.text


def test_an_illegal_value_is_refused_beside_its_field(window: MainWindow) -> None:
    choose_method(window, "occlusion")
    form = window.explain.method.form
    values = form.values().model_dump() | {"stride_mels": 8, "height_mels": 8}
    form.set_model(type(form.values()), type(form.values())(**values))
    form._editors["height_mels"].set(2)
    window.explain.method.explain()
    assert not window.pair.explaining
    assert "stride" in " ".join(fault.text() for fault in form._faults.values())


def test_the_share_slider_shapes_the_mask_and_the_sounds(
    qtbot: QtBot, explained: MainWindow
) -> None:
    pair = explained.pair
    before_mask, before = pair.mask, pair.sounds["kept"]
    assert before_mask is not None
    slider = explained.explain.mask_controls.findChild(QSlider)
    assert slider is not None
    for value in range(slider.value(), slider.maximum(), 100):
        slider.setValue(value)
    slider.setValue(slider.maximum())
    settle(qtbot, explained)
    assert pair.mask is not None
    assert pair.mask.values.mean() > before_mask.values.mean()
    own = pair.explanation.explained_map.own_frames if pair.explanation else slice(None)
    assert pair.mask.values[:, own].min() == 1.0
    kept, original = pair.sounds["kept"], pair.sounds["original"]
    assert len(kept.samples) == len(before.samples)
    np.testing.assert_allclose(kept.samples, original.samples, atol=1e-4)
    assert explained.settings.mask_share == 100


def test_the_sounds_are_heard_with_a_moving_playhead(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    transport, pair = explained.explain.listening.transport, explained.pair
    explained.session.player.output.volume = 1.0
    transport._buttons["kept"].click()
    with qtbot.waitSignal(explained.explain.listening.playhead_moved) as moved:
        transport._play.click()
    settle(qtbot, explained)
    kept = pair.sounds["kept"]
    heard = sink.record(len(kept.samples) // 2)
    np.testing.assert_allclose(heard[200:], kept.samples[200 : len(heard)], atol=1e-4)
    assert sink.rate == kept.rate
    with qtbot.waitSignal(explained.explain.listening.playhead_moved) as moved:
        pass
    assert moved.args == ["support", pytest.approx(pair.offset + len(heard) / kept.rate, abs=0.02)]
    assert explained.explain.view.views["support"]._graph.playhead.isVisible()
    transport._buttons["removed"].click()
    settle(qtbot, explained)
    after = sink.record(1000)
    removed = pair.sounds["removed"].samples[len(heard) : len(heard) + 1000]
    np.testing.assert_allclose(after[200 : len(removed)], removed[200:], atol=1e-4)
    transport._stop.click()
    assert not explained.session.player.output.playing


def test_a_new_mask_is_heard_without_a_stop(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    transport = explained.explain.listening.transport
    transport._buttons["kept"].click()
    transport._loop.setChecked(True)
    transport._play.click()
    settle(qtbot, explained)
    sink.record(400)
    parameters = explained.pair.mask_parameters.model_copy(update={"share": 60.0})
    explained.pair.shape(parameters)
    settle(qtbot, explained)
    assert explained.session.player.output.playing
    sink.record(400)
    kept = explained.pair.sounds["kept"].samples
    explained.session.player.output.seek(0.0)
    heard = sink.record(2000) / explained.session.player.output.volume
    np.testing.assert_allclose(heard[400:2000], kept[400:2000], atol=1e-3)


def test_the_original_can_be_heard_before_any_explanation(
    qtbot: QtBot, window: MainWindow, sink: RecordingSink
) -> None:
    session = window.session
    session.player.output.volume = 1.0
    window.explain.listening.play_or_pause()
    settle(qtbot, window)
    assert session.selected is not None
    clip = session.clips[session.lineup.support[session.selected]]
    heard = sink.record(1500)
    np.testing.assert_allclose(heard[200:], clip.samples[200:1500], atol=1e-5)


@pytest.mark.parametrize("change", ["select", "model", "query", "window"])
def test_a_map_goes_when_what_it_explains_changes(
    qtbot: QtBot, explained: MainWindow, tiny_recipe: Recipe, tmp_path: Path, change: str
) -> None:
    session, other = explained.session, other_model(tmp_path, tiny_recipe)
    assert session.corpus is not None
    changes = {
        "select": lambda: session.select(1),
        "model": lambda: session.set_model(other),
        "query": lambda: session.put(0, session.corpus.clips[-1]),
        "window": lambda: session.move_window(session.lineup.support[0], 0.01),
    }
    changes[change]()
    settle(qtbot, explained)
    assert explained.pair.explanation is None
    assert explained.pair.mask is None
    assert set(explained.pair.sounds) == {"original"}
    assert not explained.explain.figure_button.isEnabled()


def test_a_drawn_mask_waits_for_its_model_to_come_back(
    qtbot: QtBot, explained: MainWindow, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    session, pair = explained.session, explained.pair
    pair.edited.invert()
    settle(qtbot, explained)
    assert session.model is not None
    drawn, own = pair.mask, session.model.path
    assert drawn is not None
    for model in (other_model(tmp_path, tiny_recipe), own):
        session.set_model(model)
        settle(qtbot, explained)
        assert (pair.mask is None) == (model != own)
    assert pair.mask is not None
    np.testing.assert_array_equal(pair.mask.values, drawn.values)


def test_own_rate_sounds_are_rendered(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "wide" / "44k.wav"
    path.parent.mkdir()
    soundfile.write(path, rng.normal(0, 0.1, 20_000).astype(np.float32), 44_100)
    window.session.select(0)
    window.lineup.put_dropped(1, [_dropped(path)])
    settle(qtbot, window)
    window.explain.method.explain()
    settle(qtbot, window)
    assert window.pair.sounds["removed"].rate == 8000
    window.explain.rate.setCurrentIndex(1)
    settle(qtbot, window)
    assert {sound.rate for sound in window.pair.sounds.values()} == {44_100}
    without = window.pair.sounds["kept"].samples.std()
    window.explain.keep_above.setChecked(True)
    settle(qtbot, window)
    sounds = {name: sound.samples for name, sound in window.pair.sounds.items()}
    assert sounds["kept"].std() > 2 * without
    np.testing.assert_allclose(sounds["kept"] + sounds["removed"], sounds["original"], atol=1e-3)


def _dropped(path: Path) -> "object":
    from app.widgets.clip_mime import DroppedClip

    return DroppedClip(path, "wide")


def test_pointing_at_a_picture_reads_it(explained: MainWindow) -> None:
    reading = Reading(0.25, 440.0, -12.5, 0.0031)
    explained.explain.view.views["support"].hovered.emit(reading)
    words = explained.explain.view.readout.text()
    assert all(part in words for part in ("0.250 s", "440 Hz", "-12.5 dB", "+3.10e-03"))
    explained.explain.view.views["support"].hover_left.emit()
    assert "Point at a picture" in explained.explain.view.readout.text()


def test_the_first_line_up_explains_itself_and_later_ones_only_if_wanted(
    qtbot: QtBot, window: MainWindow
) -> None:
    panel, session = window.explain.method, window.session
    panel.explain_first()
    session.draw(3, 1, seed=5)
    settle(qtbot, window)
    assert window.pair.explanation is not None
    session.draw(3, 1, seed=6)
    settle(qtbot, window)
    assert window.pair.explanation is None
    panel.at_once.setChecked(True)
    settle(qtbot, window)
    first = window.pair.explanation
    assert first is not None
    assert session.selected is not None
    session.select((session.selected + 1) % 3)
    settle(qtbot, window)
    assert window.pair.explanation not in (None, first)
    assert window.settings.explain_at_once


def test_a_span_goes_with_the_picture_that_it_was_drawn_on(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    view, bar = explained.explain.view, explained.explain.listening
    bar.transport._loop.setChecked(True)
    view.views["support"]._drag_span(0.1, 0.2)
    bar.transport._play.click()
    settle(qtbot, explained)
    sink.record(5000)
    assert 0.1 - 0.02 <= explained.session.player.output.position <= 0.2 + 0.02
    explained.session.select(1)
    settle(qtbot, explained)
    assert explained.session.player.output.playing, "it goes on with the other clip"
    sink.record(2000)
    sink.record(100)
    assert explained.session.player.output.position > 0.2


def test_nothing_scrolls_on_a_small_laptop(explained: MainWindow) -> None:
    for page in explained.explain.findChildren(QScrollArea):
        assert page.widget().minimumSizeHint().height() <= page.viewport().height() + 1


@pytest.mark.parametrize("weight", ["raw", "area"])
def test_pointing_at_a_segment_tells_its_number_and_what_all_of_it_does(
    qtbot: QtBot, window: MainWindow, weight: str
) -> None:
    choose_method(window, "feature-ablation")
    form = window.explain.method.form
    model = type(form.values())
    form.set_model(model, model(segmentation="mel-bands", tile_mels=4, weight=weight))
    window.session.select(0)
    window.explain.method.explain()
    settle(qtbot, window)
    explanation = window.pair.explanation
    assert explanation is not None
    view = window.explain.view.views["support"]
    graph = view._graph
    place = graph.box.mapViewToScene(QPointF(0.1, 6.5))
    view._point(place)
    own = explanation.explained_map.own_frames
    values = explanation.attribution.values[4:8, own]
    whole = values.sum(dtype=float) if weight == "area" else float(values[0, 0])
    assert f"segment 2: {whole:+.2e}" in window.explain.view.readout.text()


def test_a_map_of_sinexc_grows_on_screen_and_goes_when_it_is_cancelled(
    qtbot: QtBot, window: MainWindow
) -> None:
    choose_slow_sinexc(window)
    window.session.select(0)
    view = window.explain.view.views["support"]
    with qtbot.waitSignal(window.pair.grown, timeout=PATIENCE_MS) as grown:
        window.explain.method.explain()
    side, values = grown.args
    assert side == "support"
    assert values.shape == view._db.shape[:1] + values.shape[1:]
    assert view._overlay is not None
    assert view._overlay.any()
    window.explain.method._press()
    settle(qtbot, window)
    assert view._overlay is None


def test_left_is_kept_and_right_is_removed(
    qtbot: QtBot, explained: MainWindow, sink: RecordingSink
) -> None:
    pair, bar = explained.pair, explained.explain.listening
    output = explained.session.player.output
    output.volume = 1.0
    bar.transport._buttons["kept"].click()
    bar.play_or_pause()
    settle(qtbot, explained)
    assert sink.record(400).ndim == 1
    bar.transport.choose("contrast")
    settle(qtbot, explained)
    assert output.playing, "it goes on without a gap"
    both, kept, removed = (pair.sounds[name] for name in ("contrast", "kept", "removed"))
    assert both.samples.shape == (len(kept.samples), 2)
    heard = sink.record(1000)
    assert heard.shape == (1000, 2)
    for channel, part in enumerate((kept, removed)):
        np.testing.assert_allclose(heard[100:, channel], part.samples[500:1400], atol=1e-4)
    rest = sink.record(len(kept.samples))
    assert max(np.abs(heard).max(), np.abs(rest).max()) <= 1.0
    assert not output.playing, "it is as long as the others"
    bar.transport._buttons["original"].click()
    settle(qtbot, explained)
    bar.play_or_pause()
    settle(qtbot, explained)
    sink.record(100)
    assert sink.record(100).ndim == 1


def test_a_mask_of_segments_gives_way_to_a_map_without_any(
    qtbot: QtBot, explained: MainWindow
) -> None:
    pair, controls = explained.pair, explained.explain.mask_controls
    choose_method(explained, "sinex")
    explained.explain.method.explain()
    settle(qtbot, explained)
    by = controls._boxes["by"]
    by.setCurrentIndex(by.findData("segments"))
    settle(qtbot, explained)
    assert pair.explanation is not None
    found = pair.explanation.attribution
    assert pair.mask_parameters.by == "segments"
    assert pair.mask is not None
    assert found.segments is not None
    choose_method(explained, "saliency")
    explained.explain.method.explain()
    settle(qtbot, explained)
    assert pair.explanation.attribution.segments is None
    assert pair.mask_parameters.by == controls.parameters().by == "share"
    assert pair.mask is not None
    own = pair.explanation.explained_map.own_frames
    assert pair.mask.values[:, own].mean() == pytest.approx(0.2, abs=0.12)
    assert not explained.explain.method.notice.text
