"""AudioMNIST: data/NN/D_NN_R.wav, 60 speakers who say ten digits 50 times each.

Becker et al., arXiv 1807.03418. The class is the speaker NN.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from siamese_core.corpora.folder import inner, some_stems, sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import CorpusError
from siamese_core.plain_values import read_json

_SPEAKER = re.compile(r"\d\d")
_META = "audioMNIST_meta.txt"


def recognises(folder: Path) -> bool:
    """Whether speakers' folders hold clips named after them, and nothing speaks against it."""
    root = inner(folder, "data")
    speakers = _speakers(root)
    is_whole = len(speakers) == len(subfolders(root)) or (root / _META).is_file()
    return bool(speakers) and is_whole


def read(folder: Path) -> list[ClipFile]:
    """List the clips, each its own recording."""
    return [
        ClipFile(path, speaker.name, str(path))
        for speaker in _speakers(inner(folder, "data"))
        for path in sound_files(speaker)
    ]


def about(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Read what the corpus tells about its speakers (accent, age, gender, room ...), if it does.

    Raises
    ------
    CorpusError
        If there is such a file, but it is not JSON of the known form.
    """
    path = inner(folder, "data") / _META
    if not path.is_file():
        return {}
    try:
        table = read_json(path)
        return {
            str(speaker): {str(key): str(value) for key, value in facts.items()}
            for speaker, facts in table.items()
        }
    except (ValueError, AttributeError) as error:
        raise CorpusError(
            f"{path} is not a JSON table of speakers; take it from the corpus again."
        ) from error


def _speakers(root: Path) -> list[Path]:
    return [folder for folder in subfolders(root) if _is_speaker(folder)]


def _is_speaker(folder: Path) -> bool:
    name = re.compile(rf"\d_{re.escape(folder.name)}_\d+")
    stems = some_stems(folder)
    return bool(_SPEAKER.fullmatch(folder.name) and stems) and all(map(name.fullmatch, stems))
