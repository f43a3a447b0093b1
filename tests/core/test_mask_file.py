"""Files that hold masks: they come back whole, and hostile ones are refused in a sentence."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from siamese_core.errors import EarwitnessError
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_file import load_mask, save_mask
from tests.conftest import TINY_MEL


def test_a_saved_mask_comes_back(tmp_path: Path) -> None:
    mask = Mask(np.random.default_rng(0).random(TINY_MEL.shape, np.float32), TINY_MEL, -0.1)
    save_mask(mask, tmp_path / "mask.npz")
    again = load_mask(tmp_path / "mask.npz")
    np.testing.assert_array_equal(again.values, mask.values)
    assert (again.mel, again.start) == (TINY_MEL, -0.1)
    assert [file.name for file in tmp_path.iterdir()] == ["mask.npz"]


def saved(path: Path, **changes: object) -> Path:
    """Save a good mask with some of its arrays changed."""
    good = Mask(np.ones(TINY_MEL.shape, np.float32), TINY_MEL, 0.0).arrays()
    np.savez(path, **{**good, **changes})  # type: ignore[arg-type]
    return path


def test_bad_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mask.npz"
    with pytest.raises(EarwitnessError, match="There is no file"):
        load_mask(path)
    with pytest.raises(EarwitnessError, match="is a folder; give a mask"):
        load_mask(tmp_path)
    for content in (b"", b"no zip", b"PK\x03\x04" + b"\0" * 40):
        path.write_bytes(content)
        with pytest.raises(EarwitnessError, match="is not a mask"):
            load_mask(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(EarwitnessError, match="is not a mask"):
        load_mask(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mask": np.full(TINY_MEL.shape, 2.0)}, "holds 2 at band 0, frame 0; it needs"),
        ({"mask": np.full(TINY_MEL.shape, np.nan)}, "holds nan at band 0"),
        ({"mask": np.zeros((3, 3))}, r"\(3, 3\) does not fit"),
        ({"start": np.array(np.inf)}, "finite"),
        ({"start": np.array([1.0, 2.0])}, "is not a mask"),
        ({"mask": np.array(["a", "b"])}, "is not a mask"),
        ({"mask": np.full(TINY_MEL.shape, 0.5 + 0.5j)}, "is not a mask"),
        ({"mel_spec": np.array("{}")}, "rate"),
        ({"mel_spec": np.array("not json")}, "is not a mask"),
        ({"mel_spec": np.array("[" * 100_000)}, "is not a mask"),
    ],
)
def test_bad_values_are_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(EarwitnessError, match=words):
        load_mask(saved(tmp_path / "mask.npz", **changes))


def test_a_pickle_inside_is_never_opened(tmp_path: Path) -> None:
    hostile = np.empty(1, object)
    hostile[0] = {"a": 1}
    path = saved(tmp_path / "mask.npz", mask=hostile)
    with pytest.raises(EarwitnessError, match="is not a mask"):
        load_mask(path)


@pytest.mark.parametrize("called", ["mask.npy", "mask"])
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, called: str) -> None:
    path = saved(tmp_path / "mask.npz")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            bomb = name == "mask.npy"
            archive.writestr(
                called if bomb else name, content + bytes(80 << 20) if bomb else content
            )
    with pytest.raises(EarwitnessError, match="claims more data"):
        load_mask(path)


def test_a_member_that_is_no_array_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "mask.npz")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "mask.npy": b"no array"}.items():
            archive.writestr(name, content)
    with pytest.raises(EarwitnessError, match="is not a mask"):
        load_mask(path)


def test_a_member_packed_by_lzma_and_damaged_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "mask.npz")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        middle = archive.getinfo("mask.npy").compress_size // 2
    whole = bytearray(path.read_bytes())
    whole[middle : middle + 40] = bytes(40)
    path.write_bytes(whole)
    with pytest.raises(EarwitnessError, match="is not a mask"):
        load_mask(path)


def test_a_header_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "mask.npz")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 16)}
    )
    spec = io.BytesIO()
    np.save(spec, np.array(json.dumps(TINY_MEL.model_dump())))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mask.npy", header.getvalue())
        archive.writestr("mel_spec.npy", spec.getvalue())
        archive.writestr("start.npy", spec.getvalue())
    with pytest.raises(EarwitnessError, match="is not a mask"):
        load_mask(path)
