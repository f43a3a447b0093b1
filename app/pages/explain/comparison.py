"""ComparisonView: two to six maps of the pair by different methods, side by side."""

from math import ceil

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.explaining.compared_maps import MOST_MAPS, ComparedMaps
from app.explaining.pair import Pair
from app.pages.explain.map_cell import MapCell
from app.pages.tip import tipped
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from app.widgets.sign_legend import SignLegend, ends
from app.widgets.spectrogram_view import MEL_AXIS_WIDTH
from app.widgets.steering import Ranges
from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS

_FEWEST, _USUAL = 2, 4
_SPACING = 4
_AROUND_TIME = 6
"""Pixels of a time axis beside the height of its words."""
_FIRST = (DEFAULT_METHOD, "sinexc", "grad-cam", "occlusion")
"""What is compared until somebody chooses: each sees a network in another way."""


class ComparisonView(QWidget):
    """Every cell shows the same seconds and bands, each map in colours of its own full scale."""

    closed = Signal()
    read = Signal(str)
    """What lies under the mouse, for a status bar; empty where nothing does."""

    def __init__(self, pair: Pair, maps: ComparedMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._maps = pair, maps
        self._ranges: Ranges | None = None
        self._following = False
        self._columns = 0
        self.count = tipped(QSpinBox(), "How many maps stand side by side", "Number of maps")
        self.count.setRange(_FEWEST, MOST_MAPS)
        self.count.setValue(max(len(maps.chosen), _FEWEST) if maps.chosen else _USUAL)
        self.button = IconButton("explain", "Compare", text="Compare")
        self.back = IconButton("close", "Back to the pair")
        self.about = ElidedLabel()
        self.about.setProperty("quiet", True)
        self.legend = SignLegend()
        self.cells = [MapCell(method) for method in self._first_methods()]
        self._arrange()
        self._connect()
        self._lay_out()

    @property
    def methods(self) -> tuple[str, ...]:
        """The chosen methods, in the order of the cells, each once."""
        return tuple(dict.fromkeys(cell.method for cell in self.shown))

    @property
    def shown(self) -> list[MapCell]:
        """The cells that are wanted."""
        return self.cells[: self.count.value()]

    def compare(self) -> None:
        """Show the maps of the chosen methods, and make those that there are not yet."""
        self._maps.compare(self.methods)
        self._show()

    def set_opacity(self, opacity: float) -> None:
        """Set how opaque the maps are, 0 to 1."""
        for cell in self.cells:
            cell.view.opacity = opacity

    def set_threshold(self, threshold: float) -> None:
        """Hide what is weaker than this share of each map's strongest value."""
        for cell in self.cells:
            cell.view.threshold = threshold

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the cells in one row where they are wider than high there, else in two."""
        super().resizeEvent(event)
        self._lay_out()
        self._share_room()

    def _first_methods(self) -> tuple[str, ...]:
        """Return what was compared last, the method of the page, and others that differ."""
        asked = self._pair.asked
        own = asked.method if asked else DEFAULT_METHOD
        return tuple(dict.fromkeys((*self._maps.chosen, own, *_FIRST, *METHODS)))[:MOST_MAPS]

    def _arrange(self) -> None:
        self._head = head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(QLabel("Maps"))
        head.addWidget(self.count)
        head.addWidget(self.button)
        head.addWidget(self.about, 1)
        head.addWidget(self.legend)
        head.addWidget(self.back)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        column.addLayout(head)
        column.addLayout(self._grid, 1)

    def _connect(self) -> None:
        for cell in self.cells:
            cell.method_chosen.connect(self.compare)
            cell.taken.connect(self._maps.show)
            cell.view.looked.connect(self._follow)
            cell.read.connect(self.read)
        self.count.valueChanged.connect(self._change_count)
        self.button.clicked.connect(self._press)
        self.back.clicked.connect(self.closed)
        self._maps.changed.connect(self._show)

    def _press(self) -> None:
        if self._maps.going:
            self._maps.cancel()
        else:
            self.compare()

    def _change_count(self, _count: int) -> None:
        self._columns = 0
        self._lay_out()
        self.compare()

    def _lay_out(self) -> None:
        shown = self.shown
        in_a_row = self.width() >= len(shown) * self.height()
        fitting = self.width() // max(cell.minimumSizeHint().width() for cell in shown)
        columns = len(shown) if in_a_row else max(2, min(ceil(len(shown) / 2), fitting))
        if columns == self._columns:
            return
        self._columns = columns
        for place, cell in enumerate(self.cells):
            self._grid.removeWidget(cell)
            if cell in shown:  # one that is shown before it has a parent is a window
                self._grid.addWidget(cell, *divmod(place, columns))
                cell.place(leftmost=place % columns == 0, lowest=self._is_lowest(place))
            cell.setVisible(cell in shown)
            if self._columns != columns:  # it made room or took some, and all were laid out anew
                return
        self._share_room()

    def _is_lowest(self, place: int) -> bool:
        """Whether the row of a cell has no full row below it."""
        return (place // self._columns + 2) * self._columns > len(self.shown)

    def _share_room(self) -> None:
        """Give all maps the same size, whatever scales stand beside and below some of them."""
        columns, time = self._columns, max(cell.view.time_height for cell in self.shown)
        time = time or self.fontMetrics().height() + _AROUND_TIME  # till the first map has come
        rows = range(ceil(len(self.shown) / columns))
        widths = [MEL_AXIS_WIDTH if column == 0 else 0 for column in range(columns)]
        heights = [time if self._is_lowest(row * columns) else 0 for row in rows]
        height = self.height() - self._head.sizeHint().height() - _SPACING
        for sizes, room, stretch in (
            (widths, self.width(), self._grid.setColumnStretch),
            (heights, height, self._grid.setRowStretch),
        ):
            each = (room - sum(sizes) - self._grid.spacing() * (len(sizes) - 1)) // len(sizes)
            for place in range(MOST_MAPS):
                stretch(place, max(each, 1) + sizes[place] if place < len(sizes) else 0)

    def _show(self) -> None:
        """Show every cell's state; a new picture takes the zoom of those that were there."""
        running = self._maps.going
        self.button.setText("Cancel" if running else "Compare")
        self.button.set_icon("stop" if running else "explain")
        self.button.setEnabled(self._maps.lacking)
        clip = "query" if self._maps.side == "query" else "support clip"
        rival = self._maps.against
        self.about.setText(f"on the {clip}" if rival is None else f"on the {clip}, against {rival}")
        pair = self._pair.session.pair
        self.legend.set_words(*ends(pair[1].label if pair else "", rival if pair else None))
        current = self._pair.explanation
        for cell in self.shown:
            if cell.show_state(self._maps, current) and self._ranges:
                cell.view.look_at(self._ranges)
        self._share_room()

    def _follow(self, ranges: Ranges) -> None:
        """Have every cell show what one was zoomed or panned to."""
        if self._following:
            return
        self._following, self._ranges = True, ranges
        for cell in self.shown:
            cell.view.look_at(ranges)
        self._following = False
