"""Parts: the splits that random line-ups can be drawn from, as model and corpus bring them."""

from contextlib import suppress
from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import QObject, Signal

from app.newest import Newest
from app.session.session import Session
from siamese_core.corpus import Corpus
from siamese_core.errors import EarwitnessError
from siamese_core.report.evaluation_plan import Part, held_out

if TYPE_CHECKING:
    from siamese_core.card import Card

Found = dict[str, Corpus]
"""Each part by its name for people."""


class Parts(QObject):
    """Looked for on the worker, for each corpus and each model."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: Newest[Found] = Newest(session.player.background)
        self.found: Found = {}
        self.of_class: dict[str, str] = {}
        """The part that each class is of; of several the first."""
        session.corpus_changed.connect(self._look)
        session.model_changed.connect(self._look)

    def _look(self) -> None:
        corpus, model = self._session.corpus, self._session.model
        if corpus is None:
            self._job.cancel()
            self._take({})
            return
        card = model.card if model else None
        self._job.run(
            lambda _e, _s: parts_of(corpus, card),
            on_done=self._take,
            on_error=self._session.unexpected.emit,
        )

    def _take(self, found: Found) -> None:
        self.found, self.of_class = found, {}
        for name, corpus in found.items():
            for label in corpus.classes:
                self.of_class.setdefault(label, name)
        self.changed.emit()


def parts_of(corpus: Corpus, card: "Card | None") -> Found:
    """Return the parts that a model's training made of a corpus, and those that it has itself.

    The latter are left out where they are the same classes as one of the former.
    """
    found: Found = {}
    if card is not None and set(card.classes_heard) <= set(corpus.classes):
        with suppress(EarwitnessError):  # not trained on this corpus: there is no part of it
            held = held_out(corpus, card)
            parts = {part: held[part].classes for part in get_args(Part) if part in held}
            for part, classes in {**parts, "training": card.classes_heard}.items():
                found[f"Model: {part}"] = corpus.select(classes)
    if split := corpus.official:
        known = {one.classes for one in found.values()}
        for part, classes in (
            ("test", split.test),
            ("validation", split.validation),
            ("training", split.train),
        ):
            if classes and tuple(sorted(classes)) not in known:
                found[f"Corpus: {part}"] = corpus.select(classes)
    for one in found.values():
        _ = one.classes  # which the window asks for first
    return found
