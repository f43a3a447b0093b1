"""PairView: the query and the chosen support clip, one above the other, with the map on one."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.explaining.pair import Pair
from app.pages.explain.clip_picture import ClipPicture
from app.pages.explain.readout import words_of
from app.widgets.reading import Reading
from app.widgets.sign_legend import ends
from app.widgets.spectrogram_view import SpectrogramView
from app.widgets.stroke import Stroke
from siamese_core.corpora.labelled_file import ClipFile

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation

_EMPTY = {
    "query": "The query is shown here once the line-up has one.",
    "support": "Select a support clip above to see it beside the query.",
}
_SPACING = 4
_FRAME = 1
"""Pixels around a picture, which say whether it has the keyboard."""
_HINT = "Point at a picture to read it. Wheel: zoom time, Ctrl+wheel: pitch, double-click: all."


def import_plots() -> None:
    """Import what the first picture needs, once the window is on screen (`background` says where).

    It holds the window for some 140 ms, on a core of an Intel Xeon.
    """
    import app.widgets.spectrogram_plot  # noqa: F401


class PairView(QWidget):
    """Two log-mels linked in time, a strip below each long clip, and a readout for a status bar."""

    seek_requested = Signal(str, float)
    """A side, and seconds in its clip."""
    region_changed = Signal(str, object)
    """A side, and (start, end) in seconds of its clip, or None."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._session = pair, pair.session
        self._dimming, self._grown = True, False
        self._tool, self._radius = "", 8.0
        self._on_strip: dict[str, ClipFile] = {}
        """Of each side, the clip that its strip is of."""
        self._read_of: list[object] = []
        self.pictures = {side: ClipPicture(side) for side in ("query", "support")}
        self.views = {side: picture.view for side, picture in self.pictures.items()}
        self.readout = QLabel(_HINT, self)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setProperty("quiet", True)
        self._build()
        for signal in (
            self._session.lineup_changed,
            self._session.heard_changed,
            self._session.selection_changed,
            self._session.guesses.changed,
        ):
            signal.connect(self._show_pair)
        pair.explanation_changed.connect(self._show_explanation)
        pair.explaining_changed.connect(self._end_growth)
        pair.grown.connect(self._grow)
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
        """Darken what the mask takes away, or outline alone what it keeps."""
        self._dimming = dimming
        self._show_mask()

    def take_up(self, tool: str, radius: float) -> None:
        """Draw with a tool on the clip that has a mask; pan again if the tool's name is empty."""
        self._tool, self._radius = tool, radius
        self._hand_over_tool()

    def say(self, words: str) -> None:
        """Show what lies under the mouse, or what can be done where nothing does."""
        self.readout.setText(words or _HINT)

    def set_playhead(self, side: str, seconds: float | None) -> None:
        """Show on one side what is heard."""
        for name, view in self.views.items():
            view.set_playhead(seconds if name == side else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new height."""
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        """Share the height anew where a strip came or went."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._lay_out()
        return super().event(event)

    def minimumSizeHint(self) -> QSize:
        """Keep room for both pictures."""
        sizes = [picture.minimumSizeHint() for picture in self.pictures.values()]
        height = sum(size.height() for size in sizes) + _SPACING
        return QSize(max(size.width() for size in sizes), height)

    def _lay_out(self) -> None:
        """Give the two log-mels themselves the same height, whatever stands around each.

        Not left to a layout, which would draw each picture once more with every new height.
        """
        around = sum(picture.surroundings for picture in self.pictures.values())
        each, top = (self.height() - _SPACING - around) // 2, 0
        for picture in self.pictures.values():
            height = each + picture.surroundings
            picture.setGeometry(0, top, self.width(), height)
            top += height + _SPACING

    def _build(self) -> None:
        for side, picture in self.pictures.items():
            picture.setParent(self)
            picture.view.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            picture.view.setContentsMargins(*[_FRAME] * 4)
            picture.view.hovered.connect(self._read)
            picture.view.hover_left.connect(self._hint)
            picture.time_clicked.connect(self.seek_requested)
            picture.span_chosen.connect(self.region_changed)
            picture.window_moved.connect(self._move)
            picture.strip.freed.connect(partial(self._move, side, None))
            picture.drawn.connect(self._draw)

    def _clips(self) -> dict[str, ClipFile | None]:
        pair = self._session.pair
        lineup = self._session.lineup
        return {"query": lineup.query, "support": pair[1] if pair else None}

    def _show_pair(self) -> None:
        query = self.pictures["query"].clip
        zooms = {side: view.zoom for side, view in self.views.items()}
        for side, clip in self._clips().items():
            self._show_clip(side, clip)
        self._link()
        if self.pictures["query"].clip == query:
            for side, zoom in zooms.items():  # so that clips can be compared at one place
                if self.pictures[side].clip:
                    self.views[side].look_again(zoom)
        self.region_changed.emit("", None)  # the pictures are new, and no span is drawn on them
        self._show_explanation()

    def _show_clip(self, side: str, clip: ClipFile | None) -> None:
        picture, heard = self.pictures[side], self._session.heard
        if clip and heard and clip in heard.maps:
            hidden = side == "query" and self._session.guesses.hides(self._session.lineup)
            picture.show_clip(clip, heard, named=not hidden)
            self._on_strip[side] = clip
        elif clip and clip == picture.clip and self._session.hearing:
            return  # its picture stays until the next one comes: nothing flickers
        else:
            picture.show_words(self._waiting_words(side, clip))
            if clip is None or clip != self._on_strip.get(side):
                picture.strip.set_clip(None, 1.0, 0.0, 1.0)

    def _waiting_words(self, side: str, clip: ClipFile | None) -> str:
        """Say why there is no picture."""
        if clip is None:
            return _EMPTY[side]
        hidden = self._session.guesses.hides(self._session.lineup)
        name = side.capitalize() if hidden else clip.path.name
        return f"{name}: {self._awaited()}"

    def _awaited(self) -> str:
        if self._session.model and not self._session.hearing:
            return "not scored; press F5 to score the line-up"
        return "waiting for the model…"

    def _link(self) -> None:
        """Zoom both together, unless their windows lie in different stretches of long clips."""
        heard = self._session.heard
        if heard is None and self._session.hearing:
            return  # the pictures stay till the next ones come, and so does what joins them
        seen = [heard.maps[c] for c in self._clips().values() if heard and c and c in heard.maps]
        together = len(seen) == 2 and all(one.start < one.mel.frame_seconds for one in seen)
        query, support = self.views["query"], self.views["support"]
        support.link_time(None)
        query.link_time(support if together else None)
        query.show_time(not together)
        support.reset_view()
        # Once for all that changes now; to resize a picture takes longer than anything else.
        QApplication.postEvent(self, QEvent(QEvent.Type.LayoutRequest))

    def _show_explanation(self) -> None:
        explanation = self._pair.explanation
        self._forget_reading()
        for side, view in self.views.items():
            explained = explanation is not None and explanation.side == side
            lay_map(view, explanation if explained else None)
        self._show_mask()

    def keep_span(self, side: str) -> None:
        """Forget the spans that are drawn on a clip which is not the one that is heard."""
        for name, view in self.views.items():
            if name != side:
                view.set_region(None)

    def _grow(self, side: str, values: NDArray[np.float32]) -> None:
        """Show the map so far, alone."""
        for name, view in self.views.items():
            view.set_overlay(values if name == side else None)
            view.set_mask(None)
        self._grown = True

    def _end_growth(self, explaining: bool) -> None:
        """Show again what was there, where the map that grew does not come."""
        if self._grown and not explaining:
            self._grown = False
            self._show_explanation()

    def _show_mask(self) -> None:
        explanation, mask = self._pair.explanation, self._pair.mask
        for side, view in self.views.items():
            explained = explanation is not None and explanation.side == side
            values = mask.values if explained and mask else None
            view.set_mask(values, dimmed=self._dimming)
        self._hand_over_tool()

    def _hand_over_tool(self) -> None:
        masked = self._pair.heard_side if self._pair.mask else ""
        for side, view in self.views.items():
            view.take_up(self._tool if side == masked else "", self._radius)

    def _draw(self, side: str, stroke: Stroke) -> None:
        if side == self._pair.heard_side:
            self._pair.edit(stroke)

    def _read(self, reading: Reading) -> None:
        self.say(words_of(reading, self._pair.explanation))
        self._read_of = self._on_screen()

    def _on_screen(self) -> list[object]:
        """Return what a reading is of: the pair as it is heard, and the map on it."""
        heard, clips = self._session.heard, self._clips().values()
        seen = [heard.maps.get(clip) if heard and clip else None for clip in clips]
        return [
            *clips,
            *((one.mel, one.start) if one else None for one in seen),
            self._pair.explanation,
        ]

    def _forget_reading(self) -> None:
        """Say no more what lay under the mouse before the pictures changed."""
        if self._read_of and self._read_of != self._on_screen():
            self._hint()

    def _hint(self) -> None:
        self._read_of = []
        self.say("")

    def _move(self, side: str, start: float | None) -> None:
        if clip := self._clips()[side]:
            self._session.move_window(clip, start)


def lay_map(view: SpectrogramView, explanation: "Explanation | None") -> None:
    """Lay an explanation's map on a picture of its clip, or none."""
    if explanation is None:
        view.set_overlay(None)
    else:
        rival = explanation.against
        own = str(explanation.support.label)
        view.legend.set_words(*ends(own, None if rival is None else str(rival.label)))
        view.set_overlay(explanation.attribution.values, explanation.attribution.segments)
