"""The settings of the encoder networks, apart from the networks so that no torch is imported."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siamese_core.errors import counted
from siamese_core.parameters import OnlyFor, Parameters

Dropout = Annotated[float, Field(ge=0, lt=1)]
Units = Annotated[int, Field(ge=1, le=8192)]
Filters = Annotated[tuple[Annotated[int, Field(ge=1, le=1024)], ...], Field(max_length=8)]
Kernels = Annotated[tuple[Annotated[int, Field(ge=1, le=31)], ...], Field(max_length=8)]
Blocks = Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(max_length=8)]
_OF_CONVOLUTIONS = OnlyFor("filters", but=((),))
_OF_STATISTICS = OnlyFor("statistics", but=(0,))
_OF_WHITENING = OnlyFor("whitened", but=(False,), otherwise=_OF_STATISTICS)


class ConvParameters(Parameters):
    """Blocks of convolution, ReLU and pooling, then dense layers; without filters, an MLP.

    The defaults are the report's selected network (001_f88acf4202fc317d.txt, figure 2.4); the legal
    values hold its search space (table 2.2) and the networks of 000, 002 and 004.

    Parameters
    ----------
    filters, kernels : tuple of int
        Filters and kernel size of each convolution.
    pooling : {"max", "average", "none"}
        After each convolution, by 2.
    batch_norm : bool
        After each activation but the last.
    dense_norm : {"hidden", "all", "none"}
        After which dense layers, where there is batch norm: all but the last, all, or none.
    hidden : tuple of int
        Units of dense layers before the last, each with ReLU.
    dense : int
        Units of the last: the embedding.
    activation : {"relu", "none"}
        After the last.
    conv_dropout, dense_dropout : float
        Share that is dropped after each convolution block, and after each dense layer.
    """

    kind: Literal["conv"] = "conv"
    filters: Filters = (64, 32, 12)
    kernels: Kernels = (5, 5, 3)
    pooling: Annotated[Literal["max", "average", "none"], _OF_CONVOLUTIONS] = "max"
    batch_norm: bool = False
    dense_norm: Annotated[Literal["hidden", "all", "none"], OnlyFor("batch_norm", but=(False,))] = (
        "hidden"
    )
    hidden: Annotated[tuple[Units, ...], Field(max_length=8)] = ()
    dense: Units = 4096
    activation: Literal["relu", "none"] = "relu"
    conv_dropout: Annotated[Dropout, _OF_CONVOLUTIONS] = 0.0
    dense_dropout: Dropout = 0.0

    @property
    def width(self) -> int:
        """Width of the embedding."""
        return self.dense

    @property
    def learned(self) -> tuple[int, ...]:
        """Width of the one part that the loss shapes: all of it."""
        return (self.width,)

    @model_validator(mode="after")
    def _one_kernel_a_layer(self) -> Self:
        if len(self.filters) != len(self.kernels):
            raise ValueError(
                f"filters and kernels must name one value a layer, "
                f"not {len(self.filters)} and {len(self.kernels)}; give "
                f"{counted(len(self.filters), 'kernel')}, or {counted(len(self.kernels), 'filter')}"
            )
        return self


class ResNetParameters(Parameters):
    """A compact residual network with attentive statistics pooling, for voices on small machines.

    Residual blocks as in He et al. 2016, squeeze-and-excitation as in Hu et al. 2018, pooling as in
    Okabe et al. 2018.

    Parameters
    ----------
    widths, blocks : tuple of int
        Channels and residual blocks of each stage; each stage but the first halves both axes.
    stride : int
        Of the first convolution.
    frames_kept : int
        Stages, counted from the last one, that halve the bands alone: what is pooled stays finer in
        time, which short clips need.
    embedding, attention : int
        Width of the learned embedding, and of the layer that weighs frames.
    statistics : int
        Width of a second part of the embedding, beside the learned one: mean and deviation of each
        band over the loud frames, along the directions in which the training classes differ most.
        Both parts are then whitened and count the same. 0 for none.
    changes : bool
        Whether how much each band changes, rises and falls is among those statistics.
    whitened : bool
        Whether the embedding is whitened in closed form (`whitening.Whitening`); it is with
        ``statistics``.
    dropout : float
        Share of what is pooled that is dropped in training.
    shrinkage : float
        Of the whitening: how little the variation seen within classes is trusted.
    """

    kind: Literal["resnet"] = "resnet"
    # From eight channels to eight, and below, oneDNN's backward pass was seen to corrupt memory.
    widths: Annotated[
        tuple[Annotated[int, Field(ge=16, le=512, multiple_of=8)], ...],
        Field(min_length=1, max_length=8),
    ] = (24, 32, 64, 96)
    blocks: Blocks = (1, 2, 2, 2)
    stride: Annotated[int, Field(ge=1, le=4)] = 2
    frames_kept: Annotated[int, Field(ge=0, le=7)] = 0
    embedding: Annotated[int, Field(ge=2, le=2048)] = 128
    attention: Annotated[int, Field(ge=1, le=1024)] = 64
    dropout: Dropout = 0.0
    statistics: Annotated[int, Field(ge=0, le=512)] = 0
    changes: Annotated[bool, _OF_STATISTICS] = False
    whitened: bool = False
    shrinkage: Annotated[float, Field(gt=0, le=100), _OF_WHITENING] = 0.1

    @property
    def learned(self) -> tuple[int, ...]:
        """Width of the one part that the loss shapes, which comes first."""
        return (self.embedding,)

    @property
    def is_whitened(self) -> bool:
        """Whether any part is whitened in closed form."""
        return self.whitened or self.statistics > 0

    @property
    def width(self) -> int:
        """Width of the embedding."""
        return self.embedding + self.statistics

    @model_validator(mode="after")
    def _one_depth_a_stage(self) -> Self:
        if len(self.widths) != len(self.blocks):
            raise ValueError("widths and blocks must name one value a stage")
        if self.frames_kept >= len(self.widths):
            raise ValueError(
                f"frames_kept must be less than the {len(self.widths)} stages, of which the first "
                f"halves nothing, not {self.frames_kept}"
            )
        return self


class RecurrentParameters(Parameters):
    """Convolution blocks, a recurrent layer over time, then linear, batch norm, linear.

    003_4987202d1af1409d.txt names these stages and no sizes; its last layer, which it calls a
    scalar output, is the embedding here, since its loss compares embeddings.

    Parameters
    ----------
    filters : tuple of int
        Filters of 3 x 3 convolutions, each with batch norm, ReLU and max-pooling by 2.
    recurrent : int
        Units of the GRU, whose last state is read.
    hidden, embedding : int
        Units of the two linear layers.
    """

    kind: Literal["recurrent"] = "recurrent"
    filters: Annotated[Filters, Field(min_length=1)] = (32, 64)
    recurrent: Units = 128
    hidden: Units = 128
    embedding: Units = 64

    @property
    def width(self) -> int:
        """Width of the embedding."""
        return self.embedding

    @property
    def learned(self) -> tuple[int, ...]:
        """Width of the one part that the loss shapes: all of it."""
        return (self.width,)


class EnsembleParameters(Parameters):
    """Several networks of one architecture side by side, each shaped by a loss of its own.

    Their embeddings, brought to unit length, stand one after the other: the cosine of two such
    embeddings is the mean of the members' cosines. What one member mistakes another seldom does
    (Hansen and Salamon 1990; Lakshminarayanan et al. 2017).

    Parameters
    ----------
    members : int
        How many; `ensemble.ensemble_of` makes one of networks trained apart.
    member : ConvParameters, ResNetParameters or RecurrentParameters
        The architecture of each.
    """

    kind: Literal["ensemble"] = "ensemble"
    members: Annotated[int, Field(ge=2, le=8)] = 2
    member: Annotated[
        ConvParameters | ResNetParameters | RecurrentParameters, Field(discriminator="kind")
    ] = ResNetParameters()

    @property
    def width(self) -> int:
        """Width of the embedding."""
        return self.members * self.member.width

    @property
    def learned(self) -> tuple[int, ...]:
        """Widths of the parts that losses of their own shape, one a member."""
        return self.members * self.member.learned

    @model_validator(mode="after")
    def _learned_alone(self) -> Self:
        if isinstance(self.member, ResNetParameters) and self.member.is_whitened:
            raise ValueError("the members of an ensemble are not whitened; set whitened to false")
        return self


EncoderParameters = Annotated[
    ConvParameters | ResNetParameters | RecurrentParameters | EnsembleParameters,
    Field(discriminator="kind"),
]
