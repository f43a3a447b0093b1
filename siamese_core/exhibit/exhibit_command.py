"""ExhibitCommand: the command line that makes an exhibit again (no torch)."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Self

from siamese_core.mask.mask import DEFAULTS
from siamese_core.parameters import Parameters
from siamese_core.sonification.modes import AT_MODEL_RATE

if TYPE_CHECKING:
    from siamese_core.exhibit.exhibit import Exhibit

UNPLACED = "auto"
"""Stands for the start of a window that finds its place itself (`audio.placement`)."""
_TOML_WORDS = ("true", "false", "inf", "nan")

_WHERE = (
    "Run in a shell on the machine where these files lie, it makes the scores, maps and sounds "
    "again, in the folder earwitness-explanation; --out DIR names another folder, and --page "
    "FILE.html adds a page for people. Compare numbers and samples, not checksums of what is "
    "written: some of the files note when that was."
)
_NO_MODEL = "No command makes this again: no file holds the network any more that was used."
_NO_FILE = (
    "No command makes this again: no file holds {} any more as it was heard. An episode that is "
    "saved from the window keeps its sounds."
)
_DRAWN = (
    " The mask was changed by hand and is in no file: this command shapes it from the map anew, "
    "and its sounds are others. To have the same ones, save the mask and add --mask FILE."
)


@dataclass(frozen=True)
class ExhibitCommand:
    """A command with what is to be known of it.

    Parameters
    ----------
    words : tuple of str
        The program and its arguments, not quoted; none if no command can do it.
    note : str
        What it does, or why there is none.
    """

    words: tuple[str, ...]
    note: str

    @classmethod
    def of(cls, exhibit: "Exhibit", mask_file: Path | None = None) -> Self:
        """Find the command for an exhibit.

        Parameters
        ----------
        exhibit : Exhibit
        mask_file : Path, optional
            A file that holds the mask, for one that no parameters shape.
        """
        if exhibit.origin.model is None:
            return cls((), _NO_MODEL)
        if lost := _lost(exhibit):
            return cls((), _NO_FILE.format(lost))
        is_shaped, given = exhibit.mask_origin.is_shaped, exhibit.mask.path
        if not is_shaped and mask_file is None and given is not None and given.is_file():
            mask_file = given
        mask = None if is_shaped or mask_file is None else mask_file.absolute()
        words = [word for option in _options(exhibit, mask) for word in _joined(option)]
        note = _WHERE if is_shaped or mask else _WHERE + _DRAWN
        return cls(("earwitness", "explain", *words), note)

    @property
    def line(self) -> str:
        """The words quoted for a POSIX shell (`shlex.join`); empty if there are none."""
        return shlex.join(self.words)


def _lost(exhibit: "Exhibit") -> str:
    """Name the clips that no file holds; nothing if there is none."""
    origin, labels = exhibit.origin, exhibit.episode.support.labels
    lost = ["the query"] * (origin.query.path is None)
    lost += [
        f"the support clip of '{label}'"
        for label, recording in zip(labels, origin.support, strict=True)
        if recording.path is None
    ]
    lost += ["the clip of the baseline"] * bool(origin.twin and origin.twin.path is None)
    return " and ".join(lost)


Option = tuple[str, ...]
"""A name alone, or with its value."""


def _options(exhibit: "Exhibit", mask: Path | None) -> Iterator[Option]:
    yield from _lineup(exhibit)
    yield from _starts(exhibit)
    yield from _method(exhibit)
    if mask is not None:
        yield "--mask", str(mask)
    elif (shape := exhibit.mask_origin.parameters) is not None:
        yield from _assignments("--shape", shape, DEFAULTS)
    if exhibit.render != AT_MODEL_RATE:
        yield "--rate", exhibit.render.rate
        yield from [("--keep-above",)] * exhibit.render.keep_above
    if exhibit.faithfulness is not None:
        yield ("--faithfulness",)
    yield "--seed", str(exhibit.seed)
    yield "--device", exhibit.origin.device


def _lineup(exhibit: "Exhibit") -> Iterator[Option]:
    origin, truth = exhibit.origin, exhibit.episode.truth
    yield "--model", str(origin.model)
    yield "--query", str(origin.query.path)
    for label, recording in zip(exhibit.episode.support.labels, origin.support, strict=True):
        yield "--support", f"{label}={recording.path}"
    if truth is not None:
        yield "--truth", truth


def _starts(exhibit: "Exhibit") -> Iterator[Option]:
    """Name each window that was placed by hand; of a class with such a one, those of all shots."""
    query, *support = exhibit.starts
    if query is not None:
        yield "--query-start", _seconds(query)
    pairs = list(zip(exhibit.episode.support.labels, support, strict=True))
    placed = {label for label, start in pairs if start is not None}
    for label, start in pairs:
        if label in placed:
            written = UNPLACED if start is None else _seconds(start)
            yield "--support-start", f"{label}={written}"
    if exhibit.twin_start is not None:
        yield "--twin-start", _seconds(exhibit.twin_start)


def _seconds(start: float) -> str:
    """Write all digits: the window begins at the very same sample again."""
    return repr(float(start))


def _method(exhibit: "Exhibit") -> Iterator[Option]:
    best, twin = exhibit.best, exhibit.origin.twin
    yield "--method", best.method
    yield from _assignments("--set", best.parameters, type(best.parameters)())
    yield "--side", best.side
    if exhibit.against is not None:
        yield "--against", exhibit.against
    if twin is not None:
        yield "--twin", str(twin.path)


def _assignments(option: str, chosen: Parameters, defaults: Parameters) -> Iterator[Option]:
    """Assign each value that is not the default, as `Parameters.override` reads it."""
    usual = defaults.model_dump(mode="json")
    for name, value in chosen.model_dump(mode="json").items():
        if value != usual[name]:
            yield option, f"{name}={_toml(value)}"


def _toml(value: object) -> str:
    """Write a value in TOML, which of such values is JSON; a plain word needs no quotes."""
    is_word = isinstance(value, str) and re.fullmatch("[a-z-]+", value)
    if is_word and value not in _TOML_WORDS:
        return str(value)
    return dumps(value, ensure_ascii=False)


def _joined(option: Option) -> tuple[str, ...]:
    """Keep a value that begins like an option in one word with its own option's name."""
    return (f"{option[0]}={option[1]}",) if option[1:] and option[1].startswith("-") else option
