"""FittingScroll: as high and as wide as what it holds; it scrolls where there is no room."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

_LEAST = 60
"""Pixels of height that it keeps."""


class FittingScroll(QScrollArea):
    """Scrolls up and down only; what has the focus within is scrolled to."""

    def __init__(self, inner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self._inner = inner
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(inner)

    def sizeHint(self) -> QSize:
        """Hold everything."""
        inner, width = self._inner, self.viewport().width()
        tall = inner.heightForWidth(width) if inner.hasHeightForWidth() else 0
        return QSize(self.minimumSizeHint().width(), tall or inner.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Cut nothing at the sides, the bar that scrolls included."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._inner.minimumSizeHint().width() + bar, _LEAST)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for other room when what it holds needs it."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
