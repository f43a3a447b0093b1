"""UnreadableDialog: the files of the open corpora that cannot be read, each with the reason."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QLabel, QVBoxLayout, QWidget

from app.widgets.plain import plain
from app.widgets.value_table import ValueTable
from siamese_core.errors import counted
from siamese_core.survey import Finding

_SIZE = (900, 360)


class UnreadableDialog(QDialog):
    """They stay in the corpus, but no random line-up has one of them."""

    def __init__(self, findings: Sequence[Finding], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Files that cannot be read")
        self.table = ValueTable("Files that cannot be read, and why")
        rows = [(one.file.label, one.file.path.name, one.fault) for one in findings]
        tips = [plain(one.fault) for one in findings]
        self.table.show_rows([("Class", "File", "Reason"), *rows], tips)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        them = "it" if len(rows) == 1 else "them"
        words = (
            f"{counted(len(rows), 'file')} cannot be read; no random line-up is drawn with {them}. "
            "Ctrl+C copies the list."
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(words))
        column.addWidget(self.table, 1)
        column.addWidget(buttons)
        self.resize(*_SIZE)
