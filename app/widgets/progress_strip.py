"""ProgressStrip: what is being done, how far it is, and Cancel."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.widgets.plain import plain
from app.widgets.short_names import short_names


class ProgressStrip(QWidget):
    """One line, hidden while nothing is done."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._bar = QProgressBar(maximum=0)
        self._bar.setMinimumWidth(80)
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Stop this work")
        self._cancel.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label)
        row.addWidget(self._bar, 1)
        row.addWidget(self._cancel)
        self._gaps = 2 * row.spacing()
        self.hide()

    def set_progress(self, title: str, done: int = 0, total: int = 0) -> None:
        """Show ``done`` of ``total`` steps; a total of 0 is work without a known end.

        A title may hold a file's name: a long one loses its middle.
        """
        if self.isHidden():
            self._cancel.setEnabled(True)
            self.show()
        (short,) = short_names((title,), self._room, self._label.fontMetrics())
        self._label.setText(short)
        self._label.setToolTip(plain(title))
        self._bar.setAccessibleName(title)
        self._bar.setTextVisible(total > 0)
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    @property
    def _room(self) -> int:
        """Pixels that bar and button leave."""
        beside = self._bar.minimumWidth() + self._cancel.sizeHint().width()
        return self.width() - beside - self._gaps

    def finish(self) -> None:
        """Hide it."""
        self.hide()

    def _ask(self) -> None:
        """Ask once; the work ends when it next looks whether to stop."""
        self._cancel.setEnabled(False)
        self.cancel_requested.emit()
