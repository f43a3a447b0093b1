"""`earwitness sonify`: a saved mask made audible."""

import argparse

from siamese_core.audio import read, write
from siamese_core.errors import ParameterError
from siamese_core.mask import load_mask
from siamese_core.sonification import sonify
from siamese_core.terminal import Terminal


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Render a clip through a mask as the options say."""
    if options.out.resolve() in (options.clip.resolve(), options.mask.resolve()):
        raise ParameterError(f"--out {options.out} would overwrite its own input; name another.")
    if options.keep_above and options.rate != "clip":
        raise ParameterError(
            "--keep-above needs --rate clip: the model's rate holds nothing above."
        )
    sound = sonify(
        read(options.clip),
        load_mask(options.mask),
        options.mode,
        rate=options.rate,
        keep_above=options.keep_above,
        seed=options.seed,
        on_event=terminal.progress,
        should_stop=terminal.should_stop,
    )
    write(sound, options.out)
    terminal.close()
    terminal.record(
        {
            "out": str(options.out),
            "mode": options.mode,
            "rate": sound.rate,
            "seconds": sound.seconds,
            "peak": sound.peak,
        }
    )
    terminal.say(f"{options.out}: {sound.seconds:.2f} s at {sound.rate} Hz, peak {sound.peak:.3f}")
