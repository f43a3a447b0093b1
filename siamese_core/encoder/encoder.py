"""The encoder networks: a log-mel in dB, shape (batch, n_mels, n_frames), to an embedding.

Activations are modules of their own, used once each, so that Captum can hook them.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from siamese_core.encoder.encoder_parameters import (
    ConvParameters,
    EncoderParameters,
    EnsembleParameters,
    RecurrentParameters,
    ResNetParameters,
)
from siamese_core.encoder.gru import GRU
from siamese_core.encoder.whitening import Whitening
from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters

Shape = tuple[int, int]

_NUMBERS_AT_ONCE = 2**23
"""Of a layer's output: 32 MiB, the most that the C library keeps for the next time."""


class WideConv2d(nn.Conv2d):
    """A convolution with a large kernel over many channels: a CPU trains it faster channels first.

    Over one channel, with small kernels, after training and on a GPU channels last is faster.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, height, width) to (batch, out_channels, height, width)."""
        first = x.device.type == "cpu" and self.training
        return super().forward(x.contiguous() if first else x)


class ConvEncoder(nn.Sequential):
    """Blocks of convolution ('same' padding), ReLU and pooling by 2, then dense layers.

    With its defaults and 224 x 224 log-mels the Siamese network has 38,599,725 parameters
    (001_f88acf4202fc317d.txt, figure 2.4).
    """

    def __init__(self, parameters: ConvParameters, shape: Shape) -> None:
        layers: list[nn.Module] = []
        channels, (height, width) = 1, shape
        for filters, kernel in zip(parameters.filters, parameters.kernels, strict=True):
            convolution = nn.Conv2d if channels == 1 else WideConv2d
            layers.append(convolution(channels, filters, kernel, padding="same"))
            # ReLU and maximum give the same in either order; pooled first, ReLU sees a quarter
            early = parameters.pooling == "max" and not parameters.batch_norm
            layers += POOLING["max"]() if early else []
            layers.append(nn.ReLU())
            layers += [nn.BatchNorm2d(filters)] if parameters.batch_norm else []
            layers += [] if early else POOLING[parameters.pooling]()
            layers += _dropout(parameters.conv_dropout)
            channels = filters
            if parameters.pooling != "none":
                height, width = _halved(shape, height, width)
        layers.append(nn.Flatten())
        units = channels * height * width
        for hidden in parameters.hidden:
            layers += [nn.Linear(units, hidden), nn.ReLU()]
            layers += _dense_norm(parameters, hidden, {"hidden", "all"})
            layers += _dropout(parameters.dense_dropout)
            units = hidden
        layers.append(nn.Linear(units, parameters.dense))
        layers += [nn.ReLU()] if parameters.activation == "relu" else []
        layers += _dense_norm(parameters, parameters.dense, {"all"})
        super().__init__(*layers, *_dropout(parameters.dense_dropout))
        self._dense = 1 + next(i for i, m in enumerate(layers) if isinstance(m, nn.Flatten))
        widest = max((n * shape[0] * shape[1] for n in parameters.filters), default=1)
        self._at_once = max(1, _NUMBERS_AT_ONCE // widest)
        self._apart = not parameters.batch_norm

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, 1, height, width) to (batch, dense).

        In training a CPU convolves a few maps at a time, so that their gradients stay in memory
        that it has: those of a whole batch would be fetched anew, and zeroed, at each step.
        """
        if not (self._apart and self.training and x.device.type == "cpu"):
            return _through(self, x)
        layers = list(self)
        few = torch.split(x, self._at_once)
        features = [_through(layers[: self._dense], some) for some in few]
        return _through(layers[self._dense :], torch.cat(features))


class Product(nn.Module):
    """A product as a module, for attribution rules that pass it as a whole."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Multiply; dimensions of one are stretched."""
        return a * b


class UnitLength(nn.Module):
    """Brings embeddings to unit length, as a module for the same rules."""

    def forward(self, x: Tensor) -> Tensor:
        """Scale the rows of (batch, width)."""
        return nn.functional.normalize(x, dim=1)


class SqueezeExcitation(nn.Module):
    """Weighs channels by what the whole map holds (Hu et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(4, channels // 8)
        self.gate = nn.Sequential(
            nn.Linear(channels, narrow), nn.ReLU(), nn.Linear(narrow, channels), nn.Sigmoid()
        )
        self.product = Product()

    def forward(self, x: Tensor) -> Tensor:
        """Scale the channels of a map (batch, channels, height, width)."""
        scaled: Tensor = self.product(x, self.weights(x))
        return scaled

    def weights(self, x: Tensor) -> Tensor:
        """Weigh the channels of a map: (batch, channels, 1, 1)."""
        weights: Tensor = self.gate(x.mean(dim=(2, 3)))
        return weights[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcitation(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != (1, 1) or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.out = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inputs, height, width) to (batch, outputs, height / stride[0], ...)."""
        out: Tensor = self.out(self.body(x) + self.shortcut(x))
        return out


