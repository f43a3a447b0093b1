"""MapFile: maps of any shapes end to end in one .npy, its index beside it, read by memory map.

Both files are written under another name first, the index last. Nothing in them is believed
before the whole of it was checked: key, sizes and the checksum of every block.
"""

import json
import mmap
import os
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, cast, overload

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from siamese_core.callbacks import ShouldStop, never
from siamese_core.devices import threads
from siamese_core.errors import Cancelled
from siamese_core.files import write_text, writing
from siamese_core.plain_values import read_json

Map = NDArray[np.float32]
Shapes = list[tuple[int, int]]

_TYPE = np.dtype("<f4")
_BLOCK = 1 << 20
"""Bytes under one checksum."""


class MapFile(Sequence[Map]):
    """Maps that are read when they are asked for.

    Parameters
    ----------
    values : memmap of float32, shape (n_values,)
        All maps, end to end.
    shapes : list of (int, int)
        Rows and columns of each.
    """

    def __init__(self, values: "np.memmap[Any, np.dtype[np.float32]]", shapes: Shapes) -> None:
        self._mapping: object = values.base
        self._values, self._shapes = np.asarray(values), shapes
        self._ends = np.cumsum([rows * columns for rows, columns in shapes]).tolist()

    def __len__(self) -> int:
        return len(self._shapes)

    @overload
    def __getitem__(self, index: int) -> Map: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Map]: ...
    def __getitem__(self, index: int | slice) -> Map | Sequence[Map]:
        """Give one map, or some; neighbours of one shape as one array, which is copied at once."""
        if isinstance(index, slice):
            some = range(*index.indices(len(self)))
            neighbours = some.step == 1 and len({self._shapes[i] for i in some}) == 1
            return self._neighbours(some) if neighbours else [self[i] for i in some]
        rows, columns = self._shapes[index]
        end = self._ends[index]
        return self._values[end - rows * columns : end].reshape(rows, columns)

    def _neighbours(self, some: range) -> Sequence[Map]:
        rows, columns = self._shapes[some[0]]
        end = self._ends[some[-1]]
        values = self._values[end - len(some) * rows * columns : end]
        return cast("Sequence[Map]", values.reshape(len(some), rows, columns))

    def forget(self) -> None:
        """Give back the memory of what was read, so that a process stays small on a large file."""
        if hasattr(mmap, "MADV_DONTNEED") and isinstance(self._mapping, mmap.mmap):
            self._mapping.madvise(mmap.MADV_DONTNEED)


def write_maps(path: Path, key: str, maps: Iterable[Map], should_stop: ShouldStop = never) -> None:
    """Write maps as they come to ``path``, and their index beside it.

    Raises
    ------
    EarwitnessError
        If they cannot be written; what was there before is then untouched.
    Cancelled
        If ``should_stop`` says so while the file is read again for its checksums.
    """
    shapes: Shapes = []
    with writing(path) as temporary, temporary.open("w+b") as file:
        _write_header(file, 0)
        for one in maps:
            file.write(np.ascontiguousarray(one, _TYPE).data)
            shapes.append((one.shape[0], one.shape[1]))
        _write_header(file, sum(rows * columns for rows, columns in shapes))
        file.flush()
        os.fsync(file.fileno())  # the name must not reach the disk before what it names
        checksums = _checksums(temporary, should_stop)
    index = {"key": key, "shapes": shapes, "checksums": checksums}
    write_text(_index(path), json.dumps(index))


def open_maps(path: Path, key: str, should_stop: ShouldStop = never) -> MapFile | None:
    """Open what `write_maps` wrote under this key; None if it is missing, torn or foreign.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so while the file is checked; a large one takes seconds.
    """
    try:
        index = read_json(_index(path))
        shapes = [(int(rows), int(columns)) for rows, columns in index["shapes"]]
        # The checksums come first: numpy fails in many ways on a header that was never one.
        if index["key"] != key or index["checksums"] != _checksums(path, should_stop):
            return None
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        fits = len(values) == sum(rows * columns for rows, columns in shapes)
        if (values.dtype, values.ndim) != (_TYPE, 1) or not fits or np.min(shapes, initial=0) < 0:
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return MapFile(values, shapes)


def remove_maps(path: Path) -> None:
    """Remove a file of maps and its index, the index first: without it nothing is believed."""
    _index(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _index(path: Path) -> Path:
    return path.with_suffix(".json")


def _write_header(file: BinaryIO, values: int) -> None:
    """Write the .npy header at the start; numpy leaves room in it for any number of values."""
    file.seek(0)
    header = {"descr": _TYPE.str, "fortran_order": False, "shape": (values,)}
    npy.write_array_header_1_0(file, header)


def _checksums(path: Path, should_stop: ShouldStop) -> list[int]:
    """Compute the CRC-32 of each block of a file; read, not mapped, so that memory stays flat."""

    def checksum(start: int) -> int:
        with path.open("rb") as file:
            file.seek(start)
            return zlib.crc32(file.read(_BLOCK))

    checksums = []
    with ThreadPoolExecutor(threads()) as pool:
        try:
            for one in pool.map(checksum, range(0, path.stat().st_size, _BLOCK)):
                if should_stop():
                    raise Cancelled("Checking the kept log-mels")
                checksums.append(one)
        finally:
            pool.shutdown(cancel_futures=True)
    return checksums
