"""Extension: what a training that is done may be asked for, or why it stays as it is."""

from app.training.advice import WORDS
from app.training.training_job import TrainingJob
from siamese_core.errors import TrainingError
from siamese_core.parameters import Parameters
from siamese_core.recipes import Count, Recipe
from siamese_core.training.run import Run


class Extension(Parameters):
    """What a run can be asked more of (`run.EXTENDABLE`).

    Parameters
    ----------
    steps : int
        Steps in all, with those that it took.
    patience : int
        Validations that may gain nothing, one after the other; then it ends before its last step.
    """

    steps: Count
    patience: Count

    @classmethod
    def present(cls, recipe: Recipe) -> "Extension":
        """Return what a recipe asks for already."""
        return cls(steps=recipe.steps, patience=recipe.patience)

    @property
    def assignments(self) -> tuple[str, ...]:
        """Write it as ``--set`` is written."""
        return tuple(f"{name}={value}" for name, value in self)

    def faults(self, run: Run, recipe: Recipe) -> dict[str, str]:
        """Say of each parameter why it cannot be had, if it cannot."""
        told = {name: _refusal(run, recipe, name, value) for name, value in self}
        return {name: sentence for name, sentence in told.items() if sentence}


def hindrance(job: TrainingJob) -> str:
    """Say why a training cannot be trained longer; empty if it can."""
    if job.status.state != "done" or job.recipe is None:
        return "Only a training that is done is trained longer; Resume goes on with another."
    if job.launch is None:
        return "It was started from the command line; go on there with --resume --set steps=N."
    if not job.run.state.exists():
        return f"{job.run.state} is not there any more; duplicate the training to begin it anew."
    if job.status.step < job.recipe.steps:  # more patience alone lets it go on
        return ""
    return _refusal(job.run, job.recipe, "steps", job.recipe.steps + 1)


def check_patience(run: Run, recipe: Recipe) -> None:
    """Look whether a run would take any step by a recipe that asks more of it; for a worker.

    Raises
    ------
    EarwitnessError
        If it ended since validation gained no more, and would again at once.
    """
    from siamese_core.training.resumption import resumption_of

    try:
        resumption_of(run).check_patience(recipe)
    except TrainingError as error:
        raise TrainingError(error.told(WORDS)) from error


def _refusal(run: Run, recipe: Recipe, name: str, value: object) -> str:
    """Return why a run cannot have another value of a parameter; empty if it can."""
    try:
        run.check(recipe.model_copy(update={name: value}), resume=True, raised=(name,))
    except TrainingError as error:
        return error.told(WORDS)
    return ""
