"""Recipe: the typed description of a training run, read from and printed as TOML (no torch)."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Field, field_validator, model_validator

from siamese_core.assets import asset
from siamese_core.encoder_parameters import ConvParameters, EncoderParameters
from siamese_core.errors import ParameterError
from siamese_core.files import reason
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.parameters import Parameters

Count = Annotated[int, Field(ge=1)]
Classes = Annotated[int, Field(ge=0)] | tuple[str, ...]


class Augmentation(Parameters):
    """How training clips are varied; nothing by default.

    Parameters
    ----------
    speeds : tuple of float
        Playback speeds; each but 1 makes a new class of every class, since a faster voice is
        another voice (as in Kaldi's recipes).
    tilt_db : float
        Largest random spectral tilt from the lowest to the highest band, in dB.
    ripple_db : float
        Largest random smooth change of level along frequency, in dB: another room, another
        microphone.
    mask_mels, mask_frames : int
        Largest height and width of one random stripe each, set to the floor (SpecAugment,
        Park et al. 2019).
    noise_db : tuple of two floats, optional
        Range in dB of the ratio of each clip's peaks to the white to pink noise added to it.
    reverb : float
        Largest share of a frame's power that rings on, decaying, in half of the clips.
    shortest : float
        Smallest share of a clip that is kept; a random excerpt of at least that share, with the
        clip's loudest frame in it, is heard.
    """

    speeds: Annotated[tuple[Annotated[float, Field(ge=0.5, le=2)], ...], Field(min_length=1)] = (
        1.0,
    )
    tilt_db: Annotated[float, Field(ge=0, le=40)] = 0.0
    ripple_db: Annotated[float, Field(ge=0, le=40)] = 0.0
    mask_mels: Annotated[int, Field(ge=0)] = 0
    mask_frames: Annotated[int, Field(ge=0)] = 0
    noise_db: tuple[float, float] | None = None
    reverb: Annotated[float, Field(ge=0, le=1)] = 0.0
    shortest: Annotated[float, Field(gt=0, le=1)] = 1.0


class Recipe(Parameters):
    """Everything that fixes a training run but the clips; the fields hold the report's table 2.2.

    Parameters
    ----------
    mel : MelSpec or str
        A table of settings or the name of a preset.
    pos, ratio : int, str
        Positive pairs a class, and positive to negative pairs ("1:2" is two negatives a positive).
    classes : int, optional
        Classes drawn into a batch; all if None.
    schedule, decay, decay_every : str, float, int
        How the learning rate falls: by the factor ``decay`` over ``decay_every`` steps, smoothly
        (exponential) or at once (step); or up over a tenth of the steps and down (one-cycle).
    initialisation : str
        Of all weights: PyTorch's own, Xavier uniform (Glorot and Bengio 2010), or zeros.
    steps, evaluate_every, patience : int
        Batches at most, batches between validations, validations without gain before the stop.
    ways, shots, episodes : int
        The validation: random episodes in all, and their size.
    validation, test : int or tuple of str
        Held-out classes, counted or named.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    document: str = ""
    mel: MelSpec
    levels: Literal["fixed", "peak"] = "fixed"
    encoder: EncoderParameters = ConvParameters()
    distance: Literal["squared", "absolute", "euclidean", "cosine"] = "squared"
    loss: Literal["binary-cross-entropy", "mse", "contrastive", "triplet", "angular-margin"] = (
        "binary-cross-entropy"
    )
    margin: Annotated[float, Field(gt=0)] = 1.0
    scale: Annotated[float, Field(gt=0)] = 30.0
    pos: Count = 2
    ratio: Annotated[str, Field(pattern=r"^[1-9]\d*:[1-9]\d*$")] = "1:1"
    classes: Annotated[int, Field(ge=2)] | None = None
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    schedule: Literal["fixed", "exponential", "step", "one-cycle"] = "fixed"
    decay: Annotated[float, Field(gt=0, le=1)] = 0.99
    decay_every: Count = 100
    initialisation: Literal["default", "xavier", "zeros"] = "default"
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    steps: Count = 5000
    evaluate_every: Count = 100
    patience: Count = 10
    ways: Annotated[int, Field(ge=2)] = 5
    shots: Count = 1
    episodes: Count = 300
    validation: Classes = 5
    test: Classes = 0
    augmentation: Augmentation = Augmentation()
    seed: int = 0

    @field_validator("mel", mode="before")
    @classmethod
    def _preset(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in PRESETS:
            raise ValueError(f"the presets are {', '.join(PRESETS)}")
        return PRESETS[value]

    @model_validator(mode="after")
    def _whole_negatives(self) -> Self:
        positive, negative = (int(part) for part in self.ratio.split(":"))
        if self.pos * negative % positive:
            raise ValueError(
                f"pos {self.pos} at ratio {self.ratio} gives no whole number of negative pairs"
            )
        return self

    @property
    def negatives(self) -> int:
        """Negative pairs a class and batch: ``pos`` times the ratio."""
        positive, negative = (int(part) for part in self.ratio.split(":"))
        return self.pos * negative // positive

    def to_toml(self) -> str:
        """Print the recipe; `recipe_from_toml` reads the same recipe again."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def recipe_from_toml(text: str) -> Recipe:
    """Read a recipe.

    Raises
    ------
    ParameterError
        If the text is no TOML or holds an illegal or unknown value.
    """
    try:
        return Recipe.parse(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"The recipe is no TOML: {error}.") from error


def recipe_names() -> tuple[str, ...]:
    """List the bundled recipes."""
    return tuple(sorted(path.stem for path in asset("recipes").glob("*.toml")))


def load_recipe(name: str) -> Recipe:
    """Read a bundled recipe by name, or a recipe file by path.

    Raises
    ------
    ParameterError
        If there is no such recipe, or it is illegal.
    """
    path = asset("recipes", f"{name}.toml") if name in recipe_names() else Path(name)
    try:
        return recipe_from_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        names = ", ".join(recipe_names())
        raise ParameterError(
            f"There is no recipe '{name}'; there are {names}, or a file."
        ) from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path} is no text; give a TOML file.") from error
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {reason(error)}.") from error
