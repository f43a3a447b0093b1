"""What a study of faithfulness measures, as parameters (no torch)."""

from typing import Annotated

from pydantic import Field, field_validator

from siamese_core.attribution.methods import METHODS, method_parameters
from siamese_core.parameters import Parameters


class StudyParameters(Parameters):
    """Which methods are measured, on how many episodes of which size."""

    methods: tuple[str, ...] = Field(
        default_factory=lambda: tuple(METHODS),
        min_length=1,
        description="The methods, with their defaults.",
    )
    episodes: int = Field(100, ge=1, description="Line-ups, drawn with the seed.")
    ways: Annotated[int, Field(ge=2)] | None = Field(
        None, description="Classes in a line-up; all of them if empty."
    )
    seed: int = Field(0, ge=0, description="Draws the same episodes again, and all else.")

    @field_validator("methods")
    @classmethod
    def _known(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a name that is not a method's, in the words of `method_parameters`."""
        for name in methods:
            method_parameters(name)
        return methods
