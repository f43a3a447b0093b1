"""Edits by hand: which cells each shape takes, and that any edit leaves a mask."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from siamese_core.errors import ParameterError
from siamese_core.mask import mask_edits as edits
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_history import DEPTH, MaskHistory
from siamese_core.melspec import PRESETS
from tests.conftest import TINY_MEL

STEP = TINY_MEL.hop / TINY_MEL.rate
START = 0.25
ROWS, COLUMNS = np.indices(TINY_MEL.shape)


def gains(value: float = 0.0) -> Mask:
    return Mask(
        np.full(TINY_MEL.shape, value, np.float32), TINY_MEL, START, 2.0, "a.wav", Path("m")
    )


def at(frame: float, band: float) -> edits.Point:
    return START + frame * STEP, band


def some_gains(seed: int) -> Mask:
    drawn = np.random.default_rng(seed).integers(0, 5, TINY_MEL.shape) / 4
    return Mask(drawn.astype(np.float32), TINY_MEL, START)


masks = st.integers(0, 2**31).map(some_gains)
points = st.tuples(st.floats(-1, 2), st.floats(-5, 20))
reaches = st.tuples(st.floats(0, 0.2), st.floats(0, 6))


def test_a_dab_is_an_ellipse_and_at_least_one_cell() -> None:
    dab = edits.brush(gains(), [at(10, 8)], 3 * STEP, 2).values
    wanted = ((COLUMNS - 10) / 3) ** 2 + ((ROWS - 8) / 2) ** 2 <= 1 + 1e-9
    np.testing.assert_array_equal(dab, wanted)
    assert np.argwhere(edits.brush(gains(), [at(10, 8)], 0, 0).values).tolist() == [[8, 10]]


def test_a_stroke_has_no_gaps_however_fast_the_hand_was() -> None:
    stroke = edits.brush(gains(), [at(2, 3), at(28, 3)], 0, 0).values
    assert np.flatnonzero(stroke[3]).tolist() == list(range(2, 29))
    assert stroke.sum() == 27


def brushed_cell_by_cell(
    mask: Mask, stroke: list[edits.Point], seconds: float, bands: float
) -> NDArray[np.bool_]:
    """Measure how far every cell is from every piece of a stroke."""
    step = mask.mel.hop / mask.mel.rate
    radii = np.maximum([seconds / step, bands], 0.5)
    path = np.array([((at - mask.start) / step, place) for at, place in stroke]).round(6) / radii
    rows, columns = np.indices(mask.mel.shape)
    cells, near = np.stack([columns, rows], axis=-1) / radii, np.zeros(mask.mel.shape, bool)
    for begin, end in zip(path, [*path[1:], path[-1]], strict=True):
        along = end - begin
        share = ((cells - begin) @ along / max(float(along @ along), 1e-12)).clip(0, 1)
        distance = np.square(cells - begin - share[..., None] * along).sum(axis=-1)
        near |= distance.round(6) <= 1
    return near


halves = st.tuples(
    st.integers(-10, 80).map(lambda number: START + number / 2 * STEP),
    st.integers(-6, 40).map(lambda number: number / 2),
)


@settings(max_examples=100, deadline=None)
@given(
    masks,
    st.lists(points | halves, min_size=1, max_size=8),
    reaches | st.sampled_from([(0.0, 0.0), (2 * STEP, 1.5), (np.inf, 1.0)]),
)
def test_a_brush_takes_all_within_reach_though_it_looks_only_nearby(
    mask: Mask, stroke: list[edits.Point], reach: tuple[float, float]
) -> None:
    near = brushed_cell_by_cell(mask, stroke, *reach)
    expected = np.where(near, np.float32(1), mask.values)
    np.testing.assert_array_equal(edits.brush(mask, stroke, *reach).values, expected)


def test_a_long_stroke_takes_a_fraction_of_going_over_the_whole_mask() -> None:
    """The window's thread makes it."""
    mel = PRESETS["esc50"]
    mask = Mask(np.zeros(mel.shape, np.float32), mel, 0.0)
    stroke = [(mel.seconds * n / 50, mel.n_mels * n / 50) for n in range(50)]
    begin = perf_counter()
    brushed = edits.brush(mask, stroke, 0.05, 4)
    between = perf_counter()
    np.testing.assert_array_equal(brushed.values, brushed_cell_by_cell(mask, stroke, 0.05, 4))
    assert between - begin < (perf_counter() - between) / 5


