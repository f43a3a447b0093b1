"""ParamsRow: one parameter's editor in a form, with what is said of it."""

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from app.widgets.param_editors import Editor, title


class ParamsRow(QWidget):
    """Holds the editor; below it why its value is wrong, in its tip why it has no effect.

    Parameters
    ----------
    name : str
    editor : Editor
    words : str
        What the parameter does.
    """

    def __init__(self, name: str, editor: Editor, words: str) -> None:
        super().__init__()
        self._editor, self._name, self._words = editor.widget, name, words
        self._reason: str | None = None
        self.label = QLabel(title(name))
        self.fault: QLabel | None = None
        """What says why its value is wrong, made when it first is."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addWidget(editor.widget)
        editor.widget.setAccessibleName(self.label.text())
        self.grey("")

    def grey(self, reason: str) -> None:
        """Let nobody edit what has no effect, and say why; where no reason is given, let it be."""
        if reason == self._reason:
            return
        self._reason = reason
        words = f"No effect: {reason}.\n{self._words}" if reason else self._words
        for part in (self.label, self._editor):
            part.setEnabled(not reason)
        self.label.setToolTip(words if reason else f"{self._name}: {words}")
        self._editor.setToolTip(words)
        self._editor.setAccessibleDescription(words)

    def show_fault(self, sentence: str, is_new: bool) -> None:
        """Say below the editor what is wrong; a new fault is brought into view."""
        fault = self._fault_label()
        fault.setText("\n".join(filter(None, (fault.text(), sentence))))
        fault.show()
        if is_new:  # once it has its place
            QTimer.singleShot(0, self, partial(_scroll_to, self))

    def _fault_label(self) -> QLabel:
        if self.fault is None:
            self.fault = QLabel(wordWrap=True)
            self.fault.setTextFormat(Qt.TextFormat.PlainText)
            self.fault.setProperty("wrong", True)
            self._column.addWidget(self.fault)
        return self.fault


def _scroll_to(widget: QWidget) -> None:
    """Bring a widget into view where it stands in something that scrolls."""
    around = widget.parentWidget()
    while around:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget)
        around = around.parentWidget()