class AttentiveStatistics(nn.Module):
    """Weighted mean and standard deviation over time, the weights learned (Okabe et al. 2018)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(
            nn.Conv1d(channels, hidden, 1), nn.Tanh(), nn.Conv1d(hidden, channels, 1)
        )
        self.softmax = nn.Softmax(dim=2)

    def forward(self, x: Tensor) -> Tensor:
        """Pool (batch, channels, time) to (batch, 2 * channels)."""
        weights: Tensor = self.softmax(self.attention(x))
        mean = (weights * x).sum(dim=2)
        variance = (weights * x.square()).sum(dim=2) - mean.square()
        return torch.cat([mean, variance.clamp_min(1e-4).sqrt()], dim=1)


class LevelStatistics(nn.Module):
    """Mean and standard deviation of each band over a map's loud frames; nothing is learned.

    A frame counts by how near its mean level comes to the loudest frame's: half at a distance of
    one unit of `siamese.Levels`.

    Parameters
    ----------
    shape : tuple of int
    changes : bool
        Whether each band's changes come third, all frames alike: their mean size over two frames,
        and over one frame and over eight the root mean squares of rises and of falls, which tell
        a click from what swells.
    """

    lags = (1, 8)

    def __init__(self, shape: Shape, changes: bool = False) -> None:
        super().__init__()
        self.sigmoid = nn.Sigmoid()
        self.changes = changes
        self.width = shape[0] * (3 + 2 * len(self.lags) if changes else 2)

    def forward(self, x: Tensor) -> Tensor:
        """Pool (batch, 1, n_mels, n_frames) to (batch, width)."""
        bands = x.squeeze(1)
        level = bands.mean(dim=1, keepdim=True)
        weights = self.sigmoid(4 * (level - level.amax(dim=2, keepdim=True) + 1))
        weights = weights / weights.sum(dim=2, keepdim=True)
        mean = (weights * bands).sum(dim=2)
        variance = (weights * bands.square()).sum(dim=2) - mean.square()
        pooled = [mean, variance.clamp_min(1e-4).sqrt()]
        if self.changes:
            pooled.append(_change(bands, 2).abs().mean(dim=2))
            for change in (_change(bands, lag) for lag in self.lags):
                both = change.clamp_min(0), change.clamp_max(0)
                pooled += [p.square().mean(dim=2).clamp_min(1e-4).sqrt() for p in both]
        return torch.cat(pooled, dim=1)


def _change(bands: Tensor, lag: int) -> Tensor:
    return bands[:, :, lag:] - bands[:, :, :-lag]


class ResNetEncoder(nn.Module):
    """Residual stages that halve the axes, then attentive statistics and one dense layer.

    With ``statistics`` the levels' own statistics stand beside it; whitening is closed-form.
    """

    def __init__(self, parameters: ResNetParameters, shape: Shape) -> None:
        super().__init__()
        first = parameters.widths[0]
        layers: list[nn.Module] = [
            nn.Conv2d(1, first, 5, parameters.stride, padding=2, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
        ]
        channels, height = first, -(-shape[0] // parameters.stride)
        stages = zip(parameters.widths, parameters.blocks, strict=True)
        keeping = len(parameters.widths) - parameters.frames_kept
        for stage, (width, blocks) in enumerate(stages):
            for block in range(blocks):
                halving = (2, 1 if stage >= keeping else 2) if stage and not block else (1, 1)
                layers.append(ResidualBlock(channels, width, halving))
                channels, height = width, -(-height // halving[0])
        self.stages = nn.Sequential(*layers)
        self.pooling = AttentiveStatistics(channels * height, parameters.attention)
        self.dense = nn.Sequential(
            nn.BatchNorm1d(2 * channels * height),
            *_dropout(parameters.dropout),
            nn.Linear(2 * channels * height, parameters.embedding),
            nn.BatchNorm1d(parameters.embedding),
        )
        self.statistics: LevelStatistics | None = None
        sizes = [(parameters.embedding, parameters.embedding)] if parameters.is_whitened else []
        if parameters.statistics:
            self.statistics = _statistics(parameters, shape)
            sizes.append((self.statistics.width, parameters.statistics))
        self.whitenings = nn.ModuleList(Whitening(*s, parameters.shrinkage) for s in sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Encode (batch, 1, n_mels, n_frames) to (batch, width)."""
        parts = self._parts(x)
        if not self.whitenings:
            return parts[0]
        whitened = [whitening(p) for whitening, p in zip(self.whitenings, parts, strict=True)]
        if self.training:
            # The loss shapes the learned part as it is, not as it was last whitened.
            whitened[0] = nn.functional.normalize(parts[0], dim=1)
        return torch.cat(whitened, dim=1)

    @torch.no_grad()
    def whiten(self, batches: Iterable[Tensor], classes: Tensor) -> None:
        """Fit the whitenings to inputs of some training classes, batch after batch."""
        parts = zip(*(self._parts(x) for x in batches), strict=True)
        for whitening, embeddings in zip(self.whitenings, parts, strict=True):
            whitening.fit(torch.cat(embeddings), classes)  # type: ignore[operator]

    def _parts(self, x: Tensor) -> list[Tensor]:
        learned: Tensor = self.dense(self.pooling(self.stages(x).flatten(1, 2)))
        return [learned] if self.statistics is None else [learned, self.statistics(x)]


