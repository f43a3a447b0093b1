"""CommandParser: how the command line reads options that several verbs share, and their faults."""

import argparse
import re
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from siamese_core.errors import EarwitnessError, ParameterError

_FAULTS = (
    (
        r"argument VERB: invalid choice: (.*) \(choose from (.*)\)",
        r"\1 is not a verb; give one of \2",
    ),
    (r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)", r"\1 is \2; give one of \3"),
    (r"argument (\S+): an empty name", r"\1 is empty; name a file or folder"),
    (r"argument (\S+): ('.*') names none", r"\1 \2 names none; write names as A,B"),
    (r"argument (\S+): invalid int value: (.*)", r"\1 is \2; give a whole number"),
    (r"argument (\S+): invalid float value: (.*)", r"\1 is \2; give a number"),
    (r"argument (\S+): expected one argument", r"\1 has no value; write one behind it"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 and \2 exclude each other; give one"),
    (r"argument (\S+): ignored explicit argument (.*)", r"\1 takes no value, but \2 was given"),
    (r"argument \S+: (.*)", r"\1"),
    (r"the following arguments are required: (.*)", r"\1 must be given"),
    (r"unrecognized arguments: (.*)", r"\1 is not understood here"),
)
"""What argparse says, and how we say it."""


class CommandParser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence and guesses no abbreviation."""

    def __init__(self, prog: str | None = None, **settings: Any) -> None:
        super().__init__(prog, allow_abbrev=False, **settings)
        self.register("type", Path, _path)
        self.register("type", float, _finite)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse what a verb is given; what it does not know is refused here, where its name is.

        Raises
        ------
        EarwitnessError
        """
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found, in our words.

        Raises
        ------
        EarwitnessError
        """
        for theirs, ours in _FAULTS:
            if found := re.fullmatch(theirs, message, re.DOTALL):
                message = found.expand(ours)
                break
        raise EarwitnessError(f"{message}; see '{self.prog} --help'.")


def _path(text: str) -> Path:
    if not text:  # a variable of the shell that is not set; Path would make it this folder
        raise argparse.ArgumentTypeError("an empty name")
    return Path(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError
    return number


def add_model(verb: argparse.ArgumentParser) -> None:
    """Add ``--model``."""
    verb.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="a checkpoint (the bundled voice model if absent)",
    )


def add_data_folders(verb: argparse.ArgumentParser) -> None:
    """Add ``--data`` and ``--layout``."""
    verb.add_argument(
        "--data",
        type=Path,
        action="append",
        required=True,
        metavar="DIR",
        help="a corpus, for instance a folder of class folders; repeat to join several",
    )
    add_layout(verb)


def add_layout(verb: argparse.ArgumentParser) -> None:
    """Add ``--layout``."""
    verb.add_argument(
        "--layout",
        metavar="NAME",
        help="read the folder as this known corpus, for instance esc10 (recognised if absent)",
    )


def add_classes(verb: argparse.ArgumentParser) -> None:
    """Add ``--classes`` and ``--split``, of which one can be given."""
    chosen = verb.add_mutually_exclusive_group()
    chosen.add_argument("--classes", type=names, metavar="A,B,...", help="only these classes")
    chosen.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        help="only the classes that the model's recipe trains on, or holds out for validation or "
        "test; --data is what it was trained on",
    )


def names(text: str) -> list[str]:
    """Split names that stand side by side, A,B."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' names none")
    return found


def _seed(text: str) -> int:
    if not text.isdecimal() or len(text) > 19 or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a seed; give a whole number from 0 on, below 2**63"
        )
    return int(text)


def add_seed(verb: argparse.ArgumentParser, what: str) -> None:
    """Add ``--seed``; ``what`` says of what."""
    verb.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help=f"the seed {what} (default 0)"
    )


def add_rate(verb: argparse.ArgumentParser) -> None:
    """Add ``--rate`` and ``--keep-above``."""
    verb.add_argument(
        "--rate",
        choices=("model", "clip"),
        default="model",
        help="sampling rate to render at, the model's or the clip's own (default model)",
    )
    verb.add_argument(
        "--keep-above",
        action="store_true",
        help="with --rate clip: keep what lies above the model's band",
    )


def check_rate(options: argparse.Namespace) -> None:
    """Refuse to keep at the model's rate what only the clip's own can hold.

    Raises
    ------
    ParameterError
    """
    if options.keep_above and options.rate != "clip":
        raise ParameterError(
            "--keep-above needs --rate clip: the model's rate holds nothing above."
        )


def add_set(verb: argparse.ArgumentParser, what: str) -> None:
    """Add ``--set``; ``what`` says what is set."""
    verb.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help=f"{what}; repeat for more"
    )


def add_device(verb: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    verb.add_argument(
        "--device",
        default="auto",
        metavar="NAME",
        help="auto, cpu, cuda:N or mps (default auto)",
    )


def add_json(verb: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    verb.add_argument("--json", action="store_true", help="print JSON for programs, not text")
