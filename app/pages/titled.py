"""A widget with its title above it."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget


def titled(title: str, widget: QWidget, *beside: QWidget) -> QWidget:
    """Put a title above a widget, and others beside the title, the last at the far end."""
    heading = QLabel(title)
    heading.setProperty("quiet", True)
    row = QHBoxLayout()
    row.setSpacing(16)
    row.addWidget(heading)
    for other in beside:
        fills = other.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
        row.addWidget(other, int(fills))
    if not beside:
        row.addStretch(1)
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addLayout(row)
    column.addWidget(widget, 1)
    return whole
