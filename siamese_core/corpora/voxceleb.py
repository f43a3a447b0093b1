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
    """Whether there are folders of speaker ids, and beside them no others that would be lost."""
    speakers = [speaker for speaker, _ in _speakers(folder)]
    plain = [speaker for speaker in speakers if speaker.parent == folder]
    return bool(speakers) and len(plain) in {0, len(subfolders(folder))}


def read(folder: Path) -> list[ClipFile]:
    """List the utterances; the video is the source, and an utterance in none is its own."""
    return [
        ClipFile(path, speaker.name, _source(path, speaker), part)
        for speaker, part in _speakers(folder)
        for path in sound_files(speaker)
    ]


def _source(path: Path, speaker: Path) -> str:
    return str(path) if path.parent == speaker else f"{speaker.name}/{path.parent.name}"


def _speakers(folder: Path) -> list[tuple[Path, str]]:
    return [
        (speaker, part)
        for root, part in _ROOTS.items()
        if (folder / root).is_dir()
        for speaker in subfolders(folder / root)
        if _ID.fullmatch(speaker.name)
    ]
