"""IconButton: a flat button with a bundled icon that follows the theme."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from app import theme
from app.widgets.plain import plain

ICON_SIZE = QSize(18, 18)


class IconButton(QToolButton):
    """A button that says by icon, tooltip and text or accessible name what it does.

    Parameters
    ----------
    icon : str
        Name of a bundled icon.
    tip : str
        What it does; the tooltip, and what a screen reader says where there is no text.
    text : str
        Shown beside the icon, if any.
    """

    def __init__(
        self, icon: str, tip: str, parent: QWidget | None = None, *, text: str = ""
    ) -> None:
        super().__init__(parent)
        self.setProperty("flat", not text)
        self.setIconSize(ICON_SIZE)
        if text:
            self.setText(text)
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setToolTip(tip)
        self.set_icon(icon)

    def setToolTip(self, tip: str) -> None:
        """Say what it does now; without a text this is its name too."""
        super().setToolTip(plain(tip))
        if not self.text():
            self.setAccessibleName(tip)

    def set_icon(self, icon: str, *, quiet: bool = False) -> None:
        """Show another bundled icon, in the text's colour or in a quieter one."""
        self._name, self._quiet = icon, quiet
        self.setIcon(theme.icon(icon, theme.colours().muted if quiet else None))

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon again in the new theme's colours."""
        if event.type() == QEvent.Type.PaletteChange:
            self.set_icon(self._name, quiet=self._quiet)
        super().changeEvent(event)
