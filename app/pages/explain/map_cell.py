"""MapCell: one method's map of the pair, small, among those that it is compared with."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.explaining.compared_maps import ComparedMaps
from app.explaining.faithfulness import spoken, summary, told
from app.pages.explain.method_title import method_title
from app.pages.explain.pair_view import lay_map
from app.pages.explain.readout import words_of
from app.pages.tip import tipped
from app.widgets.elided_box import ElidedBox
from app.widgets.elided_label import ElidedLabel
from app.widgets.reading import Reading
from app.widgets.spectrogram_view import SpectrogramView
from siamese_core.attribution.methods import METHODS

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation

_SMALLEST = (150, 53)
_WIDEST_BOX = 220
_WIDEST_FIGURES = {"ad": 100.0, "ff": -1.0}


class MapCell(QWidget):
    """The method above, a few figures beside it, and the button that takes this map."""

    method_chosen = Signal()
    taken = Signal(str)
    read = Signal(str)
    """What lies under the mouse, for a status bar; empty where nothing does."""

    def __init__(self, method: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Explanation | None = None
        self._leftmost = self._lowest = True
        self.box, self.figures, self.view = ElidedBox(), ElidedLabel(), SpectrogramView()
        self.use = tipped(QToolButton(), "Make this the map of the page, with its mask and sounds")
        self.use.setText("Use")
        for name in METHODS:
            self.box.addItem(method_title(name), name)
        self.box.setCurrentIndex(self.box.findData(method))
        self.box.setAccessibleName("Method of this map")
        self.box.setMaximumWidth(_WIDEST_BOX)
        self.figures.setProperty("quiet", True)
        self.figures.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        widest = self.figures.fontMetrics().horizontalAdvance(summary(_WIDEST_FIGURES))
        self.figures.setMinimumWidth(widest)  # else the box beside gives way as they come
        self.view.setMinimumSize(*_SMALLEST)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.box, 1)
        head.addWidget(self.figures)
        head.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        self.box.currentIndexChanged.connect(self._choose)
        self.use.clicked.connect(self._take)
        self.view.hovered.connect(self._read)
        self.view.hover_left.connect(self._hint)

    @property
    def method(self) -> str:
        """The method's name."""
        return str(self.box.currentData())

    @property
    def explanation(self) -> "Explanation | None":
        """What is shown."""
        return self._shown

    def place(self, *, leftmost: bool, lowest: bool) -> None:
        """Show the scales that the cells beside and below do not show."""
        self._leftmost, self._lowest = leftmost, lowest
        self._show_scales()

    def show_state(self, maps: ComparedMaps, current: "Explanation | None") -> bool:
        """Show the method's map, or why there is none; say whether its picture is a new one."""
        kept, figures = maps.maps.get(self.method), maps.figures(self.method)
        self.figures.setText(summary(figures) if figures else "")
        self.figures.setToolTip(told(figures) if figures else "")
        self.figures.setAccessibleName(spoken(figures) if figures else "")
        in_use = kept is not None and kept.explanation is current
        self.use.setEnabled(kept is not None and not in_use)
        self.use.setText("In use" if in_use else "Use")
        if kept is None:
            self._shown = None
            self.view.clear(self._wanting(maps))
            return False
        before, self._shown = self._shown, kept.explanation
        if before is kept.explanation:
            return False
        seen = kept.explanation.explained_map
        self.view.set_map(seen.db, seen.times, seen.frequencies, seen.own_frames)
        self._show_scales()
        lay_map(self.view, kept.explanation)
        return True

    def _wanting(self, maps: ComparedMaps) -> str:
        if fault := maps.faults.get(self.method):
            return fault
        if maps.running == self.method:
            return "Explaining…"
        return "Waiting…" if maps.going else "Press Compare to make this map."

    def _show_scales(self) -> None:
        if self._shown is not None:
            self.view.show_scales(levels=False, frequencies=self._leftmost)
            self.view.show_time(self._lowest)

    def _choose(self, _index: int) -> None:
        self.method_chosen.emit()

    def _read(self, reading: Reading) -> None:
        self.read.emit(words_of(reading, self._shown))

    def _hint(self) -> None:
        self.read.emit("")

    def _take(self) -> None:
        self.taken.emit(self.method)
