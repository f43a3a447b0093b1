"""Names that look like markup or a shortcut are shown as they stand."""

import shutil
from pathlib import Path

import pytest
from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.window.menus import OutputMenu
from app.widgets.plain import entry, plain
from tests.app.conftest import choose_method, settle

ODD = ("<h1>loud<", "<img src=x>", "<s>gone")


def read(tip: str) -> str:
    """Return what a tip is read as."""
    document = QTextDocument()
    document.setHtml(tip) if QtGui.Qt.mightBeRichText(tip) else document.setPlainText(tip)
    return document.toPlainText()


@pytest.mark.parametrize("text", ["R&D", "a < b", "<b>bold</b>", "<s>one\ntwo & three"])
def test_text_is_read_as_it_stands(text: str) -> None:
    assert read(plain(text)) == text


def test_what_qt_takes_for_plain_stays(tmp_path: Path) -> None:
    assert plain(f"{tmp_path}: R&D") == f"{tmp_path}: R&D"


@pytest.fixture
def odd(qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path) -> MainWindow:
    """A line-up whose classes are called like markup, and one held against another."""
    for number, name in enumerate(ODD):
        shutil.copytree(tone_corpus / f"tone{number}", tmp_path / "odd" / name)
    session, panel = window.session, window.explain.method
    session.open_corpus(tmp_path / "odd")
    settle(qtbot, window)
    session.draw(3, 1, seed=1)
    settle(qtbot, window)
    session.select(0)
    choose_method(window, "saliency")
    own = session.lineup.support[0].label
    panel.side.setCurrentIndex(1)
    panel.against.setCurrentIndex(panel.against.findData(next(n for n in ODD if n != own)))
    panel.explain()
    settle(qtbot, window)
    return window


def test_no_name_is_taken_for_rich_text(odd: MainWindow) -> None:
    labels = [
        label.text()
        for label in odd.findChildren(QLabel)
        if label.textFormat() == Qt.TextFormat.AutoText and QtGui.Qt.mightBeRichText(label.text())
    ]
    assert not labels
    assert "<" in odd.explain.method.result.text()
    tips = [part.toolTip() for part in odd.findChildren(QWidget)]
    assert any(read(tip) != tip for tip in tips)
    rich = [tip for tip in tips if QtGui.Qt.mightBeRichText(tip)]
    assert all(any(name in read(tip) for name in ODD) for tip in rich)
    model = odd.library.tree.model()
    rows = [model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(3)]
    assert {read(tip).splitlines()[0] for tip in rows} == set(ODD)


def texts(actions: list[QAction]) -> list[str]:
    return [action.text() for action in actions if action.data()]


def test_an_ampersand_underlines_no_letter_of_a_name(
    bare_window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert entry("R&D") == "R&&D"
    settings, player = bare_window.settings, bare_window.session.player
    settings.remember_corpus("/data/R&D")
    bare_window.menus.recent.fill()
    (recent,) = texts(bare_window.menus.recent.actions())
    assert recent.endswith("R&&D")
    monkeypatch.setattr(player.output, "devices", lambda: ["B&O H9"])
    menu = OutputMenu(player, settings, bare_window)
    menu.fill()
    assert texts(menu.actions()) == ["B&&O H9"]
    assert [a.data() for a in menu.actions() if a.data()] == ["B&O H9"]
