"""The two callbacks that core functions know: `on_event` and `should_stop`."""

from collections.abc import Callable, Mapping

from siamese_core.errors import Cancelled

Event = Mapping[str, object]
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
    if should_stop():
        raise Cancelled(what)
    on_event({"event": "progress", "what": what, "done": done, "total": total})
