"""SpectrogramView: a log-mel, large, with what a network saw in it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.widgets.elided_label import ElidedLabel
from app.widgets.measured_band import moved_band
from app.widgets.measurement import measure
from app.widgets.reading import Picture, shares
from app.widgets.sign_legend import SignLegend
from app.widgets.steering import Ranges, Span, Zoom, selected, steered
from app.widgets.stroke import PAINTING

if TYPE_CHECKING:
    from app.widgets.spectrogram_plot import SpectrogramPlot

Values = NDArray[np.float32]
MEL_AXIS_WIDTH = 62
"""Pixels of the mel axis, where it is shown."""


class SpectrogramView(QWidget):
    """Seconds to the right, mel bands upwards, dB as colour.

    An overlay owns all colour, so that the log-mel turns grey beneath it: orange raises the
    similarity, blue lowers it. What a mask removes is dimmed, what it keeps outlined. Dragging
    pans, the wheel zooms time (with Ctrl frequency), a double click shows everything, Shift and
    drag selects a span of time (with Ctrl of some frequencies) and, begun within it, moves it; for
    keys see `steering`, `measured_band`, Home and Backspace. While a tool is taken up, dragging
    draws instead, and takes away with Ctrl held. What is selected or drawn is measured.
    """

    hovered = Signal(object)
    """The `Reading` under the mouse."""
    hover_left = Signal()
    time_clicked = Signal(float)
    region_changed = Signal(float, float)
    region_cleared = Signal()
    measured = Signal(object)
    """The `Measurement` of what is selected or being drawn, or None."""
    drawn = Signal(object)
    """The Stroke that a tool drew."""
    looked = Signal(object)
    """The `Ranges` in view."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._db: Values | None = None
        self._overlay: Values | None = None
        self._segments: NDArray[np.int64] | None = None
        self._opacity, self._threshold = 0.7, 0.0
        self._tool, self._radius = "", 8.0
        self._linked: SpectrogramView | None = None
        self._plot: SpectrogramPlot | None = None
        self._message = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setProperty("quiet", True)
        self._title, self.legend = ElidedLabel(), SignLegend()
        self._pages = QStackedLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        header = QHBoxLayout()
        header.addWidget(self._title, 1)
        header.addWidget(self.legend)
        self.legend.hide()
        column.addLayout(header)
        column.addLayout(self._pages, 1)
        self._pages.addWidget(self._message)  # what is shown before it has a parent is a window
        self.setMinimumSize(240, 120)
        self.title = title

    @property
    def title(self) -> str:
        """What is shown, in a line above; no line if empty."""
        return self._title.text()

    @title.setter
    def title(self, title: str) -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self.setAccessibleName(f"Spectrogram: {title}".removesuffix(": "))

    @property
    def opacity(self) -> float:
        """Opacity of the overlay, 0 to 1."""
        return self._opacity

    @opacity.setter
    def opacity(self, opacity: float) -> None:
        self._opacity = min(max(opacity, 0.0), 1.0)
        self._draw_overlay()

    @property
    def threshold(self) -> float:
        """Share of the attribution of full colour below which none is shown, 0 to 1."""
        return self._threshold

    @threshold.setter
    def threshold(self, threshold: float) -> None:
        self._threshold = min(max(threshold, 0.0), 1.0)
        self._draw_overlay()

    def take_up(self, tool: str, radius: float) -> None:
        """Draw with a tool of `stroke.TOOLS`, of a radius in pixels; none if the name is empty."""
        self._tool, self._radius = tool, radius
        if self._plot is not None:
            self._plot.take_up(tool, radius)

    def set_map(
        self,
        db: Values,
        times: NDArray[np.float64],
        frequencies: NDArray[np.float64],
        own: slice | None = None,
    ) -> None:
        """Show a log-mel; overlay, mask, span and playhead of the one before are gone.

        Parameters
        ----------
        db : ndarray of float32, shape (n_mels, n_frames)
        times : ndarray, shape (n_frames,)
            Centre of each frame in seconds.
        frequencies : ndarray, shape (n_mels,)
            Centre of each band in Hz, rising.
        own : slice, optional
            The frames of the clip itself; what was put around it is not shown.
        """
        self._own = own or slice(0, db.shape[1])
        self._db = db[:, self._own]
        self._step = float(times[1] - times[0]) if len(times) > 1 else 1.0
        self._start = float(times[self._own][0]) - self._step / 2
        self._frequencies = frequencies
        self._graph.show_levels(self._db, self._extent())
        self._graph.mel_axis.set_frequencies(frequencies)
        self.set_overlay(None)
        self.set_mask(None)
        self.set_playhead(None)
        self.set_region(None)
        self._pages.setCurrentWidget(self._graph)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset_view()

    def clear(self, message: str = "") -> None:
        """Show no map but a sentence that says what to do."""
        self._db = self._overlay = None
        self.measured.emit(None)
        self.legend.hide()
        self._message.setText(message)
        self._pages.setCurrentWidget(self._message)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def set_overlay(self, values: Values | None, segments: NDArray[np.int64] | None = None) -> None:
        """Lay an attribution, shape (n_mels, n_frames) of the whole map, over the levels.

        ``segments`` numbers the part of the map that each cell belongs to, to be read.
        """
        if self._db is None:
            return
        cut = None if values is None else values[:, self._own]
        self._segments = None if segments is None else segments[:, self._own]
        self._overlay = None if cut is None else np.nan_to_num(cut)
        self.legend.setVisible(bool(self.title) and cut is not None)
        self._graph.leave_colour(to_overlay=cut is not None)
        self._draw_overlay()

    def set_mask(self, values: Values | None, *, dimmed: bool = True) -> None:
        """Outline what a mask, shape (n_mels, n_frames) in [0, 1], keeps; dim what it removes."""
        if self._db is not None:
            gains = None if values is None else values[:, self._own]
            self._graph.show_mask(gains, self._extent(), dimmed=dimmed)

    def set_playhead(self, seconds: float | None) -> None:
        """Draw the moment that is heard, or none."""
        if self._db is None:
            return
        self._graph.playhead.setVisible(seconds is not None)
        if seconds is not None:
            self._graph.playhead.setValue(seconds)

    def set_region(
        self, start: float | None, end: float | None = None, band: Span | None = None
    ) -> None:
        """Select seconds, of all rows or a band, with no signal but `measured`; None for none."""
        if self._db is not None:
            self._graph.select(None if start is None or end is None else (start, end), band)
            self._measure()

    @property
    def zoom(self) -> Zoom:
        """What is in view, of each axis of which that is not everything."""
        if self._db is None:
            return None, None
        everything = self._time_span(), (0, len(self._db))
        pairs = zip(self._graph.box.viewRange(), everything, strict=True)
        seconds, rows = (None if np.allclose(*pair) else pair[0] for pair in pairs)
        return seconds, rows

    def look_again(self, zoom: Zoom) -> None:
        """Show what was in view of another clip, as far as it is there to be seen in this one."""
        (seconds, rows), (first, last) = zoom, self._time_span()
        if seconds and not (first - self._step <= seconds[0] and seconds[1] <= last + self._step):
            seconds = None
        if seconds or rows:
            self._graph.box.setRange(xRange=seconds, yRange=rows, padding=0)

    def link_time(self, other: "SpectrogramView | None") -> None:
        """Zoom and pan time together with another view, or alone again."""
        if other is None and self._plot is None:
            return
        self._linked = other
        self._graph.plot.setXLink(None if other is None else other._graph.plot)
        if other is not None:
            other._linked = self
        self.reset_view()

    def look_at(self, ranges: Ranges) -> None:
        """Show some seconds and rows."""
        if self._db is not None:
            self._graph.box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)

    def show_scales(self, *, levels: bool, frequencies: bool) -> None:
        """Show the bar of levels and the mel axis, or leave the room to the picture."""
        self._graph.bar.setVisible(levels)
        self._graph.plot.showAxis("left", frequencies)

    def show_time(self, shown: bool) -> None:
        """Show the time axis, or leave it to the linked view below."""
        if self._plot is not None:
            self._plot.plot.showAxis("bottom", shown)

    @property
    def time_height(self) -> int:
        """What the time axis takes of the height, in pixels."""
        return 0 if self._plot is None else round(self._plot.plot.getAxis("bottom").maximumHeight())

    def reset_view(self) -> None:
        """Show everything."""
        if self._db is not None:
            for view in (self, self._linked):
                if view is not None and view._db is not None:
                    view._graph.box.confine(self._time_span(), view._step, len(view._db))
            self.look_at((self._time_span(), (0, len(self._db))))

    def changeEvent(self, event: QEvent) -> None:
        """Take the new theme's colours."""
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._plot.follow_theme()
        super().changeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the mouse has left."""
        if event.type() == QEvent.Type.Leave:
            self.hover_left.emit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steer the view by keyboard."""
        if not self._steer(event):
            super().keyPressEvent(event)

    @property
    def _graph(self) -> "SpectrogramPlot":
        """The picture; made for the first map, for importing pyqtgraph takes a while."""
        if self._plot is None:
            from app.widgets.spectrogram_plot import SpectrogramPlot

            self._plot = SpectrogramPlot()
            # The view has the keyboard itself: Qt strays where a proxy is made later than others.
            self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._pages.addWidget(self._plot)
            self._listen()
            self._plot.take_up(self._tool, self._radius)
        return self._plot

    def _listen(self) -> None:
        scene = self._graph.scene()
        scene.sigMouseMoved.connect(self._point)
        scene.sigMouseClicked.connect(self._click)
        self._graph.box.span_dragged.connect(self._drag_span)
        self._graph.box.rectangle_dragged.connect(self._drag_span)
        self._graph.box.reset_asked.connect(self.reset_view)
        self._graph.box.stroke_dragged.connect(self._draw)
        self._graph.sketch.drawn.connect(self.drawn)
        self._graph.span.sigRegionChanged.connect(self._measure)
        self._graph.span.sigRegionChangeFinished.connect(self._tell_span)
        self._graph.box.sigRangeChanged.connect(self._tell_range)
        self._graph.installEventFilter(self)

    def _draw(self, points: list[QPointF], finished: bool, away: bool) -> None:
        if self._db is not None:
            seen = self._graph.box.viewPixelSize(), self._extent()
            self._graph.sketch.follow(points, *seen, finished=finished, away=away)
            self._measure()

    @property
    def _picture(self) -> Picture | None:
        if self._db is None:
            return None
        lying = self._overlay, self._segments
        return Picture(self._db, self._start, self._step, self._frequencies, *lying)

    def _measure(self) -> None:
        part, picture = self._graph.part, self._picture
        self.measured.emit(part and picture and measure(picture, *part))

    def _extent(self) -> QRectF:
        if self._db is None:
            return QRectF()
        rows, frames = self._db.shape
        return QRectF(self._start, 0, frames * self._step, rows)

    def _time_span(self) -> tuple[float, float]:
        """Return first and last second of this view and of the one it is linked with."""
        views = [view for view in (self, self._linked) if view and view._db is not None]
        extents = [view._extent() for view in views]
        return min(e.left() for e in extents), max(e.right() for e in extents)

    def _draw_overlay(self) -> None:
        if self._db is None:
            return
        strong = None if self._overlay is None else shares(self._overlay, self._threshold)
        if strong is None:
            self._graph.overlay.hide()
            return
        self._graph.lay(self._graph.overlay, strong, self._extent())
        self._graph.overlay.setOpacity(self._opacity)

    def _point(self, place: QPointF) -> None:
        """Tell what lies under the mouse."""
        picture = self._picture
        if picture is None or not self._graph.box.sceneBoundingRect().contains(place):
            self.hover_left.emit()
            return
        point = self._graph.box.mapSceneToView(place)
        if reading := picture.read(point.x(), point.y()):
            self.hovered.emit(reading)
        else:
            self.hover_left.emit()

    def _click(self, event: Any) -> None:
        """Tell the clicked second; with Shift, forget the span."""
        if event.double() or event.button() != Qt.MouseButton.LeftButton or self._db is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._forget_span()
            return
        point = self._graph.box.mapSceneToView(event.scenePos())
        if self._tool in PAINTING:
            away = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._draw([point], True, away)
            return
        seconds = point.x()
        self.time_clicked.emit(min(max(seconds, self._start), self._extent().right()))

    def _drag_span(self, start: float, end: float, band: Span | None = None) -> None:
        extent = self._extent()
        rows = band and (max(band[0], extent.top()), min(band[1], extent.bottom()))
        self.set_region(max(start, extent.left()), min(end, extent.right()), rows)
        self._tell_span()

    def _tell_span(self) -> None:
        self.region_changed.emit(*self._graph.span.getRegion())

    def _tell_range(self) -> None:
        self.looked.emit(self._graph.box.viewRange())

    def _steer(self, event: QKeyEvent) -> bool:
        """Show or select something else by a key; say whether it is one for that."""
        if self._db is None:
            return False
        key, keys = Qt.Key(event.key()), event.modifiers()
        shift = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        control = bool(keys & Qt.KeyboardModifier.ControlModifier)
        graph, band, ranges = self._graph, self._graph.span.band, self._graph.box.viewRange()
        if key == Qt.Key.Key_Home:
            self.reset_view()
        elif key == Qt.Key.Key_Backspace:
            self._forget_span()
        elif shift and (rows := moved_band(band, ranges[1], key, control)):
            start, end = graph.selected or ranges[0]
            self._drag_span(start, end, rows)
        elif span := selected(graph.selected, ranges[0], graph.heard, key, shift):
            self._drag_span(*span, band)
        elif seen := steered(ranges, key, control):
            self.look_at(seen)
        else:
            return False
        return True

    def _forget_span(self) -> None:
        self.set_region(None)
        self.region_cleared.emit()
