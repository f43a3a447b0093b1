"""The parts of the pages alone: card grid, window strip, draw bar, player, dialogs, readout."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, QSize, Qt
from PySide6.QtWidgets import QFileDialog, QFormLayout, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.explain.method_title import _TITLES, method_title
from app.pages.explain.window_strip import WindowStrip
from app.pages.file_dialogs import FileDialogs
from app.pages.lineup.card_grid import CardArea
from app.pages.window.draw_bar import DrawBar
from app.settings import Settings
from app.widgets.elided_box import ElidedBox
from siamese_core.attribution.methods import METHODS
from tests.app.conftest import settle, tab_stops


@pytest.mark.parametrize(
    ("count", "width", "columns"),
    [(1, 900, 1), (4, 900, 4), (5, 900, 3), (13, 900, 4), (3, 150, 1)],
)
def test_cards_wrap_into_even_rows(qtbot: QtBot, count: int, width: int, columns: int) -> None:
    area = CardArea()
    qtbot.addWidget(area)
    cards = [QWidget() for _ in range(count)]
    area.set_cards(cards)
    area.show()
    area.resize(width, 400)
    qtbot.waitUntil(lambda: len({card.x() for card in cards}) == columns)
    left = [card.x() for card in cards]
    assert left[:columns] == sorted(left[:columns])


class _Tall(QWidget):
    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt names it
        return QSize(100, 120)


def await_rows(qtbot: QtBot, area: CardArea, cards: list[QWidget], rows: int) -> None:
    """Wait until the cards stand in so many rows, with a scroll bar where they need one."""
    qtbot.waitUntil(lambda: len({card.y() for card in cards}) == rows)
    qtbot.waitUntil(lambda: area.verticalScrollBar().isVisible() == (rows > 1))


@pytest.mark.parametrize(
    ("height", "rows"),
    [
        (150, 1),  # once they fit without it, the bar of the rows before takes no room
        (119, 2),  # a single row would need the bar, and beside that it has no room
    ],
)
def test_cards_wrap_by_the_room_that_there_is_whatever_stood_there_before(
    qtbot: QtBot, height: int, rows: int
) -> None:
    area = CardArea()
    qtbot.addWidget(area)
    area.resize(4 * 194 + 3 * 8, height)
    area.show()
    for count, expected in ((12, 4), (4, rows)):
        cards: list[QWidget] = [_Tall() for _ in range(count)]
        area.set_cards(cards)
        await_rows(qtbot, area, cards, expected)
        assert max(card.geometry().right() for card in cards) < area.viewport().width()


def test_the_bar_goes_when_the_area_grows(qtbot: QtBot) -> None:
    area = CardArea()
    qtbot.addWidget(area)
    cards: list[QWidget] = [_Tall() for _ in range(4)]
    area.set_cards(cards)
    area.show()
    for width, rows in ((4 * 150 + 3 * 8 - 1, 2), (4 * 150 + 3 * 8, 1), (2 * 150, 4)):
        area.resize(width, 150)
        await_rows(qtbot, area, cards, rows)


def test_cards_are_wide_where_all_of_them_are_seen_so(qtbot: QtBot) -> None:
    area = CardArea()
    qtbot.addWidget(area)
    cards: list[QWidget] = [_Tall() for _ in range(5)]
    area.set_cards(cards)
    area.show()
    for height, rows in ((400, 2), (150, 1)):
        area.resize(804, height)
        qtbot.waitUntil(lambda rows=rows: len({card.y() for card in cards}) == rows)
        assert not area.verticalScrollBar().isVisible()


def test_cards_that_are_gone_are_gone_from_the_screen(qtbot: QtBot) -> None:
    area = CardArea()
    qtbot.addWidget(area)
    cards = [QWidget() for _ in range(6)]
    area.set_cards(cards)
    area.show()
    area.set_cards(cards[:2])
    assert [card.isVisible() for card in cards] == [True, True, False, False, False, False]


@pytest.fixture
def strip(qtbot: QtBot) -> WindowStrip:
    """A strip of 100 pixels for a clip of ten seconds, of which one is heard from second 4."""
    strip = WindowStrip()
    qtbot.addWidget(strip)
    strip.resize(100, 30)
    strip.set_clip(np.linspace(0, 1, 50, dtype=np.float32), 10.0, 4.0, 1.0)
    strip.show()
    return strip


@pytest.mark.parametrize(
    ("key", "start"),
    [
        (Qt.Key.Key_Left, 3.9),
        (Qt.Key.Key_Right, 4.1),
        (Qt.Key.Key_PageUp, 3.0),
        (Qt.Key.Key_PageDown, 5.0),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 9.0),
    ],
)
def test_keys_move_the_window(qtbot: QtBot, strip: WindowStrip, key: Qt.Key, start: float) -> None:
    with qtbot.waitSignal(strip.moved) as moved:
        qtbot.keyClick(strip, key)
    assert moved.args == [pytest.approx(start)]


def test_the_window_is_dragged_and_stays_within_the_clip(qtbot: QtBot, strip: WindowStrip) -> None:
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(strip, left, pos=QPoint(45, 15))
    qtbot.mouseMove(strip, QPoint(65, 15))
    with qtbot.waitSignal(strip.moved) as moved:
        qtbot.mouseRelease(strip, left, pos=QPoint(65, 15))
    assert moved.args == [pytest.approx(6.0, abs=0.15)]
    with qtbot.waitSignal(strip.moved) as moved:
        qtbot.mouseClick(strip, left, pos=QPoint(99, 15))
    assert moved.args == [pytest.approx(9.0)]


def test_letting_go_where_it_was_tells_nothing(qtbot: QtBot, strip: WindowStrip) -> None:
    with qtbot.assertNotEmitted(strip.moved):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(45, 15))
    strip.set_clip(np.ones(50, np.float32), 10.0, 0.0, 1.0)
    with qtbot.assertNotEmitted(strip.moved):
        qtbot.keyClick(strip, Qt.Key.Key_Left)


def test_a_short_clip_has_no_strip(strip: WindowStrip) -> None:
    assert strip.isVisible()
    assert not strip.grab().isNull()
    strip.set_clip(None, 1.0, 0.0, 1.0)
    assert not strip.isVisible()


@pytest.mark.parametrize(
    ("ask", "name", "kind", "called"),
    [
        (lambda d: d.sound("kept"), "mine", "FLAC (*.flac)", "mine.flac"),
        (lambda d: d.sound("kept"), "mine.wav", "FLAC (*.flac)", "mine.wav"),
        (lambda d: d.sound("kept"), "mine.WAV", "FLAC (*.flac)", "mine.WAV"),
        (lambda d: d.figure("pair"), "mine", "PDF (*.pdf)", "mine.pdf"),
        (lambda d: d.mask_to_save("mask"), "mask v1.2", "Masks (*.npz)", "mask v1.2.npz"),
        (lambda d: d.episode(), "mine v1.2", "Folder (*)", "mine v1.2"),
    ],
)
def test_a_name_without_an_ending_takes_that_of_its_kind(
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[FileDialogs], Path | None],
    name: str,
    kind: str,
    called: str,
) -> None:
    settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), kind))
    window = QWidget()
    qtbot.addWidget(window)
    path = ask(FileDialogs(window, settings))
    assert path is not None
    assert path.name == called
    assert settings.last_folder == str(tmp_path)


def test_a_dialog_that_is_closed_asks_for_nothing(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = window.session.lineup, window.session.corpus, window.session.model
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    window.open_corpus()
    window.open_model()
    window.choose_clip(0)
    settle(qtbot, window)
    assert (window.session.lineup, window.session.corpus, window.session.model) == before


def test_the_bar_offers_no_more_classes_than_there_are(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    bar = bare_window.draw_bar
    assert not bar.button.isEnabled()
    bare_window.session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    corpus = bare_window.session.corpus
    assert corpus is not None
    assert bar.ways.maximum() == len(corpus.classes)
    assert bar.button.isEnabled()


def test_the_next_start_goes_on_behind_the_seed_that_was_drawn_last(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    session = bare_window.session
    session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    bar = bare_window.draw_bar
    bar.ways.setValue(2)
    bar.seed.setValue(41)
    bar.draw_next()
    settle(qtbot, bare_window)
    after = DrawBar(session, bare_window.parts)
    qtbot.addWidget(after)
    assert (after.ways.value(), after.shots.value(), after.seed.value()) == (2, 1, 42)
    assert after.among == session.corpus
    session.settings.ways = 50
    bar._fit()
    bar.draw_next()
    settle(qtbot, bare_window)
    assert session.settings.ways == 50, "all that there are is no choice"
    most = bar.ways.maximum()
    assert bar.ways.value() == most
    bar.ways.stepDown()
    bar.ways.stepUp()
    bar.draw_next()
    settle(qtbot, bare_window)
    assert session.settings.ways == most, "unless it was chosen by hand"
    session.settings.store.setValue("seed", "-7")
    assert session.settings.seed == 0


def test_a_typed_seed_is_drawn_itself(qtbot: QtBot, window: MainWindow) -> None:
    seed = window.draw_bar.seed
    seed.setFocus()
    seed.selectAll()
    qtbot.keyClicks(seed, "42")
    qtbot.keyClick(seed, Qt.Key.Key_Return)
    settle(qtbot, window)
    drawn = window.session.lineup
    window.session.draw(window.draw_bar.ways.value(), window.draw_bar.shots.value(), 42)
    settle(qtbot, window)
    assert window.session.lineup == drawn


def test_a_typed_zero_is_drawn_though_the_field_began_so(
    qtbot: QtBot, bare_window: MainWindow, tone_corpus: Path
) -> None:
    bare_window.session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    seed = bare_window.draw_bar.seed
    assert seed.value() == 0
    seed.setFocus()
    bare_window.draw_bar.ways.setFocus()
    settle(qtbot, bare_window)
    assert not bare_window.session.lineup.clips  # passing through draws nothing
    seed.setFocus()
    seed.selectAll()
    qtbot.keyClicks(seed, "0")
    qtbot.keyClick(seed, Qt.Key.Key_Return)
    settle(qtbot, bare_window)
    assert bare_window.session.lineup.clips


def test_every_method_has_a_title_and_a_form(window: MainWindow) -> None:
    panel = window.explain.method
    for index, (name, method) in enumerate(METHODS.items()):
        panel.method.setCurrentIndex(index)
        assert panel.method.currentText() == method_title(name)
        assert panel.request().parameters == method.parameters()


def test_methods_are_named_as_their_papers_name_them() -> None:
    assert set(_TITLES) <= set(METHODS)
    names = ("grad-cam", "deeplift-shap", "sinexc", "integrated-gradients")
    titles = [method_title(name) for name in names]
    assert titles == ["Grad-CAM", "DeepLIFT SHAP", "SINEXC", "Integrated gradients"]


def test_tab_goes_from_above_to_below(qtbot: QtBot, window: MainWindow) -> None:
    window.session.draw(4, 1, seed=2)
    settle(qtbot, window)
    cards, panel = window.lineup.cards, window.explain.method
    panel.method.setCurrentIndex(panel.method.findData("lime"))
    panel.form.draw()
    wanted = [window.lineup.query, *cards, panel.side, *panel.form.stops, panel.button]
    assert [stop for stop in tab_stops(window.lineup.query) if stop in wanted] == wanted


def test_the_fields_of_every_method_stand_below_each_other(window: MainWindow) -> None:
    panel = window.explain.method
    for index, name in enumerate(METHODS):
        panel.method.setCurrentIndex(index)
        panel.form.draw()
        labels = [
            form.itemAt(row, QFormLayout.ItemRole.LabelRole).widget()
            for form in window.explain.tabs.widget(0).findChildren(QFormLayout)  # type: ignore[union-attr]
            for row in range(form.rowCount())
        ]
        widths = {max(label.minimumWidth(), label.sizeHint().width()) for label in labels}
        assert len(widths) == 1, name


def test_a_name_that_is_too_long_for_its_box_ends_in_an_ellipsis(qtbot: QtBot) -> None:
    box = ElidedBox()
    qtbot.addWidget(box)
    name = "a-model-of-a-reviewer-with-a-name-that-never-ends"
    box.addItems([name, "voice"])
    box.resize(150, box.sizeHint().height())
    assert box.minimumSizeHint().width() < 200
    assert "…" in box.shown_text
    assert box.shown_text.startswith("a-mod")
    box.show()
    assert not box.grab().isNull()
    box.setCurrentIndex(1)
    assert box.shown_text == "voice"
