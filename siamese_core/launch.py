"""Launch: what starting a run's process again needs, kept in its folder (no torch)."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from siamese_core.errors import ParameterError, TrainingError
from siamese_core.files import reason, write_text
from siamese_core.parameters import Parameters
from siamese_core.plain_values import read_json


class Launch(Parameters):
    """How a run's process was, or is to be, started.

    Parameters
    ----------
    data : tuple of str
        The corpora's folders.
    device : str
        auto, cpu, cuda:N or mps.
    layout : str, optional
        The corpora's layout; recognised if None.
    leave_out_damaged : bool
        Whether clips that cannot be read are left out; they end the training otherwise.
    more : tuple of str
        What of its recipe the run is asked more of than it did (`run.EXTENDABLE`): assignments as
        for ``--set``.
    waiting : bool
        Whether it stands in the queue of its device.
    asked : float
        When it was asked for, in seconds since 1970: its place in the queue.
    """

    data: Annotated[tuple[str, ...], Field(min_length=1)]
    device: str = "auto"
    layout: str | None = None
    leave_out_damaged: bool = False
    more: tuple[str, ...] = ()
    waiting: bool = False
    asked: float = 0.0

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""
        write_text(file, self.model_dump_json(indent=2) + "\n")


def load_launch(file: Path) -> Launch | None:
    """Read a launch, None if the run was not started by the window.

    Raises
    ------
    TrainingError
        If the file cannot be read, or is something else.
    """
    try:
        return Launch.parse(read_json(file))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TrainingError(f"{file} cannot be read: {reason(error)}.") from error
    except ParameterError as error:
        raise TrainingError(f"{file} cannot be used: {error}") from error
    except ValueError as error:
        raise TrainingError(f"{file} is not JSON; start the training anew elsewhere.") from error
