"""Options: the verbs of the command line, what each takes, and how a mistyped one is named."""

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from siamese_core import __version__
from siamese_core.errors import EarwitnessError
from siamese_core.modes import MODES

_DESCRIPTION = "One-shot audio recognition that explains itself, to the eye and to the ear."
_EPILOG = "Without a verb the window opens. 'earwitness VERB --help' tells more."

_FAULTS = (
    (
        r"argument VERB: invalid choice: (.*) \(choose from (.*)\)",
        r"\1 is not a verb; give one of \2",
    ),
    (r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)", r"\1 is \2; give one of \3"),
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


class _Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence and guesses no abbreviation."""

    def __init__(self, prog: str | None = None, **settings: Any) -> None:
        super().__init__(prog, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        for theirs, ours in _FAULTS:
            if found := re.fullmatch(theirs, message, re.DOTALL):
                message = found.expand(ours)
                break
        raise EarwitnessError(f"{message}; see '{self.prog} --help'.")


_Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"


def parser() -> argparse.ArgumentParser:
    """Describe every verb and option."""
    top = _Parser("earwitness", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"earwitness {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_explain(verbs)
    _add_train(verbs)
    _add_evaluate(verbs)
    _add_faithfulness(verbs)
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
    verb.add_argument("--query", type=Path, metavar="FILE", help="the clip to be recognised")
    verb.add_argument(
        "--support",
        action="append",
        default=[],
        metavar="LABEL=FILE",
        help="a support clip and its class; repeat for each, repeat a label for more shots",
    )
    verb.add_argument(
        "--method",
        metavar="NAME",
        help="how to explain, see 'earwitness methods' (the first choice of the program if absent)",
    )
    _add_set(verb, "a parameter of the method")
    verb.add_argument(
        "--side",
        choices=("support", "query"),
        default="support",
        help="the clip of each pair that is explained and heard (default support)",
    )
    verb.add_argument(
        "--against",
        metavar="LABEL",
        help="explain why each class and not this one, on the query (with --side query)",
    )
    verb.add_argument(
        "--share",
        type=float,
        metavar="PERCENT",
        help="share of the clip's area that the mask keeps (default 20)",
    )
    verb.add_argument("--mask", type=Path, metavar="FILE", help="a saved mask (npz) to use instead")
    verb.add_argument(
        "--faithfulness",
        action="store_true",
        help="measure how far the predicted pair's map can be trusted",
    )
    _add_seed(verb, "of methods that draw, and of the first phase of model-view.wav")
    _add_device(verb)
    verb.add_argument(
        "--out",
        type=Path,
        default=Path("earwitness-explanation"),
        metavar="DIR",
        help="folder for episode.json, explanation.npz, overlay.png and sounds "
        "(default ./%(default)s)",
    )
    verb.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="also write all of it as one .html page with players for every sound",
    )
    verb.add_argument(
        "--figure", type=Path, metavar="FILE", help="also write the overlay as .svg, .pdf or .png"
    )
    _add_json(verb)


def _add_train(verbs: "_Verbs") -> None:
    what = "train a network by a recipe"
    verb = verbs.add_parser("train", help=what, description=what)
    verb.add_argument(
        "--recipe",
        required=True,
        metavar="NAME|FILE",
        help="a bundled recipe, see 'earwitness recipes', or a file like those it prints",
    )
    _add_data_folders(verb)
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="RUN",
        help="the run's folder: checkpoints, events, curves",
    )
    _add_set(verb, "a parameter of the recipe, for instance encoder.dense=1024")
    _add_device(verb)
    verb.add_argument("--resume", action="store_true", help="go on with the run in --out")
    verb.add_argument(
        "--estimate",
        action="store_true",
        help="only take a few steps, and say how long all of them take and with how much memory",
    )
    _add_json(verb)


def _add_evaluate(verbs: "_Verbs") -> None:
    what = "measure one-shot accuracy on a corpus"
    verb = verbs.add_parser("evaluate", help=what, description=what)
    _add_model(verb)
    _add_data_folders(verb)
    _add_classes(verb)
    verb.add_argument("--ways", type=int, metavar="C", help="classes in a line-up (all if absent)")
    verb.add_argument(
        "--shots", type=int, default=1, metavar="K", help="support clips a class (default 1)"
    )
    verb.add_argument(
        "--runs", type=int, default=300, metavar="N", help="episodes for each class (default 300)"
    )
    verb.add_argument(
        "--within-alphabet",
        action="store_true",
        help="Omniglot's own protocol: a line-up of C characters of one alphabet, by one person, "
        "and the query by another (C: as many as the smallest alphabet has, if absent)",
    )
    _add_seed(verb, "of the episodes and pairs drawn")
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
        help="accuracy, ROC and equal error rate of N pairs, half of them of one class (default 0)",
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


def _add_faithfulness(verbs: "_Verbs") -> None:
    what = "measure how far the maps of each method can be trusted"
    verb = verbs.add_parser(
        "faithfulness", help=what, description=f"{what}; a stopped command goes on where it was."
    )
    _add_model(verb)
    _add_data_folders(verb)
    verb.add_argument("--methods", metavar="A,B,...", help="only these methods (all if absent)")
    _add_classes(verb)
    verb.add_argument(
        "--episodes", type=int, default=100, metavar="N", help="line-ups (default 100)"
    )
    verb.add_argument("--ways", type=int, metavar="C", help="classes in a line-up (all if absent)")
    _add_seed(verb, "of the episodes drawn, and of all else that is random")
    _add_device(verb)
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for every map's numbers, tables and figures; another command may add methods "
        "and episodes",
    )
    _add_json(verb)


def _add_sonify(verbs: "_Verbs") -> None:
    what = "make a saved mask audible"
    verb = verbs.add_parser("sonify", help=what, description=what)
    verb.add_argument(
        "--clip",
        type=Path,
        required=True,
        metavar="FILE",
        help="the sound to lay the mask on",
    )
    verb.add_argument(
        "--mask",
        type=Path,
        required=True,
        metavar="FILE",
        help="a saved mask (npz), for instance the explanation.npz of 'earwitness explain'",
    )
    verb.add_argument(
        "--start",
        type=float,
        metavar="SECONDS",
        help="where the mask begins in the clip (as it was made; on another clip than it was made "
        "for, where the model hears that clip)",
    )
    verb.add_argument(
        "--mode",
        choices=tuple(MODES),
        default="through-mask",
        help=f"{'; '.join(f'{name}: {title.lower()}' for name, title in MODES.items())} "
        "(default through-mask)",
    )
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
    verb.add_argument(
        "--level",
        choices=("original", "match"),
        default="original",
        help="keep the level that the part has in the original, or raise it to the original's, by "
        "20 dB at most (default original)",
    )
    _add_seed(verb, "of the first phase in the mode log-mel")
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the .wav or .flac to write; a sound of that name is replaced",
    )
    _add_json(verb)


def _add_data(verbs: "_Verbs") -> None:
    what = "check what a folder of clips holds, or get a corpus from its public home"
    actions = verbs.add_parser("data", help=what, description=what).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    what = "say which corpus a folder holds, and which files cannot be read and why"
    check = actions.add_parser("check", help=what, description=what)
    check.add_argument("folder", type=Path, metavar="DIR", help="the folder to look at")
    _add_layout(check)
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
    _add_layout(verb)


def _add_layout(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--layout",
        metavar="NAME",
        help="read the folder as this known corpus, for instance esc10 (recognised if absent)",
    )


def _add_classes(verb: argparse.ArgumentParser) -> None:
    chosen = verb.add_mutually_exclusive_group()
    chosen.add_argument("--classes", metavar="A,B,...", help="only these classes")
    chosen.add_argument(
        "--split",
        choices=("validation", "test"),
        help="only the classes that the model's recipe holds out; --data is what it was trained on",
    )


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a seed; give a whole number from 0 on, below 2**63"
        )
    return int(text)


def _add_seed(verb: argparse.ArgumentParser, what: str) -> None:
    verb.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help=f"the seed {what} (default 0)"
    )


def _add_set(verb: argparse.ArgumentParser, what: str) -> None:
    verb.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help=f"{what}; repeat for more"
    )


def _add_device(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--device",
        default="auto",
        metavar="NAME",
        help="auto, cpu, cuda:N or mps (default auto)",
    )


def _add_json(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="print JSON for programs, not text")
