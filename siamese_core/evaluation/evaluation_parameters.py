"""What an evaluation measures, as parameters (no torch)."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from siamese_core.parameters import Parameters


class EvaluationParameters(Parameters):
    """How many episodes of which size, and what else is measured from the same embeddings."""

    ways: Annotated[int, Field(ge=2)] | None = Field(
        None, description="Classes in a support set; all of them if empty."
    )
    shots: int = Field(1, ge=1, description="Support clips of each class.")
    runs: int = Field(300, ge=1, le=10**6, description="Episodes for each query class.")
    seed: int = Field(0, ge=0, description="Draws the same episodes and pairs again.")
    within_alphabet: bool = Field(
        False, description="Line-ups within one alphabet of Omniglot, the query by another hand."
    )
    sweep: bool = Field(False, description="Accuracy against the number of classes, from 2 to all.")
    retrieval: bool = Field(False, description="Top-k scores of the nearest clips and classes.")
    pairs: int = Field(
        0,
        ge=0,
        le=10**8,
        multiple_of=2,
        description="Pairs for accuracy, ROC and equal error rate; 0: none.",
    )

    @model_validator(mode="after")
    def _sweeps_all_classes(self) -> Self:
        if self.within_alphabet and self.sweep:
            raise ValueError(
                "sweep goes up to all classes and within_alphabet stays below; ask for one of them"
            )
        return self
