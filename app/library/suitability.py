"""Suitability: whether a whole corpus suits the model, looked at quietly; one sentence if not."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.library.inventory import Facts, Inventory
from app.newest import Newest
from app.session.session import Session
from siamese_core.melspec import MelSpec

_FAR = 4
"""A clip is far shorter or longer than the window by this factor."""
_FEW = 0.05
"""Up to this share of odd clips a corpus suits; each is noticed once it is in a line-up."""
_MOST_CLASSES = 3


class Suitability(QObject):
    """Judges what the headers of a corpus' clips say, for each model."""

    changed = Signal()

    def __init__(self, session: Session, inventory: Inventory) -> None:
        super().__init__(session)
        self.sentence = ""
        self._job: Newest[str] = Newest(session.player.background)
        self._session, self._inventory = session, inventory
        session.corpus_changed.connect(self._forget)
        inventory.looked.connect(self._judge)
        session.model_changed.connect(self._judge)

    def _forget(self) -> None:
        self._job.cancel()
        self._say("")

    def _judge(self) -> None:
        """Judge what has been looked at for the model that listens now."""
        corpus, model = self._session.corpus, self._session.model
        found = self._inventory.findings
        if not found or corpus is None or model is None:
            return
        classes, corpora = corpus.classes, self._session.corpora.branches
        self._job.run(
            lambda _e, _s: objection(model.trained_on(classes, corpora), found, model.mel),
            on_done=self._say,
            on_error=self._session.unexpected.emit,
        )

    def _say(self, sentence: str) -> None:
        self.sentence = sentence
        self.changed.emit()


def objection(known: Sequence[str], found: Facts, mel: MelSpec) -> str:
    """Say in one sentence what of a corpus does not suit a model; nothing if all of it does.

    ``known`` are its classes that the model was trained on.
    """
    heard = [finding for finding in found if not finding.fault]
    window = f"its window of {mel.seconds:g} s"
    words = [
        _heard(known),
        _odd([one.seconds < mel.seconds / _FAR for one in heard], f"far shorter than {window}"),
        _odd([one.seconds > mel.seconds * _FAR for one in heard], f"far longer than {window}"),
        _odd([one.rate < mel.rate for one in heard], f"of a rate below its {mel.rate:,} Hz"),
    ]
    told = [part for part in words if part]
    return f"This corpus does not quite suit the model: {'; '.join(told)}." if told else ""


def _heard(known: Sequence[str]) -> str:
    if not known:
        return ""
    more = f" and {len(known) - _MOST_CLASSES} more" if len(known) > _MOST_CLASSES else ""
    return f"it was trained on {', '.join(known[:_MOST_CLASSES])}{more}"


def _odd(odd: Sequence[bool], what: str) -> str:
    count = sum(odd)
    if count <= _FEW * len(odd):
        return ""
    share = "all" if count == len(odd) else f"{count:,} of {len(odd):,}"
    return f"{share} clips {'is' if count == 1 < len(odd) else 'are'} {what}"
