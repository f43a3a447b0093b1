"""`earwitness methods`: the explanation methods with their parameters and defaults."""

import argparse
import json
import textwrap
from collections.abc import Iterator

from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS, Method
from siamese_core.commands.terminal import Terminal

_WIDTH = 100


def run(_options: argparse.Namespace, terminal: Terminal) -> None:
    """List the methods; no torch is needed."""
    terminal.record(
        {n: method.parameters().model_dump(mode="json") for n, method in METHODS.items()}
    )
    for name, method in METHODS.items():
        terminal.say(f"{name}{' (default)' if name == DEFAULT_METHOD else ''}")
        terminal.say("\n".join(describe(method)))
        terminal.say()


def describe(method: Method) -> Iterator[str]:
    """Lay out a method: what it is, then name, default, meaning and legal values in columns."""
    yield from textwrap.wrap(method.about, _WIDTH, initial_indent=" " * 4)
    model = method.parameters
    defaults = {name: plain(value) for name, value in model().model_dump(mode="json").items()}
    names, values = (max(map(len, column), default=0) for column in (defaults, defaults.values()))
    margin = " " * (4 + names + 2 + values + 2)
    for name, default in defaults.items():
        meaning = (model.model_fields[name].description or "").rstrip(".")
        text = f"{meaning} ({model.legal(name)})."
        head = f"    {name:<{names}}  {default:<{values}}  "
        yield from textwrap.wrap(text, _WIDTH, initial_indent=head, subsequent_indent=margin)


def plain(value: object) -> str:
    """Print a value as it is written behind --set."""
    return value if isinstance(value, str) else json.dumps(value)
