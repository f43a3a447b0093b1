"""Methods that follow the gradient of the score: saliency and integrated gradients (Captum)."""

import torch
from captum.attr import IntegratedGradients, Saliency

from siamese_core.attribution.attribution import Attribution, Subject, Watched
from siamese_core.attribution.parameters import (
    IntegratedGradientsParameters,
    SaliencyParameters,
)


def saliency(subject: Subject, parameters: SaliencyParameters) -> Attribution:
    """Return the gradient of the logit with respect to each cell, in logits a dB.

    Simonyan et al. 2013, signed unless ``parameters.absolute``.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    inputs = subject.log_mel.detach().clone().unsqueeze(0).requires_grad_()
    gradient = Saliency(Watched(subject, 1)).attribute(inputs, abs=parameters.absolute)
    return Attribution(gradient[0].detach().float().cpu().numpy())


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
    baseline = subject.baseline(parameters.baseline).unsqueeze(0)
    inputs = subject.log_mel.detach().clone().unsqueeze(0).requires_grad_()
    attribute = IntegratedGradients(Watched(subject, parameters.steps)).attribute
    values = attribute(
        inputs,
        baseline,
        n_steps=parameters.steps,
        method="gausslegendre",
        internal_batch_size=subject.batch,
    )
    values = values[0].detach().cpu().double()
    change = subject.logit(subject.log_mel) - subject.logit(baseline[0])
    return Attribution(values.to(torch.float32).numpy(), residual=float(values.sum()) - change)
