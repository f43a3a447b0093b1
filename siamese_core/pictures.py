"""Pictures: the one-channel map of any labelled file, a clip's log-mel or a glyph."""

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


def picture(file: LabelledFile, spec: MelSpec | GlyphSpec) -> NDArray[np.float32]:
    """Return what a network sees of a file, placed and scaled deterministically.

    Returns
    -------
    ndarray of float32, shape ``spec.shape``
        dB of a clip's log-mel, or ink in [0, 1] of a glyph.

    Raises
    ------
    CorpusError
        If a glyph is given to a network for sound, or a clip to one for glyphs.
    AudioError
        If a clip cannot be read.
    """
    if isinstance(spec, MelSpec) and isinstance(file, ClipFile):
        return LogMel.of(file.read(), spec).db
    if isinstance(spec, GlyphSpec) and isinstance(file, GlyphFile):
        return scaled(file.read(), spec.size)
    wanted = "sounds" if isinstance(spec, MelSpec) else "glyphs"
    raise CorpusError(f"{file.path} is not for this network, which compares {wanted}.")


def scaled(glyph: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Scale a square picture to ``size`` pixels a side, averaging over what it covers."""
    if len(glyph) == size:
        return glyph
    image = Image.fromarray(glyph).resize((size, size), Image.Resampling.BOX)
    return cast("NDArray[np.float32]", np.asarray(image, np.float32))
