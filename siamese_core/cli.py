"""The command line: `earwitness VERB ...`. Exit code 0 done, 2 bad input, 130 cancelled."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

from siamese_core.commands.options import parser
from siamese_core.commands.terminal import Terminal
from siamese_core.errors import (
    MEMORY_IS_FULL,
    Advice,
    Cancelled,
    EarwitnessError,
    Words,
    out_of_memory,
)
from siamese_core.files import reason

WORDS: Words = {
    Advice.LEAVE_OUT_DAMAGED: "repair or remove them ('earwitness data check' lists all), or leave "
    "them out with --leave-out-damaged",
    Advice.RAISE_PATIENCE: "raise patience above that, too (--set patience=N)",
    Advice.RAISE_MORE: "resume with its own, or raise it with --set",
    Advice.BEGIN_ANEW: "leave out --resume or name another folder",
    Advice.ONLY_EVALUATE: "its models can be evaluated ('earwitness evaluate'), but not explained",
}
"""Advice as the command line words it."""


def main(argv: Sequence[str] | None = None, words: Words = WORDS) -> int:
    """Run one verb and return the process's exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The verb and its options; those of this process if None.
    words : mapping of Advice to str
        How advice is worded: another surface that starts the command line has words of its own.
    """
    _open_missing_streams()
    terminal = Terminal()
    try:
        options = parser().parse_args(argv)
        terminal = Terminal(options.json)
        _stop_on_signals(terminal)
        # A verb's module is imported when it runs: `recipes` need not wait for torch.
        command = import_module(f"siamese_core.commands.{options.verb}")
        command.run(options, terminal)
        sys.stdout.flush()
    except Cancelled as cancelled:
        terminal.complain(str(cancelled))
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _drop_output()  # the reader went away (`| head`)
        return 0
    except EarwitnessError as error:
        terminal.complain(error.told(words))
        return 2
    except OSError as error:
        terminal.complain(f"The system refused: {reason(error)}.")
        _drop_output()
        return 2
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        terminal.complain(MEMORY_IS_FULL)
        return 2
    finally:
        terminal.close()
    return 0


def _open_missing_streams() -> None:
    """Give output somewhere to go where there is none: closed, or of a program without console."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for good


def _drop_output() -> None:
    """Send what is still to be written nowhere, so that no flush at the end fails again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop_on_signals(terminal: Terminal) -> None:
    """Ask the work to stop on the first Ctrl-C or termination; a second Ctrl-C breaks it off.

    Python hears either between two of its own steps, not within a library's.
    """

    def ask(number: int, _frame: FrameType | None) -> None:
        if terminal.stopping and number == signal.SIGINT:
            raise KeyboardInterrupt
        terminal.stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)


if __name__ == "__main__":
    sys.exit(main())
