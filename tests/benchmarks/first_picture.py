"""First picture: opens a window and ends this process as soon as the window is painted.

Run as a program with ``earwitness``, which must not have imported torch by then, or ``empty``.
"""

import os
import sys

from app import __main__ as program

_TOO_LATE = 3


def main(window: str) -> None:
    """Open the window of that name."""
    {"earwitness": _earwitness, "empty": _empty}[window]()


def _earwitness() -> None:
    def then_watch() -> None:
        hasten()
        from app.main_window import MainWindow

        def shown_first(window: MainWindow, episode: None = None) -> None:
            start(window, episode)
            _end_once_painted(window)

        start, MainWindow.start = MainWindow.start, shown_first  # type: ignore[method-assign]

    hasten, program.hasten = program.hasten, then_watch
    program.main([])


def _empty() -> None:
    from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

    application = QApplication([])
    window = QMainWindow()
    window.setCentralWidget(QLabel("empty"))
    window.show()
    _end_once_painted(window)
    application.exec()


def _end_once_painted(window: object) -> None:
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QWidget

    class Painted(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's
            if event.type() == QEvent.Type.Paint:  # its parts are painted before Qt's next turn
                QTimer.singleShot(0, lambda: os._exit(_TOO_LATE if "torch" in sys.modules else 0))
            return False

    assert isinstance(window, QWidget)
    window.installEventFilter(Painted(window))


if __name__ == "__main__":
    main(sys.argv[1])
