"""Section: a titled part of a side panel."""

from PySide6.QtWidgets import QFormLayout, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

_LABEL_WIDTH = 90


class Section(QFrame):
    """A heading in bold above its content."""

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel(title)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addWidget(content)


def align_labels(panel: QWidget) -> None:
    """Give the labels of all forms and grids in a panel one width, so that their fields align."""
    for grid in panel.findChildren(QGridLayout):
        grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
    for form in panel.findChildren(QFormLayout):
        for row in range(form.rowCount()):
            label = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
            if label is not None and (widget := label.widget()):
                widget.setMinimumWidth(_LABEL_WIDTH)
