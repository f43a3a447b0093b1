"""Recipe: the typed description of a training run, read from and printed as TOML (no torch)."""

from collections.abc import Mapping
from functools import cache
from itertools import product
from math import gcd
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from siamese_core.assets import asset
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus, Split
from siamese_core.encoder.encoder_parameters import ConvParameters, EncoderParameters
from siamese_core.errors import Advice, ParameterError
from siamese_core.files import file_fault, reason
from siamese_core.glyphspec import GlyphSpec
from siamese_core.melspec import PRESETS, MelSpec
from siamese_core.parameters import OnlyFor, Parameters, Seed
from siamese_core.plain_values import parse_toml

Count = Annotated[int, Field(ge=1, le=10**9)]
_LARGEST_FILE = 2**20
"""Bytes of a recipe file; the bundled ones have a few thousand."""
Decibels = Annotated[float, Field(ge=-100, le=200)]
Factors = Annotated[tuple[Annotated[float, Field(ge=0.5, le=2)], ...], Field(min_length=1)]
Input = Annotated[
    Annotated[MelSpec, Tag("mel")] | Annotated[GlyphSpec, Tag("glyph")],
    Discriminator(lambda value: "glyph" if "kind" in dict(value) else "mel"),
]
Classes = Annotated[int, Field(ge=0)] | tuple[str, ...]
_OF_SOUND = OnlyFor("input", but=("glyph",), why="glyphs have no sound")
_OF_GLYPHS = OnlyFor("input", ("glyph",), why="only glyphs are turned and moved")
_OF_DECAY = OnlyFor("schedule", ("exponential", "step"))
_OF_MARGIN = OnlyFor("loss", ("contrastive", "triplet", "angular-margin"))


class Augmentation(Parameters):
    """How training clips are varied; nothing by default.

    Parameters
    ----------
    speeds : tuple of float
        Playback speeds; each but 1 makes a new class of every class, since a faster voice is
        another voice (as in Kaldi's recipes).
    formants : tuple of float
        Factors by which formants move while the pitch stays; with each speed, each but 1 makes a
        new class, too: another vocal tract.
    tilt_db : float
        Largest random spectral tilt from the lowest to the highest band, in dB.
    ripple_db : float
        Size of a random smooth change of level along frequency, in dB: another room, another
        microphone. It is the sum of three waves, each of up to half as many dB to either side.
    mask_mels, mask_frames : int
        Largest height and width of one random stripe each, set to the floor (SpecAugment,
        Park et al. 2019).
    noise_db : tuple of two floats, optional
        Range in dB of the ratio of each clip's peaks to the white to pink noise added to it.
    reverb : float
        In half of the clips each frame rings on for 23 frames. The echo begins with up to this
        share of the frame's power and loses a tenth to a half of it with every frame, the first
        included.
    shortest : float
        Smallest share of a clip that is kept; a random excerpt of at least that share, with the
        clip's loudest frame in it, is heard.
    turns : tuple of int
        Degrees that glyphs are turned by; each but 0 makes a new class of every class.
    affine : float
        How far glyphs are turned, sheared, scaled and shifted at random; 1 is Koch et al. 2015's.
    """

    speeds: Annotated[Factors, _OF_SOUND] = (1.0,)
    formants: Annotated[Factors, _OF_SOUND] = (1.0,)
    tilt_db: Annotated[float, Field(ge=0, le=40), _OF_SOUND] = 0.0
    ripple_db: Annotated[float, Field(ge=0, le=40), _OF_SOUND] = 0.0
    mask_mels: Annotated[int, Field(ge=0), _OF_SOUND] = 0
    mask_frames: Annotated[int, Field(ge=0), _OF_SOUND] = 0
    noise_db: Annotated[tuple[Decibels, Decibels] | None, _OF_SOUND] = None
    reverb: Annotated[float, Field(ge=0, le=1), _OF_SOUND] = 0.0
    shortest: Annotated[float, Field(gt=0, le=1), _OF_SOUND] = 1.0
    turns: Annotated[tuple[Literal[0, 90, 180, 270], ...], Field(min_length=1), _OF_GLYPHS] = (0,)
    affine: Annotated[float, Field(ge=0, le=2), _OF_GLYPHS] = 0.0

    @model_validator(mode="after")
    def _noise_rises(self) -> Self:
        if self.noise_db and self.noise_db[0] > self.noise_db[1]:
            raise ValueError("noise_db names the lower ratio first, then the higher one")
        return self

    @property
    def voices(self) -> list[tuple[float, float]]:
        """Every speed with every factor of the formants."""
        return list(product(self.speeds, self.formants))


