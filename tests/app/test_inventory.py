"""What is known of the clips: lengths in the tree, and damage that no header shows."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

import app.library.inventory
from app.main_window import MainWindow
from app.pages.library.unreadable import UnreadableDialog
from siamese_core.callbacks import ShouldStop, ignore, never
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.errors import Cancelled
from siamese_core.survey import Finding, examine, survey
from tests.app.conftest import settle
from tests.app.window_states import write_hums

BAD = Path("hum-2", "3.wav")


@pytest.fixture
def hums(tmp_path: Path) -> Path:
    """Three classes of four clips; behind one header is what is not a number."""
    folder = write_hums(tmp_path / "hums", 3, 4, seconds=1, rate=8000)
    samples = np.zeros(8000, np.float32)
    samples[4000] = np.nan
    soundfile.write(folder / BAD, samples, 8000, subtype="FLOAT")
    return folder


@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> None:
    """So little counts as much here that it is only checked when it is asked for."""
    monkeypatch.setattr(app.library.inventory, "_SOON_CHECKED", 1.0)


def row(window: MainWindow, *places: int) -> list[str]:
    model = window.library.tree.model()
    index = model.index(-1, 0)
    for place in places:
        index = model.index(place, 0, index)
    return [str(index.siblingAtColumn(c).data()) for c in range(model.columnCount())]


def is_grouped(window: MainWindow) -> bool:
    return row(window, 0)[1] != ""


def test_little_is_checked_at_once_and_damage_is_told_with_the_reason_of_the_core(
    qtbot: QtBot, bare_window: MainWindow, hums: Path
) -> None:
    window, library = bare_window, bare_window.library
    window.session.open_corpus(hums)
    settle(qtbot, window)
    (found,) = window.inventory.unreadable
    assert found.file.path == hums / BAD
    (by_command,) = survey(hums).unreadable
    assert found == by_command
    assert "not a number at 0.500 s" in found.fault
    assert library.faulty.text() == "1 file cannot be read…"
    assert row(window, 1, 2)[0] == "3 (unreadable)"
    assert [row(window, place)[1] for place in range(3)] == ["4.00 s", "3.00 s", "4.00 s"]
    library.list_unreadable()
    dialog = window.findChild(UnreadableDialog)
    assert dialog is not None
    assert dialog.table.model().index(0, 2).data() == found.fault
    dialog.close()
    assert "(done" in library.check.toolTip()
    assert window.inventory.seconds == pytest.approx(11.0)
    assert window.inventory.rates == (8000,)
    assert library._facts.text() == "11 seconds at 8,000 Hz"


def test_much_is_checked_when_asked_and_the_check_can_be_stopped(
    qtbot: QtBot, bare_window: MainWindow, hums: Path, much: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, inventory, library = bare_window, bare_window.inventory, bare_window.library
    monkeypatch.setattr(app.library.inventory, "_SHIFT", 0.0)
    assert not library.check.isEnabled()
    window.session.open_corpus(hums)
    settle(qtbot, window)
    assert (inventory.unreadable, inventory.checking, inventory.to_check) == ((), False, 0)
    qtbot.mouseClick(library.check, Qt.MouseButton.LeftButton)
    assert library.check.isChecked()
    assert library._facts.text().endswith("checking, 0 of 12 clips")

    def stop() -> None:  # there and then: further clips may be read before a test looks again
        if inventory.checking and inventory.checked == 2:
            qtbot.mouseClick(library.check, Qt.MouseButton.LeftButton)

    inventory.progressed.connect(stop)
    qtbot.waitUntil(lambda: not inventory.checking)
    inventory.progressed.disconnect(stop)
    assert not library.check.isChecked()
    settle(qtbot, window)
    assert (inventory.checked, inventory.to_check) == (2, 12)
    assert "checking" not in library._facts.text()
    next(a for a in window.menus.entries() if a.text() == "&Check every clip").trigger()
    settle(qtbot, window)
    assert [one.file.path for one in inventory.unreadable] == [hums / BAD]
    assert (inventory.checked, inventory.to_check) == (12, 12)


def test_the_check_waits_while_the_session_works(
    qtbot: QtBot, bare_window: MainWindow, hums: Path, much: None
) -> None:
    window, inventory = bare_window, bare_window.inventory
    window.session.open_corpus(hums)
    settle(qtbot, window)
    held = [True]
    window.session.background.run(
        lambda _e, _s: None, on_done=lambda _none: held.clear(), on_error=pytest.fail
    )
    inventory.check()
    assert not inventory._reading.running, "the session comes first"
    settle(qtbot, window)
    assert held == []
    assert inventory.checked == inventory.to_check == 12


def test_what_is_damaged_is_not_drawn(qtbot: QtBot, window: MainWindow, hums: Path) -> None:
    for take in (1, 2, 4):  # so that only the damaged clip and one more are left of two classes
        for label in ("hum-1", "hum-2"):
            (hums / label / f"{take}.wav").unlink()
    soundfile.write(hums / "hum-2" / "1.wav", np.ones(8000) / 9, 8000)
    session = window.session
    session.open_corpus(hums)
    settle(qtbot, window)
    assert session.unreadable == {hums / BAD}
    for seed in range(6):
        session.draw(2, 1, seed)
        settle(qtbot, window)
        assert hums / BAD not in {clip.path for clip in session.lineup.clips}
    session.open_corpus(write_hums(hums.parent / "others", 2, 2, seconds=1, rate=8000))
    settle(qtbot, window)
    assert session.unreadable == set()


@pytest.mark.parametrize("ending", [".wav", ".aiff", ".caf", ".w64"])
def test_a_file_shorter_than_its_header_says_is_a_finding(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"hum{ending}"
    soundfile.write(path, np.full(8000, 0.1, np.float32), 8000, subtype="FLOAT")
    file = ClipFile(path, "a", "a")
    (whole,) = app.library.inventory.facts([file], ignore, never)
    assert (whole.fault, whole.rate) == ("", 8000)
    path.write_bytes(path.read_bytes()[:-4000])
    (cut,) = app.library.inventory.facts([file], ignore, never)
    assert "is truncated: it holds 7" in cut.fault


def test_a_file_that_goes_while_it_is_read_is_a_finding(tmp_path: Path) -> None:
    gone = ClipFile(tmp_path / "gone.wav", "a", "a")
    assert "There is no file" in examine(gone).fault
    assert app.library.inventory.examined([gone], 0, ignore, never) == (examine(gone),)
    with pytest.raises(Cancelled):
        app.library.inventory.examined([gone], 0, ignore, lambda: True)


@pytest.mark.parametrize("ending", [".wav", ".mp3"])
def test_a_long_file_is_left_in_the_middle(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"long{ending}"
    soundfile.write(path, np.zeros(300 * 8000, np.float32), 8000)
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) == 4  # once before the file, then behind each block

    with pytest.raises(Cancelled):
        app.library.inventory.examined([ClipFile(path, "a", "a")], 0, ignore, stop)
    assert len(asked) == 4


def test_a_click_on_a_head_orders_and_what_is_chosen_stays(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path
) -> None:
    window, tree = bare_window, bare_window.library.tree
    for label, seconds in (("a", 2), ("b", 1), ("c", 3)):
        write_hums(tmp_path / "some" / label, 1, 2, seconds, 8000)
        (tmp_path / "some" / label / "hum-1").rename(tmp_path / "some" / f"hum-{label}")
        (tmp_path / "some" / label).rmdir()
    window.session.open_corpus(tmp_path / "some")
    qtbot.waitUntil(lambda: is_grouped(window))
    settle(qtbot, window)
    tree.expand(tree.model().index(1, 0))
    tree.setCurrentIndex(tree.model().index(1, 0, tree.model().index(1, 0)))
    (chosen,) = window.library.chosen
    head = tree.header()
    place = head.sectionViewportPosition(1) + head.sectionSize(1) // 2
    for wanted in (["hum-b", "hum-a", "hum-c"], ["hum-c", "hum-a", "hum-b"]):
        qtbot.mouseClick(
            head.viewport(), Qt.MouseButton.LeftButton, pos=head.rect().center().__class__(place, 5)
        )
        settle(qtbot, window)
        assert [row(window, at)[0].split()[0] for at in range(3)] == wanted
        assert window.library.chosen == [chosen]
        assert tree.currentIndex().parent().data() == "hum-b  (2)"
        assert tree.isExpanded(tree.currentIndex().parent())
    window.library._open_menu(tree.rect().center())
    menus = [menu for menu in window.library.findChildren(QMenu) if menu.title() == "S&ort by"]
    assert [(a.text(), a.isChecked()) for a in menus[0].actions()] == [
        ("&Name", False),
        ("&Length", True),
        ("&Rate", False),
    ]
    menus[0].actions()[0].trigger()
    settle(qtbot, window)
    assert row(window, 0)[0] == "hum-a  (2)"
    for menu in window.library.findChildren(QMenu):
        menu.close()


def test_the_split_of_a_class_has_a_column_where_there_is_one(
    qtbot: QtBot, window: MainWindow
) -> None:
    tree, parts = window.library.tree, window.parts
    assert tree.isColumnHidden(3)
    assert not tree.isColumnHidden(2)
    parts._take({"Model: validation": window.session.corpora.branches[0]})
    assert not tree.isColumnHidden(3)
    assert tree.isColumnHidden(2), "one rate in every row has no room beside it"
    assert {row(window, place)[3] for place in range(3)} == {"valid."}
    tree.header().setSortIndicator(3, Qt.SortOrder.AscendingOrder)
    window.resizeDocks([window.dock], [420], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: not tree.isColumnHidden(2))
    parts._take({})
    assert tree.order.column == 0
    settle(qtbot, window)


def test_what_nobody_expected_holds_up_nothing_behind_it(
    qtbot: QtBot, bare_window: MainWindow, hums: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, inventory, told = bare_window, bare_window.inventory, list[Exception]()
    window.session.unexpected.connect(told.append)
    monkeypatch.setattr(app.library.inventory, "_PORTION", 4)
    real_fact, real_examine = app.library.inventory._fact, app.library.inventory.examine

    def fact(file: ClipFile, should_stop: ShouldStop) -> Finding:
        return real_fact(file, should_stop) if file.label != "hum-1" else 1 // 0

    def look_through(file: LabelledFile, should_stop: ShouldStop = never) -> Finding:
        return real_examine(file, should_stop) if file.label != "hum-2" else 1 // 0

    monkeypatch.setattr(app.library.inventory, "_fact", fact)
    monkeypatch.setattr(app.library.inventory, "examine", look_through)
    window.session.open_corpus(hums)
    settle(qtbot, window)
    assert not inventory.looking
    assert not inventory.checking
    assert {clip.label for clip in inventory.facts} == {"hum-2", "hum-3"}
    assert inventory.checked == inventory.to_check == 8
    assert [type(error) for error in told] == [ZeroDivisionError] * 2
