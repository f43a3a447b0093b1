"""Levels in other colours and of another range: on every picture at once, and for the eye alone."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QImage
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app import theme
from app.main_window import MainWindow
from app.widgets.level_image import LevelImage
from app.widgets.level_scale import LevelScale, level_scale
from app.widgets.spectrogram_view import SpectrogramView
from tests.app.conftest import choose_method, settle
from tests.app.test_widget_spectrogram import colour, shown


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, "light")
    yield
    level_scale().show(LevelScale())
    theme.apply(qapp, "system")


def steps() -> np.ndarray:
    """Bands of levels that rise to the right, from -80 to 0 dB in steps of 20."""
    return np.repeat(np.arange(-80, 1, 20, dtype=np.float32), 10)[None].repeat(20, axis=0)


@pytest.fixture
def view(qtbot: QtBot) -> SpectrogramView:
    return shown(qtbot, steps())


def nearest(name: str, share: float) -> tuple[int, ...]:
    return tuple(theme.level_table(name)[round(255 * share)].tolist())


def entry(menu: QMenu, words: str) -> QAction:
    return next(action for action in menu.actions() if action.text() == words)


def chosen(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isChecked()]


def test_all_of_a_clips_levels_are_told_apart_or_the_loudest() -> None:
    assert LevelScale().limits(-70.0, 10.0) == (-70.0, 10.0)
    assert LevelScale(reach=40).limits(-70.0, 10.0) == (-30.0, 10.0)
    assert LevelScale(reach=60).limits(-20.0, 10.0) == (-50.0, 10.0), "the same in each clip"


@pytest.mark.parametrize("reach", [0, 40])
def test_digital_silence_is_no_loudest_sound(reach: int) -> None:
    low, high = LevelScale(reach=reach).limits(-100.0, -100.0)
    assert low == -100.0 < high


@pytest.mark.parametrize("name", theme.LEVEL_MAPS)
def test_a_picture_takes_other_colours_at_once(view: SpectrogramView, name: str) -> None:
    level_scale().show(LevelScale(name))
    for second, share in ((-0.08, 0.0), (0.02, 0.25), (0.12, 0.5), (0.32, 1.0)):
        seen, wanted = colour(view, second, 10), nearest(name, share)
        assert np.abs(np.subtract(seen, wanted)).max() <= 6


def test_a_picture_takes_another_range_at_once(view: SpectrogramView) -> None:
    before = view._graph.levels.image.copy()
    level_scale().show(LevelScale("viridis", 40))
    for second, share in ((0.02, 0.0), (0.12, 0.0), (0.22, 0.5), (0.32, 1.0)):
        seen, wanted = colour(view, second, 10), nearest("viridis", share)
        assert np.abs(np.subtract(seen, wanted)).max() <= 6
    assert view._graph.bar.levels() == (-40.0, 0.0), "the bar beside it says so"
    np.testing.assert_array_equal(view._graph.levels.image, before)


def test_under_a_map_levels_are_grey_whatever_their_colours(view: SpectrogramView) -> None:
    view.opacity = 0.0
    view.set_overlay(np.ones((20, 50), np.float32))
    for name in theme.LEVEL_MAPS:
        level_scale().show(LevelScale(name))
        seen = colour(view, 0.12, 10)
        assert max(seen) - min(seen) < 12
    level_scale().show(LevelScale("viridis"))
    view.set_overlay(None)
    seen = colour(view, 0.12, 10)
    assert np.abs(np.subtract(seen, nearest("viridis", 0.5))).max() <= 6


def test_what_is_read_and_measured_does_not_depend_on_what_is_shown(
    qtbot: QtBot, view: SpectrogramView
) -> None:
    told: list[object] = []
    view.measured.connect(told.append)
    view.hovered.connect(told.append)
    for scale in (LevelScale(), LevelScale("grey", 20)):
        level_scale().show(scale)
        view.set_region(0.05, 0.2)
        view._point(view._graph.box.mapViewToScene(QPointF(0.0, 10.5)))
    assert told[:2] == told[2:]


def test_grey_is_ink_on_the_themes_paper(qapp: QApplication, view: SpectrogramView) -> None:
    level_scale().show(LevelScale("grey"))
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        look = theme.colours()
        inks = [QColor(*colour(view, second, 10)).name() for second in (-0.08, 0.38)]
        assert inks == [look.surface, look.text]


def test_a_small_picture_is_coloured_anew_and_shrunk(qapp: QApplication) -> None:
    levels = LevelImage(steps())
    assert (levels.coloured().width(), levels.coloured().height()) == (50, 20)

    def seen(image: QImage, x: int) -> tuple[int, ...]:
        return image.pixelColor(x, image.height() // 2).getRgb()[:3]  # type: ignore[return-value]

    for name in theme.LEVEL_MAPS:
        level_scale().show(LevelScale(name))
        assert seen(levels.coloured(), 45) == nearest(name, 1.0)
        level_scale().show(LevelScale(name, 40))
        assert seen(levels.coloured(), 22) == nearest(name, 0.0)
        assert np.abs(np.subtract(seen(levels.coloured(), 35), nearest(name, 0.5))).max() <= 6
    levels.shrink(QSize(10, 5), 2)
    assert levels.coloured().deviceIndependentSize().toTuple() == (10.0, 5.0)
    assert seen(levels.coloured(), 19) == nearest("grey", 1.0)


def test_a_small_picture_is_painted_once_for_what_is_in_force(qapp: QApplication) -> None:
    levels = LevelImage(steps())
    level_scale().show(LevelScale("grey"))
    first = levels.coloured()
    assert levels.coloured().cacheKey() == first.cacheKey()
    theme.apply(qapp, "dark")
    assert levels.coloured().pixelColor(49, 10).name() == theme.DARK.text


def test_a_silent_clip_is_dark_in_every_range(qapp: QApplication) -> None:
    silent = LevelImage(np.full((4, 4), -100, np.float32))
    for reach in (0, 40):
        level_scale().show(LevelScale(reach=reach))
        assert silent.coloured().pixelColor(1, 1).lightness() < 20


def test_the_menu_changes_all_pictures_without_any_work_for_the_network(
    qtbot: QtBot, window: MainWindow
) -> None:
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    library = window.library
    library.tree.expand(library.tree.model().index(0, 0))
    thumbnails = library.finder._thumbnails
    qtbot.waitUntil(lambda: bool(thumbnails._pictures))
    settle(qtbot, window)
    clip, query = next(iter(thumbnails._pictures)), window.explain.view.views["query"]
    small, large = thumbnails.of(clip), query._graph.grab().toImage()
    heard, mask, found = window.session.heard, window.pair.mask, window.pair.explanation
    begun: list[object] = []
    window.session.background.busy_changed.connect(begun.append)
    with qtbot.waitSignal(library.tree.model().dataChanged):
        entry(window.menus.colours, "Viridis").trigger()
        entry(window.menus.ranges, "The loudest 40 dB").trigger()
    assert thumbnails.of(clip) != small
    assert query._graph.grab().toImage() != large
    assert (window.session.heard, window.pair.mask, window.pair.explanation) == (heard, mask, found)
    assert not begun, "nothing is computed"


def test_what_was_chosen_is_in_force_at_the_next_start(
    another_window: Callable[[str], MainWindow],
) -> None:
    first = another_window("one")
    assert chosen(first.menus.colours) == ["Magma"]
    assert chosen(first.menus.ranges) == ["All levels"]
    entry(first.menus.colours, "Grey").trigger()
    entry(first.menus.ranges, "The loudest 30 dB").trigger()
    assert chosen(first.menus.colours) == ["Grey"], "one at a time"
    first.close()
    level_scale().show(LevelScale())
    again = another_window("one")
    assert level_scale().now == LevelScale("grey", 30)
    assert chosen(again.menus.colours) == ["Grey"]
    assert chosen(again.menus.ranges) == ["The loudest 30 dB"]
    assert another_window("two").settings.level_range == 0


def test_both_menus_say_that_the_network_hears_the_same(bare_window: MainWindow) -> None:
    view = next(menu for menu in bare_window.menus.menus() if menu.title() == "&View")
    for menu in (bare_window.menus.colours, bare_window.menus.ranges):
        assert menu.menuAction() in view.actions()
        assert "network hears the same" in menu.actions()[0].text()
        assert all("Scores, maps and sounds stay" in one.toolTip() for one in menu.actions()[1:])


def test_rows_that_were_never_drawn_are_not_asked_for(qtbot: QtBot, window: MainWindow) -> None:
    thumbnails = window.library.finder._thumbnails
    entry(window.menus.colours, "Viridis").trigger()
    assert not thumbnails._wanted
    first = window.library.tree.model().index(0, 0, QModelIndex())
    assert window.library.tree.model().data(first, Qt.ItemDataRole.DecorationRole) is None
