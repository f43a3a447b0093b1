"""SearchField: words to search for, from which the keyboard goes on to what they find."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_ONWARD = (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SearchField(QLineEdit):
    """Down or Return goes to what is found; Escape forgets the words.

    Parameters
    ----------
    name : str
        What can be searched for; shown while the field is empty, and said by a screen reader.
    """

    onward = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, clearButtonEnabled=True)
        self.setPlaceholderText(name)
        self.setAccessibleName(name)

    def event(self, event: QEvent) -> bool:
        """Keep Escape from the window's shortcuts while there is something to forget."""
        first = event.type() == QEvent.Type.ShortcutOverride
        if first and isinstance(event, QKeyEvent) and self._forgets(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on, or begin anew."""
        if event.key() in _ONWARD:
            self.onward.emit()
        elif self._forgets(event):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _forgets(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and bool(self.text())
