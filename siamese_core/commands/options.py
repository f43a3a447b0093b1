"""Options: the verbs of the command line, and what each takes."""

import argparse
from pathlib import Path
from typing import TypeAlias

from siamese_core import __version__
from siamese_core.commands.command_parser import (
    CommandParser,
    add_classes,
    add_data_folders,
    add_device,
    add_json,
    add_layout,
    add_model,
    add_rate,
    add_seed,
    add_set,
    names,
)
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.faithfulness.parameters import StudyParameters
from siamese_core.sonification.modes import MODES

_DESCRIPTION = "One-shot audio recognition that explains itself, to the eye and to the ear."
_EPILOG = "Without a verb the window opens. 'earwitness VERB --help' tells more."

_Verbs: TypeAlias = "argparse._SubParsersAction[CommandParser]"


def parser() -> argparse.ArgumentParser:
    """Describe every verb and option."""
    top = CommandParser("earwitness", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"earwitness {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_explain(verbs)
    _add_train(verbs)
    _add_evaluate(verbs)
    _add_faithfulness(verbs)
    _add_ensemble(verbs)
    _add_card(verbs)
    _add_sonify(verbs)
    _add_data(verbs)
    for name, what, details in (
        ("methods", "list the explanation methods", "tell parameters and defaults of these"),
        ("recipes", "list the bundled recipes", "print these, or files like them, as files"),
    ):
        verb = verbs.add_parser(name, help=what, description=f"{what}; by name, all of them.")
        verb.add_argument("names", nargs="*", metavar="NAME", help=details)
        add_json(verb)
    return top


def _add_explain(verbs: "_Verbs") -> None:
    what = "score a query against a support set, explain the scores and make them audible"
    verb = verbs.add_parser("explain", help=what, description=f"{what}; bundled line-up if none.")
    add_model(verb)
    verb.add_argument("--query", type=Path, metavar="FILE", help="the clip to be recognised")
    verb.add_argument(
        "--support",
        action="append",
        default=[],
        metavar="LABEL=FILE",
        help="a support clip and its class; repeat for each, repeat a label for more shots",
    )
    verb.add_argument("--truth", metavar="LABEL", help="the query's class, where it is known")
    verb.add_argument(
        "--episode",
        type=Path,
        metavar="FILE",
        help="explain a saved episode (.earwitness) as it was explained when it was saved: its "
        "clips, windows, model, method and mask; other options replace what they name",
    )
    _add_starts(verb)
    verb.add_argument(
        "--method",
        metavar="NAME",
        help="how to explain, see 'earwitness methods' (if absent, as the model's card says)",
    )
    add_set(verb, "a parameter of the method")
    verb.add_argument(
        "--side",
        choices=("support", "query"),
        help="the clip of each pair that is explained and heard (default support)",
    )
    verb.add_argument(
        "--against",
        metavar="LABEL",
        help="explain why each class and not this one, on the query (with --side query)",
    )
    verb.add_argument(
        "--twin",
        type=Path,
        metavar="FILE",
        help="the clip that stands for absence (with --set baseline=twin; the other one of each "
        "pair if absent)",
    )
    verb.add_argument(
        "--share",
        type=float,
        metavar="PERCENT",
        help="share of the clip's area that the mask keeps (default 20)",
    )
    verb.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="how the mask is shaped from the map, for instance by=threshold: by, share, "
        "threshold, segments, sign, gain, edge, part, feather_ms or feather_mels; repeat for more",
    )
    verb.add_argument("--mask", type=Path, metavar="FILE", help="a saved mask (npz) to use instead")
    verb.add_argument(
        "--faithfulness",
        action="store_true",
        help="measure how far the predicted pair's map can be trusted",
    )
    add_rate(verb)
    add_seed(verb, "of methods that draw, and of the first phase of model-view.wav")
    add_device(verb)
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
        help="also write all of it as one .html page with players for every sound; replaces FILE",
    )
    verb.add_argument(
        "--figure",
        type=Path,
        metavar="FILE",
        help="also write the overlay as .svg, .pdf or .png; replaces FILE",
    )
    add_json(verb)


def _add_starts(verb: argparse.ArgumentParser) -> None:
    """Add where windows begin in clips that outlast them."""
    verb.add_argument(
        "--query-start",
        type=float,
        metavar="S",
        help="where the window begins in the query, in seconds (the loudest place if absent)",
    )
    verb.add_argument(
        "--support-start",
        action="append",
        default=[],
        metavar="LABEL=S",
        help="the same in a support clip; repeat a label for its next shot, with 'auto' in place "
        "of S for the loudest place of one",
    )
    verb.add_argument(
        "--twin-start", type=float, metavar="S", help="the same in the clip of --twin"
    )


