"""Checkpoints: a net, its recipe and its history in one safetensors file; nothing is executed."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save

from siamese_core.attribution.methods import method_parameters
from siamese_core.card import Card, card_of, opened
from siamese_core.errors import CheckpointError
from siamese_core.files import writing
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet, channels_last, initialise


def build(recipe: Recipe) -> SiameseNet:
    """Build an untrained net as a recipe describes it."""
    net = SiameseNet(recipe.input, recipe.encoder, recipe.distance, recipe.levels)
    initialise(net.encoder, recipe.initialisation)
    return net


def save_checkpoint(path: Path, net: SiameseNet, card: Card, *, half: bool = False) -> None:
    """Write a net and its card as one safetensors file, whole or not at all.

    Parameters
    ----------
    half : bool
        Whether matrices and kernels are written with half the bytes, as float16: three digits of
        each weight stay, and the net computes in float32 as before.

    Raises
    ------
    EarwitnessError
        If the file cannot be written, or a weight is too large for half the bytes.
    """
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()
    }
    if half:
        tensors = {name: _halved(path, name, tensor) for name, tensor in tensors.items()}
    _write(path, tensors, card)


def set_explain_with(path: Path, method: str | None) -> Card:
    """Note in a checkpoint by which method its net is to be explained; no weight changes.

    Parameters
    ----------
    method : str or None
        A name in METHODS; None to leave the choice to the program.

    Returns
    -------
    Card
        As it is now in the file.

    Raises
    ------
    ParameterError
        If there is no such method, or the net does not hear.
    EarwitnessError
        If the file is not a whole checkpoint, or cannot be written.
    """
    if method is not None:
        method_parameters(method)
    _, card = load_checkpoint(path)
    _ = card.recipe.mel  # a network for glyphs is not explained
    card = replace(card, explain_with=method)
    with opened(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in list(file.keys())}
    _write(path, tensors, card)
    return card


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> tuple[SiameseNet, Card]:
    """Read a net, ready to score, and its card.

    The names and shapes of the weights are compared with the recipe's before any of them is read,
    so that a file cannot ask for more memory than it has bytes.

    Raises
    ------
    CheckpointError
        If the file is missing, truncated, foreign, or its weights do not fit or are not finite.
    """
    path = Path(path)
    with opened(path, "pt") as file:
        names = list(file.keys())
        card = card_of(path, file.metadata())
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
        net = _empty_net(path, card.recipe, shapes)
        weights = {name: file.get_tensor(name) for name in names}
        _check_types(path, net, weights)
    _check_finite(path, weights)
    for name, wanted in net.state_dict().items():
        weights[name] = weights[name].to(wanted.dtype)
    net.load_state_dict(weights, assign=True)
    return channels_last(net.to(device)).eval().requires_grad_(False), card


def _write(path: Path, tensors: dict[str, torch.Tensor], card: Card) -> None:
    data = save(tensors, card.metadata())
    with writing(path) as temporary:
        temporary.write_bytes(data)


def _empty_net(path: Path, recipe: Recipe, shapes: dict[str, tuple[int, ...]]) -> SiameseNet:
    with torch.device("meta"):
        net = build(recipe)
    wanted = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    for name in sorted(wanted.keys() | shapes.keys()):
        if wanted.get(name) != shapes.get(name):
            raise CheckpointError(
                f"{path} does not fit its own recipe: weight '{name}' has shape "
                f"{shapes.get(name, 'none')}, not {wanted.get(name, 'none')}."
            )
    return net


def _check_types(path: Path, net: SiameseNet, weights: dict[str, torch.Tensor]) -> None:
    for name, wanted in net.state_dict().items():
        halved = _is_large(wanted) and weights[name].dtype == torch.float16
        if weights[name].dtype != wanted.dtype and not halved:
            raise CheckpointError(
                f"{path} does not fit its own recipe: weight '{name}' is of type "
                f"{weights[name].dtype}, not {wanted.dtype}."
            )


def _check_finite(path: Path, weights: dict[str, torch.Tensor]) -> None:
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path} holds weights that are not numbers, in '{name}'.")


def _halved(path: Path, name: str, weight: torch.Tensor) -> torch.Tensor:
    if not _is_large(weight):
        return weight
    largest = float(weight.abs().max())
    if largest > torch.finfo(torch.float16).max:
        raise CheckpointError(
            f"{path} cannot be written with half the bytes: weight '{name}' reaches "
            f"{largest:g}, and 65,504 is the most; write it whole."
        )
    return weight.half()


def _is_large(weight: torch.Tensor) -> bool:
    """Whether a weight is one of those that make a file large, and bear rounding."""
    return weight.dtype == torch.float32 and weight.dim() > 1
