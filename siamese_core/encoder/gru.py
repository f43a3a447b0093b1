"""GRU: a recurrent layer that can be asked for its gradient after training, too."""

import torch
from torch import Tensor, nn
from torch.backends import cudnn


class GRU(nn.GRU):
    """PyTorch's GRU, with weights of the same names.

    cuDNN's kernels know no way back but in training; PyTorch's own, which take longer, do.
    """

    def forward(self, x: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Map (batch, time, inputs) to the states (batch, time, width) and the last ones."""
        before = cudnn.enabled
        # not by cudnn.flags, which lets convolutions be coarse again
        cudnn.enabled = before and (self.training or not torch.is_grad_enabled())
        try:
            states: tuple[Tensor, Tensor] = super().forward(x, hx)
            return states
        finally:
            cudnn.enabled = before
