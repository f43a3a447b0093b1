"""The program's entry: a verb goes to the command line; none, or an episode, opens the window."""

import builtins
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``earwitness`` and return its exit code; no verb imports Qt."""
    if getattr(sys, "frozen", False):
        from multiprocessing import freeze_support

        freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if len(arguments) == 1 and (episode := _episode(arguments[0])):
        return _open_window(episode)
    if arguments:
        try:
            return _run_verb(arguments)
        except KeyboardInterrupt:  # before the command line listens for it
            return 130
    return _open_window()


def _run_verb(arguments: Sequence[str]) -> int:
    """Run the command line; where the window started it, advice is worded as the window does."""
    from app.training import advice
    from siamese_core import cli

    return cli.main(arguments, advice.WORDS if advice.FOR_WINDOW in os.environ else cli.WORDS)


def _episode(argument: str) -> Path | None:
    """Return the path of an episode's file, which a file manager hands over."""
    from siamese_core.episode_file.episode_contents import SUFFIX

    path = Path(argument)
    return path if path.suffix == SUFFIX else None


def _open_window(episode: Path | None = None) -> int:
    from app.display import obstacle

    if sentence := obstacle():
        print(sentence, file=sys.stderr)
        return 2
    hasten()
    from app.main_window import run

    return run(episode=episode)


def hasten() -> None:
    """Leave out what would only keep the first picture waiting.

    Of what is imported and built till then nothing is garbage; then `collector.Collector` collects.
    PySide would read the source of each module that is imported after it, torch's too, to
    find features (`__feature__`) that this program does not use.
    """
    gc.disable()
    import PySide6.QtCore  # noqa: F401

    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


if __name__ == "__main__":
    sys.exit(main())
