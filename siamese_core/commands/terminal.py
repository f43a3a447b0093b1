"""Terminal: what the command line says to a person or, as JSON, to a program."""

import json
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from tqdm import tqdm

from siamese_core.callbacks import Event
from siamese_core.errors import harmless


class Terminal:
    """Prints text or JSON on stdout; progress and complaints on stderr.

    Parameters
    ----------
    as_json : bool
        Whether `record` prints and `say` is silent.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.stopping = False
        self._bar: tqdm[Any] | None = None
        self._noted: set[str] = set()
        if isinstance(sys.stdout, TextIOWrapper):  # a file's name may be in no alphabet at all
            sys.stdout.reconfigure(errors="backslashreplace")

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            print(harmless(text))

    def record(self, value: object) -> None:
        """Print one JSON value on a line for programs."""
        if self.as_json:
            print(json.dumps(value), flush=True)

    def notice(self, sentence: str) -> None:
        """Tell something that a person should know, apart from the result; once is enough."""
        if sentence not in self._noted:
            self._noted.add(sentence)
            self._tell(f"Note: {sentence}")

    def complain(self, sentence: str) -> None:
        """Print one sentence about what went wrong."""
        self._tell(f"earwitness: {sentence}")

    def _tell(self, text: str) -> None:
        self.close()
        with suppress(OSError):  # nobody can be told; the exit code says it all the same
            print(harmless(text), file=sys.stderr, flush=True)

    def progress(self, event: Event) -> None:
        """Draw a progress event as a bar, on a terminal only; tell a notice."""
        if event.get("event") == "notice":
            self.notice(event["sentence"])
        if event.get("event") == "progress" and sys.stderr.isatty():
            self.bar(event["what"], event["done"], event["total"])

    def steady(self, event: Event) -> None:
        """Draw a progress event, or tell each tenth of the way where no terminal shows a bar."""
        self.progress(event)
        if event.get("event") != "progress" or sys.stderr.isatty():
            return
        what, done, total = event["what"], event["done"], event["total"]
        if done and 10 * done // total > 10 * (done - 1) // total:
            self._tell(f"{what}: {done} of {total}")

    def bar(self, what: str, done: int, total: int, about: str = "") -> None:
        """Draw ``done`` of ``total``."""
        if self._bar is None or self._bar.desc.removesuffix(": ") != what:
            self.close()
            self._bar = tqdm(total=total, desc=what, leave=False, file=sys.stderr)
        self._bar.total = total
        self._bar.set_postfix_str(about, refresh=False)
        self._bar.update(done - self._bar.n)

    def should_stop(self) -> bool:
        """Whether the person asked to stop."""
        return self.stopping

    def close(self) -> None:
        """Take the progress bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
