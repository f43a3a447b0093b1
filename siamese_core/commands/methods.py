"""`earwitness methods`: the explanation methods with their parameters and defaults."""

import argparse
import json
import textwrap
from collections.abc import Iterator, Mapping

from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS, Method, method_parameters
from siamese_core.commands.terminal import Terminal

_WIDTH = 100


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """List the methods, or tell all of those that are named; no torch is needed."""
    shown = {name: method_parameters(name) for name in options.names or METHODS}
    terminal.record({name: model().model_dump(mode="json") for name, model in shown.items()})
    if not options.names:
        rows = {
            name + " (default)" * (name == DEFAULT_METHOD): METHODS[name].about for name in shown
        }
        terminal.say("\n".join(columns(rows)))
    for name in options.names:
        terminal.say("\n".join([name, *describe(METHODS[name]), ""]))


def columns(rows: Mapping[str, str]) -> Iterator[str]:
    """Lay out names and what they are, line by line."""
    width = max(map(len, rows), default=0) + 2
    for name, about in rows.items():
        head, margin = f"{name:<{width}}", " " * width
        yield from textwrap.wrap(about, _WIDTH, initial_indent=head, subsequent_indent=margin)


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
