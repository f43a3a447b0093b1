"""The convolution layers of a network, by name: which there are can be asked without Captum."""

from torch import nn


def convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    """Return a net's or score's convolution layers by their names in the encoder, in its order."""
    return {
        name.removeprefix("encoder."): module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d)
    }
