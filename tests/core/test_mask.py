"""Masks: which cells are chosen, what their edges look like, and files that hold them."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.mask import Mask, MaskParameters, load_mask, shape_mask
from siamese_core.melspec import PRESETS, MelSpec, own_frames
from tests.conftest import TINY_MEL

DURATION = 0.3
START = (DURATION - TINY_MEL.seconds) / 2
OWN = own_frames(TINY_MEL, START, DURATION)

maps = arrays(np.float32, TINY_MEL.shape, elements=st.floats(-10, 10, width=32))
shapes = st.builds(
    MaskParameters,
    share=st.floats(0, 100),
    sign=st.sampled_from(["positive", "negative", "absolute"]),
    edge=st.sampled_from(["soft", "hard"]),
    part=st.sampled_from(["keep", "remove"]),
    feather_ms=st.floats(0, 100),
    feather_mels=st.floats(0, 6),
)


def shaped(values: np.ndarray, parameters: MaskParameters) -> np.ndarray:
    return shape_mask(values, TINY_MEL, START, DURATION, parameters).values


def ramp() -> np.ndarray:
    """Each cell a value of its own, the largest in the middle of the clip's frames."""
    rows, columns = np.indices(TINY_MEL.shape)
    middle = (OWN.start + OWN.stop - 1) / 2
    return (10 - np.hypot(rows - 7.6, columns - middle - 0.3)).astype(np.float32)


def test_the_clip_of_these_tests_is_shorter_than_its_window() -> None:
    assert 0 < OWN.start < OWN.stop < TINY_MEL.n_frames


@settings(max_examples=60, deadline=None)
@given(maps, shapes)
def test_values_are_gains_on_the_clip_and_zero_around_it(
    values: np.ndarray, parameters: MaskParameters
) -> None:
    mask = shaped(values, parameters)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert not mask[:, : OWN.start].any()
    assert not mask[:, OWN.stop :].any()


