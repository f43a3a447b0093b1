"""LossPlot: the loss above, the accuracies below, live (figure 2.5 of 001_f88acf4202fc317d.txt)."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.training.curves import Curves

_NO_STEPS = 10
"""The axis of a training that has not begun, in whole steps."""
_BAND = 60
"""Opacity, of 255, of the validation's interval."""
_LEFT_WIDTH = 56
_MOST = 500
"""Points of a curve."""

Values = NDArray[np.float64]


class _StepAxis(pg.AxisItem):  # type: ignore[misc]
    """Counts steps, of which there are no halves."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Place ticks at whole numbers."""
        spacings = super().tickSpacing(low, high, size)
        return [level for level in spacings if float(level[0]).is_integer()] or [(1.0, 0.0)]


class _Column:
    """Numbers as an array, into which those alone are converted that came since."""

    def __init__(self) -> None:
        self._told: Sequence[float] = ()
        self._values = np.array([])

    def of(self, told: Sequence[float]) -> Values:
        """Return a list that grew since it was asked for, or another one."""
        known = self._values if told is self._told else np.array([])
        self._told, self._values = told, np.concatenate([known, told[len(known) :]])
        return self._values


class LossPlot(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Curves against steps; the interval of the validation accuracy is a band."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ci.layout.setContentsMargins(2, 6, 8, 2)
        self._upper, self._lower = self._plot(0, "Loss"), self._plot(1, "Accuracy")
        self._lower.setXLink(self._upper)
        self._lower.setLabel("bottom", "Step")
        self._lower.setYRange(0, 1)
        self.loss = self._curve(self._upper)
        self.accuracy, self.mean = self._curve(self._lower), self._curve(self._lower)
        self.low, self.high = pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)
        self.band = pg.FillBetweenItem(self.low, self.high)
        for item in (self.low, self.high, self.band):
            self._lower.addItem(item)
        self._steps, self._losses, self._accuracies = _Column(), _Column(), _Column()
        self._has_steps = False
        self._asked = ""
        self.follow_theme()
        self.set_curves(None)

    def set_curves(self, curves: Curves | None) -> None:
        """Draw what a training told so far; nothing if None."""
        empty = np.array([])
        steps = self._steps.of(curves.steps if curves else ())
        validated = np.array(curves.validated) if curves else empty
        self.loss.setData(*_thinned(steps, self._losses.of(curves.loss if curves else ())))
        accuracies = self._accuracies.of(curves.accuracy if curves else ())
        self.accuracy.setData(*_thinned(steps, accuracies))
        self.mean.setData(validated, np.array(curves.means) if curves else empty)
        self.mean.setSymbol("o" if len(validated) == 1 else None)  # one alone is no line
        self.low.setData(validated, np.array(curves.lows) if curves else empty)
        self.high.setData(validated, np.array(curves.highs) if curves else empty)
        self.setAccessibleDescription(_words(curves) if curves else "")
        asked = curves.lineups.words if curves and curves.lineups else ""
        if asked != self._asked:
            self._asked = asked
            self._write_key(theme.colours())
        self._span(bool(len(steps)))

    def _span(self, has_steps: bool) -> None:
        """Follow the curves; without any, the axes are not another training's."""
        if has_steps and not self._has_steps:
            self._upper.enableAutoRange()
        elif not has_steps:
            self._upper.setRange(xRange=(0, _NO_STEPS), yRange=(0, 1), padding=0)
        self._has_steps = has_steps

    def follow_theme(self) -> None:
        """Take the colours in force."""
        look = theme.colours()
        self.setBackground(look.surface)
        self.loss.setPen(pg.mkPen(look.accent, width=1.5))
        self.accuracy.setPen(pg.mkPen(look.negative, width=1))
        self.mean.setPen(pg.mkPen(look.positive, width=2))
        self.mean.setSymbolBrush(look.positive)
        colour = pg.mkColor(look.positive)
        colour.setAlpha(_BAND)
        self.band.setBrush(colour)
        for plot in (self._upper, self._lower):
            for name in ("left", "bottom"):
                axis = plot.getAxis(name)
                axis.setPen(look.line)
                axis.setTextPen(look.muted)
                axis.label.setDefaultTextColor(pg.mkColor(look.muted))
        self._write_key(look)

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the new theme's colours."""
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "band"):
            self.follow_theme()
        super().changeEvent(event)

    def _plot(self, row: int, label: str) -> pg.PlotItem:
        plot = self.addPlot(row, 0, axisItems={"bottom": _StepAxis("bottom")})
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setLabel("left", label)
        plot.getAxis("left").setWidth(_LEFT_WIDTH)
        for name in ("left", "bottom"):
            plot.getAxis(name).enableAutoSIPrefix(False)
        plot.showGrid(y=True, alpha=0.2)
        return plot

    def _curve(self, plot: pg.PlotItem) -> pg.PlotDataItem:
        return plot.plot([], [])

    def _write_key(self, look: theme.Colours) -> None:
        """Name the curves above the plot: wherever on it, some accuracies would be hidden."""
        # two quantities: pairs are right or wrong by themselves, line-ups as a whole
        lineups = f"validation line-ups ({self._asked})" if self._asked else "validation line-ups"
        names = {look.positive: f"{lineups}, 95 %", look.negative: "training pairs"}
        words = (f'<span style="color: {ink}">━━</span> {name}' for ink, name in names.items())
        self._lower.setTitle("&nbsp; &nbsp;".join(words), size="9pt", color=look.text)
        self._lower.titleLabel.setAttr("justify", "right")


def _thinned(steps: Values, values: Values) -> tuple[Values, Values]:
    """Return the means of equal stretches: thousands of lines take long to draw, and hide it."""
    stretch = -(-len(steps) // _MOST)
    if stretch <= 1:
        return steps, values
    starts = np.arange(0, len(steps), stretch)
    counts = np.diff(starts, append=len(steps))
    return np.add.reduceat(steps, starts) / counts, np.add.reduceat(values, starts) / counts


def _words(curves: Curves) -> str:
    """Say the last values, for who cannot see the curves."""
    words = []
    if curves.steps:
        words.append(f"step {curves.steps[-1]}: loss {curves.loss[-1]:.3f}, ")
        words.append(f"training accuracy {curves.accuracy[-1]:.3f}")
    if curves.validated:
        words.append(f"; validation accuracy {curves.means[-1]:.3f}")
    return "".join(words)
