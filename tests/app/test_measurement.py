"""A part of a picture measured: by known cells, by hand, by keys, and on the clipboard."""

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.widgets.measured_band import moved_band
from app.widgets.measurement import Measurement, measure
from app.widgets.reading import Picture
from app.widgets.spectrogram_view import SpectrogramView
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_edits import rectangle
from siamese_core.melspec import MelSpec
from tests.app.conftest import choose_method, settle
from tests.app.test_stroke import drag as drag_bands
from tests.app.test_widget_spectrogram import (
    FREQUENCIES,
    OWN,
    ROWS,
    STEP,
    TIMES,
    levels,
    place,
    shown,
)

KEY, SHIFT, CTRL = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def _no_move_is_left_out() -> Iterator[None]:
    """Pyqtgraph leaves out what moves faster than a hand does."""
    before = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", 0)
    yield
    pg.setConfigOption("mouseRateLimit", before)


@pytest.fixture
def picture() -> Picture:
    """Each cell of a level of its own."""
    db = np.arange(20 * 30, dtype=np.float32).reshape(20, 30) / 10 - 60
    return Picture(db, 0.0, STEP, FREQUENCIES)


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> SpectrogramView:
    theme.apply(qapp, "light")
    return shown(qtbot, levels(), OWN)


@pytest.fixture
def told(view: SpectrogramView) -> list[Measurement | None]:
    found: list[Measurement | None] = []
    view.measured.connect(found.append)
    return found


