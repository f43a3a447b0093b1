"""Pictures: the one-channel map of any labelled file, a clip's log-mel or a glyph."""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.errors import CorpusError
from siamese_core.glyphspec import GlyphSpec
from siamese_core.logmel import LogMel
from siamese_core.melspec import MelSpec


def pictures(
    files: Sequence[LabelledFile], spec: MelSpec | GlyphSpec
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
    wanted, kind = (ClipFile, "sounds") if isinstance(spec, MelSpec) else (GlyphFile, "glyphs")
    for file in files:
        if not isinstance(file, wanted):
            raise CorpusError(f"{file.path} is not for this network, which compares {kind}.")
    if isinstance(spec, GlyphSpec):
        yield from (scaled(file.read(), spec.size) for file in cast("Sequence[GlyphFile]", files))
    elif files:
        clips = (file.read() for file in cast("Sequence[ClipFile]", files))
        yield from (seen.db for seen in LogMel.of_each(clips, spec))


def scaled(glyph: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Scale a square picture to ``size`` pixels a side, averaging over what it covers."""
    if len(glyph) == size:
        return glyph
    image = Image.fromarray(glyph).resize((size, size), Image.Resampling.BOX)
    return cast("NDArray[np.float32]", np.asarray(image, np.float32))
