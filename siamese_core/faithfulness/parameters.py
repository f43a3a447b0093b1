"""What a study of faithfulness measures, as parameters (no torch)."""

from typing import Annotated

from pydantic import Field

from siamese_core.attribution.parameters import METHOD_PARAMETERS, method_parameters
from siamese_core.parameters import Parameters


class StudyParameters(Parameters):
    """Which methods are measured, on how many episodes of which size."""

    methods: tuple[str, ...] = Field(
        tuple(METHOD_PARAMETERS), min_length=1, description="The methods, with their defaults."
    )
    episodes: int = Field(100, ge=1, description="Line-ups, drawn with the seed.")
    ways: Annotated[int, Field(ge=2)] | None = Field(
        None, description="Classes in a line-up; all of them if empty."
    )
    seed: int = Field(0, ge=0, description="Draws the same episodes again, and all else.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a name that is not a method's.

        Raises
        ------
        ParameterError
            If there is no such method.
        """
        for name in self.methods:
            method_parameters(name)
