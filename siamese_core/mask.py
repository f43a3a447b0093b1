"""Mask: which part of a log-mel is heard, as values in [0, 1] (no torch)."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, pi
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.files import reason, writing
from siamese_core.melspec import MelSpec, own_frames
from siamese_core.parameters import Parameters

Values = NDArray[np.float32]

_LARGEST_MEMBER = 64 << 20
"""Bytes of one array in a mask's file; one of 1,024 bands by 16,000 frames has as many."""

_FOREIGN = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What zipfile, numpy and json raise on a file that is not ours."""

_TIE_REACH = 4.0
"""Cells around it that decide which of two equals is chosen first."""


class MaskParameters(Parameters):
    """How a mask is shaped from an attribution."""

    share: float = Field(
        default=20.0,
        ge=0,
        le=100,
        description="Share of the clip's own time-mel area that is chosen, in percent.",
    )
    sign: Literal["positive", "negative", "absolute"] = Field(
        default="positive",
        description="Choose what raises the similarity most, what lowers it most, or what "
        "matters most either way.",
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

    Raises
    ------
    ParameterError
        If the values do not fit the MelSpec or leave [0, 1].
    """

    values: Values
    mel: MelSpec
    start: float

    def __post_init__(self) -> None:
        if self.values.shape != self.mel.shape:
            raise ParameterError(
                f"A mask of shape {self.values.shape} does not fit log-mels of {self.mel.shape}."
            )
        if not (self.values.min() >= 0 and self.values.max() <= 1):  # also refuses NaN
            raise ParameterError("A mask holds values outside 0 to 1; it needs gains in 0 to 1.")
        if not np.isfinite(self.start):
            raise ParameterError(f"A mask starts at {self.start} s; it needs a finite time.")

    def inverted(self) -> "Mask":
        """Return the mask of all that this one takes away."""
        return Mask(1 - self.values, self.mel, self.start)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what `load_mask` needs to read it again, as named arrays."""
        return {
            "mask": self.values,
            "mel_spec": np.array(self.mel.model_dump_json()),
            "start": np.array(self.start),
        }

    def save(self, path: Path) -> None:
        """Write the mask as npz, whole or not at all."""
        save_arrays(path, self.arrays())


def shape_mask(
    values: NDArray[np.floating],
    mel: MelSpec,
    start: float,
    duration: float,
    parameters: MaskParameters = DEFAULTS,
) -> Mask:
    """Choose the cells that rank first, and fade the edges of their area.

    Exactly ``share`` percent of the clip's own cells are chosen, by rank alone: a share larger than
    the area with the right sign goes on into what matters less, up to the whole clip at 100 %.
    Among equals (a segment's cells) those nearest to larger values come first, so that the area
    grows from what is already chosen.

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

    Raises
    ------
    ParameterError
        If the values do not have the MelSpec's shape.
    """
    if values.shape != mel.shape:
        raise ParameterError(f"A map of {values.shape} does not fit log-mels of {mel.shape}.")
    own = own_frames(mel, start, duration)
    area = _chosen(values[:, own].astype(np.float64), parameters)
    if parameters.edge == "soft":
        frames = parameters.feather_ms / 1000 * mel.rate / mel.hop
        area = _smooth(_smooth(area, parameters.feather_mels, 0), frames, 1).clip(0, 1)
    if parameters.part == "remove":
        area = 1 - area
    whole = np.zeros(mel.shape, np.float32)
    whole[:, own] = area
    return Mask(whole, mel, start)


def load_mask(path: Path) -> Mask:
    """Read a mask from npz: one that was saved, or the one in an ``explanation.npz``.

    Raises
    ------
    EarwitnessError
        If the file is missing, broken, foreign or too large, or its values are no mask.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(path, archive)
        with np.load(path, allow_pickle=False) as arrays:
            mel = MelSpec.parse(json.loads(str(arrays["mel_spec"])))
            return Mask(arrays["mask"].astype(np.float32), mel, float(arrays["start"]))
    except FileNotFoundError as error:
        raise EarwitnessError(f"There is no file {path}; give a mask (.npz).") from error
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be read: {reason(error)}.") from error
    except ParameterError as error:
        raise EarwitnessError(f"{path} holds no mask that can be used: {error}") from error
    except _FOREIGN as error:
        raise EarwitnessError(
            f"{path} is no mask; give an .npz file that Earwitness wrote."
        ) from error


def save_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named arrays as compressed npz, whole or not at all."""
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _chosen(values: NDArray[np.float64], parameters: MaskParameters) -> NDArray[np.float64]:
    """Mark the first ``share`` percent of the cells, in the order that ``sign`` gives, with 1."""
    merit = {"positive": values, "negative": -values, "absolute": np.abs(values)}[parameters.sign]
    around = _smooth(_smooth(merit, _TIE_REACH, 0), _TIE_REACH, 1)
    order = np.lexsort((-around.ravel(), -merit.ravel()))
    chosen = np.zeros(values.size)
    chosen[order[: round(parameters.share / 100 * values.size)]] = 1
    return chosen.reshape(values.shape)


def _smooth(values: NDArray[np.float64], reach: float, axis: int) -> NDArray[np.float64]:
    """Average over a raised cosine that reaches ``reach`` cells to either side."""
    steps = np.arange(-ceil(reach), ceil(reach) + 1)
    weights = np.cos(pi / 2 * steps / (reach + 1)) ** 2
    sides = [(0, 0), (0, 0)]
    sides[axis] = (ceil(reach), ceil(reach))
    windows = sliding_window_view(np.pad(values, sides, mode="edge"), len(steps), axis)
    smooth: NDArray[np.float64] = windows @ (weights / weights.sum())
    return smooth


def _check_sizes(path: Path, archive: zipfile.ZipFile) -> None:
    for name in ("mask", "mel_spec", "start"):
        if archive.getinfo(f"{name}.npy").file_size > _LARGEST_MEMBER:
            raise EarwitnessError(f"{path} claims more data than a mask can have; it is not read.")
