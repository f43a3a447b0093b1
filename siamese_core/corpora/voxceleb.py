"""VoxCeleb: id/video/utterance.wav, plain, in wav, or in dev/wav and test/wav and their like.

Nagrani et al., Interspeech 2017. The class is the speaker id; utterances of one video were cut
from one recording. dev and test share no speaker. VoxCeleb2 comes in aac where the first comes in
wav (dev/aac/id/video/utterance.m4a), and people convert it in place.
"""

import re
from pathlib import Path

from siamese_core.corpora.folder import sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile

_ID = re.compile(r"id\d{5}")
_KINDS = ("wav", "aac")
_PARTS = {"dev": "train", "test": "test"}
"""Words in names of folders such as dev and vox1_dev_wav."""


def recognises(folder: Path) -> bool:
    """Whether there are folders of speaker ids, and beside them no others that would be lost."""
    lending = {folder / speaker.relative_to(folder).parts[0] for speaker, _ in _speakers(folder)}
    return bool(lending) and not any(map(sound_files, set(subfolders(folder)) - lending))


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
        for root, part in _roots(folder).items()
        for speaker in subfolders(root)
        if _ID.fullmatch(speaker.name)
    ]


def _roots(folder: Path) -> dict[Path, str]:
    """Find the folders in which speakers may lie, and which part each of them is."""
    above = [path for path in subfolders(folder) if not _ID.fullmatch(path.name)]
    parts = {path / kind: _part(path.name) for path in above for kind in _KINDS}
    roots = {folder: "", **{folder / kind: "" for kind in _KINDS}, **parts}
    return {root: part for root, part in roots.items() if root.is_dir()}


def _part(name: str) -> str:
    words = name.lower().split("_")
    return next((part for word, part in _PARTS.items() if word in words), "")
