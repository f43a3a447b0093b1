"""How cells are chosen other than by share: by threshold, by segments, by sign; graded gains."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_core.errors import ParameterError
from siamese_core.mask.mask import _TIE_REACH, MaskParameters, _first_cells, _smooth, shape_mask
from tests.conftest import TINY_MEL

HARD = {"edge": "hard"}
maps = st.integers(0, 2**31).map(
    lambda seed: np.random.default_rng(seed).integers(-9, 10, TINY_MEL.shape).astype(np.float32)
)
ways = st.sampled_from(["share", "threshold", "segments", "sign"])
TILES = (np.indices(TINY_MEL.shape)[0] // 4).astype(np.int64)
"""Four bands of rows, labelled 0 to 3."""


def shaped(values: np.ndarray, labels: np.ndarray | None = None, **settings: object) -> np.ndarray:
    parameters = MaskParameters.parse(settings)
    return shape_mask(values, TINY_MEL, 0.0, 0.5, parameters, labels).values


def four_cells() -> np.ndarray:
    values = np.zeros(TINY_MEL.shape, np.float32)
    values[1, 1:5] = [8, 4, 3.9, -9]
    return values


def chosen(mask: np.ndarray) -> list[int]:
    rows, columns = np.nonzero(mask)
    assert set(rows) <= {1}
    return columns.tolist()


@settings(max_examples=60, deadline=None)
@given(maps, st.floats(0, 100))
def test_a_share_chooses_as_sorting_all_cells_would(values: np.ndarray, share: float) -> None:
    merit = np.maximum(values, 0).astype(np.float64)
    around = _smooth(_smooth(merit, _TIE_REACH, 0), _TIE_REACH, 1)
    order = np.lexsort((-around.ravel(), -merit.ravel()))
    first = np.zeros(merit.size, bool)
    first[order[: round(share / 100 * merit.size)]] = True
    np.testing.assert_array_equal(_first_cells(merit, share).ravel(), first)


def test_a_threshold_is_a_share_of_the_largest() -> None:
    values = four_cells()
    assert chosen(shaped(values, by="threshold", threshold=50, **HARD)) == [1, 2]
    assert chosen(shaped(values, by="threshold", threshold=100, **HARD)) == [1]
    assert chosen(shaped(values, by="threshold", threshold=0, **HARD)) == [1, 2, 3]
    assert chosen(shaped(values, by="threshold", sign="negative", **HARD)) == [4]
    assert chosen(shaped(values, by="threshold", threshold=80, sign="absolute", **HARD)) == [1, 4]


def test_a_sign_chooses_all_that_has_it() -> None:
    values = four_cells()
    for sign, columns in {"positive": [1, 2, 3], "negative": [4], "absolute": [1, 2, 3, 4]}.items():
        assert chosen(shaped(values, by="sign", sign=sign, **HARD)) == columns


def test_segments_are_chosen_whole_by_their_mean() -> None:
    values = np.array([1.0, 3.0, -2.0, 2.0])[TILES]
    values[1, 1] = 50  # one large cell does not carry its segment's mean
    values[0, 0] = -49
    for count, tiles in {0: [], 1: [1], 2: [1, 3], 3: [0, 1, 3], 9: [0, 1, 3]}.items():
        mask = shaped(values, TILES, by="segments", segments=count, **HARD)
        np.testing.assert_array_equal(mask, np.isin(TILES, tiles))
    negative = shaped(values, TILES, by="segments", segments=1, sign="negative", **HARD)
    np.testing.assert_array_equal(negative, TILES == 2)
    # any labels will do
    sparse = shaped(values, 7 * TILES + 3, by="segments", segments=1, **HARD)
    np.testing.assert_array_equal(sparse, TILES == 1)


def test_a_map_without_segments_says_so() -> None:
    with pytest.raises(ParameterError, match="or explain with a method that works on seg"):
        shaped(four_cells(), by="segments")


def test_graded_gains_follow_the_map() -> None:
    mask = shaped(four_cells(), by="sign", gain="graded", **HARD)
    np.testing.assert_allclose(mask[1, 1:5], [1, 0.5, 3.9 / 8, 0])


@settings(max_examples=25, deadline=None)
@given(maps, ways, st.sampled_from(["full", "graded"]), st.sampled_from(["soft", "hard"]))
def test_every_way_gives_gains_and_its_opposite(
    values: np.ndarray, by: str, gain: str, edge: str
) -> None:
    kept, removed = (
        shaped(values, TILES, by=by, gain=gain, edge=edge, part=part) for part in ("keep", "remove")
    )
    assert kept.min() >= 0
    assert kept.max() <= 1
    np.testing.assert_allclose(kept + removed, 1, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(maps, st.floats(0, 100), st.floats(0, 100))
def test_a_lower_threshold_takes_nothing_away(values: np.ndarray, one: float, two: float) -> None:
    low, high = sorted([one, two])
    more, less = (shaped(values, by="threshold", threshold=t, **HARD) for t in (low, high))
    assert (more >= less).all()


@settings(max_examples=20, deadline=None)
@given(maps, st.floats(0.1, 1000), ways)
def test_the_maps_scale_does_not_matter(values: np.ndarray, scale: float, by: str) -> None:
    one = values.astype(np.float64)
    loud = 2.0 ** np.round(np.log2(scale)) * one  # a power of two: no value is rounded
    np.testing.assert_array_equal(shaped(one, TILES, by=by), shaped(loud, TILES, by=by))


@pytest.mark.parametrize("by", ["threshold", "segments", "sign"])
def test_an_empty_map_chooses_nothing(by: str) -> None:
    assert not shaped(np.zeros(TINY_MEL.shape), TILES, by=by).any()
