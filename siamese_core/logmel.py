"""LogMel: the picture that a network sees. The only STFT of the program is here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import ceil
from typing import NamedTuple, Self

import numpy as np
import torch
from librosa.filters import mel as mel_filters
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.audio import Clip, placement, resample
from siamese_core.melspec import MelSpec, own_frames, own_seconds

_GROUP = 16
"""Mel bands that are summed together."""
_NEAR_SAMPLES = 2**17
"""Of so many samples the transforms stay near the processor, which doubles their speed."""
_FRAMED_AT_ONCE = 2**20
"""Samples of clips' frames: with fewer, threads wait for each other's Python; with more, all
leaves the cache."""
_SMALLEST_POWER = 1e-10
"""`amin` of `librosa.power_to_db`."""
_LEAST_COVER = 0.1
"""Of the most that squared windows sum to. Between frames they never sum to less than half of it;
past the last one's centre, less would raise what no sound's spectrum holds to a spike."""


@dataclass(frozen=True, eq=False)
class LogMel:
    """The log-mel spectrogram of one window of a clip.

    Parameters
    ----------
    db : ndarray of float32, shape (n_mels, n_frames)
        Level in dB relative to a power of 1.
    mel : MelSpec
        How it was made.
    start : float
        Where the window begins in the clip, in seconds; negative if zeros were put before it.
    duration : float
        Length of the clip in seconds.
    """

    db: NDArray[np.float32]
    mel: MelSpec
    start: float
    duration: float

    @classmethod
    def of(cls, clip: Clip, mel: MelSpec, start: float | None = None) -> Self:
        """Compute the log-mel of a clip, placed by `audio.placement` or at ``start`` seconds."""
        (found,) = cls._of([_placed(clip, mel, start)], mel)
        return found

    @classmethod
    def of_each(cls, clips: Iterable[Clip], mel: MelSpec) -> Iterator[Self]:
        """Compute those of several clips, a few at once: one by one takes twice as long."""
        placed = (_placed(clip, mel) for clip in clips)
        few = max(1, _FRAMED_AT_ONCE // (mel.n_frames * mel.n_fft))
        while some := list(islice(placed, few)):
            yield from cls._of(some, mel)

    @classmethod
    def _of(cls, placed: Sequence["_Placed"], mel: MelSpec) -> list[Self]:
        samples = torch.from_numpy(np.stack([one.samples for one in placed]))
        maps = log_mel(samples.double(), mel).float().numpy()
        each = zip(maps, placed, strict=True)
        return [cls(db, mel, one.start, one.duration) for db, one in each]

    @property
    def times(self) -> NDArray[np.float64]:
        """Centre of each frame in the clip's own time, in seconds, shape (n_frames,)."""
        return self.start + np.arange(self.mel.n_frames, dtype=np.float64) * self.mel.frame_seconds

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Centre of each mel band in Hz, shape (n_mels,)."""
        return self.mel.frequencies

    @property
    def own_frames(self) -> slice:
        """The frames that lie within the clip itself, not in the zeros around it."""
        return own_frames(self.mel, self.start, self.duration)

    @property
    def own_seconds(self) -> tuple[float, float]:
        """Where the clip's own seconds in the window begin and end, in its own time."""
        return own_seconds(self.mel, self.start, self.duration)


class _Placed(NamedTuple):
    """What a network hears of a clip, and nothing that would keep the rest of it in memory."""

    samples: NDArray[np.float32]
    start: float
    duration: float


def _placed(clip: Clip, mel: MelSpec, start: float | None = None) -> _Placed:
    window, start = fit(clip, mel, start)
    return _Placed(window.samples, start, clip.seconds)


def fit(clip: Clip, mel: MelSpec, start: float | None = None) -> tuple[Clip, float]:
    """Resample a clip and cut the window that a network hears.

    Returns
    -------
    window : Clip
        Exactly ``mel.n_samples`` samples at ``mel.rate``.
    start : float
        Where the window begins in the clip, in seconds (negative: zeros come first).
    """
    clip = resample(clip, mel.rate)
    first = placement(clip, mel.n_samples) if start is None else round(start * mel.rate)
    return clip.cut(first, mel.n_samples), first / mel.rate


