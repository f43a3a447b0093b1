"""Maps by several methods on one pair: made once each, shown alike, one click from the page."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.explain.comparison import ComparisonView
from app.pages.explain.map_cell import MapCell
from siamese_core.mask.mask import Mask
from tests.app.conftest import hold, settle

METHODS = ("integrated-gradients", "saliency", "occlusion")


def choose(window: MainWindow, place: int, method: str) -> None:
    box = window.explain.comparison.page.cells[place].box
    box.setCurrentIndex(box.findData(method))


@pytest.fixture
def comparing(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with three methods compared, the first of them explained before."""
    window.explain.method.method.setCurrentIndex(window.explain.method.method.findData(METHODS[0]))
    window.session.select(0)
    window.explain.method.explain()
    settle(qtbot, window)
    qtbot.mouseClick(window.explain.method.compare, Qt.MouseButton.LeftButton)
    window.explain.comparison.page.count.setValue(len(METHODS))
    for place, method in enumerate(METHODS):
        choose(window, place, method)
    settle(qtbot, window)
    return window


def view(window: MainWindow) -> ComparisonView:
    return window.explain.comparison.page


def test_each_map_is_made_once_and_shown_with_its_figures(comparing: MainWindow) -> None:
    compared, pair = comparing.explain.compared, comparing.pair
    assert set(compared.maps) == set(METHODS)
    assert compared.maps[METHODS[0]].explanation is pair.explanation
    for cell in view(comparing).shown:
        assert cell.explanation is compared.maps[cell.method].explanation
        assert cell.explanation.side == "support"
        figures = compared.figures(cell.method)
        assert figures is not None
        assert f"FF {figures['ff']:z.2f}" in cell.figures.text()
        assert f"Faithfulness {figures['ff']:z.2f}" in cell.figures.accessibleName()
        assert "Average drop (AD)" in cell.figures.toolTip()
    assert not view(comparing).button.isEnabled(), "there is nothing left to make"
    pair, maps = (comparing.explain.pictures.widget(place) for place in (0, 1))
    assert maps.minimumSizeHint().height() <= pair.minimumSizeHint().height()


def test_nothing_jumps_as_maps_and_figures_come(
    qtbot: QtBot, window: MainWindow, gate: threading.Event
) -> None:
    def places() -> list[int]:
        return [n for cell in view(window).shown for n in _places_in(cell)]

    hold(window, gate)
    qtbot.mouseClick(window.explain.method.compare, Qt.MouseButton.LeftButton)
    page, last = view(window), view(window).shown[-1]
    qtbot.waitUntil(lambda: page.size() == window.explain.pictures.size())
    qtbot.waitUntil(lambda: last.geometry().bottomRight() == page.rect().bottomRight())
    before = places()
    gate.set()
    settle(qtbot, window)
    assert all(cell.figures.text() for cell in view(window).shown)
    qtbot.waitUntil(lambda: max(cell.view.time_height for cell in view(window).shown) > 0)
    assert places() == pytest.approx(before, abs=2)


def _places_in(cell: MapCell) -> tuple[int, ...]:
    return (*cell.geometry().getRect(), cell.box.width(), cell.view.height())


def test_a_wide_and_low_window_has_all_maps_in_one_row(qtbot: QtBot, comparing: MainWindow) -> None:
    cells = view(comparing).shown
    assert cells[2].y() > cells[0].y()
    comparing.resize(2000, 720)
    qtbot.waitUntil(lambda: cells[2].y() == cells[0].y())


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("width", [1280, 2200])
def test_all_maps_are_of_one_size(
    qtbot: QtBot, comparing: MainWindow, count: int, width: int
) -> None:
    """Whatever scales stand beside some of them and below others."""
    comparing.resize(width, 720)
    view(comparing).count.setValue(count)
    settle(qtbot, comparing)

    def sizes() -> list[tuple[float, float]]:
        boxes = [cell.view._graph.box for cell in view(comparing).shown]
        return [(box.width(), box.height()) for box in boxes]

    qtbot.waitUntil(lambda: all(cell.explanation for cell in view(comparing).shown))
    qtbot.waitUntil(lambda: np.ptp(sizes(), axis=0).max() <= 2)


def test_the_figures_are_those_of_the_whole_measurement(
    qtbot: QtBot, comparing: MainWindow
) -> None:
    figures = comparing.explain.compared.figures(METHODS[0])
    comparing.explain.measured.measure()
    settle(qtbot, comparing)
    found = comparing.explain.measured.found
    assert found is not None
    assert figures is not None
    for name, value in figures.items():
        assert value == pytest.approx(found.values[name], nan_ok=True)


