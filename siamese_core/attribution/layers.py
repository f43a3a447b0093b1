"""Methods that look at a convolution layer: Grad-CAM and guided Grad-CAM (Captum)."""

import torch
from captum.attr import GuidedBackprop, LayerAttribution, LayerGradCam
from torch import Tensor, nn

from siamese_core.attribution.attribution import Attribution, Subject, Watched
from siamese_core.attribution.convolutions import convolutions
from siamese_core.attribution.gradients import attribute, require_relu
from siamese_core.attribution.parameters import (
    CONVOLUTIONS,
    GradCamParameters,
    GuidedGradCamParameters,
)
from siamese_core.encoder.encoder import EnsembleEncoder
from siamese_core.errors import ParameterError


def grad_cam(subject: Subject, parameters: GradCamParameters) -> Attribution:
    """Weigh a convolution layer's maps by their mean gradients, and enlarge the sum to the clip.

    Selvaraju et al. 2017, signed unless ``parameters.positive``; bilinear. A cell's value says
    where the layer saw something, as coarsely as that layer sees, and is not in logits. Where no
    layer is named it is the last one that is not on a shortcut. An ensemble has one in each
    network: their maps are added, for its score is the sum of what the networks add to it.

    Raises
    ------
    ParameterError
        If the score has no convolution layer, or none of that name.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    values = _map_of_layer(subject, "grad-cam", parameters.layer)
    return _noted(values.clamp_min(0) if parameters.positive else values)


def guided_grad_cam(subject: Subject, parameters: GuidedGradCamParameters) -> Attribution:
    """Multiply guided backpropagation by what Grad-CAM finds to raise the score.

    Selvaraju et al. 2017, section 3.2. The layers are those of `grad_cam`.

    Raises
    ------
    ParameterError
        If the score has no ReLU, no convolution layer, or none of that name.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    require_relu(subject.score, "guided-grad-cam")
    raising = _map_of_layer(subject, "guided-grad-cam", parameters.layer).clamp_min(0)
    guided = attribute(GuidedBackprop(Watched(subject, 1)), subject.log_mel)
    return _noted(raising * guided)


def _noted(values: Tensor) -> Attribution:
    note = None if values.any() else "The map is zero: nothing in that layer raises the score."
    return Attribution(values.float().numpy(), note=note)


def _map_of_layer(subject: Subject, method: str, name: str | None) -> Tensor:
    layers = convolutions(subject.score)
    if not layers:
        raise ParameterError(
            f"'{method}' looks at a convolution layer, and this network has none; "
            "take integrated-gradients."
        )
    if name:
        CONVOLUTIONS.check("layer", name, layers)
    chosen = [layers[name]] if name else _last_convolutions(subject.score)
    watched, shape = Watched(subject, len(chosen)), tuple(subject.log_mel.shape)
    found = [LayerGradCam(watched, one).attribute(subject.log_mel.unsqueeze(0)) for one in chosen]
    large: list[Tensor] = [LayerAttribution.interpolate(one, shape, "bilinear") for one in found]
    return torch.cat(large).sum(dim=(0, 1)).detach().cpu().to(torch.float32)


def _last_convolutions(score: nn.Module) -> list[nn.Conv2d]:
    """Return each network's last convolution layer that is not on a shortcut."""
    encoder = getattr(score, "encoder", score)
    networks = list(encoder.members) if isinstance(encoder, EnsembleEncoder) else [score]
    return [
        [
            layer
            for name, layer in convolutions(network).items()
            if "shortcut" not in name.split(".")
        ][-1]
        for network in networks
    ]
