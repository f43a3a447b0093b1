"""Zip archives from strangers: opened only when every member is where and what it should be."""

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from siamese_core.errors import CorpusError

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Bounds:
    """How much an archive may hold: members, bytes in the largest one, bytes in all, unpacked."""

    members: int
    member_bytes: int
    bytes: int


def open_archive(path: Path, content: Path | IO[bytes], bounds: Bounds) -> ZipFile:
    """Open an archive after looking at every member's name, kind and size.

    Parameters
    ----------
    path : Path
        What errors name.
    content : Path or binary file
        Where the archive is read from.
    bounds : Bounds

    Raises
    ------
    CorpusError
        If it is no zip or truncated, a member leaves the folder, is a link or is encrypted, or
        the archive holds more than the bounds allow.
    """
    try:
        archive = ZipFile(content)
    # RuntimeError: a compression or version that zipfile does not know.
    except (BadZipFile, RuntimeError, ValueError) as error:
        raise CorpusError(
            f"{path} is not a zip archive that can be read; it is damaged, or something else."
        ) from error
    try:
        _check(path, archive.infolist(), bounds)
    except CorpusError:
        archive.close()
        raise
    return archive


def _check(path: Path, members: Sequence[ZipInfo], bounds: Bounds) -> None:
    for member in members:
        if fault := _fault(member):
            raise CorpusError(f"{path} holds '{member.filename}', which {fault}; do not use it.")
        if member.file_size > bounds.member_bytes:
            raise CorpusError(
                f"{path} holds '{member.filename}' of {member.file_size} bytes; "
                f"at most {bounds.member_bytes} are expected."
            )
    if len(members) > bounds.members:
        raise CorpusError(
            f"{path} holds {len(members)} members; at most {bounds.members} are expected."
        )
    total = sum(member.file_size for member in members)
    if total > bounds.bytes:
        raise CorpusError(
            f"{path} would unpack to {total} bytes; at most {bounds.bytes} are expected."
        )


def _fault(member: ZipInfo) -> str:
    name = member.filename
    if name.startswith("/") or "\\" in name or _DRIVE.match(name) or ".." in name.split("/"):
        return "leads out of the folder"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    return "is encrypted" if member.flag_bits & 1 else ""
