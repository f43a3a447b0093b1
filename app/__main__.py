"""The program's entry: a verb goes to the command line, no verb opens the window."""

import multiprocessing
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``earwitness`` and return its exit code; no verb imports Qt."""
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments:
        from siamese_core.cli import main as command_line

        return command_line(arguments)
    return _open_window()


def _open_window() -> int:
    from app.display import obstacle

    if sentence := obstacle():
        print(sentence, file=sys.stderr)
        return 2
    from app.main_window import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
