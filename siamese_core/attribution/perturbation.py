"""Methods that hide parts of the clip and watch the score (Captum)."""

from collections.abc import Callable
from typing import Any

import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import FeatureAblation, KernelShap, Lime, Occlusion, ShapleyValueSampling
from torch import Tensor, nn

from siamese_core.attribution.attribution import Attribution, Subject, Watched, seeded
from siamese_core.attribution.parameters import (
    FeatureAblationParameters,
    KernelShapParameters,
    LimeParameters,
    OcclusionParameters,
    SegmentParameters,
    ShapleyParameters,
)
from siamese_core.attribution.quick.folded import folded
from siamese_core.attribution.quick.near import near
from siamese_core.attribution.segments import Segments, segment, segment_count, spread


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
        score = near(folded(subject.score), subject.log_mel, small=True)
        watched = Watched(subject, 1 + places[0] * places[1], score=score)
        values = Occlusion(watched).attribute(
            subject.log_mel.unsqueeze(0),
            window,
            strides,
            subject.baseline(parameters.baseline).unsqueeze(0),
            perturbations_per_eval=subject.batch,
        )
    return Attribution(values[0].float().cpu().numpy())


def feature_ablation(subject: Subject, parameters: FeatureAblationParameters) -> Attribution:
    """Hide one segment after the other; each gets the loss of logit.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    segments = segment(subject, parameters)
    return _by_segments(subject, parameters, segments, FeatureAblation, 1 + segment_count(segments))


def shapley(subject: Subject, parameters: ShapleyParameters) -> Attribution:
    """Let segments come in in random order; each gets its mean gain of logit.

    Castro et al. 2009 (sampled Shapley values).

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    segments, orders = segment(subject, parameters), parameters.samples
    total = 1 + orders * segment_count(segments)
    return _by_segments(
        subject, parameters, segments, ShapleyValueSampling, total, n_samples=orders
    )


def kernel_shap(subject: Subject, parameters: KernelShapParameters) -> Attribution:
    """Fit the logits of random coalitions linearly, weighed as Shapley values ask.

    Lundberg and Lee 2017.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    return _by_fit(subject, parameters, KernelShap)


def lime(subject: Subject, parameters: LimeParameters) -> Attribution:
    """Fit the logits of random coalitions linearly, those near the whole clip counting most.

    Ribeiro et al. 2016: each segment stays with probability one half; a coalition counts
    exp(-d^2 / width^2), d being one minus the cosine between its segments and all segments; ridge
    regression.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """

    def nearness(_clip: Tensor, _changed: Tensor, kept: Tensor, **_options: object) -> Tensor:
        distance = 1 - kept.cpu().double().mean().sqrt()
        return (-((distance / parameters.width) ** 2)).exp()

    def build(score: nn.Module) -> Any:
        return Lime(score, SkLearnRidge(alpha=parameters.shrinkage), nearness)

    return _by_fit(subject, parameters, build)


def _by_fit(
    subject: Subject,
    parameters: KernelShapParameters | LimeParameters,
    build: Callable[[nn.Module], Any],
) -> Attribution:
    """Ask a method of Captum that fits random coalitions."""
    segments = segment(subject, parameters)
    if segment_count(segments) == 1:  # each coalition is whole or empty: there is nothing to fit
        return _by_segments(subject, parameters, segments, FeatureAblation, 2)
    samples = max(parameters.samples, 2 * (segment_count(segments) + 1))
    return _by_segments(subject, parameters, segments, build, samples, n_samples=samples)


def _by_segments(
    subject: Subject,
    parameters: SegmentParameters,
    segments: Segments,
    build: Callable[[nn.Module], Any],
    total: int,
    **options: int,
) -> Attribution:
    """Ask a method of Captum about segments, which score ``total`` maps in all.

    Captum is given one number a segment, whether it is kept, and not a map: it looks at each by
    itself, for which a GPU would have to wait.
    """
    clip, baseline = subject.log_mel, subject.baseline(parameters.baseline)
    places, score = torch.from_numpy(segments).to(clip.device), folded(subject.score)

    def score_kept(kept: Tensor) -> Tensor:
        maps = torch.where(kept.bool().to(clip.device)[:, places], clip, baseline)
        logits: Tensor = score(maps)
        return logits.cpu()

    all_kept = torch.ones(1, segment_count(segments))
    with seeded(subject.seed), torch.no_grad():
        values: Tensor = build(Watched(subject, total, score=score_kept)).attribute(
            all_kept, 0, perturbations_per_eval=subject.batch, **options
        )
    return spread(subject, parameters, segments, values[0].double().numpy())


def _at_most(sides: tuple[int, ...], *sizes: int) -> tuple[int, ...]:
    return tuple(min(side, size) for side, size in zip(sides, sizes, strict=True))
