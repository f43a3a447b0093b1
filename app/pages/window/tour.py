"""Tour: a small panel that walks through the window, and a frame around what it speaks of."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.widgets.icon_button import IconButton

_WIDTH, _MARGIN = 296, 8


class Stop(NamedTuple):
    """Where the tour stands: what it says, and the part of the window that it speaks of."""

    title: str
    words: str
    target: QWidget


def stops(
    lineup: QWidget, support: QWidget, explain: QWidget, listening: QWidget, bar: QWidget
) -> tuple[Stop, ...]:
    """Return the stops: hear, score, explain, listen, and what to do next."""
    return (
        Stop(
            "1 · Hear",
            "On the left somebody speaks: the query. On the right stand a few clips, one of the "
            "same voice. Press ▶ on the cards, or Space, and listen: which one is it?",
            lineup,
        ),
        Stop(
            "2 · Score",
            "The network has listened too. Each bar says how similar it finds query and clip, each "
            "number is a rank. The predicted card is marked: by a tick where that is right.",
            support,
        ),
        Stop(
            "3 · Explain",
            "Click a support card, choose a method and press Explain. Orange is what makes the two "
            "clips similar to the network, blue is what makes them differ. Point at a picture to "
            "read it; the wheel zooms.",
            explain,
        ),
        Stop(
            "4 · Listen",
            "A mask keeps the most important part of the map. Listen to the original, to what is "
            "kept and to what is removed: is the voice still there? The tools above the pictures "
            "and “Mask and sound” change what is kept.",
            listening,
        ),
        Stop(
            "5 · Go on",
            "Draw another line-up (Ctrl+R) and lock the cards that are to stay (L). Open a folder "
            "of your own in the library or, with a microphone, record a voice. F1 lists all keys.",
            bar,
        ),
    )


class Tour(QFrame):
    """Lies over the window, where it covers least of what it speaks of; the window stays usable.

    Parameters
    ----------
    stops : sequence of Stop
    window : QMainWindow
    """

    def __init__(self, stops: Sequence[Stop], window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._stops, self._place = tuple(stops), 0
        self._frame = _Frame(window)
        self.setProperty("card", True)
        self.setAccessibleName("Tour")
        self.setFixedWidth(_WIDTH)
        self._build()
        self.hide()
        window.installEventFilter(self)

    def begin(self) -> None:
        """Show the first stop."""
        self._place = 0
        self.show()
        self._show_stop()
        self.further.setFocus()

    def go_on(self) -> None:
        """Show the next stop, or end the tour at the last one."""
        self._go(1)

    def go_back(self) -> None:
        """Show the stop before."""
        self._go(-1)

    def end(self) -> None:
        """Go away."""
        self._frame.hide()
        self.hide()

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        """Keep in place when the window changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._settle()
        return False

    def event(self, event: QEvent) -> bool:
        """Have the keys of the tour, some of which a menu has too."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() in self._keys)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on by the right arrow, back by the left one, end by Escape."""
        do = self._keys.get(event.key())
        if do is None:
            super().keyPressEvent(event)
        else:
            do()

    def _build(self) -> None:
        self._title, self._words = QLabel(), QLabel(wordWrap=True)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self.leave = IconButton("close", "End the tour (Esc)")
        self.back, self.further = QPushButton("Back"), QPushButton("Next")
        self.leave.clicked.connect(self.end)
        self.back.clicked.connect(self.go_back)
        self.further.clicked.connect(self.go_on)
        self._keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Right: self.go_on,
            Qt.Key.Key_Left: self.go_back,
            Qt.Key.Key_Escape: self.end,
        }
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.leave)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.further)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._words)
        column.addLayout(foot)

    def _go(self, by: int) -> None:
        if self._place + by == len(self._stops):
            self.end()
        elif self._place + by >= 0:
            self._place += by
            self._show_stop()

    def _show_stop(self) -> None:
        stop = self._stops[self._place]
        self._title.setText(stop.title)
        self._words.setText(stop.words)
        self.setAccessibleDescription(stop.words)
        self.back.setEnabled(self._place > 0)
        self.further.setText("Done" if stop is self._stops[-1] else "Next")
        self._settle()

    def _settle(self) -> None:
        """Frame the target, and lie in the corner that covers least of it, and no menu."""
        window, target = self._window, self._stops[self._place].target
        shown = QRect(target.mapTo(window, QPoint(0, 0)), target.size())
        self._frame.surround(shown)
        self.setFixedHeight(self.heightForWidth(_WIDTH))
        high = (centre.y() if (centre := window.centralWidget()) else 0) + _MARGIN
        low = window.statusBar().y() - _MARGIN - self.height()
        left, right = _MARGIN, window.width() - _MARGIN - self.width()
        corners = [QPoint(*at) for at in ((right, low), (left, high), (right, high), (left, low))]
        self.move(min(corners, key=lambda corner: _area(shown & QRect(corner, self.size()))))
        self._frame.raise_()
        self.raise_()


class _Frame(QWidget):
    """A line around a part of the window, through which the mouse goes."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def surround(self, place: QRect) -> None:
        self.setGeometry(place.adjusted(-5, -3, 5, 3) & self._window.rect())
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.colours().accent), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 6, 6)
        painter.end()


def _area(rect: QRect) -> int:
    return max(rect.width(), 0) * max(rect.height(), 0)
