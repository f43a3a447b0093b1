"""The settings of the attribution methods, apart from them so that no torch is imported."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters

Side = Annotated[int, Field(ge=1, le=512)]


class BaselineParameters(Parameters):
    """What stands where something is taken away."""

    baseline: Literal["floor", "silence", "mean"] = Field(
        default="floor",
        description="What replaces the sound: the clip's own lowest level, silence at -80 dB, "
        "or each mel band's mean level.",
    )


class SaliencyParameters(Parameters):
    """Gradient of the score."""

    absolute: bool = Field(default=False, description="Show the gradient's size and drop its sign.")


class IntegratedGradientsParameters(BaselineParameters):
    """Gradients summed on the straight way from a baseline to the clip."""

    steps: int = Field(
        default=50, ge=2, le=2000, description="Points on the way; more are more exact."
    )


class OcclusionParameters(BaselineParameters):
    """A window that hides a part of the clip, moved over all of it."""

    height_mels: Side = Field(default=8, description="Height of the window in mel bands.")
    width_frames: Side = Field(default=8, description="Width of the window in frames.")
    stride_mels: Side = Field(default=4, description="Step from band to band, at most the height.")
    stride_frames: Side = Field(
        default=4, description="Step from frame to frame, at most the width."
    )

    @model_validator(mode="after")
    def _no_gaps(self) -> Self:
        if self.stride_mels > self.height_mels or self.stride_frames > self.width_frames:
            raise ValueError("a stride must not exceed its window, or cells are never hidden")
        return self


class SinexParameters(BaselineParameters):
    """Segments of the clip, kept or removed one at a time.

    The segmentation's defaults are those of the reference's README (methods.md, section 2).
    """

    segmentation: Literal["felzenszwalb", "slic", "tiles"] = Field(
        default="felzenszwalb",
        description="How the clip is cut: along its own shapes (felzenszwalb, slic) or into a "
        "regular grid (tiles).",
    )
    scale: float = Field(
        default=50.0, gt=0, le=10000, description="felzenszwalb: larger makes larger segments."
    )
    sigma: float = Field(
        default=1.5, ge=0, le=20, description="felzenszwalb: smoothing before the cut, in cells."
    )
    min_size: int = Field(
        default=150, ge=1, le=100000, description="felzenszwalb: fewest cells of a segment."
    )
    n_segments: int = Field(default=15, ge=1, le=2000, description="slic: about how many segments.")
    compactness: float = Field(
        default=10.0, gt=0, le=1000, description="slic: larger makes rounder segments."
    )
    slic_sigma: float = Field(default=1.0, ge=0, le=20, description="slic: smoothing, in cells.")
    tile_mels: Side = Field(default=8, description="tiles: height of a tile in mel bands.")
    tile_frames: Side = Field(default=10, description="tiles: width of a tile in frames.")
    mode: Literal["keep", "remove"] = Field(
        default="keep",
        description="Ask what a segment does alone (keep) or what is lost without it (remove).",
    )
    weight: Literal["raw", "area"] = Field(
        default="raw",
        description="Give each cell its segment's contribution, or divide it by the segment's "
        "area (which rewards slivers).",
    )
    reference: bool = Field(
        default=False,
        description="Use the reference code's definition, on the logit: a segment that suffices "
        "alone scores zero; mode and weight are then ignored.",
    )


class SinexcParameters(SinexParameters):
    """Random coalitions of segments."""

    alpha: int = Field(
        default=150,
        ge=1,
        le=10000,
        description="Coalitions that hold each segment; more are steadier.",
    )
    beta: float = Field(
        default=0.15, gt=0, lt=1, description="Chance of a segment to be in a coalition."
    )


DEFAULT_METHOD = "integrated-gradients"

METHOD_PARAMETERS: dict[str, type[Parameters]] = {
    "saliency": SaliencyParameters,
    "integrated-gradients": IntegratedGradientsParameters,
    "occlusion": OcclusionParameters,
    "sinex": SinexParameters,
    "sinexc": SinexcParameters,
}
"""Name -> settings, in the order that people see."""


def method_parameters(name: str) -> type[Parameters]:
    """Return the settings' model of a method.

    Raises
    ------
    ParameterError
        If there is no such method.
    """
    if name not in METHOD_PARAMETERS:
        names = ", ".join(METHOD_PARAMETERS)
        raise ParameterError(f"'{name}' is no attribution method; the methods are {names}.")
    return METHOD_PARAMETERS[name]
