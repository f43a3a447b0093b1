"""What lies in a folder, found without asking the disk about each file: 30,000 open at once."""

import os
from collections.abc import Collection
from itertools import islice
from pathlib import Path

from siamese_core.audio import FOREIGN_SUFFIXES, SUFFIXES

_FEW = 20
"""Files that are enough to tell a layout by their names."""


def subfolders(folder: Path) -> list[Path]:
    """List the shown folders in ``folder`` by name, linked ones too, but none a second time."""
    return [path for path, first in _folders(folder).items() if path == first]


def inner(folder: Path, name: str) -> Path:
    """Return the folder of that name in ``folder``, or ``folder`` itself where there is none."""
    return found if (found := folder / name).is_dir() else folder


def second_links(folder: Path) -> dict[Path, Path]:
    """Tell which links `subfolders` leaves out, each with the folder in ``folder`` that it is."""
    return {path: first for path, first in _folders(folder).items() if path != first}


def _folders(folder: Path) -> dict[Path, Path]:
    """List the shown folders by name, each with the first that is the same: itself, or a real one.

    A link is followed only where there is one: to ask the disk about each folder takes long.
    """
    with os.scandir(folder) as entries:
        shown = {e.name: e for e in entries if not e.name.startswith(".") and _is_folder(e)}
    paths = [folder / name for name in sorted(shown)]
    links = [path for path in paths if shown[path.name].is_symlink()]
    if not links:
        return {path: path for path in paths}
    places = {path: os.path.realpath(path) for path in paths}
    first: dict[str, Path] = {}
    for path in sorted(paths, key=lambda path: path in links):
        first.setdefault(places[path], path)
    return {path: first[places[path]] for path in paths}


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, say
        return False


def sound_files(folder: Path) -> list[Path]:
    """List the shown sound files at any depth beneath ``folder``, by path.

    Linked folders are not entered: a link to a parent would never end.
    """
    return _files(folder, SUFFIXES)


def foreign_files(folder: Path) -> list[Path]:
    """List likewise the sound files of kinds that cannot be decoded here."""
    return _files(folder, FOREIGN_SUFFIXES)


def _files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    found, waiting = [], [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif os.path.splitext(entry.name)[1].lower() in suffixes:  # noqa: PTH122 - fast
                    found.append(entry.path)
    return [Path(path) for path in sorted(found)]


def some_stems(folder: Path) -> list[str]:
    """Return the names, without suffix, of a few sound files that lie right in ``folder``."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        paths = (Path(entry.name) for entry in entries if not entry.name.startswith("."))
        return list(islice((p.stem for p in paths if p.suffix.lower() in SUFFIXES), _FEW))
