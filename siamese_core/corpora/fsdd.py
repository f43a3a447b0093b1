"""FSDD, the free spoken digit dataset: recordings/D_name_R.wav.

Jackson et al., github.com/Jakobovski/free-spoken-digit-dataset. The class is the speaker. Its own
test part (takes 0 to 4) has the speakers of the training part, so it is no split of classes.
"""

import re
from pathlib import Path

from siamese_core.corpora.folder import inner, some_stems, sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile

_NAME = re.compile(r"\d_(.+)_\d+")


def recognises(folder: Path) -> bool:
    """Whether the recordings are named after digit, speaker and take, and no folders are lost."""
    root = inner(folder, "recordings")
    stems = some_stems(root)
    return bool(stems) and all(map(_NAME.fullmatch, stems)) and not subfolders(root)


def read(folder: Path) -> list[ClipFile]:
    """List the clips, each its own recording."""
    return [
        ClipFile(path, name.group(1), str(path))
        for path in sound_files(inner(folder, "recordings"))
        if (name := _NAME.fullmatch(path.stem))
    ]
