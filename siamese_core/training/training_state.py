"""TrainingState: what a stopped training needs to go on exactly, in one safetensors file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from siamese_core.errors import TrainingError
from siamese_core.files import writing
from siamese_core.recipes import Recipe

_FAR = 2**53
"""Further than any training steps."""
_MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
"""What Adam remembers of each weight."""


@dataclass(frozen=True)
class TrainingState:
    """Where a training is.

    Parameters
    ----------
    step : int
        Steps done.
    best, best_step : float, int
        Best validation accuracy and its step; -1 and 0 before the first.
    stale : int
        Regular validations since the best regular one.
    validated : int
        Step of the last validation.
    best_regular : float
        Best accuracy of the regular validations; -1 before the first.
    """

    step: int = 0
    best: float = -1.0
    best_step: int = 0
    stale: int = 0
    validated: int = 0
    best_regular: float = -1.0

    def after(self, accuracy: float, recipe: Recipe) -> "TrainingState":
        """Return the state after a validation.

        The one at the end may stand between two regular ones. It can be the best, but neither takes
        nor gives patience: a training that is to go on has as much left as one that was to from the
        first, which never validates there.
        """
        after = replace(self, validated=self.step)
        if accuracy > self.best:
            after = replace(after, best=accuracy, best_step=self.step)
        if self.step % recipe.evaluate_every:
            return after
        if accuracy > self.best_regular:
            return replace(after, best_regular=accuracy, stale=0)
        return replace(after, stale=self.stale + 1)

    def without_best(self) -> "TrainingState":
        """Return the state of a training whose best checkpoint is lost: the next is the best."""
        return replace(self, best=-1.0, best_step=0)

    def awaits_validation(self, recipe: Recipe) -> bool:
        """Whether this step is to be validated and was not yet."""
        return self.validated < self.step and self.step % recipe.evaluate_every == 0

    def ended(self, recipe: Recipe) -> str:
        """Say why the training is over, or nothing."""
        if self.stale >= recipe.patience:
            return "patience"
        return "steps" if self.step >= recipe.steps else ""

    @classmethod
    def read(cls, text: str) -> "TrainingState":
        """Read the state from JSON; an older version's best counts as a regular one's.

        Raises
        ------
        ValueError, TypeError
            If it is none.
        """
        known = dict(json.loads(text))
        state = cls(**{"best_regular": known.get("best", -1.0), **known})
        for name, value in asdict(cls()).items():
            found = getattr(state, name)
            if type(found) is not type(value) or not (value <= found < _FAR):
                raise ValueError(f"{name} is {found}")
        return state

    @property
    def numbers(self) -> list[float]:
        """All values, for another process; `of` takes them."""
        return [float(value) for value in asdict(self).values()]

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "TrainingState":
        """Return the state of these `numbers`."""
        kinds = (type(value) for value in asdict(cls()).values())
        return cls(*(kind(number) for kind, number in zip(kinds, numbers, strict=True)))


def save_state(
    path: Path,
    net: nn.Module,
    objective: nn.Module,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    heard: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write weights, optimizer moments and state, whole or not at all.

    Parameters
    ----------
    heard : mapping of str to str
        What is to be known of the clips that it was trained on, under any name but "state".
    """
    tensors = {f"net.{n}": t for n, t in net.state_dict().items()}
    tensors |= {f"objective.{n}": t for n, t in objective.state_dict().items()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{n}": t for n, t in moments.items()}
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data = save(plain, {**heard, "state": json.dumps(asdict(state))})
    with writing(path) as temporary:
        temporary.write_bytes(data)


def load_state(
    path: Path, net: nn.Module, objective: nn.Module, optimizer: torch.optim.Optimizer
) -> TrainingState:
    """Read what `save_state` wrote into net, objective and optimizer.

    Raises
    ------
    TrainingError
        If the file is broken or belongs to another training.
    """
    with _broken(path):
        with safe_open(path, framework="pt", device="cpu") as file:
            state, _ = _about(file)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        net.load_state_dict(_under(tensors, "net."))
        objective.load_state_dict(_under(tensors, "objective."))
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under(tensors, "optimizer.").items():
            number, _, moment = name.partition(".")
            moments.setdefault(int(number), {})[moment] = tensor
        if any(set(known) != _MOMENTS for known in moments.values()):
            raise ValueError("a weight has other moments than Adam's")
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
        _lay_out(optimizer)
    return state


def read_state(path: Path) -> tuple[TrainingState, dict[str, str]]:
    """Read the state alone, and what is known of the clips, which older versions did not write.

    Raises
    ------
    TrainingError
        If the file is broken or belongs to another training.
    """
    with _broken(path), safe_open(path, framework="pt", device="cpu") as file:
        return _about(file)


def _about(file: Any) -> tuple[TrainingState, dict[str, str]]:
    metadata = dict(file.metadata() or {})
    return TrainingState.read(metadata.pop("state")), metadata


@contextmanager
def _broken(path: Path) -> Iterator[None]:
    """Say in a sentence that the file is none."""
    try:
        yield
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"{path} is broken or belongs to another training; train anew in another folder."
        ) from error


def _lay_out(optimizer: torch.optim.Optimizer) -> None:
    """Lay the moments out in memory as their weights are: a fused optimizer takes that as given."""
    for weight, moments in optimizer.state.items():
        for name, moment in moments.items():
            if moment.shape == weight.shape:
                moments[name] = torch.empty_like(weight).copy_(moment)


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
