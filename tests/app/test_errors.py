"""The one route of errors: sentences, the log, and a dialog for what nobody expected."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app import errors
from app.widgets.icon_button import IconButton
from app.widgets.notice import Notice
from siamese_core.errors import AudioError, Cancelled


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def reporter(window: QWidget, tmp_path: Path) -> Iterator[errors.Reporter]:
    before = sys.excepthook, threading.excepthook
    reporter = errors.install(window, tmp_path / "log")
    yield reporter
    reporter.uninstall()
    assert (sys.excepthook, threading.excepthook) == before


def dialogs(window: QWidget) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AudioError("x.wav is empty (0 bytes)."), "x.wav is empty (0 bytes)."),
        (Cancelled("Explaining"), "Explaining was cancelled."),
        (ValueError("bad\n  thing."), "Something unexpected happened: bad thing."),
        (KeyError(), "Something unexpected happened: KeyError."),
    ],
)
def test_every_error_is_one_sentence(error: Exception, said: str) -> None:
    assert errors.sentence(error) == said


def test_what_led_to_a_sentence_is_found_again_and_logged(reporter: errors.Reporter) -> None:
    with pytest.raises(AudioError) as raised:
        raise_cause()
    said = errors.sentence(raised.value)
    assert errors.sentence(raised.value) == said
    assert "raise_cause" in errors.details(f"{said} Another follows.")
    assert "header of 12 bytes" in errors.details(said), "the cause, too"
    assert not errors.details("Nothing of the kind was said.")
    assert reporter.log.read_text(encoding="utf-8").count("in raise_cause") == 2  # cause and error


def raise_cause() -> None:
    try:
        raise ValueError("header of 12 bytes")
    except ValueError as error:
        raise AudioError("damaged.wav is no sound file.") from error


def test_only_so_much_is_remembered() -> None:
    for number in range(200):
        errors.sentence(AudioError(f"{number}.wav is empty."))
    assert not errors.details("0.wav is empty.")
    assert errors.details("199.wav is empty.")


def test_a_notice_shows_the_details_of_an_error_and_where_the_log_is(
    qtbot: QtBot, window: QWidget, reporter: errors.Reporter
) -> None:
    notice = Notice(window)
    window.show()
    notice.show_notice("All is well.")
    (button,) = (b for b in notice.findChildren(IconButton) if "Details" in b.toolTip())
    assert not button.isVisible()
    notice.show_error("That was never raised.")
    assert not button.isVisible()
    with pytest.raises(AudioError) as raised:
        raise_cause()
    notice.show_error(errors.sentence(raised.value))
    assert button.isVisible()
    button.click()
    (box,) = dialogs(window)
    assert box.text() == "damaged.wav is no sound file."
    assert "earwitness.log" in box.informativeText()
    assert "raise_cause" in box.detailedText()
    box.close()


def test_too_little_memory_is_said_plainly() -> None:
    assert "not enough memory" in errors.sentence(MemoryError())
    full = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`")
    assert errors.sentence(full) == errors.sentence(MemoryError())
    assert "Something unexpected" in errors.sentence(RuntimeError("shapes do not match"))


def raise_it(error: BaseException) -> None:
    try:
        raise error
    except type(error):
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]


def test_the_unexpected_gets_a_dialog_with_details_and_the_log(
    qtbot: QtBot, window: QWidget, reporter: errors.Reporter
) -> None:
    raise_it(RuntimeError("tensor on fire"))
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    box = dialogs(window)[0]
    assert "tensor on fire" in box.text()
    assert "raise_it" in box.detailedText()
    assert str(reporter.log) in box.informativeText()
    assert "tensor on fire" in reporter.log.read_text(encoding="utf-8")
    box.close()


def test_an_expected_error_shows_no_details(
    qtbot: QtBot, window: QWidget, reporter: errors.Reporter
) -> None:
    raise_it(AudioError("x.wav is empty (0 bytes)."))
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    box = dialogs(window)[0]
    assert box.text() == "x.wav is empty (0 bytes)."
    assert not box.detailedText()
    box.close()


def test_a_storm_opens_one_dialog_and_logs_all(
    qtbot: QtBot, window: QWidget, reporter: errors.Reporter
) -> None:
    for number in range(5):
        raise_it(RuntimeError(f"storm {number}"))
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    qtbot.wait(20)
    assert len(dialogs(window)) == 1
    assert all(f"storm {n}" in reporter.log.read_text(encoding="utf-8") for n in range(5))
    dialogs(window)[0].close()
    qtbot.waitUntil(lambda: not dialogs(window))
    raise_it(RuntimeError("later"))
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    dialogs(window)[0].close()


def test_a_thread_that_dies_is_told_by_the_windows_thread(
    qtbot: QtBot, window: QWidget, reporter: errors.Reporter
) -> None:
    def die() -> None:
        raise RuntimeError("deep below")

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    assert "deep below" in dialogs(window)[0].text()
    dialogs(window)[0].close()


def test_a_keyboard_interrupt_is_no_error(
    qtbot: QtBot, window: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: passed.append(kind))
    reporter = errors.install(window, tmp_path)
    raise_it(KeyboardInterrupt())
    qtbot.wait(20)
    assert passed == [KeyboardInterrupt]
    assert not dialogs(window)
    reporter.uninstall()


def test_a_log_that_cannot_be_written_is_said(
    qtbot: QtBot, window: QWidget, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    reporter = errors.install(window, tmp_path / "file" / "log")
    raise_it(RuntimeError("no log"))
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    assert "could not be written" in dialogs(window)[0].informativeText()
    dialogs(window)[0].close()
    reporter.uninstall()


def test_the_log_has_a_place() -> None:
    assert errors.log_folder().name == "log"