def _add_train(verbs: "_Verbs") -> None:
    what = "train a network by a recipe"
    verb = verbs.add_parser("train", help=what, description=what)
    verb.add_argument(
        "--recipe",
        required=True,
        metavar="NAME|FILE",
        help="a bundled recipe, see 'earwitness recipes', or a file like those it prints by name",
    )
    add_data_folders(verb)
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="RUN",
        help="the run's folder: checkpoints, events, curves",
    )
    add_set(verb, "a parameter of the recipe, for instance encoder.dense=1024")
    add_device(verb)
    verb.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out; --set steps=N or patience=N may ask for more of it",
    )
    verb.add_argument(
        "--leave-out-damaged",
        action="store_true",
        help="train without clips that cannot be read, instead of refusing; the run's report names "
        "them, and a resumed run goes on without the same ones",
    )
    verb.add_argument(
        "--estimate",
        action="store_true",
        help="only take a few steps, and say how long all of them take and with how much memory",
    )
    add_json(verb)


def _add_evaluate(verbs: "_Verbs") -> None:
    what, default = "measure one-shot accuracy on a corpus", EvaluationParameters.model_fields
    verb = verbs.add_parser("evaluate", help=what, description=what)
    add_model(verb)
    add_data_folders(verb)
    add_classes(verb)
    verb.add_argument("--ways", type=int, metavar="C", help="classes in a line-up (all if absent)")
    verb.add_argument(
        "--shots",
        type=int,
        default=default["shots"].default,
        metavar="K",
        help="support clips a class (default %(default)s)",
    )
    verb.add_argument(
        "--runs",
        type=int,
        default=default["runs"].default,
        metavar="N",
        help="episodes for each class (default %(default)s)",
    )
    verb.add_argument(
        "--within-alphabet",
        action="store_true",
        help="Omniglot's own protocol: a line-up of C characters of one alphabet, by one person, "
        "and the query by another (C: as many as the smallest alphabet has, if absent)",
    )
    add_seed(verb, "of the episodes and pairs drawn")
    verb.add_argument(
        "--sweep",
        action="store_true",
        help="accuracy against C, 2 to all classes (with --split, of both held-out parts, or "
        "of the one that was trained on)",
    )
    verb.add_argument(
        "--retrieval", action="store_true", help="top 1, 3, 5, 10 of clips and of classes"
    )
    verb.add_argument(
        "--pairs",
        type=int,
        default=default["pairs"].default,
        metavar="N",
        help="accuracy, ROC and equal error rate of N pairs, half of them of one class "
        "(default %(default)s)",
    )
    verb.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="another checkpoint, compared on the same episodes",
    )
    add_device(verb)
    verb.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for report.json, tables, figures"
    )
    add_json(verb)


def _add_faithfulness(verbs: "_Verbs") -> None:
    what = "measure how far the maps of each method can be trusted"
    verb = verbs.add_parser(
        "faithfulness", help=what, description=f"{what}; a stopped command goes on where it was."
    )
    add_model(verb)
    add_data_folders(verb)
    verb.add_argument(
        "--methods", type=names, metavar="A,B,...", help="only these methods (all if absent)"
    )
    add_classes(verb)
    verb.add_argument(
        "--episodes",
        type=int,
        default=StudyParameters.model_fields["episodes"].default,
        metavar="N",
        help="line-ups (default %(default)s)",
    )
    verb.add_argument("--ways", type=int, metavar="C", help="classes in a line-up (all if absent)")
    add_seed(verb, "of the episodes drawn, and of all else that is random")
    add_device(verb)
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for every map's numbers, tables and figures; another command may add methods "
        "and episodes",
    )
    add_json(verb)


def _add_ensemble(verbs: "_Verbs") -> None:
    what = "join trained models into one whose score is the mean of theirs"
    verb = verbs.add_parser("ensemble", help=what, description=what)
    verb.add_argument(
        "models",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="checkpoints of one recipe's input and encoder that compare by the cosine",
    )
    verb.add_argument("--half", action="store_true", help="store the weights with half the bytes")
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the .safetensors file to write; replaces FILE",
    )
    add_json(verb)


def _add_card(verbs: "_Verbs") -> None:
    what = "say what a model file holds"
    verb = verbs.add_parser("card", help=what, description=what)
    add_model(verb)
    verb.add_argument(
        "--explain-with",
        metavar="NAME",
        help="write into the file which method explains this model unless another is asked for, "
        "see 'earwitness methods' ('program' for the program's first choice); no weight changes",
    )
    add_json(verb)


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
    add_rate(verb)
    verb.add_argument(
        "--level",
        choices=("original", "match"),
        default="original",
        help="keep the level that the part has in the original, or raise it to the original's, by "
        "20 dB at most (default original)",
    )
    add_seed(verb, "of the first phase in the mode log-mel")
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the .wav or .flac to write; a sound of that name is replaced",
    )
    add_json(verb)


def _add_data(verbs: "_Verbs") -> None:
    what = "check what a folder of clips holds, or get a corpus from its public home"
    actions = verbs.add_parser("data", help=what, description=what).add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    what = "say which corpus a folder holds, and which files cannot be read and why"
    check = actions.add_parser("check", help=what, description=what)
    check.add_argument("folder", type=Path, metavar="DIR", help="the folder to look at")
    add_layout(check)
    add_json(check)
    what = "fetch a corpus, whole files or none; its licence is shown first"
    get = actions.add_parser("get", help=what, description=what)
    get.add_argument("name", metavar="NAME", help="audiomnist, esc50, fsdd or omniglot")
    get.add_argument("--out", type=Path, metavar="DIR", help="a new folder (./NAME if absent)")
    add_json(get)
