"""An ensemble: networks trained apart, joined into one whose score is the mean of theirs."""

from collections.abc import Sequence

import torch

from siamese_core.card import Card
from siamese_core.checkpoint import build
from siamese_core.encoder.encoder_parameters import EnsembleParameters
from siamese_core.errors import ParameterError, counted
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet

Trained = tuple[SiameseNet, Card]


def ensemble_of(members: Sequence[Trained]) -> Trained:
    """Join trained networks: their cosines, and nearly their logits, are averaged.

    They can have heard other speakers, other augmentations or begun from other weights; what each
    learned of the levels goes with it.

    Parameters
    ----------
    members : sequence of (SiameseNet, Card)
        Two or more, with the same input, encoder and levels, that compare by the cosine.

    Returns
    -------
    net : SiameseNet
        On the CPU, ready to score.
    card : Card
        The first one's recipe with an ensemble for its encoder, and the classes that any heard.

    Raises
    ------
    ParameterError
        If the networks do not fit each other.
    """
    recipe = _recipe([card.recipe for _, card in members])
    net = build(recipe)
    first, _ = members[0]
    weights = {f"levels.{name}": value for name, value in first.levels.state_dict().items()}
    for number, (member, _) in enumerate(members):
        own = member.encoder.state_dict(prefix=f"encoder.members.{number}.")
        weights |= {name: value.cpu() for name, value in own.items()}
    levels = [member.levels for member, _ in members]
    weights["encoder.gains"] = torch.stack([first.levels.scale / each.scale for each in levels])
    weights["encoder.offsets"] = torch.stack(
        [(first.levels.mean - each.mean) / each.scale for each in levels]
    )
    for name in ("weight", "bias"):
        heads = [getattr(member.head, name) for member, _ in members]
        weights[f"head.{name}"] = torch.stack(heads).mean(dim=0)
    net.load_state_dict(weights)
    heard = sorted({label for _, card in members for label in card.classes_heard})
    step = max(card.step for _, card in members)
    return net.eval().requires_grad_(False), Card(recipe, tuple(heard), step=step)


def _recipe(recipes: Sequence[Recipe]) -> Recipe:
    first, *others = recipes
    if not others:
        raise ParameterError("An ensemble of one network is that network; give two or more.")
    for number, recipe in enumerate(recipes, start=1):
        if recipe.distance != "cosine":
            raise ParameterError(
                f"Network {number} compares by the distance '{recipe.distance}'; "
                "an ensemble needs networks that compare by the cosine."
            )
        for name in ("input", "encoder", "levels"):
            if getattr(recipe, name) != getattr(first, name):
                raise ParameterError(
                    f"Network {number} differs from the first in its {name}; "
                    f"give networks whose recipes have the same {name}."
                )
    if isinstance(first.encoder, EnsembleParameters):
        raise ParameterError(
            f"The networks are ensembles of {counted(first.encoder.members, 'network')} already; "
            "give their members."
        )
    encoder = {"kind": "ensemble", "members": len(recipes), "member": first.encoder.model_dump()}
    return Recipe.parse({**first.model_dump(), "encoder": encoder})
