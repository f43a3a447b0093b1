"""One route from an exception to the person: a sentence; for the unexpected also the details."""

import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from siamese_core.errors import EarwitnessError

_LOGGER = logging.getLogger("earwitness")
_LOG_BYTES = 1_000_000


def sentence(error: BaseException) -> str:
    """Say an exception in one plain sentence."""
    if isinstance(error, EarwitnessError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this; try shorter clips or fewer of them."
    words = " ".join(str(error).split()) or type(error).__name__
    return f"Something unexpected happened: {words.rstrip('.')}."


class Reporter(QObject):
    """Receives every exception that nobody caught, from any thread.

    Parameters
    ----------
    folder : Path
        Where the log is kept; without a log if it cannot be written.
    parent : QWidget, optional
        The window that the dialog belongs to.
    """

    _raised = Signal(object)

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = folder / "earwitness.log"
        self._window = parent
        self._dialog: QMessageBox | None = None
        self._handler = _open_log(self.log)
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def report(self, error: BaseException) -> None:
        """Log an exception and show it; may be called from any thread."""
        _LOGGER.error("%s", "".join(traceback.format_exception(error)))
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
        dialog = QMessageBox(self._window)
        dialog.setWindowTitle("Earwitness")
        dialog.setIcon(QMessageBox.Icon.Warning)
        dialog.setText(sentence(error))
        if not isinstance(error, EarwitnessError):
            dialog.setInformativeText(self._where())
            dialog.setDetailedText("".join(traceback.format_exception(error)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.destroyed.connect(self._closed)
        self._dialog = dialog
        dialog.open()

    def _closed(self) -> None:
        self._dialog = None

    def _where(self) -> str:
        if self._handler is None:
            return f"The log could not be written to {self.log}."
        return f"Your work is still open. The details are in {self.log}."


def install(parent: QWidget | None = None, folder: Path | None = None) -> Reporter:
    """Send every uncaught exception to a log and to a dialog of ``parent``."""
    return Reporter(folder or log_folder(), parent)


def log_folder() -> Path:
    """Return the platform's place for the program's log."""
    place = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(place)) / "log"


def _open_log(path: Path) -> logging.Handler | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=False
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _LOGGER.addHandler(handler)
    return handler