def drag(
    view: SpectrogramView,
    first: tuple[float, float],
    last: tuple[float, float],
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Draw with the mouse from one second and row to another."""
    middle = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
    steps = [(second, row - 0.5) for second, row in (first, middle, last)]
    drag_bands(view, *steps, keys=keys)


def test_the_mean_is_that_of_the_power(picture: Picture) -> None:
    db = np.zeros((20, 30), np.float32)
    db[:, 10:] = -10
    found = measure(picture._replace(db=db), (0.05, 0.15))
    assert found.mean == pytest.approx(10 * np.log10((1 + 0.1) / 2))
    assert (found.start, found.end, found.duration) == pytest.approx((0.05, 0.15, 0.1))
    assert (found.lowest, found.highest) == (FREQUENCIES[0], FREQUENCIES[-1])


def test_frequencies_are_those_of_the_edges(picture: Picture) -> None:
    found = measure(picture, (0.0, 0.1), (2.5, 7.5))
    assert (found.lowest, found.highest) == pytest.approx((FREQUENCIES[2], FREQUENCIES[7]))
    between = measure(picture, (0.0, 0.1), (3.0, 7.5)).lowest
    assert between == pytest.approx((FREQUENCIES[2] + FREQUENCIES[3]) / 2)


def test_what_holds_no_centre_is_its_nearest_cell(picture: Picture) -> None:
    found = measure(picture, (0.1012, 0.1013), (4.1, 4.2))
    assert found.mean == pytest.approx(picture.db[4, 10])
    assert measure(picture, (0.3, 0.3), (20.0, 20.0)).mean == pytest.approx(picture.db[-1, -1])


def test_nothing_counts_outside_the_picture_or_before_the_clip(picture: Picture) -> None:
    whole = measure(picture, (0.0, 0.3))
    assert measure(picture, (-5.0, 5.0), (-9.0, 99.0)) == whole
    assert measure(picture._replace(start=-0.005), (-0.005, 0.1)).start == 0.0


SECONDS, HEIGHTS = st.floats(0, 0.985), st.floats(0, 63.5)


@settings(deadline=None)  # a busy machine is not a fault
@given(SECONDS, SECONDS, HEIGHTS, HEIGHTS)
def test_the_cells_are_those_that_a_masks_rectangle_takes(
    first: float, last: float, low: float, high: float
) -> None:
    span, band = sorted((first, last)), sorted((low, high))
    mel = MelSpec(rate=16000, n_fft=512, hop=160, n_mels=64, seconds=1.0)
    nothing = Mask(np.zeros(mel.shape, np.float32), mel, 0.0)
    corners = [(second, height - 0.5) for second, height in zip(span, band, strict=True)]
    taken = rectangle(nothing, corners[0], corners[1]).values > 0
    db = np.random.default_rng(0).uniform(-80, 0, mel.shape).astype(np.float32)
    picture = Picture(db, -0.005, 0.01, np.linspace(50, 7000, 64))
    found = measure(picture, (span[0], span[1]), (band[0], band[1]))
    if taken.any():
        expected = 10 * np.log10(np.mean(10 ** (db[taken].astype(float) / 10)))
        assert found.mean == pytest.approx(expected)


def test_it_is_written_for_people_and_for_tables() -> None:
    found = Measurement(0.2, 0.4506, 45.4, 7600.2, -31.24)
    assert found.words.split("    ") == [
        "0.200–0.451 s",
        "251 ms",
        "45–7,600 Hz",
        "mean -31.2 dB",
    ]
    assert found.values == ("0.2000", "0.4506", "0.2506", "45.4", "7600.2", "-31.24")
    assert "1.500 s" in found._replace(end=1.7).words


@pytest.mark.parametrize(
    ("band", "key", "control", "after"),
    [
        (None, KEY.Key_Down, False, (0.0, 38.0)),
        (None, KEY.Key_Up, True, (2.0, 40.0)),
        ((10.0, 20.0), KEY.Key_Up, False, (10.0, 22.0)),
        ((10.0, 20.0), KEY.Key_Down, True, (8.0, 20.0)),
        ((10.0, 11.0), KEY.Key_Down, False, (10.0, 12.0)),
        ((10.0, 20.0), KEY.Key_Left, False, None),
    ],
)
def test_keys_move_the_edges_of_a_band(
    band: tuple[float, float] | None,
    key: Qt.Key,
    control: bool,
    after: tuple[float, float] | None,
) -> None:
    assert moved_band(band, (0.0, 40.0), key, control) == after


def test_a_span_is_measured_as_it_is_dragged(
    view: SpectrogramView, told: list[Measurement | None]
) -> None:
    drag(view, (0.05, 15), (0.2, 3), SHIFT)
    before = told[0]
    assert before is not None
    assert told[-1] is not None
    assert before.end < told[-1].end, "it follows the mouse"
    assert (told[-1].start, told[-1].end) == pytest.approx((0.05, 0.2), abs=0.003)
    assert (told[-1].lowest, told[-1].highest) == (FREQUENCIES[0], FREQUENCIES[-1])
    assert view._graph.span.band is None


def test_a_rectangle_is_measured_whatever_tool_is_in_hand_and_no_mask_is_drawn(
    qtbot: QtBot, view: SpectrogramView, told: list[Measurement | None]
) -> None:
    view.take_up("rectangle", 8.0)
    with (
        qtbot.assertNotEmitted(view.drawn),
        qtbot.waitSignal(view.region_changed, check_params_cb=lambda start, _: start < 0.06),
    ):
        drag(view, (0.2, 3), (0.05, 15), SHIFT | CTRL)
    found = told[-1]
    assert found is not None
    assert (found.start, found.end) == pytest.approx((0.05, 0.2), abs=0.003)
    edges = np.interp([2.5, 14.5], np.arange(ROWS), FREQUENCIES)
    assert (found.lowest, found.highest) == pytest.approx(edges, rel=0.02)
    assert view._graph.selected == pytest.approx((0.05, 0.2), abs=0.003), "its time can be looped"
    assert view._graph.span.band == pytest.approx((3, 15), abs=0.2)


def test_a_rectangle_keeps_its_rows_as_its_edges_are_dragged_till_a_span_is_drawn(
    view: SpectrogramView, told: list[Measurement | None]
) -> None:
    drag(view, (0.05, 3), (0.2, 15), SHIFT | CTRL)
    band = view._graph.span.band
    drag(view, (0.2, 8), (0.25, 8))
    assert told[-1] is not None
    assert told[-1].end == pytest.approx(0.25, abs=0.003)
    assert view._graph.span.band == band
    drag(view, (0.1, 8), (0.12, 8), SHIFT)
    assert view._graph.selected == pytest.approx((0.07, 0.27), abs=0.005), "moved, rows and all"
    assert view._graph.span.band == band
    drag(view, (0.01, 8), (0.04, 12), SHIFT)
    assert view._graph.selected == pytest.approx((0.01, 0.04), abs=0.003)
    assert view._graph.span.band is None


def test_another_rectangle_can_begin_within_one(view: SpectrogramView) -> None:
    drag(view, (0.02, 2), (0.25, 18), SHIFT | CTRL)
    drag(view, (0.1, 5), (0.15, 10), SHIFT | CTRL)
    assert view._graph.selected == pytest.approx((0.1, 0.15), abs=0.003)


def test_a_rectangle_is_made_and_forgotten_by_keys(
    qtbot: QtBot, view: SpectrogramView, told: list[Measurement | None]
) -> None:
    qtbot.keyClick(view, KEY.Key_Down, SHIFT)
    qtbot.keyClick(view, KEY.Key_Up, SHIFT | CTRL)
    assert view._graph.span.band == pytest.approx((1, ROWS - 1))
    qtbot.keyClick(view, KEY.Key_Left, SHIFT)
    assert view._graph.span.band == pytest.approx((1, ROWS - 1)), "its end moves alone"
    for _ in range(3):
        qtbot.keyClick(view, KEY.Key_Up, SHIFT)
    assert view._graph.span.band == pytest.approx((1, ROWS)), "there is nothing above"
    assert told[-1] is not None
    qtbot.keyClick(view, KEY.Key_Backspace)
    assert told[-1] is None


def test_what_a_masks_tool_draws_is_measured_as_long_as_it_is_drawn(
    view: SpectrogramView, told: list[Measurement | None]
) -> None:
    view.take_up("rectangle", 8.0)
    view._draw([QPointF(0.1, 2), QPointF(0.2, 6)], False, False)
    assert told[-1] is not None
    assert (told[-1].start, told[-1].end) == pytest.approx((0.1, 0.2))
    view._draw([QPointF(0.1, 2), QPointF(0.2, 6)], True, False)
    assert told[-1] is None
    view.take_up("lasso", 8.0)
    view._draw([QPointF(0.1, 2), QPointF(0.2, 6), QPointF(0.1, 6)], False, False)
    assert told[-1] is None, "it is no box"


def test_another_clip_or_none_is_not_measured(
    view: SpectrogramView, told: list[Measurement | None]
) -> None:
    view.set_region(0.1, 0.2)
    assert told[-1] is not None
    view.set_map(levels(), TIMES, FREQUENCIES, OWN)
    assert told[-1] is None
    view.set_region(0.1, 0.2)
    view.clear("Nothing")
    assert told[-1] is None


def test_the_lines_of_a_rectangle_are_seen_on_every_ground(
    qapp: QApplication, view: SpectrogramView
) -> None:
    view.set_region(0.1, 0.2, (5.0, 15.0))
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        image = view._graph.grab().toImage()
        for row in (5.0, 15.0):
            x, y = place(view, 0.15, row).toTuple()
            inks = {image.pixelColor(x, y + by).name() for by in range(-3, 4)}
            assert {theme.colours().accent, theme.colours().surface} <= inks
    theme.apply(qapp, "light")


def test_the_status_bar_tells_of_one_picture_and_the_clipboard_takes_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    label, views = window.menus.measurement, window.explain.view.views
    assert label.text() == ""
    assert not label.copy_action.isEnabled()
    assert "Shift+drag" in label.copy_action.toolTip()
    views["query"]._drag_span(0.1, 0.2)
    assert label.text().startswith("Query:    0.100–0.200 s    100 ms")
    views["support"]._drag_span(0.1, 0.3, (3.0, 9.0))
    assert label.text().startswith("Support:    0.100–0.300 s")
    QGuiApplication.clipboard().setText("")
    views["support"].setFocus()
    qtbot.keyClick(views["support"], KEY.Key_C, CTRL)
    heads, values = (line.split("\t") for line in QGuiApplication.clipboard().text().split("\n"))
    table = dict(zip(heads, values, strict=True))
    assert table["clip"] == views["support"].title
    assert float(table["duration / s"]) == pytest.approx(0.2)
    frequencies = (
        window.session.heard and next(iter(window.session.heard.maps.values())).frequencies
    )
    assert frequencies is not None
    assert float(table["lowest / Hz"]) == pytest.approx(frequencies[2:4].mean(), abs=0.1)
    views["support"]._forget_span()
    assert label.text() == ""


def test_it_goes_with_the_pictures(qtbot: QtBot, window: MainWindow) -> None:
    label, view = window.menus.measurement, window.explain.view.views["support"]
    view._drag_span(0.1, 0.2)
    window.pages.setCurrentWidget(window.train)
    assert label.text() == ""
    assert not label.copy_action.isEnabled()
    window.pages.setCurrentWidget(window.splitter)
    assert label.text().startswith("Support")
    window.session.select(1)
    settle(qtbot, window)
    assert label.text() == "", "another clip is on the picture"


def test_a_hidden_query_is_measured_by_no_name(qtbot: QtBot, window: MainWindow) -> None:
    window.lineup.guess_first.setChecked(True)
    window.session.draw(3, 1, seed=4)
    settle(qtbot, window)
    hidden = window.session.lineup.query
    window.explain.view.views["query"]._drag_span(0.1, 0.2)
    window.menus.measurement.copy()
    assert hidden is not None
    assert hidden.path.name not in QGuiApplication.clipboard().text()
    assert hidden.label not in QGuiApplication.clipboard().text()


def test_measuring_changes_no_mask_and_no_window_grows(qtbot: QtBot, window: MainWindow) -> None:
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    mask, least = window.pair.mask, window.minimumSizeHint().width()
    window.explain.view.views["support"]._drag_span(0.1, 0.2, (3.0, 9.0))
    settle(qtbot, window)
    assert window.pair.mask is mask
    assert not window.pair.edited.can_undo
    assert window.minimumSizeHint().width() == least
