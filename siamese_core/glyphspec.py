"""GlyphSpec: how a drawn character becomes the one-channel map that a network sees (no torch)."""

from typing import Annotated, Literal

from pydantic import Field

from siamese_core.parameters import Parameters


class GlyphSpec(Parameters):
    """A square picture of a glyph: ink 1, paper 0, scaled to ``size`` pixels a side.

    Glyphs pass through the same core as log-mels, without sound (002_3413a999b827c9d7.txt and
    004_edfd587ea1097402.txt are about Omniglot).

    Parameters
    ----------
    size : int
        Pixels a side.
    """

    kind: Literal["glyph"] = "glyph"
    size: Annotated[int, Field(ge=8, le=105)] = 105

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the map."""
        return self.size, self.size
