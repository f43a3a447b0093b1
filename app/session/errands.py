"""Errands: work that is asked of the one worker, and the way to tell what went wrong."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar, Unpack

from PySide6.QtCore import QObject, Signal

from app.background import Background, Job, Options
from app.errors import sentence
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.errors import EarwitnessError

T = TypeVar("T")


class Errands(QObject):
    """Each error is told as a sentence, for the page that it belongs to."""

    failed = Signal(str, str)
    """What failed, and a sentence: library, line-up, recording, model, explain, mask, faithfulness,
    export, train or evaluate."""
    unexpected = Signal(object)
    """An exception that no person could have caused."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.background = background

    def run(
        self,
        work: Callable[[OnEvent, ShouldStop], T],
        done: Callable[[T], None],
        where: str,
        **options: Unpack[Options],
    ) -> Job[T]:
        """Run ``work`` as `Background.run` does; its error is told as one of ``where``."""
        told = partial(self.tell, where)
        return self.background.run(work, on_done=done, on_error=told, **options)

    def tell(self, where: str, error: Exception) -> None:
        """Phrase an error for the page that it belongs to."""
        self.failed.emit(where, sentence(error))
        self.escalate(error)

    def escalate(self, error: Exception) -> None:
        """Report an error that no person could have caused."""
        if not isinstance(error, EarwitnessError):
            self.unexpected.emit(error)
