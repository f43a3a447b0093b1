"""Occlusion on a score that reads one rectangle."""

import numpy as np
import pytest

from siamese_core.attribution.parameters import OcclusionParameters
from siamese_core.attribution.perturbation import occlusion
from siamese_core.errors import Cancelled
from tests.core.toys import COLUMNS, ROWS, Stopper, mass_inside, rectangle_subject

ALIGNED = OcclusionParameters(height_mels=4, width_frames=5, stride_mels=4, stride_frames=5)


def test_an_aligned_window_finds_the_rectangle_and_nothing_else() -> None:
    subject = rectangle_subject()
    values = occlusion(subject, ALIGNED).values
    assert mass_inside(values) == 1
    loss = subject.logit(subject.log_mel) + 6.0  # the floor's logit is -6
    np.testing.assert_allclose(values[ROWS, COLUMNS], loss, rtol=1e-4)


def test_overlapping_windows_are_averaged() -> None:
    subject = rectangle_subject()
    parameters = OcclusionParameters(height_mels=2, width_frames=2, stride_mels=1, stride_frames=1)
    values = occlusion(subject, parameters).values
    rise = (subject.log_mel.numpy() + 60) / 10 / 20
    # each inner cell is hidden by four windows, each taking the rise of four cells
    windows = [rise[5 + i : 7 + i, 6 + j : 8 + j].sum() for i in (-1, 0) for j in (-1, 0)]
    assert values[5, 6] == pytest.approx(np.mean(windows), rel=1e-3)
    assert values[0, 0] == 0


def test_a_window_larger_than_the_map_hides_all_of_it() -> None:
    subject = rectangle_subject()
    values = occlusion(subject, OcclusionParameters(height_mels=100, width_frames=100)).values
    np.testing.assert_allclose(values, subject.logit(subject.log_mel) + 6.0, rtol=1e-4)


def test_progress_rises_to_the_whole_and_cancel_stops_it() -> None:
    stopper = Stopper(10**6)
    parameters = OcclusionParameters(height_mels=2, width_frames=2, stride_mels=1, stride_frames=1)
    occlusion(rectangle_subject(on_event=stopper.on_event), parameters)
    done = [event["done"] for event in stopper.events]
    assert done == sorted(done)
    assert {event["total"] for event in stopper.events} == {1 + 15 * 19}
    stopper = Stopper(2)
    with pytest.raises(Cancelled):
        occlusion(
            rectangle_subject(on_event=stopper.on_event, should_stop=stopper.should_stop),
            parameters,
        )
    assert len(stopper.events) == 2
