"""One notice at a time: the newest error first, the others counted and unfolded at a wish."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.folded_notice import FoldedNotice
from app.widgets.notice import Notice
from app.widgets.notice_stack import NoticeStack

Told = Callable[[], list[str]]


class Pages(QWidget):
    """A notice above two pages; a folded and a plain one on the first of them, one on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.above, self.error, self.elsewhere = Notice(), Notice(), Notice()
        self.folded = FoldedNotice()
        self.pages = QStackedWidget()
        for notices in ((self.error, self.folded), (self.elsewhere,)):
            page = QWidget()
            column = QVBoxLayout(page)
            for notice in notices:
                column.addWidget(notice)
            column.addStretch()
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.addWidget(self.above)
        column.addWidget(self.pages)
        self.all = (self.above, self.error, self.folded, self.elsewhere)
        NoticeStack(self, self.all)

    @property
    def shown(self) -> list[str]:
        return [notice.text for notice in self.all if notice.isVisible()]

    def count(self, notice: Notice) -> str:
        return notice._further.text() if notice._further.isVisible() else ""


@pytest.fixture
def window(qtbot: QtBot) -> Pages:
    made = Pages()
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    return made


def test_the_newest_error_is_shown_and_the_others_are_counted(window: Pages) -> None:
    window.above.show_error("First.")
    assert (window.shown, window.count(window.above)) == (["First."], "")
    window.error.show_error("Second.")
    window.folded.show_notices(["A notice.", "Another one."])
    assert (window.shown, window.count(window.error)) == (["Second."], "2 more")
    window.above.show_error("Third.")
    assert (window.shown, window.count(window.above)) == (["Third."], "2 more")
    window.error.show_error("Second.")
    assert window.shown == ["Third."], "what is said already is not new"


def test_what_is_dismissed_gives_way_to_the_next(window: Pages) -> None:
    window.folded.show_notices(["A notice."])
    window.above.show_error("First.")
    window.error.show_error("Second.")
    window.error._dismiss()
    assert (window.shown, window.count(window.above)) == (["First."], "1 more")
    window.above.clear()
    assert (window.shown, window.count(window.folded)) == (["A notice."], "")
    window.folded.clear()
    assert window.shown == []


def test_all_is_read_in_one_place_once_it_is_unfolded(qtbot: QtBot, window: Pages) -> None:
    window.folded.show_notices(["A notice.", "Another one."])
    window.folded.setToolTip("Of each clip.")
    window.above.show_error("First.")
    low = window.above.sizeHint().height()
    qtbot.mouseClick(window.above._further, Qt.MouseButton.LeftButton)
    assert window.above._label.text() == "First.\nA notice.\nAnother one."
    assert window.above._label.toolTip() == "Of each clip."
    assert window.above.text == "First."
    assert window.shown == ["First."]
    assert window.above.sizeHint().height() > low
    window.above._further.click()
    assert window.above._label.text() == "First."
    assert window.above._label.toolTip() == ""
    window.above._further.click()
    window.error.show_error("Second.")
    assert window.error._label.text() == "Second.", "what is new is read alone"


def test_a_folded_notice_unfolds_with_the_others(qtbot: QtBot, window: Pages) -> None:
    window.above.show_notice("First.")
    window.folded.show_notices(["A long notice. " * 30])
    assert window.count(window.folded) == "1 more"
    qtbot.waitUntil(window.folded._unfold.isVisible)
    window.folded._further.click()
    assert window.folded._label.text() == "\n".join((window.folded.text, "First."))
    assert not window.folded._unfold.isVisible()
    window.folded._further.click()
    assert window.folded._label.text().endswith("…")


def test_a_page_that_is_not_shown_has_nothing_to_say(window: Pages) -> None:
    window.above.show_error("First.")
    window.error.show_error("Second.")
    window.elsewhere.show_error("Third.")
    assert (window.shown, window.count(window.error)) == (["Second."], "1 more")
    window.pages.setCurrentIndex(1)
    assert (window.shown, window.count(window.elsewhere)) == (["Third."], "1 more")
    window.elsewhere.clear()
    assert (window.shown, window.count(window.above)) == (["First."], "")
    window.pages.setCurrentIndex(0)
    assert (window.shown, window.count(window.error)) == (["Second."], "1 more")


def test_whatever_is_told_the_pictures_give_way_to_one_notice(
    qtbot: QtBot, bare_window: MainWindow
) -> None:
    session, explain = bare_window.session, bare_window.explain
    room, notice = explain.pictures.height(), explain.listening.notice
    session.failed.emit("line-up", "x.wav is not sound that can be read.")
    bare_window.sitting.missed.emit("There is no folder y. The bundled line-up is shown.")
    session.failed.emit("model", "z.safetensors is not a checkpoint.")
    session.player.output.failed.emit("The sound output stopped.")
    told = (
        bare_window.missed,
        bare_window.model_notice,
        bare_window.lineup.error,
        notice,
    )
    assert [one.isVisible() for one in told] == [False, False, False, True]
    assert notice._further.text() == "3 more"
    qtbot.waitUntil(lambda: explain.pictures.height() >= room - notice.height() - 8)
    assert bare_window.height() == 720
