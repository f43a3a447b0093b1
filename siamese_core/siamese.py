"""SiameseNet: one encoder for both clips, a distance, and a head that turns it into a logit."""

from hashlib import sha256
from typing import Literal

import torch
from torch import Tensor, nn

from siamese_core.encoder.encoder import WideConv2d, build_encoder
from siamese_core.encoder.encoder_parameters import EncoderParameters
from siamese_core.errors import ParameterError
from siamese_core.glyphspec import GlyphSpec
from siamese_core.losses import DISTANCES
from siamese_core.melspec import MelSpec

_FIRST_HEAD = {"euclidean": (-1.0, 1.0), "cosine": (10.0, -5.0)}
"""Weight and bias that a head on one number begins with: near means similar from the start."""


class Levels(nn.Module):
    """Brings decibels to a range that a network likes; adds the channel axis.

    Parameters
    ----------
    reference : {"fixed", "peak"}
        ``fixed`` subtracts a constant learned from the training clips; ``peak`` the loudest value
        of each map, so that a clip's gain changes nothing.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, reference: Literal["fixed", "peak"]) -> None:
        super().__init__()
        self.reference = reference
        self.register_buffer("mean", torch.tensor(-40.0))
        self.register_buffer("scale", torch.tensor(20.0))

    def forward(self, db: Tensor) -> Tensor:
        """Map dB of shape (batch, n_mels, n_frames) to (batch, 1, n_mels, n_frames)."""
        if self.reference == "peak":
            db = db - db.amax(dim=(1, 2), keepdim=True)
        levels = (db - self.mean) / self.scale
        # One channel is laid out first and last alike; only strides of this form tell PyTorch that
        # it is meant to be last, and only then do the layers behind it run twice as fast on a CPU.
        return levels.unsqueeze(-1).permute(0, 3, 1, 2)

    @torch.no_grad()
    def learn(self, db: Tensor) -> None:
        """Take mean and standard deviation from training maps (n, n_mels, n_frames)."""
        if self.reference == "peak":
            db = db - db.amax(dim=(1, 2), keepdim=True)
        self.mean.copy_(db.mean())
        self.scale.copy_(db.std().clamp_min(1e-3))


class SiameseNet(nn.Module):
    """Scores pairs of log-mels (001_f88acf4202fc317d.txt, figure 2.3).

    Parameters
    ----------
    spec : MelSpec or GlyphSpec
        What it sees.
    encoder : EncoderParameters
    distance : {"squared", "absolute", "euclidean", "cosine"}
    levels : {"fixed", "peak"}
    """

    def __init__(
        self,
        spec: MelSpec | GlyphSpec,
        encoder: EncoderParameters,
        distance: str = "squared",
        levels: Literal["fixed", "peak"] = "fixed",
    ) -> None:
        super().__init__()
        self.spec = spec
        self.levels = Levels(levels)
        self.encoder = build_encoder(encoder, spec.shape)
        build_distance, keeps_width = DISTANCES[distance]
        self.distance = build_distance()
        self.width = encoder.width
        self.head = nn.Linear(self.width if keeps_width else 1, 1)
        if distance in _FIRST_HEAD:
            weight, bias = _FIRST_HEAD[distance]
            nn.init.constant_(self.head.weight, weight)
            nn.init.constant_(self.head.bias, bias)
        channels_last(self)

    @property
    def mel(self) -> MelSpec:
        """What it hears.

        Raises
        ------
        ParameterError
            If it compares glyphs.
        """
        if isinstance(self.spec, GlyphSpec):
            raise ParameterError("This network compares glyphs, not sounds; give another model.")
        return self.spec

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.head.weight.device

    def embed(self, maps: Tensor) -> Tensor:
        """Encode log-mels in dB, shape (batch, n_mels, n_frames), to (batch, width)."""
        embedding: Tensor = self.encoder(self.levels(maps))
        return embedding

    def compare(self, a: Tensor, b: Tensor) -> Tensor:
        """Turn embeddings (batch, width), pair by pair, into logits (batch,)."""
        logit: Tensor = self.head(self.distance(a, b))
        return logit.squeeze(-1)

    def forward(self, query: Tensor, support: Tensor) -> Tensor:
        """Score pairs of log-mels, each (batch, n_mels, n_frames): logits (batch,)."""
        both = self.embed(torch.cat([query, support]))
        return self.compare(*both.chunk(2))


def initialise(encoder: nn.Module, way: str) -> None:
    """Set the weights of convolutions and dense layers: xavier, zeros, or as they are (default)."""
    if way == "default":
        return
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d | nn.Conv1d | nn.Linear):
            if way == "xavier":
                nn.init.xavier_uniform_(module.weight)
            else:
                nn.init.zeros_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def fingerprint(net: nn.Module) -> str:
    """Return 16 hexadecimal digits that tell a net's weights from others, on whatever device."""
    digest = sha256()
    for name, tensor in sorted(net.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def channels_last(net: "SiameseNet") -> "SiameseNet":
    """Lay the kernels out channels last, but for those that are faster channels first."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and not isinstance(module, WideConv2d):
            kernel = module.weight.data
            module.weight.data = kernel.contiguous(memory_format=torch.channels_last)
    return net


class OneSidedScore(nn.Module):
    """The logit as a function of one clip's log-mel; the other clip's embedding is cached.

    Attribution methods receive this. Its submodules are the net's own levels, encoder, distance
    and head, so that Captum can hook them; each runs once a call.

    Parameters
    ----------
    net : SiameseNet
    other : Tensor, shape (n_mels, n_frames)
        Log-mel in dB of the fixed side.
    embedding : Tensor, shape (1, width), optional
        The fixed side's, if it is known already.
    """

    fixed: Tensor

    def __init__(self, net: SiameseNet, other: Tensor, embedding: Tensor | None = None) -> None:
        super().__init__()
        self.levels, self.encoder = net.levels, net.encoder
        self.distance, self.head = net.distance, net.head
        if embedding is None:
            with torch.no_grad():
                embedding = net.embed(other.to(net.device).unsqueeze(0))
        self.register_buffer("fixed", embedding)

    def embed(self, maps: Tensor) -> Tensor:
        """Encode log-mels in dB, shape (batch, n_mels, n_frames), to (batch, width)."""
        embedding: Tensor = self.encoder(self.levels(maps))
        return embedding

    def forward(self, maps: Tensor) -> Tensor:
        """Score log-mels in dB, shape (batch, n_mels, n_frames): logits (batch,)."""
        return self.compare(self.embed(maps))

    def compare(self, embedding: Tensor) -> Tensor:
        """Turn embeddings of the explained side (batch, width) into logits (batch,)."""
        logit: Tensor = self.head(self.distance(embedding, self.fixed.expand_as(embedding)))
        return logit.squeeze(-1)
