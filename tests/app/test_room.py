"""What a small screen has room for: the pictures first, and each part shown once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.pages.explain.window_strip import WindowStrip
from app.pages.train.loss_plot import LossPlot
from app.training.curves import Curves
from app.widgets.clip_card import ClipCard
from app.widgets.folded_notice import FoldedNotice
from app.widgets.params_form import ParamsForm
from app.widgets.transport import Transport
from siamese_core.audio import Clip, write
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.recipes import Recipe, load_recipe
from tests.app.conftest import settle
from tests.app.training_states import write_run

LEAST = 130
"""Pixels of height that a picture of the pair keeps at 1280 x 720."""


@pytest.fixture(autouse=True)
def _as_the_program_looks(qapp: QApplication) -> None:
    theme.apply(qapp, "light")


def heights(window: MainWindow) -> list[float]:
    plots = [view._graph for view in window.explain.view.views.values()]
    return [plot.box.sceneBoundingRect().height() for plot in plots]


def test_the_pictures_of_a_pair_keep_their_height_beside_the_mask_s_tools(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.explain.method.explain()
    settle(qtbot, window)
    window.explain.tabs.setCurrentIndex(1)
    window.explain.mask_bar.tools.choose("brush")
    qtbot.waitUntil(lambda: max(heights(window)) - min(heights(window)) <= 2)
    assert min(heights(window)) >= LEAST
    query, support = window.explain.view.views.values()
    assert query.time_height == 0
    assert support.time_height > 0


def test_a_strip_takes_from_both_pictures_alike_and_the_window_does_not_grow(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "long" / "long.wav"
    write(Clip(np.random.default_rng(0).normal(0, 0.1, 8000 * 20).astype(np.float32), 8000), path)
    window.session.put(0, ClipFile(path, "long", "long"))
    settle(qtbot, window)
    assert window.explain.view.pictures["query"].strip.isVisible()
    assert window.lineup.notice.isVisible()
    qtbot.waitUntil(lambda: max(heights(window)) - min(heights(window)) <= 2)
    assert window.height() == 720
    assert window.minimumSizeHint().height() <= 720


def tell(window: MainWindow, *notices: str) -> FoldedNotice:
    """Have something be said of the line-up."""
    session = window.session
    assert session.heard is not None
    session._hearing.heard = replace(session.heard, notices=notices)
    session.heard_changed.emit()
    return window.lineup.notice


def test_notices_take_one_line_and_unfolded_leave_the_cards_their_height(
    qtbot: QtBot, window: MainWindow
) -> None:
    page, bar = window.lineup, window.lineup.cards[0]._bar
    long = " ".join(["This is a notice that does not end before the line does."] * 4)
    notice = tell(window, "A short one.")
    qtbot.waitUntil(notice.isVisible)
    assert not notice._unfold.isVisible(), "all of it is seen"
    low = notice.height()
    notice = tell(window, long, "A second.", "A third.")
    qtbot.waitUntil(notice._unfold.isVisible)
    assert notice.height() == low
    assert notice._label.text().endswith("…")
    qtbot.mouseClick(notice._unfold, Qt.MouseButton.LeftButton)
    line = notice._label.fontMetrics().lineSpacing()
    qtbot.waitUntil(lambda: notice.height() >= 4 * line)
    assert notice._label.text() == notice.text == f"{long}\nA second.\nA third."
    qtbot.waitUntil(
        lambda: page._scroll.viewport().height() >= page._scroll.widget().minimumSizeHint().height()
    )
    below = bar.mapTo(page._scroll.viewport(), bar.rect().bottomLeft()).y()
    assert below < page._scroll.viewport().height()
    assert window.height() == 720
    qtbot.mouseClick(notice._unfold, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: notice.height() == low)


def test_pictures_of_long_clips_have_the_height_that_folded_notices_and_thin_strips_leave(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    sound = np.full(8000 * 8, 0.1, np.float32)
    for place in (0, 1):
        path = tmp_path / str(place) / "long.wav"
        write(Clip(sound, 8000), path)
        window.session.put(place, ClipFile(path, f"long {place}", str(place)))
        settle(qtbot, window)
    window.session.select(0)
    tell(window, "Two clips are longer than the window.", "Two clips have too low a rate. " * 8)
    qtbot.waitUntil(lambda: min(heights(window)) > 80)
    strips = [picture.strip for picture in window.explain.view.pictures.values()]
    assert [strip.height() for strip in strips if strip.isVisible()] == [20, 20]


def test_long_clips_and_every_notice_at_once_fit_a_small_screen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session, output = window.session, window.session.player.output
    noise = np.random.default_rng(0).normal(0, 0.1, 8000 * 20).astype(np.float32)
    for place in (0, 1):
        path = tmp_path / "long" / f"{place}.wav"
        write(Clip(noise, 8000), path)
        session.put(place, ClipFile(path, f"long {place}", "long"))
        settle(qtbot, window)
    session.select(0)
    assert all(picture.strip.isVisible() for picture in window.explain.view.pictures.values())
    assert session.heard is not None
    session._hearing.heard = replace(session.heard, notices=("a", "b", "c"))
    session.heard_changed.emit()
    output.failed.emit("The sound output stopped: its device was taken away. " * 2)
    assert window.explain.listening.notice.isVisible()
    qtbot.wait(50)
    assert window.minimumSizeHint().height() <= 720
    assert window.height() == 720


def test_why_nothing_is_heard_is_said_once(qtbot: QtBot, window: MainWindow) -> None:
    listening, output = window.explain.listening, window.session.player.output
    output._sink, output._makers = None, ()
    output._look()
    listening.transport.set_available(output.available, output.reason)
    reason = listening.transport._reason
    assert reason.isVisible()
    window.lineup.cards[0].play_requested.emit(1)
    qtbot.waitUntil(listening.notice.isVisible)
    assert listening.notice.text == reason.text()
    assert not reason.isVisible()
    listening.notice._dismiss()
    assert reason.isVisible()


def test_the_library_keeps_its_width_whatever_it_holds(window: MainWindow) -> None:
    before = window.library.minimumSizeHint().width()
    window.library._count.setText("a-corpus-with-one-very-long-name-indeed: 1,000,000 classes")
    assert window.library.minimumSizeHint().width() == before


def test_a_notice_is_read_whole_whether_it_is_folded_or_not(window: MainWindow) -> None:
    long = " ".join(["This is a notice that does not end before the line does."] * 12)
    for told in ((long,), ("a", "b", "c"), (long, "b"), ("a", long, "c")):
        notice = tell(window, *told)
        assert notice.text == notice.toolTip() == notice.accessibleName() == "\n".join(told)


def test_what_is_unfolded_stays_so_till_something_else_is_told(
    qtbot: QtBot, window: MainWindow
) -> None:
    long = "This is a notice that does not end before the line does. " * 12
    notice = tell(window, long)
    qtbot.waitUntil(notice._unfold.isVisible)
    notice._unfold.click()
    assert tell(window, long)._unfold.isChecked()
    assert notice._unfold.accessibleName() == "Show one line of it again"
    assert not tell(window, long, "b")._unfold.isChecked()


def test_an_error_folds_the_notices(qtbot: QtBot, window: MainWindow) -> None:
    session, page = window.session, window.lineup
    notice = tell(window, "a", "b", "c " * 400)
    qtbot.waitUntil(notice._unfold.isVisible)
    notice._unfold.click()
    session.failed.emit("line-up", "This is an error that does not end before it wraps. " * 6)
    assert not notice._unfold.isChecked()
    qtbot.wait(50)
    assert window.height() == 720
    page.error._dismiss()
    notice._dismiss()
    session.failed.emit("line-up", "Another error.")
    assert notice.text == ""


def test_a_narrow_card_names_the_file_and_a_wide_one_its_length_too(qtbot: QtBot) -> None:
    card = ClipCard(place=1)
    qtbot.addWidget(card)
    card.set_clip("ann", "one.wav", None, 0.5)
    card.set_marks(predicted=True, outcome="right")
    card.show()
    shown = []
    for width in (210, 300):
        card.resize(width, 180)
        shown.append((card._subtitle.text(), card._mark._word.isVisible()))
    assert shown == [("one.wav", False), ("one.wav · 0.50 s", True)]
    assert card._subtitle.toolTip() == "one.wav · 0.50 s"


def test_an_empty_card_offers_a_file_and_nothing_else(qtbot: QtBot) -> None:
    card = ClipCard(place=1)
    qtbot.addWidget(card)
    card.show()
    assert card._replace.toolTip() == "Choose a sound file…"
    assert not any(part.isVisible() for part in (card._play, card._remove, card._bar))
    card.set_clip("ann", "one.wav", None, 0.5)
    assert all(part.isVisible() for part in (card._play, card._remove, card._bar))


def test_without_sound_the_reason_stands_in_place_of_the_controls(qtbot: QtBot) -> None:
    transport = Transport()
    qtbot.addWidget(transport)
    transport.show()
    transport.set_available(False, "No sound: x.")
    assert transport._reason.isVisible()
    assert not transport._play.isVisible()
    transport.set_available(True)
    assert transport._play.isVisible()
    assert not transport._reason.isVisible()


def test_other_values_of_a_model_are_held_by_the_same_fields(qtbot: QtBot) -> None:
    form = ParamsForm()
    qtbot.addWidget(form)
    form.set_model(Recipe, load_recipe("voice"))
    form.draw()
    steps, top = form._editors["steps"].widget, form._form
    for name in ("voice-reid", "voice"):
        with qtbot.assertNotEmitted(form.changed):
            form.set_model(Recipe, load_recipe(name))
        assert form.values() == load_recipe(name)
    form.set_model(Recipe, load_recipe("omniglot"))  # another kind of input: its group alone is new
    assert form.values() == load_recipe("omniglot")
    assert (form._editors["steps"].widget, form._form) == (steps, top)


def test_many_steps_are_drawn_as_means_of_stretches(qtbot: QtBot, tmp_path: Path) -> None:
    curves = Curves(write_run(tmp_path / "run", 1100, "done").events)
    while portion := curves.read():
        curves.take(portion)
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.set_curves(curves)
    steps, loss = plot.loss.getData()
    assert len(steps) == 367
    assert steps[0] == pytest.approx(2)
    assert loss[0] == pytest.approx(np.mean(curves.loss[:3]))
    assert loss[-1] == pytest.approx(np.mean(curves.loss[-2:]))
    other = Curves(tmp_path / "none")
    other.steps, other.loss, other.accuracy = [1, 2], [0.5, 0.25], [0.0, 1.0]
    plot.set_curves(other)
    for told, value in ((other.steps, 3), (other.loss, 0.125), (other.accuracy, 0.5)):
        told.append(value)
    plot.set_curves(other)
    drawn = [values.tolist() for values in (*plot.loss.getData(), plot.accuracy.getData()[1])]
    assert drawn == [[1, 2, 3], [0.5, 0.25, 0.125], [0, 1, 0.5]], "another training's, and new ones"
    plot.set_curves(None)
    assert plot._upper.viewRange() == [[0, 10], [0, 1]], "whole steps of a training to come"


@pytest.mark.parametrize(("steps", "symbol"), [(60, "o"), (120, None)])
def test_a_validation_that_is_alone_is_a_dot(
    qtbot: QtBot, tmp_path: Path, steps: int, symbol: str | None
) -> None:
    curves = Curves(write_run(tmp_path / "run", steps, "done").events)
    while portion := curves.read():
        curves.take(portion)
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.set_curves(curves)
    assert len(plot.mean.getData()[0]) == steps // 50
    assert plot.mean.opts["symbol"] == symbol


def test_the_outline_of_a_long_clip_is_as_high_as_its_peaks(qtbot: QtBot) -> None:
    strip = WindowStrip()
    qtbot.addWidget(strip)
    strip.resize(400, 20)
    envelope = np.repeat(np.array([0.1, 1.0], np.float32), 400)
    strip.set_clip(envelope, 60.0, 0.0, 1.0)
    strip.show()
    picture = strip.grab().toImage()
    ground = QColor(picture.pixel(50, 4))
    assert QColor(picture.pixel(300, 4)) != ground
    assert QColor(picture.pixel(50, 10)) != ground


def test_a_name_that_never_ends_widens_nothing(window: MainWindow) -> None:
    endless = "a class of a name that goes on " * 9
    explain = window.explain
    named = {
        explain.faithfulness: explain.faithfulness.about,
        explain.comparison.page: explain.comparison.page.about,
        window.train.view: window.train.view.title,
        window.lineup: window.lineup._verdict,
    }
    for widget, label in named.items():
        narrow = widget.minimumSizeHint().width()
        label.setText(endless)
        assert widget.minimumSizeHint().width() == narrow
        assert label.toolTip() == endless, "there it can be read"


def test_five_classes_are_seen_at_once_on_a_small_screen(qtbot: QtBot, window: MainWindow) -> None:
    window.session.draw(5, 1, seed=1)
    settle(qtbot, window)
    area, cards = window.lineup._scroll, window.lineup.cards
    qtbot.waitUntil(lambda: all(not card.visibleRegion().isEmpty() for card in cards))
    assert [card.visibleRegion().boundingRect().size() for card in cards] == [
        card.size() for card in cards
    ]
    assert not area.verticalScrollBar().isVisible()


@pytest.mark.parametrize("last", [1, 3, 40, 7000])
def test_the_axis_of_a_training_counts_whole_steps(qtbot: QtBot, last: int) -> None:
    axis = LossPlot()._lower.getAxis("bottom")
    for size in (200, 600, 2000):
        places = [place for _, level in axis.tickValues(0, last, size) for place in level]
        assert places
        assert all(float(place).is_integer() for place in places)