def test_nothing_slow_is_imported_to_shape_and_edit() -> None:
    """The window's thread does it."""
    work = (
        "import sys, numpy as np; from siamese_core.mask.mask import shape_mask\n"
        "from siamese_core.mask import mask_edits as e; from siamese_core.melspec import MelSpec\n"
        "mel = MelSpec(rate=8000, n_fft=256, hop=128, n_mels=8, seconds=0.2)\n"
        "mask = shape_mask(np.random.rand(*mel.shape), mel, 0.0, 0.2)\n"
        "mask = e.shrink(e.brush(mask, [(0.0, 1.0)], 0.1, 2.0), 0.01, 1.0)\n"
        "e.lasso(mask, [(0.0, 0.0), (0.1, 0.0), (0.1, 4.0)])\n"
        "sys.exit(any(m in sys.modules for m in ('torch', 'captum', 'librosa', 'scipy')))"
    )
    subprocess.run([sys.executable, "-c", work], check=True, timeout=60)


def test_what_is_erased_is_silent_and_the_rest_untouched() -> None:
    erased = edits.brush(gains(0.5), [at(10, 8)], 2 * STEP, 2, gain=0).values
    dab = edits.brush(gains(), [at(10, 8)], 2 * STEP, 2).values
    np.testing.assert_array_equal(erased, np.where(dab, 0, np.float32(0.5)))


def test_a_rectangle_takes_the_cells_between_its_corners() -> None:
    box = edits.rectangle(gains(), at(20.4, 2.6), at(10, 5), 0.5).values
    inside = (ROWS >= 3) & (ROWS <= 5) & (COLUMNS >= 10) & (COLUMNS <= 20)
    np.testing.assert_array_equal(box, np.where(inside, 0.5, 0))


def test_a_lasso_takes_what_lies_within() -> None:
    corners = [at(4.5, 1.5), at(20.5, 1.5), at(20.5, 9.5), at(4.5, 9.5)]
    box = edits.lasso(gains(), corners).values
    np.testing.assert_array_equal(box, edits.rectangle(gains(), corners[0], corners[2]).values)
    triangle = edits.lasso(gains(), [at(-0.5, -0.5), at(15.5, -0.5), at(-0.5, 15.5)]).values
    np.testing.assert_array_equal(triangle, COLUMNS + ROWS < 15)
    bow = edits.lasso(gains(), [at(0, 0), at(20, 12), at(20, 0), at(0, 12)]).values
    assert bow[6, 3] == bow[6, 17] == 1
    assert bow[1, 10] == bow[11, 10] == 0


def test_a_band_and_a_span_are_told_in_hertz_and_seconds() -> None:
    centres = TINY_MEL.frequencies
    band = edits.band(gains(), 500, 1500).values
    np.testing.assert_array_equal(
        band, np.broadcast_to(((centres >= 500) & (centres <= 1500))[:, None], band.shape)
    )
    span = edits.span(gains(), START + 3.5 * STEP, START + 7 * STEP).values
    assert np.flatnonzero(span.all(axis=0)).tolist() == [4, 5, 6, 7]
    assert span.sum() == 4 * TINY_MEL.n_mels


def test_growing_reaches_as_far_as_it_says_and_shrinking_takes_it_back() -> None:
    box = edits.rectangle(gains(), at(10, 6), at(14, 8))
    grown = edits.grow(box, 2 * STEP, 1)
    np.testing.assert_array_equal(
        grown.values, edits.rectangle(gains(), at(8, 5), at(16, 9)).values
    )
    np.testing.assert_array_equal(edits.shrink(grown, 2 * STEP, 1).values, box.values)
    assert edits.grow(box, 99, 99).values.all()
    assert edits.grow(box, np.inf, np.inf).values.all()


