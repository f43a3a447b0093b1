"""Why something cannot be asked for now: the sentences, and the menu entries that say them."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton

from app.explaining.pair import Pair

Obstacle = Callable[[], str]
"""Says what stands in the way; empty if nothing does."""


def to_score(pair: Pair) -> str:
    """Say why the line-up cannot be scored."""
    session = pair.session
    if session.lineup.episode is None:
        return "A line-up needs a query and a support set first"
    return "" if session.model else "The network is not ready yet"


def to_explain(pair: Pair) -> str:
    """Say why the pair cannot be explained."""
    session = pair.session
    if obstacle := to_score(pair):
        return obstacle
    if session.heard is None:
        return "The line-up is not scored yet"
    return "" if session.pair else "Select a support clip first"


def to_take_map(pair: Pair) -> str:
    """Say why there is no map to be measured or written."""
    return "" if pair.explanation else to_explain(pair) or "Explain the pair first"


def to_take_sound(pair: Pair) -> str:
    """Say why there is no sound to be played or written."""
    return "" if pair.sounds else to_explain(pair) or "The sound is not ready yet"


def to_take_lineup(pair: Pair) -> str:
    """Say why the line-up cannot be written with its maps."""
    heard = pair.session.heard
    is_scored = heard is not None and heard.scored is not None
    return "" if is_scored else to_score(pair) or "The line-up is not scored yet"


class Entries(QObject):
    """Menu entries that cannot be chosen while something stands in the way, and say what."""

    def __init__(self, pair: Pair, parent: QObject) -> None:
        super().__init__(parent)
        self._entries: list[tuple[QAction, Obstacle, str]] = []
        session = pair.session
        for signal in (
            session.lineup_changed,
            session.heard_changed,
            session.model_changed,
            session.selection_changed,
            session.history_changed,
            session.corpus_changed,
            session.player.changed,
            pair.explanation_changed,
            pair.explaining_changed,
            pair.sounds_changed,
        ):
            signal.connect(self.show)

    def add(self, action: QAction, obstacle: Obstacle | QAbstractButton) -> None:
        """Have an entry follow what stands in its way, or a button that does the same."""
        if isinstance(obstacle, QAbstractButton):
            obstacle.installEventFilter(self)
            obstacle = partial(_of_button, obstacle)
        self._entries.append((action, obstacle, action.toolTip()))
        self._show(*self._entries[-1])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that a button can be pressed now, or no longer."""
        if event.type() == QEvent.Type.EnabledChange:
            self.show()
        return super().eventFilter(watched, event)

    def show(self) -> None:
        """Look again what can be chosen now."""
        for entry in self._entries:
            self._show(*entry)

    def _show(self, action: QAction, obstacle: Obstacle, tip: str) -> None:
        words = obstacle()
        action.setEnabled(not words)
        action.setToolTip(words or tip)
        action.setStatusTip(words)


def _of_button(button: QAbstractButton) -> str:
    return "" if button.isEnabled() else button.toolTip()
