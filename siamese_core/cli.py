"""The command line: `earwitness VERB ...`. Exit code 0 done, 2 bad input, 130 cancelled."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeAlias

from siamese_core import __version__
from siamese_core.errors import Cancelled, EarwitnessError
from siamese_core.files import reason
from siamese_core.terminal import Terminal

VERBS = ("explain", "train", "evaluate", "sonify", "data", "methods", "recipes")

_DESCRIPTION = "One-shot audio recognition that explains itself, to the eye and to the ear."
_EPILOG = "Without a verb the window opens. 'earwitness VERB --help' tells more."


class _Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise EarwitnessError(f"{message[:1].upper()}{message[1:]}; see '{self.prog} --help'.")


_Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the process's exit code."""
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
        terminal.complain(str(error))
        return 2
    except OSError as error:
        terminal.complain(f"The system refused: {reason(error)}.")
        _drop_output()
        return 2
    finally:
        terminal.close()
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe every verb and option."""
    top = _Parser("earwitness", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"earwitness {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_explain(verbs)
    _add_train(verbs)
    _add_evaluate(verbs)
    _add_sonify(verbs)
    _add_data(verbs)
    for verb, what in (
        ("methods", "list the explanation methods with their parameters and defaults"),
        ("recipes", "list the bundled recipes with their parameters"),
    ):
        _add_json(verbs.add_parser(verb, help=what, description=what))
    return top


def _add_explain(verbs: "_Verbs") -> None:
    what = "score a query against a support set, explain the scores and make them audible"
    verb = verbs.add_parser("explain", help=what, description=f"{what}; bundled line-up if none.")
    _add_model(verb)
    verb.add_argument("--query", type=Path, metavar="FILE", help="the query clip")
    verb.add_argument(
        "--support",
        action="append",
        default=[],
        metavar="LABEL=FILE",
        help="a support clip and its class; repeat for each, repeat a label for more shots",
    )
    verb.add_argument("--method", metavar="NAME", help="see 'earwitness methods'")
    _add_set(verb, "a parameter of the method")
    verb.add_argument("--side", choices=("support", "query"), default="support")
    verb.add_argument(
        "--share", type=float, metavar="PERCENT", help="share of the area that the mask keeps"
    )
    verb.add_argument("--mask", type=Path, metavar="FILE", help="a saved mask (npz) to use instead")
    verb.add_argument("--seed", type=_seed, default=0, metavar="N")
    _add_device(verb)
    verb.add_argument(
        "--out",
        type=Path,
        default=Path("earwitness-explanation"),
        metavar="DIR",
        help="folder for episode.json, explanation.npz, overlay.png and sounds",
    )
    _add_json(verb)


def _add_train(verbs: "_Verbs") -> None:
    what = "train a network by a recipe"
    verb = verbs.add_parser("train", help=what, description=what)
    verb.add_argument("--recipe", required=True, metavar="NAME|FILE")
    _add_data_folders(verb)
    verb.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run's folder")
    _add_set(verb, "a parameter of the recipe, for instance encoder.dense=1024")
    _add_device(verb)
    verb.add_argument("--resume", action="store_true", help="go on with the run in --out")
    _add_json(verb)


def _add_evaluate(verbs: "_Verbs") -> None:
    what = "measure one-shot accuracy on a corpus"
    verb = verbs.add_parser("evaluate", help=what, description=what)
    _add_model(verb)
    _add_data_folders(verb)
    chosen = verb.add_mutually_exclusive_group()
    chosen.add_argument("--classes", metavar="A,B,...", help="only these classes")
    chosen.add_argument(
        "--split",
        choices=("validation", "test"),
        help="only the classes that the model's recipe holds out; --data is what it was trained on",
    )
    verb.add_argument("--ways", type=int, metavar="C", help="classes in a line-up (all if absent)")
    verb.add_argument("--shots", type=int, default=1, metavar="K", help="support clips a class")
    verb.add_argument("--runs", type=int, default=300, metavar="N", help="episodes for each class")
    verb.add_argument("--seed", type=_seed, default=0, metavar="N")
    verb.add_argument(
        "--sweep",
        action="store_true",
        help="accuracy against C, 2 to all classes (with --split, of both held-out parts)",
    )
    verb.add_argument(
        "--retrieval", action="store_true", help="top 1, 3, 5, 10 of clips and of classes"
    )
    verb.add_argument(
        "--pairs",
        type=int,
        default=0,
        metavar="N",
        help="accuracy, ROC and equal error rate of N pairs, half of them of one class",
    )
    verb.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="another checkpoint, compared on the same episodes",
    )
    _add_device(verb)
    verb.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for report.json, tables, figures"
    )
    _add_json(verb)


def _add_sonify(verbs: "_Verbs") -> None:
    what = "make a saved mask audible"
    verb = verbs.add_parser("sonify", help=what, description=what)
    verb.add_argument("--clip", type=Path, required=True, metavar="FILE")
    verb.add_argument("--mask", type=Path, required=True, metavar="FILE", help="an npz")
    verb.add_argument(
        "--mode",
        choices=("through-mask", "log-mel"),
        default="through-mask",
        help="the original through the mask, or what the masked log-mel alone still holds",
    )
    verb.add_argument(
        "--rate", choices=("model", "clip"), default="model", help="rate to render at"
    )
    verb.add_argument(
        "--keep-above",
        action="store_true",
        help="with --rate clip: keep what lies above the model's band",
    )
    verb.add_argument("--seed", type=_seed, default=0, metavar="N")
    verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .wav or .flac")
    _add_json(verb)


def _add_data(verbs: "_Verbs") -> None:
    what = "check what a folder of clips holds, or get a corpus from its public home"
    actions = verbs.add_parser("data", help=what, description=what).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    what = "say which corpus a folder holds, and which files cannot be read and why"
    check = actions.add_parser("check", help=what, description=what)
    check.add_argument("folder", type=Path, metavar="DIR")
    check.add_argument(
        "--layout", metavar="NAME", help="read it as this layout (recognised if absent)"
    )
    _add_json(check)
    what = "fetch a corpus, whole files or none; its licence is shown first"
    get = actions.add_parser("get", help=what, description=what)
    get.add_argument("name", metavar="NAME", help="audiomnist, esc50, fsdd or omniglot")
    get.add_argument("--out", type=Path, metavar="DIR", help="a new folder (./NAME if absent)")
    _add_json(get)


def _add_model(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="a checkpoint (the bundled voice model if absent)",
    )


def _add_data_folders(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--data",
        type=Path,
        action="append",
        required=True,
        metavar="DIR",
        help="a corpus, for instance a folder of class folders; repeat to join several",
    )


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"'{text}' is no seed; give a whole number from 0 on")
    return int(text)


def _add_set(verb: argparse.ArgumentParser, what: str) -> None:
    verb.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=what)


def _add_device(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--device", default="auto", metavar="NAME", help="auto, cpu, cuda:N or mps (default auto)"
    )


def _add_json(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="print JSON instead of text")


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
