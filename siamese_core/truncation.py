"""Truncation: whether a sound file ends before its header says.

libsndfile opens what is left of such a file as if it were the whole of it. WAV (RF64, W64), AIFF,
CAF and AU headers tell the bytes of their sound; NIST SPHERE and FLAC headers and the first frame
of an MP3 (Xing or VBRI) tell its samples; Ogg marks its last page. Other headers do not tell: a
bare MP3, without such a frame, that was cut is a shorter MP3, and nobody can know; of one whose
bit rate varies libsndfile reads no more than it guesses from the first frame. Who wrote into a pipe
could not know either: the sizes that stand in such files are taken for none.
"""

import re
import struct
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase
from typing import Any, BinaryIO

import soundfile

_MOST_CHUNKS = 1000
"""Parts of a file before its sound; real ones have a dozen."""
_HEAD = 4096
"""Bytes in which the first frame of an MP3, or a NIST header, tells."""
_LARGEST_FRAME, _LONGEST_FRAME = 1441, 1152
"""Bytes and samples of a frame of an MP3."""
_LARGEST_PAGE = 65_307
"""Bytes of an Ogg page (RFC 3533, section 6)."""
UNKNOWN = 2**62
"""Frames from which on libsndfile means that it does not know."""

_XING = re.compile(rb"\xff[\xe2-\xff].{11,36}(?:Xing|Info)\0{3}(.)(.{4})", re.DOTALL)
_VBRI = re.compile(rb"\xff([\xe2-\xff]).{34}VBRI.{6}(.{4})(.{4})", re.DOTALL)
_EXACT = (b"LAME", b"Lavf", b"Lavc")
"""Encoders that never count the frame that tells; others may."""
_NIST = re.compile(rb"^sample_count -i (\d{1,18})\s", re.MULTILINE)


@dataclass(frozen=True)
class _Container:
    """How a file is laid out in chunks.

    Parameters
    ----------
    first : int
        Bytes before the first chunk.
    head : str
        A chunk's name and size, as `struct` has it.
    sound : bytes
        How the name begins of the chunk that holds the sound.
    before : int
        Bytes in it before the sound.
    grain : int
        Chunks begin at multiples of so many bytes.
    counts_head : bool
        Whether a size counts name and size, too.
    """

    first: int
    head: str
    sound: bytes
    before: int = 0
    grain: int = 2
    counts_head: bool = False


_CONTAINERS = {
    b"RIFF": _Container(12, "<4sI", b"data"),
    b"RIFX": _Container(12, ">4sI", b"data"),
    b"RF64": _Container(12, "<4sI", b"data"),
    b"FORM": _Container(12, ">4sI", b"SSND", before=8),
    b"caff": _Container(8, ">4sQ", b"data", before=4, grain=1),
    b"riff": _Container(40, "<16sQ", b"data", grain=8, counts_head=True),  # W64
}
_SUN = {b".snd": ">II", b"dns.": "<II"}


def shortage(file: BinaryIO) -> tuple[int, int] | None:
    """Count the samples of a file that holds fewer bytes of sound than its header tells.

    Parameters
    ----------
    file : binary file
        Any sound file; it is left at its beginning.

    Returns
    -------
    (int, int) or None
        How many it holds, and of how many; None if none are missing or the header tells no bytes.
    """
    end = file.seek(0, SEEK_END)
    begin = _after_id3(file)
    short = _of_container(file, begin, end) or _of_vbri(file, begin, end)
    file.seek(0)
    return short


def told_samples(file: BinaryIO, sound: soundfile.SoundFile) -> int:
    """Return how many samples the header of a file tells, 0 if it does not.

    Parameters
    ----------
    file : binary file
        It is moved.
    sound : SoundFile
        The same, opened, and read if it reads from ``file``.
    """
    if sound.format == "NIST":
        file.seek(0)
        found = _NIST.search(file.read(_HEAD))
        return int(found[1]) if found else int(sound.frames)
    if sound.format == "MP3":
        return _of_xing(file, sound.frames)
    return 0 if sound.frames >= UNKNOWN else int(sound.frames)


