"""EpisodeContents: what ``episode.json`` in an episode's file says, checked value by value."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from siamese_core import __version__
from siamese_core.audio import LONGEST_SECONDS
from siamese_core.mask.mask import MaskParameters
from siamese_core.melspec import MelSpec
from siamese_core.parameters import Parameters

SUFFIX = ".earwitness"
"""Of an episode's file."""

FORMAT = 5
"""The newest; raised when an older program could misread what a newer one wrote.

The first has neither locks nor maps of a third clip, and is still written where there are none.
The third had such maps, without the window of that clip. The fifth knows the model by its weights,
which support clip was chosen, and what file a mask is from.
"""

_MOST_CELLS = 32 << 20
"""Of all maps together: a hundred of 128 bands by 2,600 frames have fewer."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it must be plain text in one line")
    return text


Text = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Seconds = Annotated[float, Field(ge=-LONGEST_SECONDS, le=LONGEST_SECONDS)]
Place = Annotated[int, Field(ge=0, lt=1000)]
Locks = Annotated[tuple[Annotated[int, Field(ge=0, le=1000)], ...], Field(max_length=1001)]


class ClipEntry(Parameters):
    """A clip of the line-up.

    Parameters
    ----------
    label : str, optional
        Its class.
    name : str
        Of the file that it came from.
    sound : str
        Which of the file's sounds it is: 16 hexadecimal digits of its SHA-256.
    start : float, optional
        Where the window was placed by hand, in seconds.
    """

    label: Text | None
    name: Text
    sound: Digest
    start: Seconds | None = None


class MapEntry(Parameters):
    """An explanation, but for its arrays.

    ``windows`` are the starts of query and support clip, ``against_start`` and ``twin_start`` those
    of the other two; older files lack them. ``mask_file`` is the name of the file that the mask was
    loaded from, if it was.
    """

    support: Place
    against: Place | None = None
    against_start: Seconds | None = None
    twin: Place | None = None
    twin_start: Seconds | None = None
    method: Text
    parameters: dict[str, Any]
    side: Literal["support", "query"]
    windows: tuple[Seconds, Seconds]
    logit: float
    similarity: Annotated[float, Field(ge=0, le=1)]
    contrast: float | None = None
    residual: float | None = None
    note: Text | None = None
    mask: MaskParameters | None = None
    mask_file: Text | None = None
    arrays: Annotated[tuple[Literal["map", "segments", "mask"], ...], Field(max_length=3)]


class EpisodeContents(Parameters):
    """The line-up, the outcome that was seen, and the explanations.

    Of clips that are ``locked``, 0 is the query and i + 1 the support clip i. A support clip may
    have several maps, of which the first was seen last. The support clip that was chosen is
    ``selected``. Of the model's net, ``weights`` is the `fingerprint`.
    """

    format: Literal[1, 2, 3, 4, 5] = 1
    version: Text = __version__
    model: Text
    weights: Digest | None = None
    mel: MelSpec
    query: ClipEntry
    support: Annotated[tuple[ClipEntry, ...], Field(min_length=1, max_length=1000)]
    truth: Text | None = None
    logits: tuple[float, ...] | None = None
    maps: Annotated[tuple[MapEntry, ...], Field(max_length=100)] = ()
    locked: Locks = ()
    selected: Place | None = None

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """All clips, the query first."""
        return (self.query, *self.support)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        labels = [entry.label for entry in self.support]
        if None in labels:
            raise ValueError("every support clip must have a label")
        if self.truth is not None and self.truth not in labels:
            raise ValueError(f"the truth '{self.truth}' must be a class of the support set")
        if self.logits is not None and len(self.logits) != len(labels):
            raise ValueError(f"{len(labels)} support clips must have as many logits")
        places = [place or 0 for one in self.maps for place in (one.support, one.against, one.twin)]
        if max(places, default=0) >= len(labels):
            raise ValueError(f"a map of support clip {max(places)} must be of one that is there")
        if (self.selected or 0) >= len(labels):
            raise ValueError(f"the selected clip {self.selected} must be one that is there")
        if max(self.locked, default=0) > len(labels):
            raise ValueError(f"the locked clip {max(self.locked)} must be one that is there")
        bands, frames = self.mel.shape
        if len(self.maps) * bands * frames > _MOST_CELLS:
            raise ValueError(
                f"{len(self.maps)} maps of {bands} x {frames} cells are too many; all maps of an "
                f"episode may have {_MOST_CELLS} cells together"
            )
        if any("map" not in entry.arrays for entry in self.maps):
            raise ValueError("every explanation must have a map")
        return self