class Recipe(Parameters):
    """Everything that fixes a training run but the clips; the fields hold the report's table 2.2.

    Parameters
    ----------
    name, document : str
        What the recipe is called, in small letters, digits and hyphens, and the paper or report
        that it follows.
    labels : {"class", "alphabet"}
        What makes two files alike: their class, or for glyphs their alphabet.
    input : MelSpec, GlyphSpec or str
        What the network sees: the settings of a log-mel, the name of a preset of them, or glyphs.
    levels : {"fixed", "peak"}
        What dB are counted from: one constant learned from the training clips, or each clip's own
        loudest value, so that its gain changes nothing.
    encoder : ConvParameters, ResNetParameters, RecurrentParameters or EnsembleParameters
        The network that turns a map into an embedding.
    distance : {"squared", "absolute", "euclidean", "cosine"}
        How two embeddings are compared: the first two are weighed unit by unit.
    loss : str
        Of pairs (binary cross-entropy, mean squared error, contrastive: Hadsell et al. 2006), of
        triplets (Schroff et al. 2015), or of classes (additive angular margin: Deng et al. 2019).
    margin, scale : float
        How far apart others are to be: a distance in the contrastive and the triplet loss, an angle
        in radians in the angular margin, whose cosines are multiplied by ``scale``.
    miner : {"none", "semihard", "hard"}
        Of the triplet loss: all triplets that the pairs make, or those of the batch whose negative
        is nearer than the margin asks (semihard), or even nearer than the positive (hard).
    pos, ratio : int, str
        Positive pairs a class, and positive to negative pairs ("1:2" is two negatives a positive).
    classes : int, optional
        Classes drawn into a batch; all if None.
    strangers : {"new", "shared"}
        The clips of negative pairs: drawn anew for each, as the report's Algorithm 2 has it, or
        taken from the batch's positive pairs, so that a step encodes fewer. Each pair is as likely
        either way.
    learning_rate, weight_decay : float
        Of Adam, whose penalty on large weights (L2) is the second.
    schedule, decay, decay_every : str, float, int
        How the learning rate falls: by the factor ``decay`` over ``decay_every`` steps, smoothly
        (exponential) or at once (step); or up over a tenth of the steps and down (one-cycle).
    averaging : float
        How much of an exponential moving average of the weights is kept at each step; the average
        is what is validated and saved. 0 for the weights themselves.
    initialisation : str
        Of convolutions and dense layers: PyTorch's own, Xavier uniform (Glorot and Bengio 2010),
        or zeros.
    precision : {"auto", "single", "bfloat16"}
        Of convolutions and products in training: auto is bfloat16 on a CUDA device and single
        elsewhere. In bfloat16 a processor with AMX trains about twice as fast, and others slower.
    steps, evaluate_every, patience : int
        Batches at most, batches between validations, validations without gain before the stop.
    ways, shots, episodes : int
        The validation: random episodes in all, and their size.
    validation, test : int or tuple of str
        Held-out classes, counted or named.
    official : bool
        Train and validate within the training part that the corpus itself names, if it names one;
        its test part is left for `earwitness evaluate`.
    augmentation : Augmentation
        How training clips are varied.
    seed : int
        Draws weights, split, batches and variations; the same one gives the same training.
    """

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]*$",
            json_schema_extra={"words": "small letters, digits and hyphens"},
        ),
    ]
    document: str = ""
    labels: Literal["class", "alphabet"] = "class"
    input: Input
    levels: Literal["fixed", "peak"] = "fixed"
    encoder: EncoderParameters = ConvParameters()
    distance: Literal["squared", "absolute", "euclidean", "cosine"] = "squared"
    loss: Literal["binary-cross-entropy", "mse", "contrastive", "triplet", "angular-margin"] = (
        "binary-cross-entropy"
    )
    miner: Annotated[Literal["none", "semihard", "hard"], OnlyFor("loss", ("triplet",))] = "none"
    margin: Annotated[float, Field(gt=0), _OF_MARGIN] = 1.0
    scale: Annotated[float, Field(gt=0), OnlyFor("loss", ("angular-margin",))] = 30.0
    pos: Count = 2
    ratio: Annotated[
        str,
        Field(
            pattern=r"^[1-9]\d*:[1-9]\d*$",
            json_schema_extra={"words": "two whole numbers such as 1:1, 1:2, 1:3, 2:1 or 3:1"},
        ),
    ] = "1:1"
    classes: Annotated[int, Field(ge=2)] | None = None
    strangers: Literal["new", "shared"] = "new"
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    schedule: Literal["fixed", "exponential", "step", "one-cycle"] = "fixed"
    decay: Annotated[float, Field(gt=0, le=1), _OF_DECAY] = 0.99
    decay_every: Annotated[Count, _OF_DECAY] = 100
    initialisation: Literal["default", "xavier", "zeros"] = "default"
    precision: Literal["auto", "single", "bfloat16"] = "auto"
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    steps: Count = 5000
    evaluate_every: Count = 100
    patience: Count = 10
    ways: Annotated[int, Field(ge=2)] = 5
    shots: Count = 1
    episodes: Count = 300
    validation: Classes = 5
    test: Classes = 0
    official: bool = False
    augmentation: Augmentation = Augmentation()
    seed: Seed = 0

    @property
    def mel(self) -> MelSpec:
        """The settings of the log-mel.

        Raises
        ------
        ParameterError
            If the recipe is for glyphs.
        """
        if isinstance(self.input, GlyphSpec):
            raise ParameterError(
                f"Recipe '{self.name}' compares drawn characters, not sounds",
                Advice.ONLY_EVALUATE,
            )
        return self.input

    @field_validator("input", mode="before")
    @classmethod
    def _preset(cls, value: Any) -> Any:
        if isinstance(value, Mapping | Parameters):
            return value
        if not isinstance(value, str) or value not in PRESETS:
            raise ValueError(f"the presets are {', '.join(PRESETS)}")
        return PRESETS[value]

    @model_validator(mode="after")
    def _mined_triplets(self) -> Self:
        if self.miner != "none" and self.loss != "triplet":
            raise ValueError(f"miner {self.miner} needs the loss triplet, not {self.loss}")
        return self

    @model_validator(mode="after")
    def _whole_negatives(self) -> Self:
        positive, negative = (int(part) for part in self.ratio.split(":"))
        if self.pos * negative % positive:
            divisor = positive // gcd(positive, negative)
            raise ValueError(
                f"pos {self.pos} at ratio {self.ratio} gives a broken number of negative pairs; "
                f"give a pos that {divisor} divides, or another ratio such as 1:1"
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


def recipe_from_toml(text: str, variant: str = "") -> Recipe:
    """Read a recipe, or one of its variants: a table of changes under ``[variants.NAME]``.

    Raises
    ------
    ParameterError
        If the text is not TOML or holds an illegal or unknown value, or there is no such variant.
    """
    try:
        values = parse_toml(text)
    except ValueError as error:
        raise ParameterError(f"{error}.") from error
    variants = values.pop("variants", {})
    if variant:
        if variant not in variants:
            names = ", ".join(variants) or "none"
            raise ParameterError(
                f"There is no variant '{variant}' of the recipe; there are {names}."
            )
        values = _merged(values, {**variants[variant], "name": f"{values.get('name')}-{variant}"})
    return Recipe.parse(values)


@cache
def recipe_names() -> tuple[str, ...]:
    """List the bundled recipes; a variant is named after its recipe and a slash."""
    names = []
    for path in sorted(asset("recipes").glob("*.toml")):
        variants = parse_toml(path.read_text(encoding="utf-8")).get("variants", {})
        names += [path.stem, *(f"{path.stem}/{variant}" for variant in variants)]
    return tuple(names)


def load_recipe(name: str) -> Recipe:
    """Read a bundled recipe by name, or a recipe file by path.

    Raises
    ------
    ParameterError
        If there is no such recipe, or it is illegal.
    """
    names = recipe_names()
    stem, _, variant = name.partition("/") if name in names else (name, "", "")
    path = asset("recipes", f"{stem}.toml") if name in names else Path(name)
    if path.is_dir():
        raise ParameterError(f"{path} is a folder; give the recipe.toml in it or another file.")
    if path.exists() and (fault := file_fault(path)):  # what is missing is told with the names
        raise ParameterError(f"{fault}; give a recipe file.")
    try:
        if (size := path.stat().st_size) > _LARGEST_FILE:
            raise ParameterError(f"it has {size:,} bytes, and a recipe at most {_LARGEST_FILE:,}")
        return recipe_from_toml(path.read_text(encoding="utf-8"), variant)
    except ParameterError as error:
        raise ParameterError(f"{path} cannot be used as a recipe: {error}") from error
    except FileNotFoundError as error:
        raise ParameterError(
            f"There is no recipe '{name}'; give a file or one of {', '.join(names)}."
        ) from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path} is not text; give a TOML file.") from error
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {reason(error)}.") from error


def split_as(recipe: Recipe, corpus: Corpus[LabelledFile]) -> Split:
    """Split a corpus as a recipe says; validation classes come from what the corpus trains on.

    Raises
    ------
    CorpusError
        If the corpus has too few classes, or not those that the recipe names.
    """
    official = corpus.official
    if official is None or not recipe.official:
        return corpus.split(recipe.validation, recipe.test, recipe.seed)
    inner = corpus.select(official.train).split(recipe.validation, 0, recipe.seed)
    return Split(inner.train, inner.validation, ())


def _merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Lay changes over values, table by table."""
    merged = dict(values)
    for key, change in changes.items():
        both = isinstance(change, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], change) if both else change
    return merged
