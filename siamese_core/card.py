"""Card: what a model file says of its net, read without torch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from siamese_core import __version__
from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS
from siamese_core.errors import CheckpointError, ParameterError
from siamese_core.files import file_fault, reading
from siamese_core.plain_values import parse_json
from siamese_core.recipes import Recipe

_KEY = "earwitness"


@dataclass(frozen=True)
class Card:
    """What is known of a trained net.

    Parameters
    ----------
    recipe : Recipe
    classes_heard : tuple of str
        The classes it was trained on.
    scores : dict of str to float or None
        Measured scores by name, such as ``validation accuracy``.
    step : int
        Training steps it has seen.
    version : str
        Of the program that wrote it.
    explain_with : str, optional
        The attribution method whose maps of this net are the most faithful, as far as measured.
    """

    recipe: Recipe
    classes_heard: tuple[str, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    step: int = 0
    version: str = __version__
    explain_with: str | None = None

    @property
    def method(self) -> str:
        """The name in METHODS by which the net is explained unless another is asked for."""
        return self.explain_with or DEFAULT_METHOD

    def metadata(self) -> dict[str, str]:
        """Return what a safetensors file carries beside its weights."""
        about = {**asdict(self), "recipe": self.recipe.model_dump(mode="json")}
        return {_KEY: json.dumps(about)}


def read_card(path: Path) -> Card:
    """Read a checkpoint's card alone.

    Raises
    ------
    CheckpointError
        If the file is missing, truncated or foreign.
    """
    with opened(path, "numpy") as file:
        return card_of(path, file.metadata())


@contextmanager
def opened(path: Path, framework: Literal["pt", "numpy"]) -> Iterator[Any]:
    """Open a safetensors file, its tensors on the CPU.

    Raises
    ------
    CheckpointError
        If it is missing, truncated, foreign or cannot be read.
    """
    if fault := file_fault(path):
        raise CheckpointError(f"{fault}; give a .safetensors file.")
    try:
        with reading(path, CheckpointError), safe_open(path, framework=framework) as file:
            yield file
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is not a whole model file; give a .safetensors file that Earwitness wrote."
        ) from error


def card_of(path: Path, metadata: dict[str, str] | None) -> Card:
    """Read the card of a file from what it carries beside its weights.

    Raises
    ------
    CheckpointError
        If there is none, or its recipe cannot be used.
    """
    try:
        about: dict[str, Any] = parse_json((metadata or {})[_KEY])
        return Card(
            recipe=Recipe.parse(about["recipe"]),
            classes_heard=tuple(str(label) for label in about["classes_heard"]),
            scores={str(name): float(value) for name, value in about["scores"].items()},
            step=int(about["step"]),
            version=str(about["version"]),
            explain_with=_known_method(about.get("explain_with")),
        )
    except ParameterError as error:
        raise CheckpointError(f"{path} holds a recipe that cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"{path} was not written by Earwitness: it carries no recipe; give one that it trained."
        ) from error


def _known_method(name: object) -> str | None:
    """Return a method's name; None for one of a newer program, which this one does without."""
    return name if isinstance(name, str) and name in METHODS else None
