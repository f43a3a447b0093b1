"""`earwitness methods`: the explanation methods with their parameters and defaults."""

import argparse

from siamese_core.attribution.parameters import METHOD_PARAMETERS
from siamese_core.terminal import Terminal


def run(_options: argparse.Namespace, terminal: Terminal) -> None:
    """List the methods; no torch is needed."""
    terminal.record({n: model().model_dump(mode="json") for n, model in METHOD_PARAMETERS.items()})
    for name, model in METHOD_PARAMETERS.items():
        terminal.say(name)
        for key, field in model.model_fields.items():
            terminal.say(f"    {key} = {field.default!r:<18} {field.description or ''}".rstrip())