def test_the_extent_is_the_box_of_what_is_clearly_heard() -> None:
    box = edits.rectangle(gains(), at(10, 6), at(14, 8), 0.8)
    assert edits.extent(box) == (slice(6, 9), slice(10, 15))
    faint = edits.rectangle(gains(), at(8, 5), at(16, 9), 0.3)
    both = edits.rectangle(faint, at(10, 6), at(14, 8), 0.8)
    assert edits.extent(both) == (slice(6, 9), slice(10, 15))
    assert edits.extent(gains()) is None


def test_an_edited_mask_knows_its_clip_but_is_no_longer_its_file() -> None:
    for mask in (gains().inverted(), edits.grow(gains(), 0.01, 1)):
        assert (mask.clip_seconds, mask.clip_name, mask.path) == (2.0, "a.wav", None)


@settings(max_examples=25, deadline=None)
@given(masks, st.lists(points, min_size=3, max_size=6), reaches, st.floats(0, 1))
def test_any_edit_leaves_gains_and_doing_it_twice_changes_nothing(
    mask: Mask, places: list[edits.Point], reach: tuple[float, float], gain: float
) -> None:
    before = mask.values.copy()
    for edit in (
        lambda m: edits.brush(m, places, *reach, gain),
        lambda m: edits.rectangle(m, places[0], places[1], gain),
        lambda m: edits.lasso(m, places, gain),
        lambda m: edits.band(m, 500, 1500, gain),
        lambda m: edits.span(m, START, START + 0.1, gain),
    ):
        once = edit(mask)
        np.testing.assert_array_equal(edit(once).values, once.values)
        touched = once.values != before
        np.testing.assert_allclose(once.values[touched], gain, atol=1e-6)
    np.testing.assert_array_equal(mask.values, before)


@settings(max_examples=25, deadline=None)
@given(masks, reaches)
def test_growing_only_adds_and_shrinking_only_takes(mask: Mask, reach: tuple[float, float]) -> None:
    grown, shrunk = edits.grow(mask, *reach).values, edits.shrink(mask, *reach).values
    assert (grown >= mask.values).all()
    assert (shrunk <= mask.values + 1e-6).all()


def test_what_cannot_be_drawn_is_refused_in_a_sentence() -> None:
    mask = gains()
    for words, edit in {
        "A gain of 1.5 cannot be painted": lambda: edits.rectangle(mask, at(0, 0), at(1, 1), 1.5),
        "A gain of nan cannot": lambda: edits.span(mask, 0, 1, np.nan),
        "A stroke of 0 points is too short; give 1": lambda: edits.brush(mask, [], 1, 1),
        "An outline of 2 points .* give 3": lambda: edits.lasso(mask, [at(0, 0), at(1, 1)]),
        "has a point that is not finite": lambda: edits.brush(mask, [(np.nan, 0)], 1, 1),
        "A reach of -1 is not possible": lambda: edits.grow(mask, -1, 0),
        "A reach of nan is not": lambda: edits.brush(mask, [at(0, 0)], np.nan, 0),
        "No mel band is centred from 9000 to 9999 Hz": lambda: edits.band(mask, 9000, 9999),
        "No frame .* from 5 to 6 s; it covers 0.25 to": lambda: edits.span(mask, 5, 6),
    }.items():
        with pytest.raises(ParameterError, match=words):
            edit()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=30))
def test_history_is_what_a_list_and_a_place_in_it_would_be(steps: list[str]) -> None:
    states, place, history = [gains()], 0, None
    history = MaskHistory(states[0])
    for number, step in enumerate(steps, 1):
        if step == "edit":
            fresh = gains(number / 100)
            states, place = [*states[: place + 1], fresh], place + 1
            history = history.edited(fresh)
        elif step == "undo":
            place, history = max(0, place - 1), history.undone()
        else:
            place, history = min(len(states) - 1, place + 1), history.redone()
        assert history.now is states[place]
        assert [*history.past, history.now, *history.future] == states


def test_history_forgets_what_is_too_old() -> None:
    history = MaskHistory(gains())
    for _ in range(DEPTH + 5):
        history = history.edited(gains(0.5))
    assert len(history.past) == DEPTH
