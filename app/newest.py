"""Newest: the one job of its kind whose answer is still wanted."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar, Unpack

from app.background import Background, Job, Options, nothing
from siamese_core.callbacks import OnEvent, ShouldStop

T = TypeVar("T")


class Newest(Generic[T]):
    """What is asked for takes the place of what was asked for before, of which no end is told."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._job: Job[T] | None = None

    @property
    def running(self) -> bool:
        """Whether an answer is still to come; not any more when its end is told."""
        return self._job is not None

    def run(
        self,
        function: Callable[[OnEvent, ShouldStop], T],
        *,
        on_done: Callable[[T], None],
        on_error: Callable[[Exception], None],
        **options: Unpack[Options],
    ) -> None:
        """Ask as `Background.run` is asked; ``on_cancelled`` tells that all work was cancelled."""
        self.cancel()
        done, failed = partial(self._end, on_done), partial(self._end, on_error)
        options["on_cancelled"] = partial(self._stop, options.get("on_cancelled", nothing))
        self._job = self._background.run(function, on_done=done, on_error=failed, **options)

    def cancel(self) -> bool:
        """Give it up; say whether there was anything to give up."""
        job, self._job = self._job, None
        if job:
            job.cancel()
        return job is not None

    def _end(self, tell: Callable[..., None], *outcome: object) -> None:
        self._job = None
        tell(*outcome)

    def _stop(self, tell: Callable[[], None]) -> None:
        if self._job and self._job.cancelled:  # else something was asked for since
            self._end(tell)
