"""The large view: what lies where, what is shown, and what the mouse says."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.outline import edges
from app.widgets.reading import Reading
from app.widgets.spectrogram_plot import MelAxis, TimeAxis, hertz
from app.widgets.spectrogram_view import SpectrogramView

ROWS, FRAMES, STEP = 20, 50, 0.01
TIMES = np.arange(FRAMES) * STEP - 0.1
FREQUENCIES = 100.0 * 1.2 ** np.arange(ROWS)
OWN = slice(10, 40)


def levels() -> np.ndarray:
    """Loud at the bottom left of the own frames, silent elsewhere."""
    db = np.full((ROWS, FRAMES), -80, np.float32)
    db[:10, 10:25] = 0.0
    return db


def shown(
    qtbot: QtBot, db: np.ndarray, own: slice | None = None, title: str = "Query"
) -> SpectrogramView:
    """Show a log-mel large."""
    view = SpectrogramView(title)
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    view.set_map(db, TIMES, FREQUENCIES, own)
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> SpectrogramView:
    theme.apply(qapp, "light")
    return shown(qtbot, levels(), OWN)


def place(view: SpectrogramView, seconds: float, row: float) -> QPoint:
    """Where a second and a row are drawn, in the graph's viewport."""
    graph = view._graph
    return graph.mapFromScene(graph.box.mapViewToScene(QPointF(seconds, row)))


def colour(view: SpectrogramView, seconds: float, row: float) -> tuple[int, int, int]:
    pixel = view._graph.grab().toImage().pixelColor(place(view, seconds, row))
    return pixel.red(), pixel.green(), pixel.blue()


def test_low_frequencies_are_at_the_bottom_and_only_own_frames_are_shown(
    view: SpectrogramView,
) -> None:
    assert sum(colour(view, 0.05, 3)) > 600
    assert sum(colour(view, 0.05, 17)) < 60
    assert sum(colour(view, 0.22, 3)) < 60
    (left, right), (bottom, top) = view._graph.box.viewRange()
    assert (left, right) == pytest.approx((-0.005, 0.295))
    assert (bottom, top) == pytest.approx((0, ROWS))


def test_zoom_and_pan_stay_within_the_data(view: SpectrogramView) -> None:
    view._graph.plot.setXRange(-50, 50, padding=0)
    view._graph.plot.setYRange(-50, 50, padding=0)
    (left, right), (bottom, top) = view._graph.box.viewRange()
    assert left >= -0.0051
    assert right <= 0.2951
    assert bottom >= 0
    assert top <= ROWS
    view._graph.plot.setXRange(0.1, 0.1001, padding=0)
    (left, right), _ = view._graph.box.viewRange()
    assert right - left >= 0.0799


def test_the_overlay_shows_its_sign_where_it_lies(view: SpectrogramView) -> None:
    plain = colour(view, 0.05, 17)
    values = np.zeros((ROWS, FRAMES), np.float32)
    values[15:, 10:25] = 2.0
    values[15:, 25:40] = -2.0
    view.opacity = 1.0
    view.set_overlay(values)
    red, _, blue = colour(view, 0.05, 17)
    assert red > blue + 100
    red, _, blue = colour(view, 0.22, 17)
    assert blue > red + 100
    red, green, blue = colour(view, 0.05, 3)
    assert max(red, green, blue) - min(red, green, blue) < 12
    view.set_overlay(None)
    assert colour(view, 0.05, 17) == plain


def test_opacity_and_threshold_hide_the_overlay(view: SpectrogramView) -> None:
    values = np.zeros((ROWS, FRAMES), np.float32)
    values[15:, 10:25], values[15:, 25:40] = 1.0, 0.3
    view.set_overlay(values)
    view.opacity = 0.0
    bare = colour(view, 0.05, 17)
    view.opacity = 1.0
    strong, weak = colour(view, 0.05, 17), colour(view, 0.22, 17)
    view.threshold = 0.5
    assert colour(view, 0.05, 17) == strong
    assert colour(view, 0.22, 17) != weak
    view.opacity = 0.0
    assert colour(view, 0.05, 17) == bare != strong
    view.opacity = 9.0
    assert view.opacity == 1.0


def test_a_few_extreme_cells_do_not_hide_the_others(view: SpectrogramView) -> None:
    values = np.zeros((ROWS, FRAMES), np.float32)
    values[15:, 10:25] = 1.0
    values[12, 30] = 1000.0
    view.opacity = 1.0
    view.set_overlay(values)
    red, _, blue = colour(view, 0.05, 17)
    assert red > blue + 100


