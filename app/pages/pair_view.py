"""PairView: the query and the chosen support clip, one above the other, with the map on one."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.pages.window_strip import WindowStrip
from app.pair import Pair
from app.widgets.spectrogram_view import SpectrogramView
from siamese_core.corpus import ClipFile

_EMPTY = {
    "query": "The query is shown here once the line-up has one.",
    "support": "Select a support clip above to see it beside the query.",
}
_LOWEST = 104
_HINT = "Point at a picture to read it. Wheel: zoom time, Ctrl+wheel: pitch, double-click: all."


class PairView(QWidget):
    """Two log-mels linked in time, a strip below each long clip, and a readout for a status bar."""

    seek_requested = Signal(float)
    """Seconds in the explained clip."""
    region_changed = Signal(object)
    """(start, end) in seconds of the explained clip, or None."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._session = pair, pair.session
        self._dimming = True
        self.views = {side: SpectrogramView() for side in ("query", "support")}
        self.strips = {side: WindowStrip() for side in self.views}
        self.readout = QLabel(_HINT, self)
        self.readout.setProperty("quiet", True)
        self._build()
        for signal in (
            self._session.lineup_changed,
            self._session.heard_changed,
            self._session.selection_changed,
        ):
            signal.connect(self._show_pair)
        pair.explanation_changed.connect(self._show_explanation)
        pair.mask_changed.connect(self._show_mask)
        self._show_pair()

    def set_opacity(self, opacity: float) -> None:
        """Set how opaque the map is, 0 to 1."""
        for view in self.views.values():
            view.opacity = opacity

    def set_threshold(self, threshold: float) -> None:
        """Hide what is weaker than this share of the strongest value."""
        for view in self.views.values():
            view.threshold = threshold

    def set_dimming(self, dimming: bool) -> None:
        """Darken what the mask takes away, or show the whole picture."""
        self._dimming = dimming
        self._show_mask()

    def set_playhead(self, side: str, seconds: float | None) -> None:
        """Show on one side what is heard."""
        for name, view in self.views.items():
            view.set_playhead(seconds if name == side else None)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for side, view in self.views.items():
            view.setMinimumHeight(_LOWEST)
            column.addWidget(view, 1)
            column.addWidget(self.strips[side])
            view.hovered.connect(self._read)
            view.hover_left.connect(lambda: self.readout.setText(_HINT))
            view.time_clicked.connect(lambda s, side=side: self._seek(side, s))
            view.region_changed.connect(lambda a, b, side=side: self._choose(side, (a, b)))
            view.region_cleared.connect(lambda side=side: self._choose(side, None))
            self.strips[side].moved.connect(lambda s, side=side: self._move(side, s))

    def _clips(self) -> dict[str, ClipFile | None]:
        pair = self._session.pair
        lineup = self._session.lineup
        return {"query": lineup.query, "support": pair[1] if pair else None}

    def _show_pair(self) -> None:
        for side, clip in self._clips().items():
            self._show_clip(side, clip)
        self._link()
        self._show_explanation()

    def _show_clip(self, side: str, clip: ClipFile | None) -> None:
        view, heard = self.views[side], self._session.heard
        log_mel = heard.maps.get(clip) if heard and clip else None
        if clip is None or heard is None or log_mel is None:
            view.title = ""
            view.clear(
                _EMPTY[side] if clip is None else f"{clip.path.name}: waiting for the model…"
            )
            if clip is None:
                self.strips[side].set_clip(None, 1.0, 0.0, 1.0)
            return
        view.title = f"{side.capitalize()}: {clip.label} · {clip.path.name}"
        view.set_map(log_mel.db, log_mel.times, log_mel.frequencies, log_mel.own_frames)
        envelope = heard.envelopes.get(clip)
        self.strips[side].set_clip(
            envelope, log_mel.duration, max(log_mel.start, 0.0), log_mel.mel.seconds
        )

    def _link(self) -> None:
        """Zoom both together, unless their windows lie in different stretches of long clips."""
        heard = self._session.heard
        starts = [
            heard.maps[c].start for c in self._clips().values() if heard and c and c in heard.maps
        ]
        together = len(starts) == 2 and max(starts) <= 0
        query, support = self.views["query"], self.views["support"]
        support.link_time(None)
        query.link_time(support if together else None)
        support.reset_view()

    def _show_explanation(self) -> None:
        explanation = self._pair.explanation
        for side, view in self.views.items():
            explained = explanation is not None and explanation.side == side
            view.set_overlay(explanation.attribution.values if explained and explanation else None)
        self._show_mask()

    def _show_mask(self) -> None:
        explanation, mask = self._pair.explanation, self._pair.mask
        for side, view in self.views.items():
            explained = explanation is not None and explanation.side == side
            view.set_mask(mask.values if self._dimming and explained and mask else None)

    def _read(self, seconds: float, hz: float, db: float, attribution: float | None) -> None:
        words = [f"{seconds:.3f} s", f"{hz:,.0f} Hz", f"{db:.1f} dB"]
        if attribution is not None:
            words.append(f"attribution {attribution:+.2e}")
        self.readout.setText("    ".join(words))

    def _explained(self, side: str) -> bool:
        explanation = self._pair.explanation
        return explanation is not None and explanation.side == side

    def _seek(self, side: str, seconds: float) -> None:
        if self._explained(side):
            self.seek_requested.emit(seconds)

    def _choose(self, side: str, span: tuple[float, float] | None) -> None:
        if self._explained(side):
            self.region_changed.emit(span)

    def _move(self, side: str, start: float) -> None:
        if clip := self._clips()[side]:
            self._session.move_window(clip, start)