def _statistics(parameters: ResNetParameters, shape: Shape) -> LevelStatistics:
    if parameters.changes and shape[1] <= max(LevelStatistics.lags):
        raise ParameterError(
            f"encoder.changes needs log-mels of more than {max(LevelStatistics.lags)} frames, not "
            f"{shape[1]}; lower input.hop, raise input.seconds or set encoder.changes to false."
        )
    statistics = LevelStatistics(shape, parameters.changes)
    if parameters.statistics > statistics.width:
        raise ParameterError(
            f"encoder.statistics {parameters.statistics} is more than the "
            f"{statistics.width} statistics of {shape[0]} bands."
        )
    return statistics


class RecurrentEncoder(nn.Module):
    """Convolution blocks, a GRU, linear, batch norm, linear (003_4987202d1af1409d.txt)."""

    def __init__(self, parameters: RecurrentParameters, shape: Shape) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels, (height, frames) = 1, shape
        for filters in parameters.filters:
            layers += [
                nn.Conv2d(channels, filters, 3, padding="same"),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            height, frames = _halved(shape, height, frames)
            channels = filters
        self.blocks = nn.Sequential(*layers)
        self.recurrent = GRU(channels * height, parameters.recurrent, batch_first=True)
        self.dense = nn.Sequential(
            nn.Linear(parameters.recurrent, parameters.hidden),
            nn.BatchNorm1d(parameters.hidden),
            nn.Linear(parameters.hidden, parameters.embedding),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Encode (batch, 1, n_mels, n_frames) to (batch, embedding)."""
        steps = self.blocks(x).flatten(1, 2).transpose(1, 2)
        states, _ = self.recurrent(steps)
        embedding: Tensor = self.dense(states[:, -1])
        return embedding


class EnsembleEncoder(nn.Module):
    """Networks side by side; each hears the levels as it learned them (`ensemble.ensemble_of`)."""

    gains: Tensor
    offsets: Tensor

    def __init__(self, parameters: EnsembleParameters, shape: Shape) -> None:
        super().__init__()
        each = range(parameters.members)
        self.members = nn.ModuleList(build_encoder(parameters.member, shape) for _ in each)
        self.unit = UnitLength()
        self.register_buffer("gains", torch.ones(parameters.members))
        self.register_buffer("offsets", torch.zeros(parameters.members))

    def forward(self, x: Tensor) -> Tensor:
        """Encode (batch, 1, n_mels, n_frames) to (batch, width), each member's part a unit long."""
        heard = (x * gain + offset for gain, offset in zip(self.gains, self.offsets, strict=True))
        parts = [member(map_) for member, map_ in zip(self.members, heard, strict=True)]
        return torch.cat([self.unit(part) for part in parts], dim=1)


def _halved(shape: Shape, height: int, width: int) -> Shape:
    if min(height, width) < 2:
        raise ParameterError(
            f"A map of {shape[0]} x {shape[1]} cannot be halved by so many pooling layers; "
            "take some away or set pooling to none."
        )
    return height // 2, width // 2


def _dense_norm(parameters: ConvParameters, units: int, kinds: set[str]) -> list[nn.Module]:
    is_normed = parameters.batch_norm and parameters.dense_norm in kinds
    return [nn.BatchNorm1d(units)] if is_normed else []


def _through(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


def _dropout(share: float) -> list[nn.Module]:
    return [nn.Dropout(share)] if share else []


POOLING: dict[str, Callable[[], list[nn.Module]]] = {
    "max": lambda: [nn.MaxPool2d(2)],
    "average": lambda: [nn.AvgPool2d(2)],
    "none": list,
}

ENCODERS: dict[str, tuple[Callable[[Any, Shape], nn.Module], type[Parameters]]] = {
    "conv": (ConvEncoder, ConvParameters),
    "resnet": (ResNetEncoder, ResNetParameters),
    "recurrent": (RecurrentEncoder, RecurrentParameters),
    "ensemble": (EnsembleEncoder, EnsembleParameters),
}


def build_encoder(parameters: EncoderParameters, shape: Shape) -> nn.Module:
    """Build the encoder that ``parameters`` describe for log-mels of ``shape``."""
    build, _ = ENCODERS[parameters.kind]
    return build(parameters, shape)