def ogg_ends(file: BinaryIO) -> bool:
    """Whether an Ogg file's last page says that it is the last, and is whole; so is all else."""
    file.seek(0)
    if file.read(4) != b"OggS":
        file.seek(0)
        return True
    file.seek(max(0, file.seek(0, SEEK_END) - _LARGEST_PAGE))
    tail = file.read()
    file.seek(0)
    page = tail[max(0, tail.rfind(b"OggS")) :]
    lengths = page[27 : 27 + page[26]] if len(page) > 27 else b""
    return bool(lengths and page[5] & 4 and len(page) >= 27 + page[26] + sum(lengths))


def _of_container(file: BinaryIO, begin: int, end: int) -> tuple[int, int] | None:
    span = _span(file, begin, end)
    if span is None or span[0] + span[1] <= end:
        return None
    start, size = span
    try:
        with soundfile.SoundFile(_Promised(file, begin, start + size)) as promised:
            told = int(promised.frames)
    except soundfile.LibsndfileError:
        return None  # who reads it says what is wrong
    held = max(0, end - start)
    each = max(1, size // max(1, told))  # bytes; less than one are compressed
    # Some count a byte that fills up, and do not write it: no sample is missing.
    return (told * held // size, told) if held < size - size % each else None


def _span(file: BinaryIO, begin: int, end: int) -> tuple[int, int] | None:
    """Find the sound's first byte, and how many there are, as the header tells."""
    file.seek(begin)
    magic = file.read(4)
    if magic in _SUN:
        offset, size = _unpacked(_SUN[magic], file)
        return (begin + offset, size) if _is_told(size) else None
    if container := _CONTAINERS.get(magic):
        return _sound_chunk(file, container, begin + container.first, end)
    return None


def _sound_chunk(
    file: BinaryIO, container: _Container, place: int, end: int
) -> tuple[int, int] | None:
    wide = 0
    for _ in range(_MOST_CHUNKS):
        if place + struct.calcsize(container.head) > end:
            return None
        file.seek(place)
        name, size = _unpacked(container.head, file)
        start = file.tell()
        size -= (start - place) * container.counts_head
        if name.startswith(container.sound):
            size = (wide or size) - container.before
            return (start + container.before, size) if _is_told(size) else None
        if name == b"ds64":  # RF64 keeps here what 32 bits do not hold
            _, wide = _unpacked("<QQ", file)
        if size < 0:
            return None
        place = start + size + -size % container.grain
    return None


def _unpacked(layout: str, file: BinaryIO) -> tuple[Any, ...]:
    length = struct.calcsize(layout)
    return struct.unpack(layout, file.read(length).ljust(length, b"\0"))


def _is_told(size: int) -> bool:
    """Whether a size was known to who wrote it.

    Into a pipe ffmpeg writes the largest number, SoX, arecord and LAME just less than 2 GiB.
    """
    return 0 < size < UNKNOWN and size != 0xFFFFFFFF and not 0x7EFFF000 <= size <= 0x7FFFFFFF


class _Promised(RawIOBase):
    """A file as long as its header says: of it libsndfile tells how many samples there were."""

    def __init__(self, file: BinaryIO, begin: int, end: int) -> None:
        self._file, self._begin, self._length, self._place = file, begin, end - begin, 0

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Go to a place, which may lie behind what there is."""
        origin = {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: self._length}[whence]
        self._place = max(0, origin + offset)
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read what there is."""
        self._file.seek(self._begin + self._place)
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


def _after_id3(file: BinaryIO) -> int:
    """Return where the sound begins behind an ID3v2 tag."""
    file.seek(0)
    head = file.read(10)
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    return 10 + size + 10 * bool(head[5] & 0x10)


def _of_vbri(file: BinaryIO, begin: int, end: int) -> tuple[int, int] | None:
    file.seek(begin)
    if not (found := _VBRI.match(file.read(_HEAD))):
        return None
    size, frames = (int.from_bytes(part, "big") for part in found.groups()[1:])
    told = frames * _LONGEST_FRAME // (1 if found[1][0] & 8 else 2)  # MPEG 1, or 2
    return (told * (end - begin) // size, told) if end - begin + _LARGEST_FRAME < size else None


def _of_xing(file: BinaryIO, frames: int) -> int:
    """Return the samples that an MP3's first frame tells, as libsndfile understood it."""
    file.seek(_after_id3(file))
    head = file.read(_HEAD)
    found = _XING.match(head)
    if not found or not found[1][0] & 1 or not any(found[2]):
        return 0
    is_exact = any(name in head[found.end() : found.end() + 160] for name in _EXACT)
    return frames if is_exact else frames - _LONGEST_FRAME
