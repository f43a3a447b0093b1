"""The program's entry: a verb goes to the command line; none, or an episode, opens the window."""

import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``earwitness`` and return its exit code; no verb imports Qt."""
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if len(arguments) == 1 and (episode := _episode(arguments[0])):
        return _open_window(episode)
    if arguments:
        from siamese_core.cli import main as command_line

        return command_line(arguments)
    return _open_window()


def _episode(argument: str) -> Path | None:
    """Return the path of an episode's file, which a file manager hands over."""
    from siamese_core.episode_contents import SUFFIX

    path = Path(argument)
    return path if path.suffix == SUFFIX else None


def _open_window(episode: Path | None = None) -> int:
    from app.display import obstacle

    if sentence := obstacle():
        print(sentence, file=sys.stderr)
        return 2
    from app.main_window import run

    return run(episode=episode)


if __name__ == "__main__":
    sys.exit(main())
