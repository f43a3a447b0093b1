"""ChartView: one figure of an evaluation, with its key above it, in the theme's colours."""

from collections.abc import Sequence
from html import escape
from math import ceil, floor

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollBar, QVBoxLayout, QWidget

from app import theme
from app.charts import Chart, Series
from app.widgets.short_names import short_names

_BAND = 60
"""Opacity, of 255, of the interval around a line."""
_NAME_HEIGHT, _COUNT_WIDTH, _OVERHANG = 15, 34, 22
"""Pixels of a name, of a count, and of a label beyond the axis' end."""
_PALE = 0.65
"""How far a bar's colour is on the way from the surface to its ink."""
_FEW = 40
"""Places of a curve that are marked one by one."""
_WIDEST_NAME = 140
_LEAST_PLACE = 20
"""Pixels of a named place; where all together need more than there is, they scroll."""
_THICK = 0.7
"""Of the place of a class, what its bars take together."""
_SIGNS = {"bars": "■", "line": "—", "points": "●", "dotted": "⋯", "mark": "●"}


class ChartView(QWidget):
    """Draws a chart; its words are said to a screen reader, its values stand in a table beside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart: Chart | None = None
        self._outdated = False
        self.key = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self._axes = {side: _Axis(side) for side in ("left", "bottom")}
        self.plot = pg.PlotWidget(axisItems=self._axes)
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.setAntialiasing(True)
        self.plot.getPlotItem().layout.setContentsMargins(2, 8, 14, 2)
        self.plot.viewport().installEventFilter(self)
        self.further = QScrollBar(Qt.Orientation.Vertical)
        self.further.setAccessibleName("Further places")
        self.further.hide()
        self.further.valueChanged.connect(self._show_places)
        self.plot.getViewBox().sigResized.connect(self._fit)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.plot, 1)
        row.addWidget(self.further)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.key)
        column.addLayout(row, 1)

    def show_chart(self, chart: Chart) -> None:
        """Draw another chart, as soon as it is seen: several at once would hold the window up."""
        self.chart = chart
        self.plot.setAccessibleName(chart.shares)
        self.plot.setAccessibleDescription(chart.words)
        self._outdated = True
        self._draw_if_seen()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came meanwhile."""
        self._draw_if_seen()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the new theme's colours."""
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "chart", None):
            self._outdated = True
            self._draw_if_seen()
        super().changeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Have the wheel scroll through the places where there are more than are seen."""
        if event.type() == QEvent.Type.Wheel and not self.further.isHidden():
            return QCoreApplication.sendEvent(self.further, event)
        return super().eventFilter(watched, event)

    def _draw_if_seen(self) -> None:
        if self.chart and self._outdated and self.isVisible():
            self._outdated = False
            self._draw(self.chart)

    def _draw(self, chart: Chart) -> None:
        look = theme.colours()
        self.plot.clear()
        self.plot.setBackground(look.surface)
        self._frame(chart, look)
        bars = [series for series in chart.series if series.style == "bars"]
        for series in chart.series:
            ink = pg.mkColor(getattr(look, series.colour))
            if series.style == "bars":
                self._add_bars(series, bars.index(series), len(bars), look)
            else:
                self._add_curve(series, ink, lying=bool(chart.names))
        self.key.setText("&nbsp;&nbsp; ".join(_keys(chart.series, look)))

    def _frame(self, chart: Chart, look: theme.Colours) -> None:
        """Set axes, ranges and grid; named places stand below each other, the first on top."""
        sides = ("bottom", "left") if chart.names else ("left", "bottom")
        shares, places = (self._axes[side] for side in sides)
        shares.show_as(chart.shares, percent=True)
        places.show_as(chart.places, chart.names, percent=chart.share_places)
        for axis in self._axes.values():
            axis.setZValue(-1)  # its grid lies below what is measured
            axis.setPen(look.line)
            axis.setTextPen(look.muted)
            axis.label.setDefaultTextColor(QColor(look.muted))
        self.plot.showGrid(x=bool(chart.names), y=not chart.names, alpha=0.2)
        spans = (chart.span, chart.extent) if chart.names else (chart.extent, chart.span)
        view = self.plot.getViewBox()
        view.invertY(bool(chart.names))
        view.setMouseEnabled(x=False, y=False)
        view.setRange(xRange=spans[0], yRange=spans[1], padding=0.02)
        self.further.setValue(0)
        self._fit()

    def _fit(self) -> None:
        """Show as many places as are readable at once, and scroll through the others."""
        names = self.chart.names if self.chart else ()
        seen = max(int(self.plot.getViewBox().height()) // _LEAST_PLACE, 1)
        self.further.setVisible(len(names) > seen)
        self.further.setPageStep(seen)
        self.further.setRange(0, max(len(names) - seen, 0))
        self._show_places()

    def _show_places(self) -> None:
        """Show the places that are scrolled to."""
        if self.chart and self.chart.names:
            first, last = self.chart.extent
            if not self.further.isHidden():
                first += self.further.value()
                last = first + self.further.pageStep()
            self.plot.getViewBox().setYRange(first, last, padding=0)

    def _add_bars(self, series: Series, number: int, count: int, look: theme.Colours) -> None:
        thick = _THICK / count
        places = np.array(series.where) + (number - (count - 1) / 2) * thick
        # Pale, for the interval is seen on it.
        pale = theme.mixed(look.surface, getattr(look, series.colour), _PALE)
        widths = np.array(series.means)
        self.plot.addItem(
            pg.BarGraphItem(x0=0, y=places, height=0.9 * thick, width=widths, brush=pale, pen=None)
        )
        self._add_intervals(series, places, QColor(look.text), lying=True)

    def _add_curve(self, series: Series, ink: QColor, *, lying: bool) -> None:
        where, means = np.array(series.where), np.array(series.means)
        x, y = (means, where) if lying else (where, means)
        styles = Qt.PenStyle
        pen = pg.mkPen(ink, width=2, style=styles.SolidLine)
        if series.style == "dotted":
            pen = pg.mkPen(ink, width=2, style=styles.DotLine)
        curve = self.plot.plot(x, y, pen=None if series.style == "mark" else pen)
        is_curve = series.style == "line" and bool(series.lows) and len(where) <= _FEW
        if series.style in ("points", "mark") or is_curve:
            curve.setSymbol("o")
            curve.setSymbolSize(6 if is_curve else 9)
            curve.setSymbolBrush(ink)
            curve.setSymbolPen(None)
        if series.lows and series.style == "line":
            self._add_band(series, where, ink)
        elif series.lows:
            self._add_intervals(series, where, ink, lying=lying)

    def _add_band(self, series: Series, where: np.ndarray, ink: QColor) -> None:
        edges = [pg.PlotCurveItem(where, np.array(y)) for y in (series.lows, series.highs)]
        fill = QColor(ink)
        fill.setAlpha(_BAND)
        for edge in edges:
            edge.setPen(None)
            self.plot.addItem(edge)
        self.plot.addItem(pg.FillBetweenItem(*edges, brush=fill))

    def _add_intervals(
        self, series: Series, where: np.ndarray, ink: QColor, *, lying: bool
    ) -> None:
        means = np.array(series.means)
        below, above = means - np.array(series.lows), np.array(series.highs) - means
        ends = dict(
            zip(("left", "right") if lying else ("bottom", "top"), (below, above), strict=True)
        )
        x, y = (means, where) if lying else (where, means)
        self.plot.addItem(pg.ErrorBarItem(x=x, y=y, pen=pg.mkPen(ink, width=1.2), **ends))


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """Measures shares in percent, or names or counts places as far as there is room."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self._names: tuple[str, ...] = ()
        self._percent = False
        self.enableAutoSIPrefix(False)
        self.setStyle(hideOverlappingLabels=False)

    def show_as(self, label: str, names: Sequence[str] = (), *, percent: bool) -> None:
        """Take another label, and what the ticks say."""
        self._names, self._percent = tuple(names), percent
        self.setLabel(label)
        self.showLabel(bool(label))
        self.setWidth(None) if self.orientation == "left" else self.setHeight(None)
        if names:
            metrics = QFontMetrics(self.font())
            self._names = short_names(names, _WIDEST_NAME, metrics)
            widest = max(map(metrics.horizontalAdvance, self._names))
            self.setWidth(min(widest, _WIDEST_NAME) + 14)
        self.picture = None
        self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Place ticks; of names and counts, as many as do not overlap."""
        if self._percent:
            ticks: list[tuple[float, list[float]]] = super().tickValues(low, high, size)
            return ticks
        room = _NAME_HEIGHT if self._names else _COUNT_WIDTH
        step = max(1, ceil(abs(high - low) * room / max(size, 1)))
        low, high = sorted((low, high))  # the first name stands on top
        last = len(self._names) - 1 if self._names else floor(high)
        places = range(max(0, ceil(low)), min(last, floor(high)) + 1)
        return [(step, [float(place) for place in places if place % step == 0])]

    def tickStrings(self, values: Sequence[float], scale: float, _spacing: float) -> list[str]:
        """Write what the ticks stand for."""
        if self._names:
            return [self._names[round(value)] for value in values]
        if self._percent:
            return [f"{100 * value * scale:.3g} %" for value in values]
        return [f"{value:.0f}" for value in values]

    def boundingRect(self) -> QRectF:
        """Leave room for the labels of the ends, which a grid would cut."""
        rect: QRectF = super().boundingRect()
        lying = self.orientation == "bottom"
        across, along = (_OVERHANG, 0) if lying else (0, _OVERHANG)
        return rect.adjusted(-across, -along, across, along)


def _keys(many: Sequence[Series], look: theme.Colours) -> list[str]:
    """Write what each colour stands for; nothing where that goes without saying."""
    if len(many) == 1:
        return []
    return [
        f'<span style="color:{getattr(look, one.colour)}">{_SIGNS[one.style]}</span>&nbsp;'
        f"{escape(one.name)}"
        for one in many
    ]
