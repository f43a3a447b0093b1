"""The settings of the encoder networks, apart from the networks so that no torch is imported."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from siamese_core.parameters import Parameters

Dropout = Annotated[float, Field(ge=0, lt=1)]


class ConvParameters(Parameters):
    """The report's encoder: convolution, ReLU and pooling blocks, then one dense layer.

    The defaults are the selected network (001_f88acf4202fc317d.txt, figure 2.4); the legal values
    hold its search space (table 2.2).
    """

    kind: Literal["conv"] = "conv"
    filters: Annotated[tuple[Annotated[int, Field(ge=1, le=1024)], ...], Field(max_length=8)] = (
        64,
        32,
        12,
    )
    kernels: tuple[Annotated[int, Field(ge=1, le=31)], ...] = (5, 5, 3)
    pooling: Literal["max", "average"] = "max"
    dense: Annotated[int, Field(ge=1, le=8192)] = 4096
    conv_dropout: Dropout = 0.0
    dense_dropout: Dropout = 0.0

    @model_validator(mode="after")
    def _one_kernel_a_layer(self) -> Self:
        if len(self.filters) != len(self.kernels) or not self.filters:
            raise ValueError(
                f"filters and kernels must name one value a layer, "
                f"not {len(self.filters)} and {len(self.kernels)}"
            )
        return self


class ResNetParameters(Parameters):
    """A compact residual network with attentive statistics pooling, for voices on small machines.

    Residual blocks as in He et al. 2016, squeeze-and-excitation as in Hu et al. 2018, pooling as in
    Okabe et al. 2018.
    """

    kind: Literal["resnet"] = "resnet"
    widths: Annotated[tuple[Annotated[int, Field(ge=4, le=512)], ...], Field(min_length=1)] = (
        24,
        32,
        64,
        96,
    )
    blocks: tuple[Annotated[int, Field(ge=1, le=12)], ...] = (1, 2, 2, 2)
    stride: Annotated[int, Field(ge=1, le=4)] = 2
    embedding: Annotated[int, Field(ge=2, le=2048)] = 128
    attention: Annotated[int, Field(ge=1, le=1024)] = 64
    dropout: Dropout = 0.0

    @model_validator(mode="after")
    def _one_depth_a_stage(self) -> Self:
        if len(self.widths) != len(self.blocks):
            raise ValueError("widths and blocks must name one value a stage")
        return self


EncoderParameters = Annotated[ConvParameters | ResNetParameters, Field(discriminator="kind")]
