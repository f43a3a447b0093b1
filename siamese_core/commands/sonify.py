"""`earwitness sonify`: a saved mask made audible."""

import argparse
from dataclasses import replace

from siamese_core.audio import Clip, check_sound_path, read, write
from siamese_core.commands.command_parser import check_rate
from siamese_core.commands.terminal import Terminal
from siamese_core.errors import ParameterError
from siamese_core.files import is_same
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_file import load_mask
from siamese_core.notices import mask_notice
from siamese_core.sonification.modes import ABOVE


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Render a clip through a mask as the options say."""
    if is_same(options.out, options.clip) or is_same(options.out, options.mask):
        raise ParameterError(f"--out {options.out} would overwrite its own input; name another.")
    check_rate(options)
    if options.keep_above and options.mode not in ABOVE:
        raise ParameterError(
            f"--keep-above adds nothing in the mode {options.mode}; leave it out, or give one of "
            f"{', '.join(ABOVE)}."
        )
    check_sound_path(options.out)
    clip, mask = read(options.clip), load_mask(options.mask)
    mask = laid(mask, clip, options.start)
    if not mask.is_of(clip):
        terminal.notice(mask_notice(mask, clip, mask.start))
    from siamese_core.sonification.sonification import (
        sonify,  # torch: what can be refused is refused before
    )

    sound = sonify(
        clip,
        mask,
        options.mode,
        rate=options.rate,
        keep_above=options.keep_above,
        level=options.level,
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
            "start": mask.start,
            "seconds": sound.seconds,
            "peak": sound.peak,
        }
    )
    terminal.say(f"{options.out}: {sound.seconds:.2f} s at {sound.rate} Hz, peak {sound.peak:.3f}")


def laid(mask: Mask, clip: Clip, start: float | None) -> Mask:
    """Move a mask to ``start``; on another clip than it was made for, to what the model hears.

    Raises
    ------
    ParameterError
        If it would lie outside the clip.
    """
    if start is not None:
        mask = replace(mask, start=start)
    elif mask.clip_seconds is not None and not mask.is_of(clip):
        from siamese_core.logmel import fit

        mask = replace(mask, start=fit(clip, mask.mel)[1])
    if not -mask.mel.seconds < mask.start < clip.seconds:
        raise ParameterError(
            f"The mask begins at {mask.start:g} s, outside {clip.path} of {clip.seconds:.3f} s; "
            "say where with --start."
        )
    return mask
