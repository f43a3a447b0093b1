"""ListeningBar: the transport, wired to the sounds of the explained pair."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.explaining.pair import Pair
from app.explaining.rendering import OTHERS, SOUNDS
from app.lineup.kept_map import same_sound
from app.pages.obstacles import to_take_sound
from app.sound.audio_output.sinks import find_portaudio
from app.sound.matched_levels import MatchedLevels, gain_words
from app.sound.player import Span
from app.widgets.notice import Notice
from app.widgets.transport import Transport
from siamese_core.audio import Clip

_SOURCE = "explained"
"""What the player calls the sound of this bar, whichever of the sounds it is."""
_OTHER_CLIP = "other-clip"
"""The sound of the clip that is not explained; no mask lies on it."""
_OUTDATED = "This sound is not of the mask on screen; play it to have it made"
_WHOSE = {"query": ("Query", "query"), "support": ("Support", "support clip")}


class ListeningBar(QWidget):
    """Plays the original, what was kept, what was removed, and what the log-mel holds."""

    playhead_moved = Signal(str, object)
    """The side that is heard, and seconds in its clip or None."""
    side_heard = Signal(str)
    """Whose sound is chosen; a span of the other clip is forgotten."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._player = pair, pair.session.player
        self._settings = pair.session.settings
        self._seconds = 0.0
        self._span: Span | None = None
        self._side = ""
        self._other: Clip | None = None
        self._matched = MatchedLevels()
        self.transport, self.notice = Transport(), Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.notice)
        column.addWidget(self.transport)
        original, *masked = SOUNDS
        self.transport.set_sounds(
            {original: ("", ""), _OTHER_CLIP: ("", "")} | {n: _keyed(n) for n in masked}
        )
        self._name_clips()
        self.transport.set_others(OTHERS)
        self.transport.set_volume(self._settings.volume)
        self._player.loop = self._settings.loop
        self.transport.set_loop(self._player.loop)
        self.transport.set_match(self._settings.match_levels)
        self._connect()

    def play_or_pause(self) -> None:
        """Play the chosen sound from where it stands, or pause, or say why there is none."""
        if self._player.is_playing(_SOURCE):
            self._pause()
        elif self._sound:
            self._play()
        else:
            words = to_take_sound(self._pair) or "The sound is not ready yet"
            self.notice.show_notice(f"{words}.")

    def no_file(self) -> str:
        """Say why the chosen sound cannot be written; empty if it can."""
        if self.transport.sound == _OTHER_CLIP:
            return "This clip is not explained; choose a sound of the explained one to write it"
        outdated = self._pair.rendered.is_outdated(self.transport.sound or "")
        return to_take_sound(self._pair) or (_OUTDATED if outdated else "")

    def menu(self, page: QWidget) -> QMenu:
        """Return a menu of the sounds; their keys 1, 2, 3 ... work within ``page`` only."""
        menu = QMenu("&Sound", self, toolTipsVisible=True)
        other = {_OTHER_CLIP: ("The other clip", "The clip that is not explained, as it is")}
        for number, (name, (title, tip)) in enumerate((SOUNDS | OTHERS | other).items(), 1):
            action = menu.addAction(title)
            action.setData(name)
            action.setToolTip(tip)
            action.setShortcut(str(number))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            page.addAction(action)
        menu.addSeparator()
        loop = menu.addAction("&Loop", self._turn_loop)
        loop.setToolTip("Repeat the sound, or the selected span of time")
        match = menu.addAction("&Match levels", self.transport.turn_match)
        match.setToolTip("Hear every sound as loud as the original")
        for action, key in ((loop, "O"), (match, "Q")):
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            page.addAction(action)
        menu.triggered.connect(self._choose)
        return menu

    def heed_space(self, pictures: QWidget) -> None:
        """Play or pause by the space bar too where a picture has the keyboard."""
        space = QAction(self)
        space.setShortcut("Space")
        space.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        space.triggered.connect(self.play_or_pause)
        pictures.addAction(space)

    def _choose(self, action: QAction) -> None:
        if name := action.data():
            self.transport.choose(name)

    def _turn_loop(self) -> None:
        self._set_loop(not self._player.loop)
        self.transport.set_loop(self._player.loop)

    @property
    def side(self) -> str:
        """Whose sound is chosen: the explained clip's, or the other one's."""
        is_other = self.transport.sound == _OTHER_CLIP
        return self._pair.other_side if is_other else self._pair.heard_side

    def seek(self, side: str, seconds: float) -> None:
        """Go to a second of a side's clip, and hear that clip from now on."""
        if self._turn_to(side):
            self._seek_sound(seconds - self._pair.offset_of(side))

    def set_region(self, side: str, region: tuple[float, float] | None) -> None:
        """Loop over a span of a side's clip, which is heard from now on; None for all of it."""
        self._span = None
        if region and self._turn_to(side):
            offset = self._pair.offset_of(side)
            self._span = max(region[0] - offset, 0.0), region[1] - offset
        self._change_sound()

    def _turn_to(self, side: str) -> bool:
        """Choose the sound of a side's clip as it is, unless one of its sounds is chosen."""
        if side != self.side:
            is_other = side == self._pair.other_side
            self.transport.choose(_OTHER_CLIP if is_other else "original")
        return side == self.side

    def probe(self) -> None:
        """Look for a sound device, once PortAudio was looked for off the window's thread."""
        run = self._pair.session.run
        run(lambda _e, _s: find_portaudio(), self._show_output, "export", keep=True)

    def _show_output(self, _loaded: None) -> None:
        output = self._player.output
        self.transport.set_available(output.available, output.reason)

    def _connect(self) -> None:
        output, transport = self._player.output, self.transport
        transport.play_requested.connect(self._play)
        transport.pause_requested.connect(self._pause)
        transport.stop_requested.connect(self._stop)
        transport.seek_requested.connect(self._seek_sound)
        transport.loop_toggled.connect(self._set_loop)
        transport.match_toggled.connect(self._set_match)
        transport.volume_changed.connect(self._set_volume)
        transport.sound_chosen.connect(self._pair.rendered.want)
        transport.sound_chosen.connect(self._change_sound)
        transport.sound_chosen.connect(self._tell_side)
        output.position_changed.connect(self._follow)
        output.failed.connect(self._tell)
        self.notice.dismissed.connect(self._say_reason)
        self._player.changed.connect(self._show_state)
        self._pair.sounds_changed.connect(self._take_sounds)
        self._pair.session.heard_changed.connect(self._take_sounds)

    def _tell(self, sentence: str) -> None:
        """Say what went wrong, once: the reason below waits until this is dismissed."""
        self.notice.show_error(sentence)
        self.transport.say_reason(sentence != self._player.output.reason)

    def _say_reason(self) -> None:
        self.transport.say_reason(True)

    def _take_sounds(self) -> None:
        """Offer what is rendered; what is heard right now changes without a gap."""
        sounds = {*self._pair.sounds, *([_OTHER_CLIP] if self._take_other() else [])}
        self.transport.set_ready(sounds, others=self._pair.mask is not None)
        gone = self.transport.sound not in {*sounds, self._pair.rendered.other}
        if gone and self._player.is_playing(_SOURCE):
            self._player.output.stop()
        if gone or not (self._pair.explanation or self.transport.sound == _OTHER_CLIP):
            self.transport.sound = "original"
        self._name_clips()
        self._tell_side()
        self._change_sound()

    def _take_other(self) -> bool:
        """Have the clip that is not explained; say whether there is one."""
        other, now = self._pair.original_of(self._pair.other_side), self._other
        if other is None or now is None or not same_sound(other, now):
            self._other = other
        return other is not None

    def _name_clips(self) -> None:
        """Say whose sound each of both originals is."""
        pair = self._pair
        sides = {"original": pair.heard_side, _OTHER_CLIP: pair.other_side}
        for (name, side), key in zip(sides.items(), (1, 9), strict=True):
            title, clip = _WHOSE[side]
            self.transport.name_sound(name, title, f"The {clip} as it is ({key})")

    def _tell_side(self, _name: str = "") -> None:
        """Tell whose sound is chosen; the span of another clip means nothing in it."""
        if self.side != self._side:
            self._side, self._span = self.side, None
            self.side_heard.emit(self.side)

    def _measure(self) -> None:
        """Show how long the chosen sound is, or the original while that is being made."""
        original = self._pair.sounds.get("original")
        sound = self._sound or original
        seconds = sound.seconds if sound else 0.0
        if seconds != self._seconds:
            self._seconds = seconds
            self.transport.set_duration(seconds)

    def _change_sound(self, _name: str = "") -> None:
        """Have the chosen sound in place of the one that is loaded, if that was one of these.

        What plays goes on where it is, or from the start in a sound of another length.
        """
        before = self._seconds
        self._measure()
        self._show_gain()
        sound = self._sound
        if self._player.source != _SOURCE or sound is None:
            return
        playing = self._player.is_playing(_SOURCE)
        self._player.load(_SOURCE, sound, self._loop_span)
        if playing and self._seconds != before:
            self._player.play(_SOURCE, sound, 0.0, self._loop_span)

    @property
    def _loop_span(self) -> Span | None:
        """The chosen span of the clip, which only sounds of the clip's length have."""
        return None if self.transport.sound in ("region", "contrast-in-turn") else self._span

    @property
    def _own_sound(self) -> Clip | None:
        """The chosen sound at its own level, as it is written to a file."""
        if self.transport.sound == _OTHER_CLIP:
            return self._other
        return self._pair.sounds.get(self.transport.sound or "")

    @property
    def _sound(self) -> Clip | None:
        """The chosen sound as it is heard."""
        if not self._settings.match_levels:
            return self._own_sound
        pair = self._pair
        begin = pair.rendered.region_begin(pair.offset)
        sounds, other = self._matched.of(pair.sounds, begin, self._other)
        name = self.transport.sound or ""
        return other if name == _OTHER_CLIP else sounds.get(name)

    def _show_gain(self) -> None:
        """Say what matching the levels does to the chosen sound."""
        own, heard, name = self._own_sound, self._sound, self.transport.sound or ""
        self.transport.set_gain(gain_words(name, own, heard) if own and heard else "")

    def _play(self) -> None:
        self.notice.clear()
        self._pair.rendered.want(self.transport.sound or "")
        if sound := self._sound:
            self._player.play(_SOURCE, sound, self._left_at, self._loop_span)

    @property
    def _left_at(self) -> float | None:
        """Where to go on after something else was heard; None if the player knows itself."""
        start, end = self._repeated or (0.0, self._seconds)
        position = self.transport.position
        is_left = self._player.source != _SOURCE and start <= position < end
        return position if is_left else None

    @property
    def _repeated(self) -> Span | None:
        """The span that is played over and over, if one is."""
        return self._loop_span if self._player.loop else None

    def _pause(self) -> None:
        self._player.stop(_SOURCE)

    def _stop(self) -> None:
        """Fall silent, and go back to the beginning of the sound, or of the span that repeats."""
        self._pause()
        self._seek_sound(self._repeated[0] if self._repeated else 0.0)

    def _seek_sound(self, seconds: float) -> None:
        if sound := self._sound:
            self._player.seek(_SOURCE, sound, seconds, self._loop_span)

    def _set_loop(self, loop: bool) -> None:
        self._player.loop = self._settings.loop = loop

    def _set_match(self, match: bool) -> None:
        """Have the levels matched, or as they are; what plays goes on where it is."""
        self._settings.match_levels = match
        self._change_sound()

    def _set_volume(self, volume: float) -> None:
        self._player.output.volume = self._settings.volume = volume

    def _follow(self, seconds: float) -> None:
        if self._player.source == _SOURCE:
            self.transport.set_position(seconds)
            name = self.transport.sound or "original"
            if name == _OTHER_CLIP:
                second: float | None = self._pair.offset_of(self.side) + seconds
            else:
                second = self._pair.second_in_clip(name, seconds)
            self.playhead_moved.emit(self.side, second)

    def _show_state(self) -> None:
        self.transport.set_playing(self._player.is_playing(_SOURCE))


def _keyed(name: str) -> tuple[str, str]:
    """Say in a sound's tip which key chooses it."""
    title, tip = SOUNDS[name]
    return title, f"{tip} ({list(SOUNDS).index(name) + 1})"
