"""Omniglot: images_background.zip and images_evaluation.zip, read without unpacking.

Both lie in the folder, or in its folder python, as in the corpus's repository.

Lake et al., Science 350, 2015: 1,623 characters of 50 alphabets, each drawn by 20 people. The
class is alphabet and character; the background alphabets train, the evaluation alphabets test.
"""

import io
import re
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from siamese_core.corpora.archive import Bounds, open_archive
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.errors import CorpusError
from siamese_core.files import reading

SIDE = 105
"""Width and height of a glyph in pixels."""

_ARCHIVES = {"images_background.zip": "train", "images_evaluation.zip": "test"}
_MEMBER = re.compile(r"images_(?:background|evaluation)/([^/]+)/(character\d\d)/\d{4}_\d\d\.png")
_BOUNDS = Bounds(members=100_000, member_bytes=1 << 16, bytes=1 << 27)
_MOST_BYTES = 1 << 26
_PNG_SIZE = struct.Struct(">8s8xII")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class GlyphFile(LabelledFile):
    """One drawn character; its path leads into the archive: archive.zip/folder/.../0709_01.png."""

    @property
    def alphabet(self) -> str:
        """The alphabet's name."""
        return self.path.parts[-3]

    @property
    def drawer(self) -> int:
        """Which of the 20 people of its alphabet drew it, from 1."""
        return int(self.path.stem[-2:])

    def read(self) -> NDArray[np.float32]:
        """Read the glyph.

        Returns
        -------
        ndarray of float32, shape (105, 105)
            Ink is 1, paper 0.

        Raises
        ------
        CorpusError
            If the archive is gone or broken, or the member is no PNG of 105 x 105.
        """
        archive = self.path.parents[3]
        try:
            data = _open(archive).read(self.path.relative_to(archive).as_posix())
        except (BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
            raise CorpusError(f"{self.path} is damaged; fetch the archive again.") from error
        return _ink(self.path, data)


def recognises(folder: Path) -> bool:
    """Whether one of the two archives is there."""
    return bool(_present(folder))


def read(folder: Path) -> list[GlyphFile]:
    """List the glyphs of the archives that are there.

    Raises
    ------
    CorpusError
        If an archive is broken or suspicious, or holds no glyphs.
    """
    return [glyph for path, part in _present(folder).items() for glyph in _glyphs(path, part)]


def _present(folder: Path) -> dict[Path, str]:
    """Find the archives, those of one folder only: the other's might be the same again."""
    for root in (folder, folder / "python"):
        if found := {root / name: _ARCHIVES[name] for name in _ARCHIVES if (root / name).is_file()}:
            return found
    return {}


def _glyphs(path: Path, part: str) -> list[GlyphFile]:
    glyphs = []
    for name in sorted(set(_open(path).namelist())):
        if match := _MEMBER.fullmatch(name):
            inside = f"{path}/{name}"
            glyphs.append(GlyphFile(Path(inside), "/".join(match.groups()), inside, part))
    if not glyphs:
        raise CorpusError(f"{path} holds no glyphs named Alphabet/characterNN/NNNN_NN.png.")
    return glyphs


@lru_cache(maxsize=4)
def _open(path: Path) -> ZipFile:
    """Hold an archive in memory (9 MB): no open file to share between threads or processes."""
    with reading(path, CorpusError), path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise CorpusError(f"{path} is larger than {_MOST_BYTES >> 20} MiB; Omniglot's are not.")
    return open_archive(path, io.BytesIO(data), _BOUNDS)


def _ink(path: Path, data: bytes) -> NDArray[np.float32]:
    # The size is looked at before any pixel is decoded: a small file can claim a huge picture.
    if len(data) < _PNG_SIZE.size or not data.startswith(_PNG_SIGNATURE):
        raise CorpusError(f"{path} is not a PNG; fetch the archive again.")
    _, width, height = _PNG_SIZE.unpack_from(data)
    if (width, height) != (SIDE, SIDE):
        raise CorpusError(f"{path} measures {width} x {height} pixels; {SIDE} x {SIDE} are right.")
    from PIL import Image  # the window knows this layout before it needs a picture

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            grey = np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        raise CorpusError(f"{path} is a damaged PNG; fetch the archive again.") from error
    return (grey < 128).astype(np.float32)
