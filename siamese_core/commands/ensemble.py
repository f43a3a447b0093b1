"""`earwitness ensemble`: trained models joined into one."""

import argparse

from siamese_core.commands.terminal import Terminal
from siamese_core.demo import model_file
from siamese_core.errors import ParameterError
from siamese_core.files import check_suffix, is_same


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Join checkpoints as the options say."""
    check_suffix(options.out, (".safetensors",))
    paths = [model_file(path) for path in options.models]
    if any(is_same(options.out, path) for path in paths):
        raise ParameterError(f"--out {options.out} would overwrite a member; name another file.")
    for place, path in enumerate(paths):
        if any(is_same(path, other) for other in paths[:place]):
            raise ParameterError(f"{path} is given twice, which changes no score; give others.")
    from siamese_core.checkpoint import load_checkpoint, save_checkpoint
    from siamese_core.ensemble import ensemble_of

    net, card = ensemble_of([load_checkpoint(path) for path in paths])
    save_checkpoint(options.out, net, card, half=options.half)
    size = options.out.stat().st_size
    terminal.record(
        {"out": str(options.out), "members": len(paths), "bytes": size, "step": card.step}
    )
    terminal.say(f"{options.out}: {len(paths)} networks, {size / 1e6:.1f} MB")
