"""Mask: which part of a log-mel is heard, as values in [0, 1] (no torch)."""

from dataclasses import dataclass, replace
from math import ceil, pi
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from siamese_core.audio import Clip
from siamese_core.errors import ParameterError
from siamese_core.melspec import MelSpec, own_frames
from siamese_core.parameters import Parameters

Values = NDArray[np.float32]
Map = NDArray[np.float64]

_SAME_LENGTH = 1e-3
"""Seconds that two lengths of one clip may differ by: a copy at another rate is rounded."""

_TINY = 1e-300
_TIE_REACH = 4.0
"""Cells around it that decide which of two equals is chosen first."""


class MaskParameters(Parameters):
    """How a mask is shaped from an attribution."""

    by: Literal["share", "threshold", "segments", "sign"] = Field(
        default="share",
        description="Choose a share of the area, what reaches a threshold, the first segments, or "
        "all that has the right sign.",
    )
    share: float = Field(
        default=20.0,
        ge=0,
        le=100,
        description="share: part of the clip's own time-mel area that is chosen, in percent.",
    )
    threshold: float = Field(
        default=50.0,
        ge=0,
        le=100,
        description="threshold: least value that is chosen, in percent of the map's largest.",
    )
    segments: int = Field(
        default=3, ge=0, le=10000, description="segments: how many are chosen, by their mean."
    )
    sign: Literal["positive", "negative", "absolute"] = Field(
        default="positive",
        description="Choose what raises the explained score most, what lowers it most, or what "
        "matters most either way.",
    )
    gain: Literal["full", "graded"] = Field(
        default="full",
        description="Hear the chosen area in full, or each cell by its value beside the largest.",
    )
    edge: Literal["soft", "hard"] = Field(
        default="soft", description="Fade the edges of the chosen area, or cut them cell by cell."
    )
    part: Literal["keep", "remove"] = Field(
        default="keep", description="Hear the chosen area, or all but it."
    )
    feather_ms: float = Field(
        default=10.0, ge=0, le=500, description="Reach of a soft edge in time, in milliseconds."
    )
    feather_mels: float = Field(
        default=1.0, ge=0, le=64, description="Reach of a soft edge along frequency, in mel bands."
    )


DEFAULTS = MaskParameters()


