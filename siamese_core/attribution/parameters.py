"""The settings of the attribution methods, apart from them so that no torch is imported."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siamese_core.errors import ParameterError
from siamese_core.parameters import OnlyFor, Parameters


@dataclass(frozen=True)
class OfNetwork:
    """Marks a parameter that names a part of the network, which alone knows what there is.

    Parameters
    ----------
    parts : str
        What its parts of that kind are called.
    """

    parts: str

    def check(self, parameter: str, name: str, known: Collection[str]) -> None:
        """Refuse a part that the network does not have, and name those that read most like it.

        Raises
        ------
        ParameterError
            If the name is not among the known ones.
        """
        if name in known:
            return
        alike = get_close_matches(name, known, _MOST_NAMES, cutoff=0.0)
        named = ", ".join(one for one in known if one in alike)
        more = f" and {len(known) - len(alike)} more" if len(known) > len(alike) else ""
        raise ParameterError(
            f"{parameter} is '{name}', but this network's {self.parts} are {named}{more}."
        )


CONVOLUTIONS = OfNetwork("convolution layers")
_MOST_NAMES = 3
"""Of a network's parts in a sentence: an ensemble has dozens."""


def _cut_by(*segmentations: str) -> OnlyFor:
    return OnlyFor("segmentation", segmentations)


Side = Annotated[int, Field(ge=1, le=512)]
Baseline = Literal["floor", "silence", "mean", "blurred", "twin"]
Layer = Annotated[
    str | None,
    Field(
        description="Name of the convolution layer; if empty the last one that is not on a "
        "shortcut, in an ensemble that of every network, their maps added. A wrong name is "
        "answered with the names that are most like it."
    ),
    CONVOLUTIONS,
]
Coalitions = Annotated[
    int,
    Field(ge=1, le=100000, description="Coalitions; at least twice as many as segments are drawn."),
]

_BASELINES = (
    "the clip's own lowest level (floor), -80 dB (silence), each mel band's mean level (mean), "
    "the clip blurred until its detail is gone (blurred), or another clip (twin): the other one of "
    "the pair where none is given"
)


class BaselineParameters(Parameters):
    """What stands where something is taken away."""

    baseline: Baseline = Field(
        default="floor", description=f"What replaces the sound: {_BASELINES}."
    )


class BackgroundParameters(Parameters):
    """Several baselines, whose maps are averaged."""

    baselines: Annotated[tuple[Baseline, ...], Field(min_length=2, max_length=5)] = Field(
        default=("floor", "mean", "blurred"),
        description=f"Two or more baselines between commas: {_BASELINES}.",
    )


def names_twin(parameters: Parameters) -> bool:
    """Say whether a baseline of these settings is ``twin``, for which a clip can be given."""
    match parameters:
        case BaselineParameters():
            return parameters.baseline == "twin"
        case BackgroundParameters():
            return "twin" in parameters.baselines
    return False


def check_twin(parameters: Parameters) -> None:
    """Refuse settings that leave a clip unheard which was given for the baseline ``twin``.

    Raises
    ------
    ParameterError
        If no baseline of the settings is ``twin``.
    """
    if names_twin(parameters):
        return
    match parameters:
        case BaselineParameters():
            wish = "set baseline to twin"
        case BackgroundParameters():
            wish = "set baselines to twin and another"
        case _:
            wish = "take a method with a baseline"
    raise ParameterError(f"A clip is given as the baseline, and the settings name none; {wish}.")


class SaliencyParameters(Parameters):
    """Gradient of the score."""

    absolute: bool = Field(default=False, description="Show the gradient's size and drop its sign.")


class InputXGradientParameters(BaselineParameters):
    """Gradient of the score, times how far each cell rises above a baseline."""


class SmoothGradParameters(BaselineParameters):
    """A gradient method, averaged over copies of the clip with noise."""

    of: Literal[
        "saliency",
        "input-x-gradient",
        "integrated-gradients",
        "guided-backpropagation",
        "deconvolution",
    ] = Field(
        default="saliency",
        description="The method that is averaged; the baseline counts for the two that have one.",
    )
    samples: int = Field(default=50, ge=1, le=2000, description="Copies of the clip.")
    noise: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Strength of the noise, as a share of the clip's range of levels.",
    )
    average: Literal["mean", "mean-square", "variance"] = Field(
        default="mean",
        description="The mean, which keeps the sign, or the mean square or variance, which do not.",
    )


class IntegratedGradientsParameters(BaselineParameters):
    """Gradients summed on the straight way from a baseline to the clip."""

    steps: int = Field(default=50, ge=2, le=2000, description="Points; more are more exact.")


class GradientShapParameters(BackgroundParameters):
    """Gradients at random points on the ways from several baselines to the clip."""

    samples: int = Field(default=100, ge=1, le=10000, description="Points in all.")
    noise: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Noise on the clip, as a share of its range of levels.",
    )


class DeepLiftParameters(BaselineParameters):
    """The change from a baseline to the clip, handed back through the network layer by layer."""


