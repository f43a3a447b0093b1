"""Mask files: a mask as npz, and what else is kept as named arrays (no torch)."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from lzma import LZMAError
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.files import file_fault, reason, writing
from siamese_core.mask.mask import Mask
from siamese_core.melspec import MelSpec

_MEMBERS = {
    f"{name}{suffix}"
    for name in ("mask", "mel_spec", "start", "clip_seconds", "clip_name")
    for suffix in ("", ".npy")
}
"""What numpy opens, by either name, when an array of a mask's file is asked for."""
_LARGEST_MEMBER = 64 << 20
"""Bytes of one array in a mask's file; one of 1,024 bands by 16,000 frames has as many."""

FOREIGN = (
    LZMAError,
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


def save_mask(mask: Mask, path: Path) -> None:
    """Write a mask as npz, whole or not at all."""
    save_arrays(path, mask.arrays())


def load_mask(path: Path) -> Mask:
    """Read a mask from npz: one that was saved, or the one in an ``explanation.npz``.

    Raises
    ------
    EarwitnessError
        If the file is missing, broken, foreign or too large, or its values are no mask.
    """
    path = Path(path)
    if fault := file_fault(path):
        raise EarwitnessError(f"{fault}; give a mask (.npz).")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(path, archive)
        with np.load(path, allow_pickle=False) as arrays:
            mel = MelSpec.parse(json.loads(str(arrays["mel_spec"])))
            # a member that is no array comes as bytes, whose text must not be read as numbers
            values = np.asarray(arrays["mask"]).astype(np.float32, casting="same_kind")
            start = float(arrays["start"])
            # older masks do not say what they were made for
            seconds = float(arrays.get("clip_seconds", np.nan))
            name = str(arrays.get("clip_name", ""))
            return Mask(
                values,
                mel,
                start,
                seconds if np.isfinite(seconds) else None,
                name if name.isprintable() else "",
                path,
            )
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be read: {reason(error)}.") from error
    except ParameterError as error:
        raise EarwitnessError(f"{path} cannot be used as a mask: {error}") from error
    except FOREIGN as error:
        raise EarwitnessError(
            f"{path} is not a mask; give an .npz file that Earwitness wrote."
        ) from error


def save_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named arrays as compressed npz, whole or not at all."""
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _check_sizes(path: Path, archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        if member.filename in _MEMBERS and member.file_size > _LARGEST_MEMBER:
            raise EarwitnessError(f"{path} claims more data than a mask can have; it is not read.")