def test_one_click_makes_a_map_that_of_the_page_and_back_is_at_once(
    qtbot: QtBot, comparing: MainWindow
) -> None:
    pair, cells = comparing.pair, view(comparing).shown
    first = pair.explanation
    pair.shape(pair.mask_parameters.model_copy(update={"share": 50.0}))
    settle(qtbot, comparing)
    qtbot.mouseClick(cells[1].use, Qt.MouseButton.LeftButton)
    assert pair.explanation is cells[1].explanation
    assert comparing.explain.method.method.currentData() == "saliency"
    assert [cell.use.text() for cell in cells] == ["Use", "In use", "Use"]
    settle(qtbot, comparing)
    assert len(pair.sounds) == 4
    own = cells[1].explanation.explained_map.own_frames
    assert pair.mask is not None
    assert pair.mask.values[:, own].mean() == pytest.approx(0.5, abs=0.12)
    box = comparing.explain.method.method
    box.setCurrentIndex(box.findData(METHODS[0]))
    comparing.explain.method.explain()
    assert not pair.explaining, "it is known"
    assert pair.explanation is first


def test_a_mask_drawn_by_hand_comes_back_with_its_map(qtbot: QtBot, comparing: MainWindow) -> None:
    pair, cells = comparing.pair, view(comparing).shown
    pair.edit(Mask.inverted)
    settle(qtbot, comparing)
    drawn = pair.mask
    assert drawn is not None
    cells[2].use.click()
    settle(qtbot, comparing)
    assert pair.mask is not drawn
    cells[0].use.click()
    settle(qtbot, comparing)
    assert pair.mask is drawn
    assert pair.edited.can_undo


def test_all_cells_zoom_together(comparing: MainWindow) -> None:
    cells = view(comparing).shown
    cells[1].view.look_at(((0.1, 0.25), (3.0, 9.0)))
    for cell in cells:
        np.testing.assert_allclose(
            cell.view._graph.box.viewRange(), [[0.1, 0.25], [3.0, 9.0]], atol=1e-6
        )


def test_pointing_at_a_cell_reads_it(comparing: MainWindow) -> None:
    cell = view(comparing).shown[1]
    cell.view._point(cell.view._graph.box.mapViewToScene(QPointF(0.1, 6.5)))
    assert "attribution" in comparing.explain.view.readout.text()
    cell.view.hover_left.emit()
    assert "Point at a picture" in comparing.explain.view.readout.text()


def test_opacity_and_threshold_are_those_of_the_page(comparing: MainWindow) -> None:
    comparing.explain.opacity.setValue(30)
    comparing.explain.threshold.setValue(40)
    for cell in view(comparing).cells:
        assert (cell.view.opacity, cell.view.threshold) == (0.3, 0.4)


def test_another_pair_shows_what_is_known_and_waits_to_be_asked(
    qtbot: QtBot, comparing: MainWindow
) -> None:
    compared, session = comparing.explain.compared, comparing.session
    maps = dict(compared.maps)
    session.select(1)
    settle(qtbot, comparing)
    assert compared.maps == {}
    assert view(comparing).button.isEnabled()
    session.select(0)
    settle(qtbot, comparing)
    assert {m: k.explanation for m, k in compared.maps.items()} == {
        m: k.explanation for m, k in maps.items()
    }
    comparing.explain.method.at_once.setChecked(True)
    session.select(1)
    settle(qtbot, comparing)
    assert set(compared.maps) == set(METHODS)
    own = comparing.pair.explanation
    assert own is not None
    assert compared.maps[own.method].explanation is own, "the page's own is not made twice"


def test_cancel_stops_and_compare_goes_on(qtbot: QtBot, comparing: MainWindow) -> None:
    compared, page = comparing.explain.compared, view(comparing)
    choose(comparing, 2, "sinexc")
    assert compared.running == "sinexc"
    assert page.button.text() == "Cancel"
    comparing.session.cancel()
    settle(qtbot, comparing)
    assert not compared.running
    assert "sinexc" not in compared.maps
    assert "Press Compare" in page.cells[2].view._message.text()
    page.button.click()
    settle(qtbot, comparing)
    assert "sinexc" in compared.maps


def test_a_method_that_cannot_says_why_in_its_place(
    qtbot: QtBot, comparing: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from siamese_core.attribution import methods
    from siamese_core.errors import ParameterError

    def refuse(*_: object) -> None:
        raise ParameterError("This network has no such layer.")

    monkeypatch.setitem(
        methods.METHODS, "grad-cam", replace(methods.METHODS["grad-cam"], maker=refuse)
    )
    choose(comparing, 1, "grad-cam")
    settle(qtbot, comparing)
    assert view(comparing).cells[1].view._message.text() == "This network has no such layer."
    assert "occlusion" in comparing.explain.compared.maps


def test_the_pair_comes_back_with_the_same_key(qtbot: QtBot, comparing: MainWindow) -> None:
    pictures = comparing.explain.pictures
    assert pictures.currentIndex() == 1
    assert comparing.explain.method.compare.text() == "Back to the pair"
    action = next(one for one in comparing.menus.entries() if one.shortcut() == "Ctrl+K")
    action.trigger()
    assert pictures.currentIndex() == 0
    assert comparing.explain.compared.methods == ()
    assert comparing.explain.method.compare.text() == "Compare"


def test_maps_are_compared_from_another_tab_before_the_view_was_seen(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.pages.setCurrentWidget(window.train)
    with qtbot.captureExceptions() as faults:
        window.explain.method.compare.click()
        settle(qtbot, window)
    assert not faults
    assert window.explain.comparison.page.methods == window.explain.compared.methods != ()
