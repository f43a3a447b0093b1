"""TIMIT: TRAIN|TEST/DRn/SPEAKER/SENTENCE.WAV in NIST SPHERE, names in either case.

Garofolo et al., LDC93S1. The class is the speaker; TRAIN and TEST share none.
"""

import re
from pathlib import Path

from siamese_core.corpora.folder import sound_files, subfolders
from siamese_core.corpora.labelled_file import ClipFile

_PARTS = {"TRAIN": "train", "TEST": "test"}
_REGION = re.compile(r"DR[1-8]", re.IGNORECASE)


def recognises(folder: Path) -> bool:
    """Whether there is a part with dialect regions, and beside it no sounds that would be lost."""
    parts = [part for part, _ in _parts(folder)]
    others = set(subfolders(parts[0].parent)) - set(parts) if parts else set()
    return any(map(_regions, parts)) and not any(map(sound_files, others))


def read(folder: Path) -> list[ClipFile]:
    """List the utterances with the official part of each."""
    return [
        ClipFile(path, speaker.name.upper(), str(path), part)
        for part_folder, part in _parts(folder)
        for region in _regions(part_folder)
        for speaker in subfolders(region)
        for path in _utterances(speaker)
    ]


def _parts(folder: Path) -> list[tuple[Path, str]]:
    """Find TRAIN and TEST, at most two folders down, as the disc and its copies have them."""
    for _ in range(3):
        inside = {path.name.upper(): path for path in subfolders(folder)}
        if parts := [(inside[name], part) for name, part in _PARTS.items() if name in inside]:
            return parts
        inner = inside.get("TIMIT") or inside.get("DATA")
        if inner is None:
            break
        folder = inner
    return []


def _regions(part: Path) -> list[Path]:
    return [path for path in subfolders(part) if _REGION.fullmatch(path.name)]


def _utterances(speaker: Path) -> list[Path]:
    """List one file an utterance: some copies hold SA1.WAV and, converted, SA1.WAV.wav."""
    # The converted one, which comes last: the original may be compressed (shorten), as on the disc.
    utterances = {path.name.split(".")[0].upper(): path for path in sound_files(speaker)}
    return list(utterances.values())
