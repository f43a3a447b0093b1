"""Pictures: the one-channel map of any labelled file, a clip's log-mel or a glyph."""

from collections.abc import Iterable, Iterator
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.errors import CorpusError
from siamese_core.glyphspec import GlyphSpec
from siamese_core.logmel import LogMel
from siamese_core.melspec import MelSpec

File = TypeVar("File", bound=LabelledFile)


def pictures(
    files: Iterable[LabelledFile], spec: MelSpec | GlyphSpec
) -> Iterator[NDArray[np.float32]]:
    """Give what a network sees of each file, placed and scaled deterministically.

    Yields
    ------
    ndarray of float32, shape ``spec.shape``
        dB of a clip's log-mel, or ink in [0, 1] of a glyph.

    Raises
    ------
    CorpusError
        If a glyph is given to a network for sound, or a clip to one for glyphs.
    AudioError
        If a clip cannot be read.
    """
    if isinstance(spec, MelSpec):
        clips = (_of_kind(ClipFile, file, "sounds").read() for file in files)
        yield from (seen.db for seen in LogMel.of_each(clips, spec))
    else:
        for file in files:
            yield scaled(_of_kind(GlyphFile, file, "glyphs").read(), spec.size)


def _of_kind(kind: type[File], file: LabelledFile, compared: str) -> File:
    if not isinstance(file, kind):
        raise CorpusError(f"{file.path} is not for this network, which compares {compared}.")
    return file


def scaled(glyph: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Scale a square picture to ``size`` pixels a side, averaging over what it covers."""
    if len(glyph) == size:
        return glyph
    image = Image.fromarray(glyph).resize((size, size), Image.Resampling.BOX)
    return cast("NDArray[np.float32]", np.asarray(image, np.float32))
