"""One route from an exception to the person: a sentence, and behind it the details and the log."""

import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.settings import own_folder
from siamese_core.errors import MEMORY_IS_FULL, EarwitnessError, out_of_memory

_LOGGER = logging.getLogger("earwitness")
_LOG, _LOG_BYTES = "earwitness.log", 1_000_000
_REMEMBERED = 50
_led_to: dict[str, str] = {}
"""Sentences of late, and the traceback behind each."""


def sentence(error: BaseException) -> str:
    """Say an exception in one plain sentence; `details` and the log know what led to it."""
    said, trace = _sentence(error), _trace(error)
    if _led_to.pop(said, None) != trace:
        _LOGGER.info("%s", trace)
    _led_to[said] = trace
    while len(_led_to) > _REMEMBERED:
        del _led_to[next(iter(_led_to))]
    return said


def details(text: str) -> str:
    """Return what led to the sentences of a text, as tracebacks; empty if nothing is known."""
    return "\n".join(trace for said, trace in _led_to.items() if said in text)


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _sentence(error: BaseException) -> str:
    if isinstance(error, EarwitnessError):
        return str(error)
    if out_of_memory(error):
        return MEMORY_IS_FULL
    words = " ".join(str(error).split()) or type(error).__name__
    return f"Something unexpected happened: {words.rstrip('.')}."


class Reporter(QObject):
    """Receives every exception that nobody caught, from any thread.

    The log is kept in ``folder``, if that can be written; the dialog belongs to ``parent``.
    """

    _raised = Signal(object)

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = folder / _LOG
        self._window = parent
        self._dialog: QMessageBox | None = None
        self._handler = _open_log(self.log)
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def report(self, error: BaseException) -> None:
        """Log an exception and show it; may be called from any thread."""
        _LOGGER.error("%s", _trace(error))
        self._raised.emit(error)

    def uninstall(self) -> None:
        """Give the exceptions back to whoever had them before."""
        sys.excepthook, threading.excepthook = self._before
        if self._handler:
            _LOGGER.removeHandler(self._handler)
            self._handler.close()

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, Exception):
            self.report(error)
        else:
            self._before[0](kind, error, trace)

    def _caught_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._caught(caught.exc_type, caught.exc_value, caught.exc_traceback)

    def _show(self, error: BaseException) -> None:
        """Open one dialog; what comes while it is open is logged, not stacked on top."""
        if self._dialog is not None and self._dialog.isVisible():
            return
        self._dialog = dialog = _dialog(self._window, _sentence(error))
        if not isinstance(error, EarwitnessError):
            dialog.setInformativeText(f"Your work is still open. {_where(self.log)}")
            dialog.setDetailedText(_trace(error))
        dialog.destroyed.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        self._dialog = None


def show_details(window: QWidget, text: str) -> None:
    """Open what led to an error that was told in place, and say where the log is."""
    dialog = _dialog(window, text)
    dialog.setInformativeText(_where(log_folder() / _LOG))
    dialog.setDetailedText(details(text))
    for button in dialog.buttons():
        if dialog.buttonRole(button) == QMessageBox.ButtonRole.ActionRole:
            button.click()  # they were asked for: unfolded
    dialog.open()


def _dialog(window: QWidget | None, text: str) -> QMessageBox:
    dialog = QMessageBox(window)
    dialog.setWindowTitle("Earwitness")
    dialog.setIcon(QMessageBox.Icon.Warning)
    dialog.setTextFormat(Qt.TextFormat.PlainText)
    dialog.setText(text)
    dialog.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def _where(log: Path) -> str:
    if not any(isinstance(handler, RotatingFileHandler) for handler in _LOGGER.handlers):
        return f"The log could not be written to {log}."
    return f"The details are in {log}."


def install(parent: QWidget | None = None, folder: Path | None = None) -> Reporter:
    """Send every uncaught exception to a log and to a dialog of ``parent``."""
    return Reporter(folder or log_folder(), parent)


def log_folder() -> Path:
    """Return the platform's place for the program's log."""
    return own_folder() / "log"


def _open_log(path: Path) -> logging.Handler | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=False
        )
    except OSError:
        return None
    _LOGGER.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _LOGGER.addHandler(handler)
    return handler
