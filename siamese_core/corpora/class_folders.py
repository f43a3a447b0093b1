"""A folder of class folders: the layout of any corpus that has no other."""

import re
from pathlib import Path

from siamese_core.corpora.folder import sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile

_ESC_NAME = re.compile(r"\d-([^-]+)-(?:.+-)?[A-Z](?:-\d+)?")
"""FOLD-SOURCE-TAKE, as ESC-50, ESC-10 and Kitchen20 name clips cut from one recording.

Kitchen20's own recordings carry a title behind the contributor (``5-J-placard.aac-A-10``): the
contributor is the source, since kitchen and microphone stay the same.
"""


def recognises(folder: Path) -> bool:
    """Whether there is a class folder."""
    return bool(subfolders(folder))


def read(folder: Path) -> list[ClipFile]:
    """List the clips; they may lie at any depth within their class folder."""
    return [
        ClipFile(path, class_folder.name, _source(path))
        for class_folder in subfolders(folder)
        for path in sound_files(class_folder)
    ]


def _source(path: Path) -> str:
    match = _ESC_NAME.fullmatch(path.stem)
    return match.group(1) if match else str(path)
