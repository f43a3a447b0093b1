"""Variations of training clips, on mel power: rooms, microphones, noise, gaps, excerpts."""

import torch
from torch import Tensor

from siamese_core.recipes import Augmentation


def vary(power: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Vary a batch of mel power maps, each in its own way.

    Parameters
    ----------
    power : Tensor, shape (batch, n_mels, n_frames)
        Mel power; zero where a clip was padded.
    augmentation : Augmentation
    generator : torch.Generator
        On the device of ``power``.

    Returns
    -------
    Tensor, shape (batch, n_mels, n_frames)
    """
    if augmentation.reverb:
        power = _reverberate(power, augmentation.reverb, generator)
    if augmentation.tilt_db or augmentation.ripple_db:
        power = power * _colouring(power, augmentation, generator)
    if augmentation.noise_db is not None:
        power = power + _noise(power, augmentation.noise_db, generator)
    if augmentation.mask_mels:
        power = power * _stripe(power, 1, augmentation.mask_mels, generator)
    if augmentation.mask_frames:
        power = power * _stripe(power, 2, augmentation.mask_frames, generator)
    return power


def _uniform(power: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Draw one number a clip, shape (batch, 1, 1)."""
    drawn = torch.rand(len(power), 1, 1, generator=generator, device=power.device)
    return low + (high - low) * drawn


def _reverberate(power: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Let half of the clips ring, by up to ``most`` of each frame's power, which then decays."""
    frames = torch.arange(24, device=power.device, dtype=power.dtype)
    amount = _uniform(power, -most, most, generator).clamp_min(0)
    decay = _uniform(power, 0.5, 0.9, generator) ** frames
    kernel = torch.cat([torch.ones_like(amount), amount * decay[..., 1:]], dim=2)
    batch, n_mels, n_frames = power.shape
    padded = torch.nn.functional.pad(power, (len(frames) - 1, 0))
    rows = padded.transpose(0, 1)
    out = torch.nn.functional.conv1d(rows, kernel.flip(2), groups=batch)
    return out.reshape(n_mels, batch, n_frames).transpose(0, 1)


def _colouring(power: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Draw a gain along frequency, a tilt and slow ripples, shape (batch, n_mels, 1)."""
    axis = torch.linspace(-0.5, 0.5, power.shape[1], device=power.device)[None, :, None]
    gain = _uniform(power, -augmentation.tilt_db, augmentation.tilt_db, generator) * axis
    for waves in (1.0, 2.0, 3.5):
        depth = _uniform(power, 0.0, augmentation.ripple_db / 2, generator)
        phase = _uniform(power, 0.0, 2 * torch.pi, generator)
        gain = gain + depth * torch.sin(2 * torch.pi * waves * axis + phase)
    return 10 ** (gain / 10)


def _noise(power: Tensor, ratio_db: tuple[float, float], generator: torch.Generator) -> Tensor:
    """Draw noise between white and pink whose power is exponential, as a periodogram's is."""
    ratio = 10 ** (-_uniform(power, *ratio_db, generator) / 10)
    slope = torch.linspace(0.5, -0.5, power.shape[1], device=power.device)[None, :, None]
    colour = 10 ** (_uniform(power, 0.0, 2.0, generator) * slope)
    grain = -torch.rand(power.shape, generator=generator, device=power.device).clamp_min(1e-6).log()
    return power.amax(dim=2, keepdim=True).mean(dim=1, keepdim=True) * ratio * colour * grain


def _stripe(power: Tensor, axis: int, widest: int, generator: torch.Generator) -> Tensor:
    """Draw a mask that silences one stripe of up to ``widest`` rows or columns a clip."""
    size = power.shape[axis]
    width = _uniform(power, 0, min(widest, size - 1) + 1, generator).floor()
    first = (_uniform(power, 0, 1, generator) * (size - width + 1)).floor()
    places = torch.arange(size, device=power.device)
    places = places[None, :, None] if axis == 1 else places[None, None, :]
    return ((places < first) | (places >= first + width)).to(power.dtype)


def move(ink: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Turn, shear, scale and shift pictures, each in its own way (Koch et al. 2015, section 4.2).

    Parameters
    ----------
    ink : Tensor, shape (batch, size, size)
    amount : float
        1 for Koch's ranges: 10 degrees, shear 0.3, scale 0.8 to 1.2, and 2 of 105 pixels.
    generator : torch.Generator
        On the device of ``ink``.
    """
    angle, shear_x, shear_y, scale_x, scale_y, shift_x, shift_y = (
        _uniform(ink, -amount, amount, generator).flatten() for _ in range(7)
    )
    turn = angle * torch.pi / 18
    cos, sin = turn.cos(), turn.sin()
    across = torch.stack([cos * (1 + 0.2 * scale_x), -sin + 0.3 * shear_x, 0.04 * shift_x], 1)
    down = torch.stack([sin + 0.3 * shear_y, cos * (1 + 0.2 * scale_y), 0.04 * shift_y], 1)
    pictures = ink.unsqueeze(1)
    grid = torch.nn.functional.affine_grid(
        torch.stack([across, down], 1), list(pictures.shape), align_corners=False
    )
    return torch.nn.functional.grid_sample(pictures, grid, align_corners=False).squeeze(1)
