"""What lies beside an episode's JSON: sound that keeps every bit, and arrays of known shape."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.lib import format as npy
from numpy.typing import NDArray

from siamese_core.audio import Clip
from siamese_core.corpora.archive import Bounds, open_archive
from siamese_core.errors import ParameterError

_STEPS = 1 << 23
"""Of a 24-bit sample, from silence to full scale."""
_ROUND_RATE = 65_535
_HIGHEST_RATE = 655_350
"""In Hz. FLAC states a rate up to the first as it is, and up to the second in tens (RFC 9639)."""
_TYPES: dict[str, np.dtype[Any]] = {
    "map": np.dtype("<f4"),
    "segments": np.dtype("<i8"),
    "mask": np.dtype("<f4"),
}


def encode_clip(clip: Clip) -> tuple[str, bytes]:
    """Return FLAC if its 24 bits hold every sample as it is, else 32-bit float WAV."""
    content = BytesIO()
    levels = np.rint(clip.samples.astype(np.float64) * _STEPS)
    fits = levels.min() >= -_STEPS and levels.max() < _STEPS
    rate_fits = clip.rate <= _ROUND_RATE or (clip.rate % 10 == 0 and clip.rate <= _HIGHEST_RATE)
    if fits and rate_fits and np.array_equal(levels / _STEPS, clip.samples):
        # As whole numbers: libsndfile scales floats by 2 ** 23 - 1, which moves some by a step.
        whole = levels.astype(np.int32) << 8
        soundfile.write(content, whole, clip.rate, "PCM_24", format="FLAC")
        return "flac", content.getvalue()
    soundfile.write(content, clip.samples, clip.rate, "FLOAT", format="WAV")
    return "wav", content.getvalue()


def pack_arrays(arrays: dict[str, NDArray[Any] | None]) -> bytes:
    """Return as npz those of the arrays ``map``, ``segments`` and ``mask`` that are there."""
    content = BytesIO()
    there = {
        name: np.ascontiguousarray(array, _TYPES[name])
        for name, array in arrays.items()
        if array is not None
    }
    np.savez_compressed(content, allow_pickle=False, **there)
    return content.getvalue()


def unpack_arrays(
    path: Path, content: bytes, names: Sequence[str], shape: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """Read what `pack_arrays` returned; no more memory is taken than the shape needs.

    Raises
    ------
    CorpusError
        If it is not an archive, or a suspicious one; ``path`` is what the sentence names.
    ParameterError
        If a value is not a number.
    ValueError, KeyError
        If an array is missing or of another type or shape.
    """
    most = 8 * shape[0] * shape[1] + 1024
    with open_archive(path, BytesIO(content), Bounds(3, most, 3 * most)) as archive:
        return {name: _array(archive.read(f"{name}.npy"), _TYPES[name], shape) for name in names}


def _array(data: bytes, kind: np.dtype[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return an npy's array if its header is the one expected; foreign headers are not parsed."""
    wanted = BytesIO()
    header = {"descr": kind.str, "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(wanted, header)
    expected, begin = wanted.getvalue(), 10 + int.from_bytes(data[8:10], "little")
    if data[:8] != expected[:8] or data[10:begin].rstrip() != expected[10:].rstrip():
        raise ValueError("another array was expected")
    array = np.frombuffer(data[begin:], kind).reshape(shape).copy()
    if not np.isfinite(array).all():
        raise ParameterError("A map in it holds a value that is not a number; save it again.")
    return array