class DeepLiftShapParameters(BackgroundParameters):
    """DeepLIFT, averaged over several baselines."""


class GuidedBackpropagationParameters(SaliencyParameters):
    """Gradient of the score, of which each ReLU lets only the positive part back."""


class DeconvolutionParameters(SaliencyParameters):
    """Gradient of the score, with each ReLU applied to the way back only."""


class GradCamParameters(Parameters):
    """Where the maps of a convolution layer raise the score: coarse, but hard to fool."""

    layer: Layer = None
    positive: bool = Field(
        default=False, description="Show only what raises the similarity, as the paper does."
    )


class GuidedGradCamParameters(Parameters):
    """Guided backpropagation, weighed by what Grad-CAM finds to raise the score."""

    layer: Layer = None


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


class SegmentParameters(BaselineParameters):
    """How the clip is cut into segments, and what each cell of one is given.

    The defaults are those of the reference's README (methods.md, section 2).
    """

    segmentation: Literal[
        "felzenszwalb", "slic", "quickshift", "watershed", "tiles", "mel-bands", "time-slices"
    ] = Field(
        default="felzenszwalb",
        description="How the clip is cut: along its own shapes (felzenszwalb, slic, quickshift, "
        "watershed), into a regular grid (tiles), or across one axis (mel-bands, time-slices).",
    )
    scale: Annotated[float, _cut_by("felzenszwalb")] = Field(
        default=50.0, gt=0, le=10000, description="felzenszwalb: larger makes larger segments."
    )
    sigma: Annotated[float, _cut_by("felzenszwalb", "watershed")] = Field(
        default=1.5,
        ge=0,
        le=20,
        description="felzenszwalb, watershed: smoothing before the cut, in cells.",
    )
    min_size: Annotated[int, _cut_by("felzenszwalb")] = Field(
        default=150, ge=1, le=100000, description="felzenszwalb: fewest cells of a segment."
    )
    n_segments: Annotated[int, _cut_by("slic", "watershed")] = Field(
        default=15, ge=1, le=2000, description="slic, watershed: about how many segments."
    )
    compactness: Annotated[float, _cut_by("slic")] = Field(
        default=10.0, gt=0, le=1000, description="slic: larger makes rounder segments."
    )
    slic_sigma: Annotated[float, _cut_by("slic")] = Field(
        default=1.0, ge=0, le=20, description="slic: smoothing, in cells."
    )
    kernel_size: Annotated[float, _cut_by("quickshift")] = Field(
        default=3.0, ge=0.5, le=20, description="quickshift: larger makes fewer segments."
    )
    max_distance: Annotated[float, _cut_by("quickshift")] = Field(
        default=10.0, gt=0, le=200, description="quickshift: larger makes larger segments."
    )
    tile_mels: Annotated[Side, _cut_by("tiles", "mel-bands")] = Field(
        default=8, description="tiles, mel-bands: height of a segment in mel bands."
    )
    tile_frames: Annotated[Side, _cut_by("tiles", "time-slices")] = Field(
        default=10, description="tiles, time-slices: width of a segment in frames."
    )
    weight: Literal["raw", "area"] = Field(
        default="raw",
        description="Give each cell its segment's contribution, or divide it by the segment's "
        "area (which rewards slivers).",
    )


class FeatureAblationParameters(SegmentParameters):
    """Segments of the clip, hidden one at a time."""


class ShapleyParameters(SegmentParameters):
    """What each segment adds on average, when segments come in in random order."""

    samples: int = Field(
        default=25, ge=1, le=10000, description="Random orders; each scores every segment once."
    )


class KernelShapParameters(SegmentParameters):
    """Shapley values of the segments, by a linear fit to random coalitions."""

    samples: Coalitions = 500


class LimeParameters(SegmentParameters):
    """A linear model of the score that holds near the clip, over random coalitions of segments."""

    samples: Coalitions = 500
    width: float = Field(
        default=0.25, gt=0, le=10, description="How far from the whole clip a coalition counts."
    )
    shrinkage: float = Field(
        default=1.0, ge=0, le=10000, description="Ridge penalty: larger holds the weights down."
    )


class SinexParameters(SegmentParameters):
    """Segments of the clip, kept or removed one at a time."""

    mode: Literal["keep", "remove"] = Field(
        default="keep",
        description="Ask what a segment does alone (keep) or what is lost without it (remove).",
    )
    reference: bool = Field(
        default=False,
        description="Use the reference code's definition, on the similarity: a segment that "
        "suffices alone scores zero; the other choices of how to count are then ignored.",
    )

    @property
    def keeps(self) -> bool:
        """Whether segments are kept, all else hidden; the reference never removes them."""
        return self.reference or self.mode == "keep"


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
    estimator: Literal["least-squares", "means"] = Field(
        default="least-squares",
        description="Fit all segments at once, or take the mean score with a segment minus the "
        "mean without it: both expect the same, the fit spreads less.",
    )
