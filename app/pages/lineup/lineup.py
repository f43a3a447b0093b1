"""LineupPage: the query and the support set as cards, with their scores."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.lineup.lineup import QUERY, clip_file
from app.pages.lineup.card_grid import CardArea
from app.pages.lineup.outcome_words import outcome_words
from app.pages.lineup.ranking import class_words, most_similar, place_of
from app.pages.several_clips import put_clips
from app.pages.tip import tipped
from app.pages.titled import titled
from app.session.session import Session
from app.session.standing import Standing
from app.widgets.clip_card import ClipCard, Outcome
from app.widgets.clip_mime import DroppedClip, dropped_clips
from app.widgets.elided_label import ElidedLabel
from app.widgets.folded_notice import FoldedNotice
from app.widgets.notice import Notice
from app.widgets.plain import plain
from siamese_core.corpora.labelled_file import ClipFile

_QUERY_HINT = "Drop the query here, or double-click a clip in the library"
_SUPPORT_HINT = "Drop clips of several classes here, or add them from the library"
_HINT = "Point here to read of each."
_UNREAD = "Not read; Score again (F5) reads it."
_GUESS_TIP = "Hide the answer until you have chosen a support clip by ear (Ctrl+G)"
_SORT_TIP = (
    "Show the most similar support clips first; the line-up itself, and what is exported of it, "
    "keeps its order"
)
_SORT_OBSTACLE = "Guess first: the order would tell"
_QUERY_WIDTHS = (204, 400)


class LineupPage(QWidget):
    """Cards that show the line-up, and every way to change it."""

    choose_requested = Signal(int)
    """A file is to be chosen for this place."""
    opened = Signal()
    """A support card was activated: its pair is to be looked at."""

    def __init__(self, session: Session, standing: Standing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self.standing = session, standing
        self._shown: dict[int, ClipFile | None] = {}
        self._auditioned: ClipFile | None = None
        self._support: tuple[ClipFile, ...] = ()
        self._laid: list[ClipCard] = []
        self._order: dict[ClipFile | None, int] = {}
        """Where each support clip lay on screen before the last change."""
        self.cards: list[ClipCard] = []
        self._build()
        self.setAcceptDrops(True)
        session.lineup_changed.connect(self._show_lineup)
        session.heard_changed.connect(self._show_scores)
        session.model_changed.connect(self._show_scores)
        session.selection_changed.connect(self._show_selection)
        session.reading.connect(self._show_reading)
        session.reading_changed.connect(self._show_unread)
        session.given_up.connect(self._give_up)
        session.refused.connect(self._show_refusal)
        session.failed.connect(self._tell)
        session.player.changed.connect(self._show_playing)
        session.guesses.changed.connect(self._show_guess)
        session.corpus_changed.connect(self.error.clear)
        standing.changed.connect(self._show_standing)
        self._show_lineup()

    def put_dropped(self, place: int, clips: Sequence[DroppedClip]) -> None:
        """Put dropped files at a place; further ones are added to the support set.

        A clip that has a place already changes it with the one that was there, if there is one.
        """
        lineup = self._session.lineup
        if len(clips) == 1 and (held := lineup.places_of(clips[0].path)):
            if self._clip(place):
                self._session.open_lineup(lineup.swapped(held[0], place))
            return
        corpus, shown = self._session.corpus, lineup.clips
        found = [clip_file(clip.path, clip.label, corpus, shown) for clip in clips]
        is_taken = place == QUERY or self._clip(place) is not None
        put_clips(self._session, found, "line-up", place if is_taken else None)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome clips anywhere on the page."""
        if dropped_clips(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what is dropped beside the cards to the support set."""
        if clips := dropped_clips(event.mimeData()):
            event.acceptProposedAction()
            self.put_dropped(len(self._session.lineup.support) + 1, clips)

    def _build(self) -> None:
        self._verdict = ElidedLabel()
        self._verdict.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        font = self._verdict.font()
        font.setBold(True)
        self._verdict.setFont(font)
        self.guess_first = QAction("&Guess first", self, checkable=True)
        self.guess_first.setShortcut(QKeySequence("Ctrl+G"))
        self.guess_first.setToolTip(_GUESS_TIP)
        self.guess_first.toggled.connect(self._session.guesses.want)
        guess = QToolButton()
        guess.setDefaultAction(self.guess_first)
        self.by_score = tipped(QCheckBox("Sorted by score"), _SORT_TIP)
        self.by_score.setProperty("small", True)
        for part in (guess, self.by_score):
            part.setFixedHeight(self._verdict.sizeHint().height())  # the cards need the rest
        self.by_score.setChecked(self._session.settings.sorted_by_score)
        self.by_score.toggled.connect(self._set_sorted)
        self._standing = ElidedLabel("")
        self._standing.setProperty("quiet", True)
        self.error, self.notice = Notice(), FoldedNotice()
        self.query = self._card(QUERY)
        self.query.setMinimumWidth(_QUERY_WIDTHS[0])
        self._scroll = CardArea()
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._scroll_to_chosen)
        self._row = row = QHBoxLayout()
        row.setSpacing(12)
        query = titled("Query", self.query)
        query.setMaximumWidth(_QUERY_WIDTHS[1])
        row.addWidget(query, 1)
        beside = (self._verdict, self._standing, self.by_score, guess)
        self.support = titled("Support set", self._scroll, *beside)
        row.addWidget(self.support, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(6)
        column.addWidget(self.error)
        column.addWidget(self.notice)
        column.addLayout(row, 1)

    def _card(self, place: int) -> ClipCard:
        card = ClipCard("query" if place == QUERY else "support", place)
        card.clicked.connect(self._select)
        card.activated.connect(self._activate)
        card.left.connect(self._step)
        card.play_requested.connect(self._play)
        card.lock_requested.connect(self._session.lock)
        card.replace_requested.connect(self.choose_requested)
        card.remove_requested.connect(self._session.remove)
        card.dropped.connect(self.put_dropped)
        return card

    def _clip(self, place: int) -> ClipFile | None:
        lineup = self._session.lineup
        if place == QUERY:
            return lineup.query
        return lineup.support[place - 1] if place <= len(lineup.support) else None

    def _select(self, place: int) -> None:
        if place != QUERY and self._clip(place):
            self._session.select(place - 1)

    def _step(self, place: int, key: int) -> None:
        """Go on to another card, and choose it unless that would be a guess."""
        tiles = [self.query, *sorted(self.cards, key=self._scroll.cards.index)]
        if (number := self._scroll.beyond(tiles.index(self._at(place)), key)) is not None:
            tiles[number].setFocus(Qt.FocusReason.TabFocusReason)
            if number:
                self._scroll.ensureWidgetVisible(tiles[number], 0, 0)
            if not self._hidden:
                self._select(tiles[number].place)

    def _activate(self, place: int) -> None:
        if self._clip(place) is None:
            self.choose_requested.emit(place)
        elif place != QUERY:
            self.opened.emit()

    def _play(self, place: int) -> None:
        if clip := self._clip(place):
            self._auditioned = clip
            self._session.audition(clip)

    def _show_lineup(self) -> None:
        """Show as many cards as clips, and one empty card where there is none."""
        support = self._session.lineup.support
        wanted, gone = max(len(support), 1), set(self._support) - set(support)
        laid = [self._support[card.place - 1] for card in self._laid if self._support]
        self._order = {clip: number for number, clip in enumerate(laid)}
        self._support = support
        self.cards = self.cards[:wanted]
        self.cards += [self._card(place + 1) for place in range(len(self.cards), wanted)]
        self._row.setStretch(1, wanted)  # the query's card is as wide as the others
        self._shown = {p: clip for p, clip in self._shown.items() if p <= wanted}
        for place in range(wanted + 1):
            self._show_clip(place)
        if self._auditioned and self._auditioned not in self._session.lineup.clips:
            self._session.player.stop(self._auditioned)  # no card is left that could
        self._show_playing()
        self.error.clear()
        self._show_scores()
        if len(gone) > 1:  # an edit by hand takes one away
            self._scroll.verticalScrollBar().setValue(0)
        self._show_selection()

    def _show_clip(self, place: int) -> None:
        """Show a clip whose picture is not there yet; a card that shows it already keeps it."""
        clip, card, session = self._clip(place), self._at(place), self._session
        if clip is None:
            card.set_empty(_QUERY_HINT if place == QUERY else _SUPPORT_HINT)
        elif clip not in session.clips:
            card.set_loading(*self._names(place, clip))
            if not session.is_reading:
                card.set_error(_UNREAD)
        elif self._shown.get(place) != clip:
            card.set_clip(*self._names(place, clip), None, session.clips[clip].seconds)
        card.set_drag(DroppedClip(clip.path, clip.label) if clip else None)
        card.set_locked(clip in session.lineup.locked)
        self._shown[place] = clip if clip in session.clips else None

    def _at(self, place: int) -> ClipCard:
        return self.query if place == QUERY else self.cards[place - 1]

    def _show_scores(self) -> None:
        session, heard = self._session, self._session.heard
        for place in range(len(self.cards) + 1):
            clip, card = self._clip(place), self._at(place)
            if heard and clip and clip in heard.maps:
                log_mel = heard.maps[clip]
                own = log_mel.db[:, log_mel.own_frames]
                card.set_clip(*self._names(place, clip), own, session.clips[clip].seconds)
            self._show_score(place, card)
        self._sort()
        self.by_score.setEnabled(not self._hidden)
        tipped(self.by_score, _SORT_OBSTACLE if self._hidden else _SORT_TIP)
        self._verdict.setText(outcome_words(session))
        self._standing.setText(self._standing_words())
        self._show_notices()

    def _set_sorted(self, wanted: bool) -> None:
        self._session.settings.sorted_by_score = wanted
        self._sort()

    def _sort(self) -> None:
        """Lay the support cards out as in the line-up, or by score where that may be seen."""
        session, heard, cards = self._session, self._session.heard, self.cards
        if self.by_score.isChecked() and heard and heard.scored and not self._hidden:
            cards = [cards[index] for index in most_similar(heard.scored)]
        elif session.hearing:  # they stay till the scores come: nothing jumps
            cards = self._kept_order()
        self._laid = cards
        if tuple(cards) != self._scroll.cards:
            self._scroll.set_cards(cards)
            self._scroll_to_chosen()

    def _kept_order(self) -> list[ClipCard]:
        """Return the cards as they lie, or as their clips lay where there are more or fewer."""
        if len(self.cards) == len(self._laid):
            return self._laid
        last = len(self._order)
        return sorted(self.cards, key=lambda card: self._order.get(self._clip(card.place), last))

    def _show_notices(self) -> None:
        """Say what is worth knowing in a line, which unfolds; its tip says it of each clip too."""
        session, heard = self._session, self._session.heard
        if notices := heard.notices if heard and not self._hidden else ():
            details = heard.details if heard else ()
            self.notice.show_notices([*notices, *([_HINT] if details else [])])
            self.notice.setToolTip(plain("\n".join([*notices, *details])))
            self.notice.setAccessibleDescription(" ".join(details))
        elif not session.hearing:  # those of before stay till then: nothing jumps
            self.notice.clear()

    def _show_score(self, place: int, card: ClipCard) -> None:
        heard = self._session.heard
        if place == QUERY or heard is None or heard.scored is None or self._hidden:
            card.set_score(None)
            card.set_marks()
            return
        scored, truth = heard.scored, self._session.lineup.truth
        score = scored.scores[place - 1]
        rank, of_class = place_of(score.label, scored)
        card.set_score(score.similarity, rank, of_class)
        predicted = score.label == scored.predicted
        outcome: Outcome = "right" if scored.predicted == truth else "wrong"
        card.set_marks(predicted=predicted, outcome=outcome if predicted and truth else None)

    @property
    def _hidden(self) -> bool:
        """Whether the person is to guess before anything is told."""
        return self._session.guesses.hides(self._session.lineup)

    def _names(self, place: int, clip: ClipFile) -> tuple[str, str]:
        """Return a clip's class and its file's name, unless they are what is asked."""
        if place == QUERY and self._hidden:
            return "?", "hidden"
        return clip.label, clip.path.name

    def _show_guess(self) -> None:
        """Hide or tell; what is told is also chosen, for the pair below."""
        session, heard = self._session, self._session.heard
        self.guess_first.setChecked(session.guesses.wanted)
        for place in range(len(self.cards) + 1):
            self._shown.pop(place, None)
            self._show_clip(place)
        self._show_scores()
        if heard and heard.scored and session.pair is None and not self._hidden:
            session.select(heard.scored.best)

    def _show_standing(self) -> None:
        self._standing.setText(self._standing_words())

    def _standing_words(self) -> str:
        """Say who was right how often, or how to begin; the scores of classes are told openly."""
        if not self._session.guesses.wanted:
            heard = self._session.heard
            classes = class_words(heard.scored) if heard and heard.scored else ""
            return " · ".join(filter(None, (classes, self.standing.running)))
        if self.standing.guessed or self._hidden:
            return self.standing.guessed
        return "Guess first: the next line-up hides its answer (Ctrl+R)"

    def _show_selection(self) -> None:
        for place, card in enumerate(self.cards):
            chosen = place == self._session.selected and self._clip(place + 1) is not None
            card.set_selected(chosen)
        self._scroll_to_chosen()

    def _scroll_to_chosen(self, _least: int = 0, _most: int = 0) -> None:
        """Bring the row of the chosen card into sight, where there are several rows."""
        chosen, bar = self._session.selected, self._scroll.verticalScrollBar()
        # What is to be guessed has no choice yet; one that is there is of the line-up before.
        if chosen is not None and chosen < len(self.cards) and not self._hidden:
            card = self.cards[chosen]
            room = self._scroll.viewport().height() - card.height()
            if not bar.value() <= card.y() <= bar.value() + room:
                bar.setValue(card.y())

    def _show_playing(self) -> None:
        for place in range(len(self.cards) + 1):
            clip = self._clip(place)
            self._at(place).set_playing(clip is not None and self._session.player.is_playing(clip))

    def _show_reading(self, place: int) -> None:
        self.error.clear()
        if place <= len(self.cards) and self._clip(place) is None:
            self._at(place).set_loading(None)

    def _give_up(self, place: int) -> None:
        """Show an empty card again where a clip is no longer read."""
        if place <= len(self.cards) and self._clip(place) is None:
            self._show_clip(place)

    def _show_unread(self) -> None:
        """Say of clips that are not read whether they are waited for."""
        for place in self._session.unread:
            self._show_clip(place)

    def _show_refusal(self, place: int, sentence: str) -> None:
        """Say it on an empty card, and above the cards: a clip that is there stays."""
        if place <= len(self.cards) and self._clip(place) is None:
            self._at(place).set_error(sentence)
        self._tell("line-up", sentence)

    def _tell(self, where: str, sentence: str) -> None:
        if where == "line-up":
            self.error.show_error(sentence)
            self.notice.fold()  # an error needs the room


def chosen_clip(path: Path, session: Session) -> ClipFile:
    """Return a file from a dialog as the session's corpus knows it."""
    return clip_file(path, None, session.corpus)