def stft(samples: Tensor, mel: MelSpec) -> Tensor:
    """Short-time Fourier transform with centred frames and zeros at the edges.

    Parameters
    ----------
    samples : Tensor, shape (..., n_samples)

    Returns
    -------
    Tensor, complex, shape (..., 1 + n_fft // 2, 1 + n_samples // hop)
    """
    flat = samples.reshape(-1, samples.shape[-1])
    spectrum = torch.stft(
        flat,
        mel.n_fft,
        mel.hop,
        window=_padded_window(mel, samples.dtype, samples.device),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    return spectrum.reshape(*samples.shape[:-1], *spectrum.shape[-2:])


def istft(spectrum: Tensor, mel: MelSpec, n_samples: int) -> Tensor:
    """Invert `stft` by overlap-add, exactly ``n_samples`` long (Griffin and Lim 1984).

    Equals `torch.istft`, which takes ten times as long where frames overlap much, but at samples
    that the frames hardly cover: past the last centre it fades where hops are near half a window.

    Parameters
    ----------
    spectrum : Tensor, complex, shape (..., 1 + n_fft // 2, n_frames)

    Returns
    -------
    Tensor, shape (..., n_samples)
    """
    frames = torch.fft.irfft(spectrum.transpose(-1, -2), n=mel.n_fft)
    added = _overlap_add(frames * _padded_window(mel, frames.dtype, frames.device), mel.hop)
    envelope = _envelope(mel, frames.shape[-2], frames.dtype, frames.device)
    first = mel.n_fft // 2
    sound = added[..., first : first + n_samples] / envelope[first : first + n_samples]
    return torch.nn.functional.pad(sound, (0, n_samples - sound.shape[-1]))


def mel_filterbank(mel: MelSpec) -> Tensor:
    """Return the Slaney filterbank of librosa, shape (n_mels, 1 + n_fft // 2), float32."""
    return torch.from_numpy(_filterbank(mel))


def mel_power(spectrum: Tensor, mel: MelSpec) -> Tensor:
    """Sum the power of a complex spectrum (..., n_bins, n_frames) into mel bands."""
    parts = _single_on_cpu(torch.view_as_real(spectrum.mT).flatten(-2))
    return _mel_sums(parts.square(), mel)


def power_to_db(power: Tensor, top_db: float) -> Tensor:
    """Turn power (..., n_mels, n_frames) into dB re 1, each map floored ``top_db`` below its top.

    Equals `librosa.power_to_db(power, ref=1.0, top_db=top_db)` of each map.
    """
    db = 10.0 * torch.log10(power.clamp_min(_SMALLEST_POWER))
    return torch.maximum(db, db.amax(dim=(-2, -1), keepdim=True) - top_db)


def log_mel(samples: Tensor, mel: MelSpec) -> Tensor:
    """Compute log-mels of a batch of windows; differentiable, on any device.

    Parameters
    ----------
    samples : Tensor, shape (..., n_samples)

    Returns
    -------
    Tensor, shape (..., n_mels, 1 + n_samples // hop)
        `librosa.feature.melspectrogram` and `power_to_db(ref=1.0, top_db=mel.top_db)` in dB: within
        1e-3 dB of librosa where the samples are double; single is for training.
    """
    around = torch.nn.functional.pad(samples, (mel.n_fft // 2, mel.n_fft // 2))
    frames = around.unfold(-1, mel.n_fft, mel.hop)
    return power_to_db(_mel_sums(_squared_parts(frames, mel), mel), mel.top_db)


@lru_cache(maxsize=16)
def _filterbank(mel: MelSpec) -> NDArray[np.float32]:
    filters: NDArray[np.float32] = mel_filters(
        sr=mel.rate, n_fft=mel.n_fft, n_mels=mel.n_mels, fmin=mel.fmin, fmax=mel.top_frequency
    )
    return filters


@lru_cache(maxsize=16)
@torch.inference_mode(False)  # what is kept must serve gradients, too
def _groups(mel: MelSpec) -> list[tuple[slice, Tensor]]:
    """Return the filterbank as groups of bands that lie side by side, and the parts that each sees.

    Parts are each bin's real and imaginary one. A group sees few of them: summed so, bands cost a
    sixth of the whole matrix's product.
    """
    groups = []
    for first in range(0, mel.n_mels, _GROUP):
        filters = _filterbank(mel)[first : first + _GROUP].repeat(2, axis=1)
        seen = np.flatnonzero(filters.any(axis=0))
        parts = slice(seen[0], seen[-1] + 1) if len(seen) else slice(0)
        groups.append((parts, torch.from_numpy(filters[:, parts].copy())))
    return groups


def _squared_parts(frames: Tensor, mel: MelSpec) -> Tensor:
    """Transform frames (..., n_frames, n_fft) into squared parts (..., n_frames, 2 * n_bins).

    A CPU transforms a few at a time and keeps nothing of them but these. Gradients would keep
    all of it, so that with them all frames are transformed at once.
    """
    window = _padded_window(mel, frames.dtype, frames.device)
    near = max(1, _NEAR_SAMPLES // (mel.n_fft * max(1, frames.shape[:-2].numel())))
    count = frames.shape[-2]
    at_once = near if frames.device.type == "cpu" and not frames.requires_grad else count
    shape = *frames.shape[:-1], 2 * (1 + mel.n_fft // 2)
    squares = frames.new_empty(shape, dtype=_single_on_cpu(window).dtype)
    for first in range(0, count, at_once):
        some = squares[..., first : first + at_once, :]
        spectrum = torch.fft.rfft(frames[..., first : first + at_once, :] * window)
        some.copy_(torch.view_as_real(spectrum).flatten(-2)).square_()
    return squares


def _single_on_cpu(parts: Tensor) -> Tensor:
    """Keep all but a millionth of a dB at twice the speed; a GPU's TF32 would keep less."""
    return parts.float() if parts.device.type == "cpu" else parts


def _mel_sums(squares: Tensor, mel: MelSpec) -> Tensor:
    """Sum squared parts (..., n_frames, 2 * n_bins) into mel bands (..., n_mels, n_frames)."""
    sums = [squares[..., seen] @ filters.to(squares).mT for seen, filters in _groups(mel)]
    return torch.cat(sums, dim=-1).mT.contiguous()


@lru_cache(maxsize=16)
@torch.inference_mode(False)
def _padded_window(mel: MelSpec, dtype: torch.dtype, device: torch.device) -> Tensor:
    window = torch.hann_window(mel.win_length or mel.n_fft, dtype=dtype, device=device)
    spare = mel.n_fft - len(window)
    return torch.nn.functional.pad(window, (spare // 2, spare - spare // 2))


def _overlap_add(frames: Tensor, hop: int) -> Tensor:
    """Add frames (..., n_frames, width) that begin ``hop`` apart.

    The output is seen as rows of ``hop`` samples; each pass adds one such piece of every frame.
    """
    *batch, count, width = frames.shape
    pieces = ceil(width / hop)
    rows = frames.new_zeros(*batch, count + pieces - 1, hop)
    for number in range(pieces):
        piece = frames[..., number * hop : (number + 1) * hop]
        rows[..., number : number + count, : piece.shape[-1]] += piece
    return rows.flatten(-2)


@lru_cache(maxsize=16)
@torch.inference_mode(False)
def _envelope(mel: MelSpec, count: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return what `_overlap_add` makes of the squared windows, `_LEAST_COVER` at the least."""
    window = _padded_window(mel, dtype, device)
    cover = _overlap_add(window.square().expand(count, -1), mel.hop)
    return cover.clamp_min(_LEAST_COVER * cover.max())