def test_a_zero_or_broken_overlay_is_no_overlay(view: SpectrogramView) -> None:
    for value in (0.0, np.nan):
        view.set_overlay(np.full((ROWS, FRAMES), value, np.float32))
        assert not view._graph.overlay.isVisible()


def from_surface(seen: tuple[int, ...]) -> int:
    """How far a colour is from the theme's surface: what silence looks like under an overlay."""
    surface = QColor(theme.colours().surface)
    return sum(abs(a - b) for a, b in zip(seen, surface.getRgb()[:3], strict=True))


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("mapped", [False, True])
def test_what_a_mask_keeps_is_outlined_over_silence_too(
    view: SpectrogramView, qapp: QApplication, theme_name: str, mapped: bool
) -> None:
    theme.apply(qapp, theme_name)
    if mapped:  # the silence below it is then the theme's surface
        view.set_overlay(np.full((ROWS, FRAMES), 1e-3, np.float32))
    mask = np.zeros((ROWS, FRAMES), np.float32)
    mask[13:17, 28:33] = 1.0
    view.set_mask(mask)
    picture = view._graph.grab().toImage()
    corner, other = place(view, 0.175, 17), place(view, 0.225, 13)
    for x, y in (
        (corner.x(), (corner.y() + other.y()) // 2),
        (other.x(), (corner.y() + other.y()) // 2),
        ((corner.x() + other.x()) // 2, corner.y()),
        ((corner.x() + other.x()) // 2, other.y()),
    ):
        near = [
            picture.pixelColor(x + aside, y + below).lightness()
            for aside in range(-3, 4)
            for below in range(-3, 4)
        ]
        assert max(near) - min(near) > 150, "ink on paper, whatever lies around it"
    mask[13:17, 33:38] = 1.0
    view.set_mask(mask)
    (left, bottom, right, top) = view._graph.outline.path().boundingRect().getCoords()
    assert (left, bottom, right, top) == pytest.approx((0.175, 13, 0.275, 17))
    theme.apply(qapp, "dark" if theme_name == "light" else "light")
    ink, paper = QColor(theme.colours().text), QColor(theme.colours().surface)
    picture = view._graph.grab().toImage()
    edge = place(view, 0.225, 17)
    near = [picture.pixelColor(edge.x(), edge.y() + below).name() for below in range(-3, 4)]
    assert {ink.name(), paper.name()} <= set(near), "the other theme's, at once"
    view.set_mask(None)
    assert not view._graph.outline.isVisible()


def test_an_outline_is_never_a_mix_of_masks(view: SpectrogramView, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    for zoomed in (False, True):
        if zoomed:
            view._graph.plot.setXRange(0.2, 0.3, padding=0)
        for _ in range(4):
            for _ in range(3):
                (first, last), (low, high) = np.sort(rng.integers(0, ROWS, (2, 2)))
                mask = np.zeros((ROWS, FRAMES), np.float32)
                mask[low : high + 1, first : last + 1] = 1.0
                view.set_mask(mask)
            qtbot.wait(30)
            seen = view._graph.grab().toImage()
            view.set_mask(mask)
            assert view._graph.grab().toImage() == seen


def test_an_outline_takes_as_few_lines_as_there_are_sides() -> None:
    kept = np.zeros((4, 5), np.bool_)
    kept[1:3, 1:4] = True
    sides = {tuple(map(tuple, side)) for side in edges(kept).tolist()}
    corners = (1.0, 1.0), (4.0, 1.0), (1.0, 3.0), (4.0, 3.0)
    assert sides == {
        (corners[0], corners[1]),
        (corners[2], corners[3]),
        (corners[0], corners[2]),
        (corners[1], corners[3]),
    }
    kept[1, 2] = False
    assert len(edges(kept)) == 8, "a notch has three sides more, and parts one"
    assert len(edges(np.ones((3, 3), np.bool_))) == 4
    assert len(edges(np.zeros((3, 3), np.bool_))) == 0


def test_a_mask_dims_what_it_removes(view: SpectrogramView) -> None:
    bright = colour(view, 0.05, 3)
    mask = np.ones((ROWS, FRAMES), np.float32)
    mask[:, 10:18] = 0.0
    view.set_mask(mask)
    assert from_surface(colour(view, 0.03, 3)) < from_surface(bright) / 2
    assert colour(view, 0.12, 3) == bright
    view.set_mask(None)
    assert colour(view, 0.03, 3) == bright


def test_hovering_tells_second_hertz_level_and_attribution(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    values = np.arange(ROWS * FRAMES, dtype=np.float32).reshape(ROWS, FRAMES)

    def hover(seconds: float, row: float) -> Reading:
        with qtbot.waitSignal(view.hovered) as told:
            scene = view._graph.box.mapViewToScene(QPointF(seconds, row))
            view._graph.scene().sigMouseMoved.emit(scene)
        reading: Reading = told.args[0]
        return reading

    assert hover(0.051, 3.5) == (pytest.approx(0.051), FREQUENCIES[3], 0.0, None, None)
    view.set_overlay(values)
    assert hover(0.051, 3.5).attribution == values[3, 15]
    assert hover(0.2, 17.2)[2:] == (-80.0, values[17, 30], None)
    segments = np.arange(ROWS)[:, np.newaxis].repeat(FRAMES, axis=1)
    view.set_overlay(values, segments)
    assert hover(0.051, 3.5).segment == 3
    view.set_overlay(None)
    assert hover(0.051, 3.5).segment is None
    with qtbot.waitSignal(view.hover_left):
        view._graph.scene().sigMouseMoved.emit(QPointF(-5, -5))
    with qtbot.waitSignal(view.hover_left):
        QApplication.sendEvent(view._graph, QEvent(QEvent.Type.Leave))


def test_a_click_tells_its_second(qtbot: QtBot, view: SpectrogramView) -> None:
    with qtbot.waitSignal(view.time_clicked) as told:
        qtbot.mouseClick(
            view._graph.viewport(), Qt.MouseButton.LeftButton, pos=place(view, 0.15, 10)
        )
    assert told.args[0] == pytest.approx(0.15, abs=0.002)


def test_a_double_click_shows_everything_again(qtbot: QtBot, view: SpectrogramView) -> None:
    view._graph.plot.setXRange(0.1, 0.2, padding=0)
    qtbot.mouseDClick(view._graph.viewport(), Qt.MouseButton.LeftButton, pos=place(view, 0.15, 10))
    assert view._graph.box.viewRange()[0] == pytest.approx([-0.005, 0.295])


def test_a_span_is_dragged_told_and_forgotten(qtbot: QtBot, view: SpectrogramView) -> None:
    with qtbot.waitSignal(view.region_changed) as told:
        view._graph.box.span_dragged.emit(0.1, 99.0)
    assert told.args == pytest.approx([0.1, 0.295])
    assert view._graph.span.isVisible()
    with qtbot.waitSignal(view.region_cleared):
        qtbot.mouseClick(
            view._graph.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.ShiftModifier,
            place(view, 0.02, 10),
        )
    assert not view._graph.span.isVisible()
    with qtbot.assertNotEmitted(view.region_changed):
        view.set_region(0.05, 0.1)
    assert view._graph.span.getRegion() == pytest.approx((0.05, 0.1))


def test_the_playhead_stands_where_it_is_put(view: SpectrogramView) -> None:
    assert not view._graph.playhead.isVisible()
    view.set_playhead(0.123)
    assert view._graph.playhead.isVisible()
    assert view._graph.playhead.value() == 0.123
    view.set_playhead(None)
    assert not view._graph.playhead.isVisible()


def test_linked_views_move_together_and_show_the_longer(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    other = shown(qtbot, levels(), title="Support")
    view.link_time(other)
    assert view._graph.box.viewRange()[0] == pytest.approx([-0.105, 0.395])
    other._graph.plot.setXRange(0.05, 0.25, padding=0)
    qtbot.waitUntil(lambda: abs(view._graph.box.viewRange()[0][0] - 0.05) < 0.005)
    assert view._graph.box.viewRange()[0] == pytest.approx([0.05, 0.25], abs=0.005)


@pytest.mark.parametrize(
    ("key", "check"),
    [
        (Qt.Key.Key_Plus, lambda before, after: after[1] - after[0] < before[1] - before[0]),
        (Qt.Key.Key_Minus, lambda before, after: after[1] - after[0] > before[1] - before[0]),
        (Qt.Key.Key_Right, lambda before, after: after[0] > before[0]),
        (Qt.Key.Key_Left, lambda before, after: after[0] < before[0]),
        (Qt.Key.Key_Home, lambda before, after: after == pytest.approx([-0.005, 0.295])),
    ],
)
def test_keys_steer_the_view(
    qtbot: QtBot,
    view: SpectrogramView,
    key: Qt.Key,
    check: Callable[[list[float], list[float]], bool],
) -> None:
    view._graph.plot.setXRange(0.1, 0.2, padding=0)
    before = view._graph.box.viewRange()[0]
    qtbot.keyClick(view, key)
    assert check(before, view._graph.box.viewRange()[0])


def test_an_empty_view_says_what_to_do_and_ignores_the_rest(view: SpectrogramView) -> None:
    view.clear("Choose a support clip")
    view.set_overlay(np.ones((ROWS, FRAMES), np.float32))
    view.set_mask(np.ones((ROWS, FRAMES), np.float32))
    view.reset_view()
    assert view._message.text() == "Choose a support clip"
    assert view._message.isVisible()
    assert not view._graph.isVisible()


def test_the_view_follows_the_theme(qapp: QApplication, view: SpectrogramView) -> None:
    theme.apply(qapp, "dark")
    corner = view._graph.grab().toImage().pixelColor(2, 2)
    assert corner.name() == theme.DARK.surface
    theme.apply(qapp, "light")


def test_a_constant_map_and_a_single_frame_are_shown(view: SpectrogramView) -> None:
    view.set_map(np.zeros((ROWS, FRAMES), np.float32), TIMES, FREQUENCIES)
    view.set_map(np.zeros((ROWS, 1), np.float32), TIMES[:1], FREQUENCIES)
    assert view._graph.box.viewRange()[1] == pytest.approx([0, ROWS])


@pytest.mark.parametrize("size", [60, 200, 800])
def test_ticks_are_round_clear_of_each_other_and_at_their_place(qtbot: QtBot, size: int) -> None:
    axis = MelAxis()
    frequencies = np.geomspace(60, 7600, 64)
    axis.set_frequencies(frequencies)
    [(_, rows)] = axis.tickValues(0, 64, size)
    names = axis.tickStrings(rows, 1.0, 1.0)
    assert len(rows) >= 2
    assert all((b - a) * size / 64 >= 20 for a, b in pairwise(rows))
    assert "1 kHz" in names
    row = rows[names.index("1 kHz")]
    assert np.interp(row - 0.5, np.arange(64), frequencies) == pytest.approx(1000, rel=1e-3)


def test_frequencies_are_written_shortly() -> None:
    written = [hertz(x) for x in (80, 999, 1000, 1500, 12_000)]
    assert written == ["80 Hz", "999 Hz", "1 kHz", "1.5 kHz", "12 kHz"]


def test_seconds_are_written_as_finely_as_the_ticks_differ(qtbot: QtBot) -> None:
    axis = TimeAxis()
    assert axis.tickStrings([0.1, 0.2], 1.0, 0.1) == ["0.1 s", "0.2 s"]
    assert axis.tickStrings([0.05, 0.1], 1.0, 0.05) == ["0.05 s", "0.10 s"]
    assert axis.tickStrings([0.0, 10.0], 1.0, 10.0) == ["0 s", "10 s"]


def test_no_menu_of_the_bar_colours_one_picture_alone(qtbot: QtBot, view: SpectrogramView) -> None:
    graph = view._graph
    middle = graph.mapFromScene(graph.bar.sceneBoundingRect().center())
    qtbot.mouseClick(graph.viewport(), Qt.MouseButton.RightButton, pos=middle)
    assert QApplication.activePopupWidget() is None


def test_it_tells_where_it_looks_and_looks_where_it_is_told(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    with qtbot.waitSignal(view.looked) as told:
        view.look_at(((0.05, 0.15), (2.0, 12.0)))
    np.testing.assert_allclose(told.args[0], [[0.05, 0.15], [2.0, 12.0]], atol=1e-6)
    with qtbot.waitSignal(view.looked):
        qtbot.keyClick(view, Qt.Key.Key_Home)


def test_scales_give_their_room_to_the_picture(view: SpectrogramView) -> None:
    before = view._graph.box.sceneBoundingRect()
    view.show_scales(levels=False, frequencies=False)
    QApplication.processEvents()
    after = view._graph.box.sceneBoundingRect()
    assert after.width() > before.width() + 60
    assert after.left() < before.left()
