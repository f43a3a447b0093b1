"""Methods that change the clip and watch the score: occlusion (Captum)."""

import torch
from captum.attr import Occlusion

from siamese_core.attribution.attribution import Attribution, Subject, Watched
from siamese_core.attribution.parameters import OcclusionParameters


def occlusion(subject: Subject, parameters: OcclusionParameters) -> Attribution:
    """Hide one window after the other; each cell gets the mean loss of logit of its windows.

    Zeiler and Fergus 2014. A window larger than the map is cut to it.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    sides = subject.log_mel.shape
    window = _at_most(sides, parameters.height_mels, parameters.width_frames)
    strides = _at_most(window, parameters.stride_mels, parameters.stride_frames)
    places = [
        1 + -(-(side - size) // step)
        for side, size, step in zip(sides, window, strides, strict=True)
    ]
    with torch.inference_mode():
        values = Occlusion(Watched(subject, 1 + places[0] * places[1])).attribute(
            subject.log_mel.unsqueeze(0),
            window,
            strides,
            subject.baseline(parameters.baseline).unsqueeze(0),
            perturbations_per_eval=subject.batch,
        )
    return Attribution(values[0].float().cpu().numpy())


def _at_most(sides: tuple[int, ...], *sizes: int) -> tuple[int, ...]:
    return tuple(min(side, size) for side, size in zip(sides, sizes, strict=True))
