"""Segments: every way to cut a clip, and what its cells are given."""

import numpy as np
import pytest
import torch

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.methods import METHODS
from siamese_core.attribution.parameters import SegmentParameters
from siamese_core.attribution.segments import segment, spread
from tests.core.toys import SHAPE, RectangleScore, noise_map, rectangle_subject

TILES = {"segmentation": "tiles", "tile_mels": 4, "tile_frames": 5}
CUTS: list[dict[str, object]] = [
    {"segmentation": "felzenszwalb", "min_size": 12, "scale": 5.0, "sigma": 0.5},
    {"segmentation": "slic"},
    {"segmentation": "quickshift", "kernel_size": 1.0},
    {"segmentation": "watershed", "sigma": 0.5},
    {**TILES, "segmentation": "mel-bands"},
    {**TILES, "segmentation": "time-slices"},
    {**TILES},
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: str(cut["segmentation"]))
def test_labels_run_from_zero_without_gaps(cut: dict[str, object]) -> None:
    segments = segment(rectangle_subject(), SegmentParameters.parse(cut))
    assert segments.shape == SHAPE
    np.testing.assert_array_equal(np.unique(segments), np.arange(segments.max() + 1))
    assert segments.max() > 0


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: str(cut["segmentation"]))
def test_a_silent_clip_can_be_cut_too(cut: dict[str, object]) -> None:
    silent = Subject(RectangleScore(), torch.full(SHAPE, -100.0))
    assert segment(silent, SegmentParameters.parse(cut)).min() == 0


def test_frames_around_the_clip_go_with_the_segment_beside_them() -> None:
    own = slice(5, 15)
    segments = segment(rectangle_subject(own=own), SegmentParameters.parse(TILES))
    inner = segment(Subject(RectangleScore(), noise_map()[:, own]), SegmentParameters.parse(TILES))
    np.testing.assert_array_equal(segments[:, own], inner)
    np.testing.assert_array_equal(segments[:, :5], np.repeat(segments[:, 5:6], 5, axis=1))
    np.testing.assert_array_equal(segments[:, 15:], np.repeat(segments[:, 14:15], 5, axis=1))


def test_every_way_to_cut_is_tried_here() -> None:
    ways = SegmentParameters.model_fields["segmentation"].annotation
    assert {cut["segmentation"] for cut in CUTS} == set(ways.__args__)  # type: ignore[union-attr]


@pytest.mark.parametrize("way", ["felzenszwalb", "quickshift", "watershed"])
def test_shapes_are_followed(way: str) -> None:
    log_mel = torch.full((40, 40), -60.0)
    log_mel[10:30, 10:30] = -10.0
    parameters = SegmentParameters.parse({"segmentation": way, "sigma": 0.0, "min_size": 20})
    segments = segment(Subject(RectangleScore(), log_mel), parameters)
    bright = np.unique(segments[12:28, 12:28])
    assert not np.isin(segments[:8], bright).any()
    assert not np.isin(segments[:, 32:], bright).any()


def test_bands_and_slices_run_through_the_whole_clip() -> None:
    bands = segment(rectangle_subject(), SegmentParameters(segmentation="mel-bands", tile_mels=6))
    np.testing.assert_array_equal(bands[:, 7], [0] * 6 + [1] * 6 + [2] * 4)
    assert (bands == bands[:, :1]).all()
    slices = segment(
        rectangle_subject(), SegmentParameters(segmentation="time-slices", tile_frames=8)
    )
    np.testing.assert_array_equal(slices[3], [0] * 8 + [1] * 8 + [2] * 4)
    assert (slices == slices[:1]).all()


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: str(cut["segmentation"]))
def test_a_clip_is_cut_the_same_way_twice(cut: dict[str, object]) -> None:
    parameters = SegmentParameters.parse(cut)
    np.testing.assert_array_equal(
        segment(rectangle_subject(seed=1), parameters), segment(rectangle_subject(), parameters)
    )


def test_contributions_are_spread_raw_or_by_the_clips_own_area() -> None:
    subject = rectangle_subject(own=slice(0, 12))
    segments = segment(subject, SegmentParameters.parse(TILES))
    contributions = np.arange(12.0)
    raw = spread(subject, SegmentParameters(), segments, contributions)
    np.testing.assert_array_equal(raw.values, segments)
    area = spread(subject, SegmentParameters(weight="area"), segments, contributions)
    assert area.values[0, 7] == pytest.approx(1 / 20)
    assert area.values[0, 11] == pytest.approx(2 / 8)  # only two of its frames are the clip's
    np.testing.assert_array_equal(area.segments, segments)


ONE_SEGMENT: list[dict[str, object]] = [
    {"segmentation": "slic", "n_segments": 1},
    {"segmentation": "tiles", "tile_mels": 512, "tile_frames": 512},
    {"segmentation": "felzenszwalb", "min_size": 100000},
]


@pytest.mark.parametrize("cut", ONE_SEGMENT, ids=lambda cut: str(cut["segmentation"]))
@pytest.mark.parametrize("method", ["sinex", "sinexc", "feature-ablation", "kernel-shap"])
def test_a_clip_of_one_segment_is_told(method: str, cut: dict[str, object]) -> None:
    function, parameters = METHODS[method].function, METHODS[method].parameters
    found = function(rectangle_subject(), parameters.parse(cut))
    assert found.note == (
        "The clip is one segment, so the map tells nothing of where; make segments smaller."
    )
    assert function(rectangle_subject(), parameters.parse(TILES)).note is None
    silent = Subject(RectangleScore(), torch.full(SHAPE, -100.0))
    assert function(silent, parameters.parse(cut)).note is None, "that it is empty is said"
