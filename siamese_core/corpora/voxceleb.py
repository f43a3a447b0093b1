"""VoxCeleb: id/video/utterance.wav, plain or as wav, dev/wav and test/wav.

Nagrani et al., Interspeech 2017. The class is the speaker id; utterances of one video were cut
from one recording. dev and test share no speaker.
"""

import re
from pathlib import Path

from siamese_core.corpora.folder import sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile

_ID = re.compile(r"id\d{5}")
_ROOTS = {"": "", "wav": "", "dev/wav": "train", "test/wav": "test"}


def recognises(folder: Path) -> bool:
    """Whether there are folders of speaker ids."""
    return bool(_speakers(folder))


def read(folder: Path) -> list[ClipFile]:
    """List the utterances; the video is the source."""
    return [
        ClipFile(path, speaker.name, f"{speaker.name}/{path.parent.name}", part)
        for speaker, part in _speakers(folder)
        for path in sound_files(speaker)
    ]


def _speakers(folder: Path) -> list[tuple[Path, str]]:
    return [
        (speaker, part)
        for root, part in _ROOTS.items()
        if (folder / root).is_dir()
        for speaker in subfolders(folder / root)
        if _ID.fullmatch(speaker.name)
    ]
