"""Section: a titled part of a side panel."""

from PySide6.QtWidgets import QFormLayout, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

_LABEL_WIDTH = 91
"""At least; parts of a panel that change on their own stay in line with the rest."""


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
    labels = [label for form in panel.findChildren(QFormLayout) for label in _labels(form)]
    width = max([_LABEL_WIDTH, *(label.sizeHint().width() for label in labels)])
    for label in labels:
        label.setMinimumWidth(width)
    for grid in panel.findChildren(QGridLayout):
        grid.setColumnMinimumWidth(0, width)


def _labels(form: QFormLayout) -> list[QWidget]:
    items = (form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(form.rowCount()))
    return [label for item in items if item is not None and (label := item.widget())]
