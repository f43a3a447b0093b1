"""Methods that follow the gradient of the score (Captum)."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from captum.attr import (
    Deconvolution,
    GradientShap,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    NoiseTunnel,
    Saliency,
)
from torch import Tensor, nn

from siamese_core.attribution.attribution import Attribution, Subject, Watched, seeded
from siamese_core.attribution.parameters import (
    DeconvolutionParameters,
    GradientShapParameters,
    GuidedBackpropagationParameters,
    InputXGradientParameters,
    IntegratedGradientsParameters,
    SaliencyParameters,
    SmoothGradParameters,
)
from siamese_core.errors import ParameterError

_AVERAGES = {"mean": "smoothgrad", "mean-square": "smoothgrad_sq", "variance": "vargrad"}
_STEPS = 20
"""Points of integrated gradients on each way, where they are averaged over noise too."""

_SMOOTHED: dict[str, tuple[Callable[[nn.Module], Any], dict[str, object]]] = {
    "saliency": (Saliency, {"abs": False}),
    "input-x-gradient": (InputXGradient, {}),
    "integrated-gradients": (IntegratedGradients, {"n_steps": _STEPS, "method": "gausslegendre"}),
    "guided-backpropagation": (GuidedBackprop, {}),
    "deconvolution": (Deconvolution, {}),
}
"""Name -> (Captum's method, its options)."""


def saliency(subject: Subject, parameters: SaliencyParameters) -> Attribution:
    """Return the gradient of the logit with respect to each cell, in logits a dB.

    Simonyan et al. 2013, signed unless ``parameters.absolute``.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    values = attribute(Saliency(Watched(subject, 1)), subject.log_mel, abs=parameters.absolute)
    return Attribution(values.float().numpy())


def input_x_gradient(subject: Subject, parameters: InputXGradientParameters) -> Attribution:
    """Return the gradient times each cell's rise above the baseline, in logits.

    Shrikumar et al. 2016. The input is taken to be that rise: a decibel counts from no natural
    zero, and the level itself, which is mostly below 0 dB, would turn the gradient's sign round.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    # not Captum's, for which the baseline would be taken off and put back: that rounds
    gradient = attribute(Saliency(Watched(subject, 1)), subject.log_mel, abs=False)
    rise = (subject.log_mel - subject.baseline(parameters.baseline)).cpu()
    return Attribution((gradient * rise).float().numpy())


def guided_backpropagation(
    subject: Subject, parameters: GuidedBackpropagationParameters
) -> Attribution:
    """Return the gradient that each ReLU hands back only where it is positive.

    Springenberg et al. 2014, signed unless ``parameters.absolute``.

    Raises
    ------
    ParameterError
        If the score has no ReLU.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    return _through_relu(GuidedBackprop, "guided-backpropagation", subject, parameters)


def deconvolution(subject: Subject, parameters: DeconvolutionParameters) -> Attribution:
    """Return the gradient with each ReLU applied to what comes back instead of what went in.

    Zeiler and Fergus 2014, signed unless ``parameters.absolute``.

    Raises
    ------
    ParameterError
        If the score has no ReLU.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    return _through_relu(Deconvolution, "deconvolution", subject, parameters)


def integrated_gradients(
    subject: Subject, parameters: IntegratedGradientsParameters
) -> Attribution:
    """Integrate the gradient on the straight way from the baseline to the clip, in logits.

    Sundararajan et al. 2017, by Gauss-Legendre quadrature. The residual is what the sum misses of
    the change of the logit.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    baseline = subject.baseline(parameters.baseline)
    values = attribute(
        IntegratedGradients(Watched(subject, parameters.steps)),
        subject.log_mel,
        baselines=baseline.unsqueeze(0),
        n_steps=parameters.steps,
        method="gausslegendre",
        internal_batch_size=subject.batch,
    )
    return Attribution(values.float().numpy(), residual=subject.residual(values, baseline))


def gradient_shap(subject: Subject, parameters: GradientShapParameters) -> Attribution:
    """Average the gradient at random points between random baselines and the clip, in logits.

    Lundberg and Lee 2017; Erion et al. 2021 (expected gradients). The residual shrinks with the
    square root of the samples.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    baselines = torch.stack([subject.baseline(name) for name in parameters.baselines])
    method = GradientShap(Watched(subject, parameters.samples))
    values = torch.zeros(subject.log_mel.shape, dtype=torch.float64)
    with seeded(subject.seed, subject.log_mel.device):
        for first in range(0, parameters.samples, subject.batch):
            samples = min(subject.batch, parameters.samples - first)
            values += samples * attribute(
                method,
                subject.log_mel,
                baselines=baselines,
                n_samples=samples,
                stdevs=parameters.noise * subject.decibels,
            )
    values /= parameters.samples
    return Attribution(values.float().numpy(), residual=subject.residual(values, *baselines))


def smooth_grad(subject: Subject, parameters: SmoothGradParameters) -> Attribution:
    """Average a gradient method over copies of the clip with Gaussian noise.

    Smilkov et al. 2017; ``mean-square`` is Hooker et al. 2019, ``variance`` Adebayo et al. 2018.

    Raises
    ------
    ParameterError
        If the method needs a ReLU and the score has none.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    build, options = _SMOOTHED[parameters.of]
    steps = _STEPS if build is IntegratedGradients else 1
    if build in (GuidedBackprop, Deconvolution):
        require_relu(subject.score, parameters.of)
    # every method gets rises above the baseline; those that know none see the same gradient
    baseline = subject.baseline(parameters.baseline)
    with seeded(subject.seed, subject.log_mel.device):
        values = attribute(
            NoiseTunnel(build(Watched(subject, steps * parameters.samples, zero=baseline))),
            subject.log_mel - baseline,
            nt_type=_AVERAGES[parameters.average],
            nt_samples=parameters.samples,
            nt_samples_batch_size=max(1, subject.batch // steps),
            stdevs=parameters.noise * subject.decibels,
            **options,
        )
    return Attribution(values.float().numpy())


def attribute(method: Any, inputs: Tensor, /, **options: object) -> Tensor:
    """Ask a method of Captum about one map (n_mels, n_frames): float64, on the CPU."""
    inputs = inputs.detach().clone().unsqueeze(0).requires_grad_()
    with _without_news():
        values: Tensor = method.attribute(inputs, **options)[0]
    return values.detach().cpu().double()


def require_relu(score: nn.Module, method: str) -> None:
    """Refuse a method that works on ReLUs where there are none.

    Raises
    ------
    ParameterError
        If the score has no ReLU.
    """
    if not any(isinstance(module, nn.ReLU) for module in score.modules()):
        raise ParameterError(
            f"'{method}' changes how gradients pass ReLU activations, and this network has none; "
            "take saliency."
        )


def _through_relu(
    build: Callable[[nn.Module], Any], name: str, subject: Subject, parameters: SaliencyParameters
) -> Attribution:
    require_relu(subject.score, name)
    values = attribute(build(Watched(subject, 1)), subject.log_mel).float().numpy()
    note = None if values.any() else f"The map is zero: no ReLU lets anything back by '{name}'."
    return Attribution(abs(values) if parameters.absolute else values, note=note)


@contextmanager
def _without_news() -> Iterator[None]:
    """Silence Captum's warnings that it sets hooks, which is how it works."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting .*hooks")
        yield
