"""The documents' ways, written plainly and apart from the program: what it is compared with."""

from collections.abc import Callable
from dataclasses import dataclass

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from siamese_core.melspec import MelSpec
from siamese_core.siamese import SiameseNet

Map = NDArray[np.float32]
Logit = Callable[[Tensor, Tensor], Tensor]
"""Scores pairs of log-mels, each (batch, n_mels, n_frames)."""


@dataclass(frozen=True)
class PlainNet:
    """The report's network as its document draws it: channels first, each pair as two clips.

    Parameters
    ----------
    layers : list of (weight, bias)
        Of the three convolutions, the dense layer and the head.
    mean, scale : Tensor
        Of the levels in dB.
    """

    layers: list[tuple[Tensor, Tensor]]
    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, net: SiameseNet) -> "PlainNet":
        """Copy the weights of a net that has the report's layers."""
        modules = [m for m in net.encoder.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        layers = [
            (_plain(m.weight), _plain(m.bias)) for m in [*modules, net.head] if m.bias is not None
        ]
        return cls(layers, net.levels.mean.clone(), net.levels.scale.clone())

    @property
    def weights(self) -> list[Tensor]:
        """All weights, to be trained."""
        return [weight for layer in self.layers for weight in layer]

    def embed(self, db: Tensor) -> Tensor:
        """Encode log-mels (batch, n_mels, n_frames)."""
        x = ((db.to(self.mean.device) - self.mean) / self.scale).unsqueeze(1)
        for weight, bias in self.layers[:-2]:
            x = functional.max_pool2d(
                functional.relu(functional.conv2d(x, weight, bias, 1, "same")), 2
            )
        return functional.relu(functional.linear(x.flatten(1), *self.layers[-2]))

    def logit(self, query: Tensor, support: Tensor) -> Tensor:
        """Score pairs: both clips are encoded, whatever was encoded before."""
        distance = (self.embed(query) - self.embed(support)) ** 2
        return functional.linear(distance, *self.layers[-1]).squeeze(-1)


def train_step(
    net: PlainNet, optimizer: torch.optim.Optimizer, left: Tensor, right: Tensor, target: Tensor
) -> float:
    """Train on a batch of pairs, each of them two clips to encode."""
    optimizer.zero_grad()
    similarity = torch.sigmoid(net.logit(left, right))
    loss = functional.binary_cross_entropy(similarity, target)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()


def librosa_log_mel(samples: Map, mel: MelSpec) -> Map:
    """Compute one clip's log-mel."""
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=mel.rate,
        n_fft=mel.n_fft,
        hop_length=mel.hop,
        win_length=mel.win_length or mel.n_fft,
        n_mels=mel.n_mels,
        fmin=mel.fmin,
        fmax=mel.top_frequency,
    )
    db: Map = librosa.power_to_db(power, ref=1.0, top_db=mel.top_db)
    return db


def librosa_sound(power: Map, mel: MelSpec, rounds: int = 32) -> Map:
    """Invert mel power."""
    sound: Map = librosa.feature.inverse.mel_to_audio(
        power,
        sr=mel.rate,
        n_fft=mel.n_fft,
        hop_length=mel.hop,
        win_length=mel.win_length or mel.n_fft,
        n_iter=rounds,
        length=mel.n_samples,
        fmin=mel.fmin,
        fmax=mel.top_frequency,
    )
    return sound


def predict_similarity(logit: Logit, query: Map, support: Map) -> float:
    """Score one pair, both clips encoded, as the reference does for every perturbed clip."""
    pair = torch.from_numpy(query)[None], torch.from_numpy(support)[None]
    with torch.no_grad():
        return float(torch.sigmoid(logit(*pair).double()))


def sinex(
    logit: Logit, query: Map, support: Map, segments: NDArray[np.int64], own: slice
) -> NDArray[np.float64]:
    """Contributions of segments by the reference's definition: one prediction a segment."""
    score = predict_similarity(logit, query, support)
    values = np.zeros(support.shape)
    for number in range(segments.max() + 1):
        kept = np.full_like(support, support.min())
        kept[segments == number] = support[segments == number]
        area = np.count_nonzero(segments[:, own] == number)
        values[segments == number] = (score - predict_similarity(logit, query, kept)) / area
    values[:, : own.start] = 0
    values[:, own.stop :] = 0
    return values


def coalition(
    rng: np.random.Generator, support: Map, segments: NDArray[np.int64], number: int, beta: float
) -> Map:
    """Draw one of SINEXC's coalitions: a segment, and each other one by chance."""
    active = rng.random(segments.max() + 1) < beta
    active[number] = True
    return np.where(active[segments], support, support.min())


def _plain(weight: Tensor) -> Tensor:
    return weight.detach().clone(memory_format=torch.contiguous_format)
