"""The two callbacks that core functions know: `on_event` and `should_stop`."""

from collections.abc import Callable, Mapping
from typing import Any

from siamese_core.errors import Cancelled

Event = Mapping[str, Any]
OnEvent = Callable[[Event], None]
ShouldStop = Callable[[], bool]


def ignore(_event: Event) -> None:
    """Receive an event and do nothing with it."""


def never() -> bool:
    """Never ask to stop."""
    return False


def progress(on_event: OnEvent, should_stop: ShouldStop, what: str, done: int, total: int) -> None:
    """Report ``done`` of ``total`` steps of ``what``, after looking whether to stop.

    Raises
    ------
    Cancelled
        If the person asked to stop.
    """
    stop_if_asked(should_stop, what)
    on_event({"event": "progress", "what": what, "done": done, "total": total})


def stop_if_asked(should_stop: ShouldStop, what: str) -> None:
    """Look whether to stop ``what``.

    Raises
    ------
    Cancelled
        If the person asked to stop.
    """
    if should_stop():
        raise Cancelled(what)
