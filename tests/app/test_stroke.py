"""Strokes: what each tool does to a mask, and how a drag on a real picture becomes one."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.spectrogram_view import SpectrogramView
from app.widgets.stroke import TOOLS, Stroke
from siamese_core.mask.mask import Mask
from siamese_core.melspec import MelSpec

MEL = MelSpec(rate=8000, n_fft=256, hop=80, n_mels=16, seconds=0.4)
STEP = MEL.hop / MEL.rate
NO_KEY, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
CORNERS = ((5 * STEP, 3.0), (9 * STEP, 3.0), (9 * STEP, 6.0), (5 * STEP, 6.0))


def mask(gain: float = 0.0, start: float = 0.0) -> Mask:
    return Mask(np.full(MEL.shape, gain, np.float32), MEL, start)


def box(bands: slice, frames: slice) -> np.ndarray:
    values = np.zeros(MEL.shape, np.float32)
    values[bands, frames] = 1.0
    return values


def test_rectangle_band_and_span_choose_what_they_cross() -> None:
    ends = (CORNERS[0], CORNERS[2])
    chosen = {tool: Stroke(tool, ends)(mask()).values for tool in ("rectangle", "band", "span")}
    np.testing.assert_array_equal(chosen["rectangle"], box(slice(3, 7), slice(5, 10)))
    np.testing.assert_array_equal(chosen["band"], box(slice(3, 7), slice(None)))
    np.testing.assert_array_equal(chosen["span"], box(slice(None), slice(5, 10)))


@pytest.mark.parametrize("tool", ["band", "span"])
def test_a_drag_between_two_centres_or_beyond_the_picture_still_counts(tool: str) -> None:
    narrow = Stroke(tool, ((7.3 * STEP, 4.2), (7.4 * STEP, 4.4)))(mask()).values
    band = box(slice(4, 5), slice(None)) if tool == "band" else box(slice(None), slice(7, 8))
    np.testing.assert_array_equal(narrow, band)
    assert Stroke(tool, ((-9.0, -9.0), (99.0, 99.0)))(mask()).values.all()


def test_a_stroke_lies_in_the_clips_time() -> None:
    ends = tuple((seconds + 1.5, band) for seconds, band in (CORNERS[0], CORNERS[2]))
    for tool in ("rectangle", "span"):
        values = Stroke(tool, ends)(mask(start=1.5)).values
        np.testing.assert_array_equal(np.flatnonzero(values[4]), [5, 6, 7, 8, 9])


def test_the_lasso_encloses() -> None:
    wide = tuple(
        (x + dx * STEP, y + dy)
        for (x, y), dx, dy in zip(
            CORNERS, (-0.4, 0.4, 0.4, -0.4), (-0.4, -0.4, 0.4, 0.4), strict=True
        )
    )
    values = Stroke("lasso", wide)(mask()).values
    np.testing.assert_array_equal(values, box(slice(3, 7), slice(5, 10)))


def test_the_eraser_wipes_what_the_brush_paints() -> None:
    line = CORNERS[:2]
    painted = Stroke("brush", line, STEP, 1.0)(mask())
    assert painted.values[3, 5:10].all()
    assert painted.values[2:5, 7].all()
    assert not painted.values[5:].any()
    assert not Stroke("eraser", line, STEP, 1.0)(painted).values.any()


@pytest.mark.parametrize("tool", TOOLS)
def test_taking_away_undoes_adding(tool: str) -> None:
    added = Stroke(tool, CORNERS, STEP, 1.0)(mask(1.0 if tool == "eraser" else 0.0))
    away = Stroke(tool, CORNERS, STEP, 1.0, away=True)(added)
    assert added.values.any()
    np.testing.assert_array_equal(away.values, mask(1.0 if tool == "eraser" else 0.0).values)


@pytest.fixture
def view(qtbot: QtBot) -> SpectrogramView:
    view = SpectrogramView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    with qtbot.waitExposed(view):
        view.show()
    times = np.arange(MEL.n_frames) * STEP
    view.set_map(np.zeros(MEL.shape, np.float32), times, np.arange(MEL.n_mels) * 100.0 + 50)
    return view


def drag(
    view: SpectrogramView,
    *places: tuple[float, float],
    keys: Qt.KeyboardModifier = NO_KEY,
    last_keys: Qt.KeyboardModifier | None = None,
) -> None:
    """Drag the real mouse along seconds and bands; ``last_keys`` are held once it has begun."""
    graph, left, none = view._graph, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    points = [
        QPointF(graph.mapFromScene(graph.box.mapViewToScene(QPointF(x, y + 0.5))))
        for x, y in places
    ]
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(points) - 1)]
    steps = [
        *zip(kinds, points, [left, *[none] * (len(points) - 1)], [left] * len(points), strict=True),
        (QEvent.Type.MouseButtonRelease, points[-1], left, none),
    ]
    for step, (kind, point, button, buttons) in enumerate(steps):
        everywhere = graph.viewport().mapToGlobal(point)
        held = keys if last_keys is None or step < 2 else last_keys
        event = QMouseEvent(kind, point, everywhere, button, buttons, held)
        QApplication.sendEvent(graph.viewport(), event)


def test_dragging_without_a_tool_pans(qtbot: QtBot, view: SpectrogramView) -> None:
    view._graph.plot.setXRange(0.1, 0.3, padding=0)
    with qtbot.assertNotEmitted(view.drawn):
        drag(view, (0.2, 5), (0.22, 5), (0.25, 5))
    assert view._graph.box.viewRange()[0][0] < 0.09


def test_dragging_with_a_tool_draws(qtbot: QtBot, view: SpectrogramView) -> None:
    view.take_up("rectangle", 8.0)
    before = view._graph.box.viewRange()
    with qtbot.waitSignal(view.drawn) as told:
        drag(view, (4.6 * STEP, 2.6), (0.07, 4), (9.4 * STEP, 6.4))
    assert view._graph.box.viewRange() == before
    values = told.args[0](mask()).values
    np.testing.assert_array_equal(values, box(slice(3, 7), slice(5, 10)))
    assert not told.args[0].away


def test_control_takes_away_and_a_click_of_the_brush_is_a_dab(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    view.take_up("brush", 10.0)
    with qtbot.waitSignal(view.drawn) as told:
        drag(view, CORNERS[0], (0.07, 4), CORNERS[2], keys=CONTROL)
    assert told.args[0].away
    with qtbot.waitSignal(view.drawn) as told, qtbot.assertNotEmitted(view.time_clicked):
        place = view._graph.mapFromScene(view._graph.box.mapViewToScene(QPointF(0.1, 8.5)))
        qtbot.mouseClick(view._graph.viewport(), Qt.MouseButton.LeftButton, pos=place)
    dab = told.args[0]
    assert dab.points == (pytest.approx((0.1, 8.0), abs=0.05),)
    assert dab.seconds == pytest.approx(10 * view._graph.box.viewPixelSize()[0])
    assert dab(mask()).values[8, 10] == 1


def test_what_is_being_drawn_is_seen_until_it_ends(view: SpectrogramView) -> None:
    item = view._graph.sketch.item
    for tool in TOOLS:
        view.take_up(tool, 8.0)
        points = [QPointF(x, y) for x, y in CORNERS]
        for first, last in pairwise([1, 2, 3, 4]):
            view._draw(points[:last], False, first == 2)
        assert not item.path().isEmpty()
        view._draw(points, True, False)
        assert item.path().isEmpty()


def test_an_outline_of_two_points_encloses_nothing_and_is_dropped(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    view.take_up("lasso", 8.0)
    with qtbot.assertNotEmitted(view.drawn):
        view._draw([QPointF(0.1, 3), QPointF(0.2, 3)], True, False)


def test_a_drag_ends_as_what_it_began_as(view: SpectrogramView) -> None:
    strokes: list[Stroke] = []
    view.drawn.connect(strokes.append)
    shift = Qt.KeyboardModifier.ShiftModifier
    view.take_up("rectangle", 8.0)
    drag(view, (0.1, 3), (0.12, 4), (0.2, 5), keys=shift, last_keys=NO_KEY)
    assert view._graph.selected == pytest.approx((0.1, 0.2), abs=0.01)
    assert not strokes


def test_shift_that_is_pressed_in_a_stroke_begins_no_span(view: SpectrogramView) -> None:
    strokes: list[Stroke] = []
    view.drawn.connect(strokes.append)
    view.take_up("rectangle", 8.0)
    shift = Qt.KeyboardModifier.ShiftModifier
    drag(view, (0.1, 3), (0.12, 4), (0.2, 5), last_keys=shift)
    (stroke,) = strokes
    assert stroke.points[0] == pytest.approx((0.1, 3), abs=0.1)
    assert view._graph.selected is None


def test_a_tool_that_is_put_down_in_a_drag_draws_nothing(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    view.take_up("rectangle", 8.0)
    points = [QPointF(x, y) for x, y in CORNERS]
    view._draw(points[:2], False, False)
    view.take_up("", 8.0)
    with qtbot.assertNotEmitted(view.drawn):
        view._draw(points, True, False)
    assert view._graph.sketch.item.path().isEmpty()


SHIFT = Qt.KeyboardModifier.ShiftModifier
INSIDE = (0.2, 5), (0.22, 5), (0.25, 5)
"""A drag that begins and ends within the span from 0.15 to 0.28 s."""
APART_MS = 50
"""Between two drags: moves that come faster than pyqtgraph looks for them are left out."""


def test_dragging_inside_a_span_pans_or_draws_as_anywhere(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    view._graph.plot.setXRange(0.1, 0.3, padding=0)
    view.set_region(0.15, 0.28)
    with qtbot.assertNotEmitted(view.region_changed):
        drag(view, *INSIDE)
    assert view._graph.box.viewRange()[0][0] < 0.09
    view.take_up("rectangle", 8.0)
    qtbot.wait(APART_MS)
    with qtbot.waitSignal(view.drawn):
        drag(view, *INSIDE)
    assert view._graph.selected == pytest.approx((0.15, 0.28))


def test_shift_moves_a_span_that_it_is_dragged_in_and_an_edge_resizes_it(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    view._graph.plot.setXRange(0.1, 0.3, padding=0)
    view.set_region(0.15, 0.28)
    before = view._graph.box.viewRange()
    with qtbot.waitSignal(view.region_changed):
        drag(view, (0.2, 5), (0.19, 5), (0.18, 5), keys=SHIFT)
    first, last = view._graph.selected or (0.0, 0.0)
    assert first == pytest.approx(0.13, abs=0.004)
    assert last - first == pytest.approx(0.13)
    qtbot.wait(APART_MS)
    with qtbot.waitSignal(view.region_changed):
        drag(view, (first, 5), (0.16, 5), (0.2, 5))
    assert view._graph.selected == pytest.approx((0.2, last), abs=0.004)
    assert view._graph.box.viewRange() == before
