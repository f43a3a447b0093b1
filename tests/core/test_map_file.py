"""A file of maps gives back what was written, or nothing at all."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siamese_core import map_file
from siamese_core.errors import Cancelled, EarwitnessError
from siamese_core.map_file import MapFile, open_maps, remove_maps, write_maps

MAPS = [np.arange(r * c, dtype=np.float32).reshape(r, c) - 3.3 for r, c in ((2, 5), (2, 0), (3, 4))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of three maps, one of them empty."""
    write_maps(tmp_path / "maps.npy", "key", iter(MAPS))
    return tmp_path / "maps.npy"


def _open(path: Path) -> MapFile:
    maps = open_maps(path, "key")
    assert maps is not None
    return maps


def test_maps_come_back_bit_for_bit(path: Path) -> None:
    maps = _open(path)
    assert len(maps) == 3
    for ours, theirs in zip(maps, MAPS, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    maps.forget()
    np.testing.assert_array_equal(maps[-1], MAPS[-1])
    np.testing.assert_array_equal(maps[1:][1], MAPS[2])


@pytest.mark.parametrize("which", [slice(1, 4), slice(None), slice(4, None), slice(3, 0, -2)])
def test_some_maps_come_back_in_order(which: slice, tmp_path: Path) -> None:
    """Neighbours of one shape (1 to 3) are one array; others are not."""
    kept = [np.full((2, 2 if n in (1, 2, 3) else n + 5), n, np.float32) for n in range(6)]
    write_maps(tmp_path / "maps.npy", "key", kept)
    some = _open(tmp_path / "maps.npy")[which]
    assert len(some) == len(kept[which])
    for ours, theirs in zip(some, kept[which], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert isinstance(some, np.ndarray) == (which == slice(1, 4))


def test_they_are_an_ordinary_npy_and_cannot_be_written_to(path: Path) -> None:
    flat = np.concatenate([one.ravel() for one in MAPS])
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), flat)
    with pytest.raises(ValueError, match="read-only"):
        _open(path)[0][0, 0] = 1


def test_no_maps_at_all_come_back_as_none(tmp_path: Path) -> None:
    write_maps(tmp_path / "maps.npy", "key", [])
    assert list(_open(tmp_path / "maps.npy")) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
    cut=st.booleans(),
    which=st.sampled_from([".npy", ".json"]),
)
def test_a_spoiled_file_is_opened_as_it_was_or_not_at_all(
    tmp_path: Path, place: float, byte: int, cut: bool, which: str
) -> None:
    path = tmp_path / "maps.npy"
    write_maps(path, "key", iter(MAPS))
    spoiled = path.with_suffix(which)
    data = bytearray(spoiled.read_bytes())
    where = int(place * len(data))
    data[where] = byte
    spoiled.write_bytes(data[:where] if cut else data)
    maps = open_maps(path, "key")
    if maps is not None:
        for ours, theirs in zip(maps, MAPS, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "other"},
        {"shapes": [[2, 5], [3, 5]]},
        {"shapes": [[-1, -22]]},
        {"shapes": [[float("inf"), 5]]},
        {"shapes": 3},
    ],
)
def test_an_index_that_says_something_else_is_not_believed(path: Path, change: dict) -> None:
    index = path.with_suffix(".json")
    index.write_text(json.dumps({**json.loads(index.read_text()), **change}))
    assert open_maps(path, "key") is None


def test_a_pickle_is_not_opened(path: Path) -> None:
    np.save(path, np.array([{}], object), allow_pickle=True)
    assert open_maps(path, "key") is None


def test_a_fault_half_way_leaves_what_was_there(path: Path) -> None:
    def broken():
        yield MAPS[0]
        raise EarwitnessError("half-way")

    with pytest.raises(EarwitnessError, match="half-way"):
        write_maps(path, "key", broken())
    assert len(_open(path)) == 3
    assert sorted(p.name for p in path.parent.iterdir()) == ["maps.json", "maps.npy"]
    remove_maps(path)
    assert open_maps(path, "key") is None


@pytest.mark.parametrize("asked", [0, 3])
def test_a_check_that_takes_long_hears_a_wish_to_stop(
    path: Path, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    monkeypatch.setattr(map_file, "_BLOCK", 8)  # this file has some twenty blocks
    heard = []

    def should_stop() -> bool:
        heard.append(None)
        return len(heard) > asked

    with pytest.raises(Cancelled, match="Checking the kept log-mels was cancelled"):
        open_maps(path, "key", should_stop)
    assert len(heard) == asked + 1
    with pytest.raises(Cancelled):
        write_maps(path, "other", MAPS, lambda: True)
    monkeypatch.undo()
    assert open_maps(path, "key", lambda: False) is not None, "what was there stays"
