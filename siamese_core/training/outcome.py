"""Outcome: how a training ended, as its report tells."""

from dataclasses import dataclass

from siamese_core.evaluation.evaluation import Evaluation


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Parameters
    ----------
    step : int
        Steps done.
    best_step : int
        Step of the best validation.
    validation : float
        Its accuracy.
    ended : str
        Why: "steps" (all done) or "patience" (no gain for that many validations).
    test : Evaluation, optional
        Of the best checkpoint on the test classes, where the recipe holds some out.
    left_out : tuple of str
        Where clips lay that could not be read and were left out.
    """

    step: int
    best_step: int
    validation: float
    ended: str
    test: Evaluation | None = None
    left_out: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return plain values, as report.json holds them."""
        plain = {n: getattr(self, n) for n in ("step", "best_step", "validation", "ended")}
        test = None if self.test is None else self.test.as_dict()
        return {**plain, "test": test, "left_out": self.left_out}
