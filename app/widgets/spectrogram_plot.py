"""SpectrogramPlot: pyqtgraph's parts of a spectrogram: mel axis, mouse, colour layers."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont

from app import theme
from app.widgets.level_scale import level_scale
from app.widgets.measurement import BOXES, Part
from app.widgets.outline import Outline
from app.widgets.reading import hertz_at
from app.widgets.sketch import Sketch
from app.widgets.spectrogram_span import Playhead, Span
from app.widgets.spectrogram_view import MEL_AXIS_WIDTH

pg.setConfigOptions(antialias=True)

_SMALLEST_ROWS, _SMALLEST_FRAMES = 4, 8
_ROUNDNESS = (1.0, 5.0, 2.0, 3.0, 4.0, 6.0, 8.0, 1.5, 2.5)
"""Leading digits of a tick, the roundest first."""
_TICK_SPACING = 20.0
"""Least distance of two ticks in pixels."""
_EDGE = 0.4
"""Least share of that from the edges, where a tick's words would be cut."""


class MelAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks at round frequencies on rows that are evenly spaced in mel."""

    def __init__(self) -> None:
        super().__init__("left")
        self._frequencies: NDArray[np.float64] = np.array([0.0, 1.0])
        self.setWidth(MEL_AXIS_WIDTH)

    def set_frequencies(self, frequencies: NDArray[np.float64]) -> None:
        """Take the centre of each row in Hz."""
        self._frequencies = frequencies
        self.picture = None
        self.update()

    def row_of(self, hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the height at which a frequency is drawn, in rows; the first centre is at 0.5."""
        rows = np.arange(len(self._frequencies)) + 0.5
        heights: NDArray[np.float64] = np.interp(hz, self._frequencies, rows)
        return heights

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Take round frequencies, the roundest first, that stand clear of those taken before."""
        clear = _TICK_SPACING * (high - low) / max(size, 1.0)
        taken: list[float] = []
        low, high = low + _EDGE * clear, high - _EDGE * clear
        for row in self.row_of(self._candidates()):
            if low <= row <= high and all(abs(row - other) >= clear for other in taken):
                taken.append(float(row))
        return [(1.0, sorted(taken))]

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """Name rows by their frequency."""
        return [hertz(float(hz)) for hz in hertz_at(self._frequencies, np.array(values))]

    def _candidates(self) -> NDArray[np.float64]:
        decades = 10.0 ** np.arange(5, 0, -1)
        values = np.outer(_ROUNDNESS, decades).ravel()
        first, last = self._frequencies[0], self._frequencies[-1]
        inside: NDArray[np.float64] = values[(values >= first) & (values <= last)]
        return inside


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Seconds, the unit at each tick, so that no line is spent on a label."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        """Write seconds with as many places as the ticks differ in."""
        places = max(0, math.ceil(-math.log10(spacing)))
        return [f"{value:.{places}f} s" for value in values]


def hertz(frequency: float) -> str:
    """Write a frequency shortly: 500 Hz, 1.5 kHz, 12 kHz."""
    if frequency < 999.5:
        return f"{frequency:.0f} Hz"
    return f"{frequency / 1000:.1f}".removesuffix(".0") + " kHz"


class SpectrogramBox(pg.ViewBox):  # type: ignore[misc]
    """Drag pans, Shift-drag selects a span, the wheel zooms time.

    With Ctrl, Shift-drag selects a rectangle and the wheel zooms frequency. While a tool draws, the
    left button draws and the middle one pans.
    """

    span_dragged = Signal(float, float)
    rectangle_dragged = Signal(float, float, object)
    """Seconds, and the rows from the lowest edge to the highest."""
    stroke_dragged = Signal(object, bool, bool)
    """Points of the stroke so far, whether it ends here, and whether it takes away (Ctrl)."""
    reset_asked = Signal()
    draws = False
    _dragging: Callable[[Any], None] | None = None
    """What the drag that goes on does, other than to pan."""

    def confine(self, seconds: tuple[float, float], step: float, rows: int) -> None:
        """Show nothing but these seconds and rows, and no fewer than a few frames and rows."""
        first, last = seconds
        self.setLimits(
            xMin=first,
            xMax=last,
            yMin=0,
            yMax=rows,
            minXRange=min(_SMALLEST_FRAMES * step, last - first),
            minYRange=min(_SMALLEST_ROWS, rows),
        )

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Select a span, draw, or pan to the end, as it was when the drag started."""
        if event.isStart():
            self._dragging = self._meant(event)
        if self._dragging is None:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        self._dragging(event)

    def _meant(self, event: Any) -> Callable[[Any], None] | None:
        if event.button() != Qt.MouseButton.LeftButton:
            return None
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return self._select
        return self._draw if self.draws else None

    def _select(self, event: Any) -> None:
        ends = [self.mapToView(place) for place in (event.buttonDownPos(), event.pos())]
        seconds = sorted(end.x() for end in ends)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.rectangle_dragged.emit(*seconds, tuple(sorted(end.y() for end in ends)))
        else:
            self.span_dragged.emit(*seconds)

    def _draw(self, event: Any) -> None:
        if event.isStart():
            self._stroke: list[QPointF] = [self.mapToView(event.buttonDownPos())]
        self._stroke.append(self.mapToView(event.pos()))
        away = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        self.stroke_dragged.emit(self._stroke, event.isFinish(), away)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Ask to see everything again."""
        event.accept()
        self.reset_asked.emit()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom one axis at a time."""
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        super().wheelEvent(event, axis if axis is not None else (1 if control else 0))


