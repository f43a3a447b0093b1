"""A folder of class folders: the layout of any corpus that has no other."""

import re
from collections.abc import Sequence
from pathlib import Path

from siamese_core.corpora.folder import sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile

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


def level_notice(folder: Path, clips: Sequence[LabelledFile]) -> str:
    """Say that the folder's only class may be several, one level below; nothing otherwise.

    Which of both it is cannot be told: one speaker's sessions lie like this too.

    Parameters
    ----------
    folder : Path
        The folder whose class folders were read.
    clips : sequence of LabelledFile
        What was read.
    """
    if not clips or any(clip.label != clips[0].label for clip in clips):
        return ""
    within = [clip.path.relative_to(folder).parts for clip in clips]
    below = {parts[1] for parts in within if len(parts) > 2}
    if len(below) < 2 or any(len(parts) < 3 for parts in within):
        return ""
    label = within[0][0]
    return (
        f"The {len(below):,} folders in {folder.name}/{label} are read as one class, {label}; if "
        f"each is a class of its own, open {label} itself."
    )


def _source(path: Path) -> str:
    match = _ESC_NAME.fullmatch(path.stem)
    return match.group(1) if match else str(path)
