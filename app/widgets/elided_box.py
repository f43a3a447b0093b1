"""ElidedBox: a choice whose chosen name gives way to the room that there is."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

_SHORTEST = 12
_PADDING = 6


class ElidedBox(QComboBox):
    """As narrow as its neighbours want it; a name that is too long ends in an ellipsis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_SHORTEST)

    @property
    def shown_text(self) -> str:
        """As much of the chosen name as there is room for."""
        option = self._option()
        part = QStyle.SubControl.SC_ComboBoxEditField
        kind = QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(kind, option, part, self).width() - _PADDING
        mode = Qt.TextElideMode.ElideMiddle
        return self.fontMetrics().elidedText(self.currentText(), mode, room)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what fits."""
        option = self._option()
        option.currentText = self.shown_text
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option