@settings(max_examples=60, deadline=None)
@given(maps, shapes)
def test_keep_and_remove_add_up_to_the_clip(values: np.ndarray, parameters: MaskParameters) -> None:
    kept = shaped(values, parameters.model_copy(update={"part": "keep"}))
    removed = shaped(values, parameters.model_copy(update={"part": "remove"}))
    np.testing.assert_allclose((kept + removed)[:, OWN], 1, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(maps, shapes, st.floats(0, 100))
def test_a_larger_share_takes_nothing_away(
    values: np.ndarray, parameters: MaskParameters, other: float
) -> None:
    keep = parameters.model_copy(update={"part": "keep"})
    small, large = sorted([keep.share, other])
    less = shaped(values, keep.model_copy(update={"share": small}))
    more = shaped(values, keep.model_copy(update={"share": large}))
    assert (more - less).min() >= -1e-6


@settings(max_examples=40, deadline=None)
@given(maps, shapes)
def test_no_share_is_silence_and_the_whole_share_is_the_clip(
    values: np.ndarray, parameters: MaskParameters
) -> None:
    keep = parameters.model_copy(update={"part": "keep"})
    assert not shaped(values, keep.model_copy(update={"share": 0})).any()
    np.testing.assert_array_equal(shaped(values, keep.model_copy(update={"share": 100}))[:, OWN], 1)


@pytest.mark.parametrize("share", [1.0, 7.5, 20.0, 50.0, 99.0])
@pytest.mark.parametrize("constant", [False, True])
def test_a_hard_mask_has_exactly_the_share_of_the_clips_area(share: float, constant: bool) -> None:
    values = np.zeros(TINY_MEL.shape, np.float32) if constant else ramp()
    mask = shaped(values, MaskParameters(share=share, edge="hard"))
    assert set(np.unique(mask)) <= {0.0, 1.0}
    assert mask.sum() == round(share / 100 * mask[:, OWN].size)


def test_signs_choose_what_they_say() -> None:
    values = np.zeros(TINY_MEL.shape, np.float32)
    values[2, OWN.start], values[3, OWN.start], values[4, OWN.start] = 5, -9, 2
    one_cell = 100 / values[:, OWN].size
    for sign, row in {"positive": 2, "negative": 3, "absolute": 3}.items():
        parameters = MaskParameters.parse({"share": one_cell, "sign": sign, "edge": "hard"})
        assert np.argwhere(shaped(values, parameters)).tolist() == [[row, OWN.start]]


def test_among_equals_the_area_grows_from_what_is_chosen() -> None:
    values = np.zeros(TINY_MEL.shape, np.float32)
    values[10:13, OWN] = 1  # a segment of equals
    values[12, OWN.stop - 1] = 2  # with one larger cell at its end
    share = 100 * 5 / values[:, OWN].size
    chosen = np.argwhere(shaped(values, MaskParameters(share=share, edge="hard")))
    assert chosen[:, 0].min() >= 10
    assert np.abs(chosen - [12, OWN.stop - 1]).max() <= 3


def test_a_value_outside_the_clip_is_never_chosen() -> None:
    values = ramp()
    loud = values.copy()
    loud[:, 0] = 1000
    np.testing.assert_array_equal(shaped(values, MaskParameters()), shaped(loud, MaskParameters()))


def test_a_soft_edge_reaches_as_far_as_it_says() -> None:
    mel = PRESETS["voice"]
    values = np.zeros(mel.shape, np.float32)
    values[20:40, 30:60] = 1
    share = 100 * 600 / values.size
    soft = MaskParameters(share=share, feather_ms=30, feather_mels=2)
    mask = shape_mask(values, mel, 0.0, 1.0, soft).values
    column, row = mask[30], mask[:, 45]
    assert np.flatnonzero(column).tolist() == list(range(27, 63))  # 30 ms are 3 frames
    assert np.flatnonzero(row).tolist() == list(range(18, 42))
    assert (np.diff(column[26:36]) >= 0).all()
    assert np.abs(np.diff(column)).max() < 0.3
    assert mask[30, 45] == 1


def test_a_feather_of_nothing_is_a_hard_edge() -> None:
    hard = shaped(ramp(), MaskParameters(edge="hard"))
    soft = shaped(ramp(), MaskParameters(edge="soft", feather_ms=0, feather_mels=0))
    np.testing.assert_array_equal(hard, soft)


def test_a_map_of_another_shape_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"\(3, 4\) does not fit log-mels of \(16, 32\)"):
        shape_mask(np.zeros((3, 4)), TINY_MEL, 0.0, 1.0)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_a_mask_holds_gains_only(value: float) -> None:
    values = np.full(TINY_MEL.shape, value, np.float32)
    with pytest.raises(ParameterError, match="it needs gains from 0 to 1"):
        Mask(values, TINY_MEL, 0.0)


def test_inverted_twice_is_the_same() -> None:
    mask = shape_mask(ramp(), TINY_MEL, START, DURATION)
    np.testing.assert_allclose(mask.inverted().values + mask.values, 1)
    np.testing.assert_allclose(mask.inverted().inverted().values, mask.values, atol=1e-7)


def test_a_saved_mask_comes_back(tmp_path: Path) -> None:
    mask = shape_mask(ramp(), TINY_MEL, START, DURATION)
    mask.save(tmp_path / "mask.npz")
    again = load_mask(tmp_path / "mask.npz")
    np.testing.assert_array_equal(again.values, mask.values)
    assert (again.mel, again.start) == (TINY_MEL, START)
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


def test_a_mask_of_another_mel_spec_says_which_shape_it_needs() -> None:
    other = MelSpec(rate=8000, n_fft=256, hop=128, n_mels=8, seconds=0.5)
    with pytest.raises(ParameterError, match=r"\(8, 32\)"):
        Mask(np.ones(TINY_MEL.shape, np.float32), other, 0.0)
