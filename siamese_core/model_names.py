"""Model names: what people call a model's file, and how they tell two of them apart."""

from collections.abc import Sequence
from pathlib import Path

_OF_A_RUN = ("best", "last")
"""Files that every run has: such a model is known by its run."""


def model_name(path: Path) -> str:
    """Name a model: a run's checkpoint after its run, another after its file."""
    return path.absolute().parent.name if path.stem in _OF_A_RUN else path.stem


def model_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """Name models that are spoken of together.

    Each has its own name where these differ; otherwise as few of the folders that it lies in as
    tell one from the other stand before it. Only one and the same file has one name twice.
    """
    places = [path.absolute().with_suffix("") for path in paths]
    different, names = len(set(places)), tuple(model_name(path) for path in paths)
    depth = 1
    while len(set(names)) < different and depth < max(len(place.parts) for place in places):
        depth += 1
        names = tuple("/".join(place.parts[-depth:]) for place in places)
    return names
