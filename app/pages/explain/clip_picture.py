"""ClipPicture: one clip of the pair, its log-mel large and, if it is long, a strip of all of it."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.lineup.loaded_model import Heard
from app.pages.explain.window_strip import WindowStrip
from app.widgets.spectrogram_view import SpectrogramView
from app.widgets.stroke import Stroke
from siamese_core.corpora.labelled_file import ClipFile

if TYPE_CHECKING:
    from siamese_core.logmel import LogMel

_LOWEST = 80
"""Pixels; a small screen may hold strips and notices besides."""
_SPACING = 4


class ClipPicture(QWidget):
    """What happens on it is told with its side, query or support."""

    time_clicked = Signal(str, float)
    span_chosen = Signal(str, object)
    """(start, end) in seconds of the clip, or None."""
    window_moved = Signal(str, float)
    drawn = Signal(str, object)
    """A Stroke."""

    def __init__(self, side: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self.clip: ClipFile | None = None
        self._shown: LogMel | None = None
        self.view, self.strip = SpectrogramView(), WindowStrip()
        self.view.setMinimumHeight(_LOWEST)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        column.addWidget(self.view, 1)
        column.addWidget(self.strip)
        self.view.time_clicked.connect(self._click)
        self.view.region_changed.connect(self._choose)
        self.view.region_cleared.connect(self._choose_all)
        self.view.drawn.connect(self._draw)
        self.strip.moved.connect(self._move)

    def show_clip(self, clip: ClipFile, heard: Heard, *, named: bool = True) -> None:
        """Show what the model heard of a clip; overlay, mask and span are gone."""
        log_mel = heard.maps[clip]
        names = (clip.label, clip.path.name) if named else ("?",)
        self.view.title = f"{self._side.capitalize()}: {' · '.join(names)}"
        if clip == self.clip and self._shown and _same(log_mel, self._shown):
            self.view.set_region(None)
            self.view.set_playhead(None)
            return
        self.clip, self._shown = clip, log_mel
        self.view.set_map(log_mel.db, log_mel.times, log_mel.frequencies, log_mel.own_frames)
        envelope = heard.envelopes.get(clip)
        start = max(log_mel.start, 0.0)
        self.strip.set_clip(envelope, log_mel.duration, start, log_mel.mel.seconds)

    @property
    def surroundings(self) -> int:
        """What time axis and strip take of the height, in pixels."""
        strip = 0 if self.strip.isHidden() else self.strip.height() + _SPACING
        return self.view.time_height + strip

    def show_words(self, words: str) -> None:
        """Say why there is no picture; the strip stays, for its window may just have moved."""
        self.clip = self._shown = None
        self.view.title = ""
        self.view.clear(words)

    def _click(self, seconds: float) -> None:
        self.time_clicked.emit(self._side, seconds)

    def _choose(self, start: float, end: float) -> None:
        self.span_chosen.emit(self._side, (start, end))

    def _choose_all(self) -> None:
        self.span_chosen.emit(self._side, None)

    def _draw(self, stroke: Stroke) -> None:
        self.drawn.emit(self._side, stroke)

    def _move(self, start: float) -> None:
        self.window_moved.emit(self._side, start)


def _same(one: "LogMel", other: "LogMel") -> bool:
    """Compare what is drawn, for drawing takes longer."""
    alike = (one.mel, one.start, one.duration) == (other.mel, other.start, other.duration)
    return alike and np.array_equal(one.db, other.db)
