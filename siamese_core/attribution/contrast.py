"""ContrastScore: why a clip resembles this one and not that one."""

import torch
from torch import Tensor

from siamese_core.siamese import OneSidedScore, SiameseNet


class ContrastScore(OneSidedScore):
    """The difference of two logits as a function of one clip's log-mel.

    Both comparisons pass the distance and the head together, once a call: methods that hook
    modules would miss a second pass. Each clip's two rows are neighbours, so that a batch of clips
    and baselines, as DeepLIFT makes it, still halves between them.

    Parameters
    ----------
    net : SiameseNet
    other, against : Tensor, shape (n_mels, n_frames)
        Log-mels in dB of the clip whose likeness counts for, and of the one whose counts against.
    """

    rivals: Tensor

    def __init__(self, net: SiameseNet, other: Tensor, against: Tensor) -> None:
        super().__init__(net, other)
        self.register_buffer("rivals", torch.cat([self.fixed, OneSidedScore(net, against).fixed]))

    def compare(self, embedding: Tensor) -> Tensor:
        """Turn embeddings of the explained side (batch, width) into differences of logits."""
        twice = embedding.repeat_interleave(2, dim=0)
        rivals = self.rivals.repeat(len(embedding), 1)
        logits = self.head(self.distance(twice, rivals)).reshape(-1, 2)
        difference: Tensor = logits[:, 0] - logits[:, 1]
        return difference