@dataclass(frozen=True, eq=False)
class Mask:
    """How much of each cell of a log-mel is heard.

    Parameters
    ----------
    values : ndarray of float32, shape (n_mels, n_frames)
        Amplitude gains in [0, 1].
    mel : MelSpec
        Of the log-mel that it lies on.
    start : float
        Where that log-mel's window begins in the clip, in seconds.
    clip_seconds : float, optional
        Length of the clip that it was made for; None where a file does not say.
    clip_name : str
        That clip's file name; empty if it has none.
    path : Path, optional
        The file it came from.

    Raises
    ------
    ParameterError
        If the values do not fit the MelSpec or leave [0, 1].
    """

    values: Values
    mel: MelSpec
    start: float
    clip_seconds: float | None = None
    clip_name: str = ""
    path: Path | None = None

    def __post_init__(self) -> None:
        if self.values.shape != self.mel.shape:
            raise ParameterError(
                f"A mask of shape {self.values.shape} does not fit log-mels of {self.mel.shape}."
            )
        fine = (self.values >= 0) & (self.values <= 1)  # NaN is neither
        if not fine.all():
            band, frame = np.unravel_index(int(fine.argmin()), fine.shape)
            raise ParameterError(
                f"The mask holds {self.values[band, frame]:g} at band {band}, frame {frame}; "
                "it needs gains from 0 to 1."
            )
        if not np.isfinite(self.start):
            raise ParameterError(f"A mask starts at {self.start} s; it needs a finite time.")

    def inverted(self) -> "Mask":
        """Return the mask of all that this one takes away."""
        return replace(self, values=1 - self.values, path=None)

    def is_of(self, clip: Clip) -> bool:
        """Whether it was made for this clip, as far as length and file name tell."""
        name = clip.path.name if clip.path else ""
        return (
            self.clip_seconds is not None
            and abs(self.clip_seconds - clip.seconds) < _SAME_LENGTH
            and (not name or not self.clip_name or name == self.clip_name)
        )

    def laid_on(self, clip: Clip, start: float) -> "Mask":
        """Return the mask as one of another clip, its window beginning at ``start`` seconds."""
        name = clip.path.name if clip.path else ""
        return replace(self, start=start, clip_seconds=clip.seconds, clip_name=name)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what `mask_file.load_mask` needs to read it again, as named arrays."""
        return {
            "mask": self.values,
            "mel_spec": np.array(self.mel.model_dump_json()),
            "start": np.array(self.start),
            "clip_seconds": np.array(np.nan if self.clip_seconds is None else self.clip_seconds),
            "clip_name": np.array(self.clip_name),
        }


def shape_mask(
    values: NDArray[np.floating],
    mel: MelSpec,
    start: float,
    duration: float,
    parameters: MaskParameters = DEFAULTS,
    segments: NDArray[np.integer] | None = None,
) -> Mask:
    """Choose the cells that rank first, and fade the edges of their area.

    By share, exactly ``share`` percent of the clip's own cells are chosen, by rank alone: a share
    larger than the area with the right sign goes on into what matters less, up to the whole clip at
    100 %. Among equals (a segment's cells) those nearest to larger values come first, so that the
    area grows from what is already chosen. All other ways choose nothing of the wrong sign.

    Parameters
    ----------
    values : ndarray, shape (n_mels, n_frames)
        An attribution.
    mel : MelSpec
    start : float
        Where the window begins in the clip, in seconds.
    duration : float
        Length of the clip in seconds; cells outside it are 0 in every mask.
    parameters : MaskParameters
    segments : ndarray of int, shape (n_mels, n_frames), optional
        Which segment each cell belongs to, where the attribution's method worked on segments.

    Raises
    ------
    ParameterError
        If the values do not have the MelSpec's shape, or segments are to be chosen of a map that
        has none.
    """
    if values.shape != mel.shape:
        raise ParameterError(f"A map of {values.shape} does not fit log-mels of {mel.shape}.")
    own = own_frames(mel, start, duration)
    merit = _merit(values[:, own].astype(np.float64), parameters.sign)
    area = _chosen(merit, parameters, None if segments is None else segments[:, own]).astype(float)
    if parameters.gain == "graded":
        area *= (merit / max(merit.max(), _TINY)).clip(0, 1)
    if parameters.edge == "soft":
        frames = parameters.feather_ms / 1000 * mel.rate / mel.hop
        area = _soften(area, frames, parameters.feather_mels)
    if parameters.part == "remove":
        area = 1 - area
    whole = np.zeros(mel.shape, np.float32)
    whole[:, own] = area
    return Mask(whole, mel, start, duration)


def _soften(values: Map, frames: float, bands: float) -> Map:
    """Fade the edges of gains in [0, 1] over a reach in frames and one in mel bands."""
    return _smooth(_smooth(values, bands, 0), frames, 1).clip(0, 1)


def _merit(values: Map, sign: str) -> Map:
    return {"positive": values, "negative": -values, "absolute": np.abs(values)}[sign]


def _chosen(
    merit: Map, parameters: MaskParameters, segments: NDArray[np.integer] | None
) -> NDArray[np.bool_]:
    if parameters.by == "share":
        return _first_cells(merit, parameters.share)
    if parameters.by == "segments":
        return _first_segments(merit, parameters.segments, segments)
    share = parameters.threshold / 100 if parameters.by == "threshold" else 0.0
    least: NDArray[np.bool_] = (merit > 0) & (merit >= share * merit.max())
    return least


def _first_cells(merit: Map, share: float) -> NDArray[np.bool_]:
    """Mark the first ``share`` percent of the cells; of equals, those with more around them."""
    count, flat = round(share / 100 * merit.size), merit.ravel()
    if count in (0, merit.size):
        return np.full(merit.shape, count > 0)
    last = np.partition(flat, -count)[-count]  # in a tenth of the time that sorting takes
    chosen, tied = flat > last, np.flatnonzero(flat == last)
    if (wanted := count - np.count_nonzero(chosen)) < len(tied):
        around = _smooth(_smooth(merit, _TIE_REACH, 0), _TIE_REACH, 1).ravel()
        tied = tied[np.argsort(-around[tied], kind="stable")[:wanted]]
    chosen[tied] = True
    first: NDArray[np.bool_] = chosen.reshape(merit.shape)
    return first


def _first_segments(
    merit: Map, count: int, segments: NDArray[np.integer] | None
) -> NDArray[np.bool_]:
    """Mark the ``count`` segments whose mean is largest, and positive."""
    if segments is None:
        raise ParameterError(
            "This map has no segments to choose; choose by share, threshold or sign, or explain "
            "with a method that works on segments, sinex or lime for instance."
        )
    _, labels = np.unique(segments, return_inverse=True)
    labels = labels.reshape(merit.shape)
    means = np.bincount(labels.ravel(), merit.ravel()) / np.bincount(labels.ravel())
    first = np.argsort(-means, kind="stable")[:count]
    return np.isin(labels, first[means[first] > 0])


def _smooth(values: Map, reach: float, axis: int) -> Map:
    """Average over a raised cosine that reaches ``reach`` cells to either side."""
    steps = np.arange(-ceil(reach), ceil(reach) + 1)
    weights = np.cos(pi / 2 * steps / (reach + 1)) ** 2
    smooth: Map = neighbours(values, ceil(reach), axis) @ (weights / weights.sum())
    return smooth


def neighbours(values: NDArray[np.floating], reach: int, axis: int) -> NDArray[np.floating]:
    """Return the cells up to ``reach`` before and after each, (n_mels, n_frames, 2 reach + 1).

    Beyond an edge the edge's own value goes on.
    """
    sides = [(reach, reach) if side == axis else (0, 0) for side in (0, 1)]
    return sliding_window_view(np.pad(values, sides, mode="edge"), 2 * reach + 1, axis)
