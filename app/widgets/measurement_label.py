"""MeasurementLabel: what is marked on a picture, measured, for a status bar and the clipboard."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence

from app.widgets.elided_label import ElidedLabel
from app.widgets.measurement import HEADS, Measurement
from app.widgets.plain import plain
from app.widgets.spectrogram_view import SpectrogramView

_NEEDED = "Shift+drag marks a span on a picture, Ctrl+Shift+drag a rectangle"
_TIP = (
    "Of what the network sees, whatever colours and range are shown; the mean is that of the "
    "power. Ctrl+C on the picture copies these values."
)


class MeasurementLabel(ElidedLabel):
    """Says which picture it speaks of, as long as that is seen.

    Parameters
    ----------
    views : mapping
        The pictures, each by its side.
    """

    def __init__(self, views: Mapping[str, SpectrogramView]) -> None:
        super().__init__(mode=Qt.TextElideMode.ElideRight)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)  # what stands at the left has no fixed width
        self._views = views
        self._found: dict[str, Measurement] = {}
        self.copy_action = QAction("&Copy the measurement", self)
        self.copy_action.setShortcut(QKeySequence.StandardKey.Copy)
        self.copy_action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.copy_action.triggered.connect(self.copy)
        for side, view in views.items():
            view.measured.connect(partial(self._take, side))
            view.addAction(self.copy_action)
            view.installEventFilter(self)
        self._say()

    def copy(self) -> None:
        """Put it on the clipboard, as lines of values between tabs."""
        for side, found in self._found.items():
            lines = (("clip", *HEADS), (self._views[side].title, *found.values))
            QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that a picture has come into sight or gone out of it."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._say()
        return super().eventFilter(watched, event)

    def _take(self, side: str, found: Measurement | None) -> None:
        """Have what was marked last; marking one clip, one forgets what was marked on another."""
        if found:
            self._found = {side: found}
        else:
            self._found.pop(side, None)
        self._say()

    def _say(self) -> None:
        seen = {side: one for side, one in self._found.items() if self._views[side].isVisible()}
        words = [f"{side.capitalize()}:    {found.words}" for side, found in seen.items()]
        self.setText("".join(words))
        self.setToolTip(plain("\n".join((*words, _TIP)) if words else ""))
        self.copy_action.setEnabled(bool(words))
        self.copy_action.setToolTip("" if words else _NEEDED)