class SpectrogramPlot(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """The layers, from the bottom: levels, overlay, mask, span, sketch, playhead."""

    def __init__(self) -> None:
        super().__init__()
        self.ci.layout.setContentsMargins(1, 0, 1, 0)
        self.box = SpectrogramBox(enableMenu=False)
        self.mel_axis = MelAxis()
        axes = {"left": self.mel_axis, "bottom": TimeAxis()}
        self.plot = self.addPlot(0, 0, viewBox=self.box, axisItems=axes)
        self.plot.hideButtons()
        self.levels = self._layer(0)
        self.overlay = self._layer(1)
        self.dimming = self._layer(2)
        self.overlay.setLookupTable(theme.signed_map().getLookupTable(0.0, 1.0, 511, alpha=True))
        self.overlay.setLevels((-1.0, 1.0))
        self.dimming.setLevels((0.0, 1.0))
        self._range = (0.0, 1.0)
        self._grey = False
        self.bar = pg.ColorBarItem(interactive=False, width=12, colorMapMenu=False)
        self.bar.setImageItem(self.levels, insert_in=self.plot)
        self.bar.getAxis("right").setLabel("dB")
        self.span = Span()
        self.outline = Outline()
        self.playhead = Playhead()
        self.sketch = Sketch(self)
        above: tuple[Any, ...] = (self.outline, self.span, self.sketch.item, self.playhead)
        for depth, item in enumerate(above, start=3):
            item.setZValue(depth)
            self.plot.addItem(item, ignoreBounds=True)
        self.span.hide()
        self.playhead.hide()
        level_scale().changed.connect(self.follow_scale)
        self.follow_theme()

    def follow_theme(self) -> None:
        """Take the colours in force."""
        look = theme.colours()
        self.follow_scale()
        self.span.follow_theme()
        self.setBackground(look.surface)
        self.dimming.setLookupTable(theme.veil())
        self.outline.update()
        font = QFont(self.font())
        for axis in (
            *(self.plot.getAxis(n) for n in ("left", "bottom")),
            self.bar.getAxis("right"),
        ):
            axis.setPen(look.line)
            axis.setTextPen(look.muted)
            axis.setTickFont(font)
            axis.label.setDefaultTextColor(pg.mkColor(look.muted))

    def follow_scale(self) -> None:
        """Take the scale of levels in force; under an overlay they are grey."""
        scale = level_scale().now
        self.bar.setColorMap(theme.grey_map() if self._grey else theme.level_map(scale.colours))
        self.bar.setLevels(scale.limits(*self._range))

    def show_levels(self, db: NDArray[np.float32], rect: QRectF) -> None:
        """Draw a log-mel, shape (n_mels, n_frames)."""
        self._range = float(db.min()), float(db.max())
        self.lay(self.levels, db, rect)
        self.bar.setLevels(level_scale().now.limits(*self._range))

    def leave_colour(self, to_overlay: bool) -> None:
        """Turn levels grey while an overlay owns all colour."""
        if to_overlay != self._grey:
            self._grey = to_overlay
            self.follow_scale()

    def take_up(self, tool: str, radius: float) -> None:
        """Draw with a tool of a radius in pixels, or pan if its name is empty."""
        self.sketch.tool, self.sketch.radius = tool, radius
        self.box.draws = bool(tool)
        self.box.setCursor(Qt.CursorShape.CrossCursor if tool else Qt.CursorShape.ArrowCursor)

    @property
    def selected(self) -> tuple[float, float] | None:
        """The span that is drawn, in seconds, if any."""
        first, last = self.span.getRegion()
        return (first, last) if self.span.isVisible() else None

    @property
    def part(self) -> Part | None:
        """What is being drawn as a box, else what is selected, if anything is."""
        drawn = self.sketch.item.path().boundingRect() if self.sketch.tool in BOXES else QRectF()
        if drawn.isNull():
            return self.selected and (self.selected, self.span.band)
        return (drawn.left(), drawn.right()), (drawn.top(), drawn.bottom())

    def select(
        self, span: tuple[float, float] | None, band: tuple[float, float] | None = None
    ) -> None:
        """Draw a span without a signal, of some rows or of all, or none."""
        self.span.setVisible(span is not None)
        self.span.band = band if span else None
        if span is not None:
            self.span.blockSignals(True)
            self.span.setRegion(span)
            self.span.blockSignals(False)

    @property
    def heard(self) -> float | None:
        """Where the playhead is drawn, in seconds, if it is."""
        return float(self.playhead.value()) if self.playhead.isVisible() else None

    def lay(self, layer: pg.ImageItem, values: NDArray[np.float32], rect: QRectF) -> None:
        """Draw values, shape (rows, frames), over a rectangle of seconds and rows."""
        layer.setImage(values, autoLevels=False)
        layer.setRect(rect)
        layer.show()

    def show_mask(
        self, gains: NDArray[np.float32] | None, rect: QRectF, *, dimmed: bool = True
    ) -> None:
        """Draw a line around what a mask keeps, and dim what it removes; None for no mask."""
        if gains is None:
            self.dimming.hide()
            self.outline.hide()
        else:
            self.lay(self.dimming, 1.0 - gains, rect)
            self.dimming.setVisible(dimmed)
            self.outline.surround(gains, rect)

    def _layer(self, depth: int) -> pg.ImageItem:
        layer = pg.ImageItem(axisOrder="row-major")
        layer.setZValue(depth)
        self.plot.addItem(layer)
        return layer
