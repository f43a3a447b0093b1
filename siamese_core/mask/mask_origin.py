"""MaskOrigin: how a mask came to be, in words and as plain values (no torch)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from siamese_core.mask.mask import DEFAULTS, Mask, MaskParameters
from siamese_core.mask.mask_history import MaskHistory

_SUBJECT = "the similarity"
_SIGNS = {
    "positive": "what raises {}",
    "negative": "what lowers {}",
    "absolute": "what matters to {} either way",
}
_REMOVED = "removed: all but that is heard"
_AMOUNTS = {
    "share": "share {:g} %",
    "threshold": "threshold {:g} % of the map's largest",
    "segments": "the first {:g} segments",
}


@dataclass(frozen=True)
class MaskOrigin:
    """What is known of how a mask was made.

    Parameters
    ----------
    parameters : MaskParameters, optional
        How it was shaped from the map, before anything was changed on it.
    by_hand : bool
        Whether a hand changed it since it was shaped or loaded.
    file : Path, optional
        The file that it was loaded from, in place of what was shaped.
    """

    parameters: MaskParameters | None = None
    by_hand: bool = False
    file: Path | None = None

    @classmethod
    def of(
        cls, history: MaskHistory, shaped: Mask | None, parameters: MaskParameters
    ) -> "MaskOrigin":
        """Find how the present mask of a history came to be.

        Parameters
        ----------
        history : MaskHistory
        shaped : Mask, optional
            What the parameters gave, before a hand changed it.
        parameters : MaskParameters
        """
        states = (history.now, *reversed(history.past))
        changes = list(takewhile(lambda mask: mask is not shaped, states))
        file = next((mask.path for mask in changes if mask.path), None)
        return cls(parameters, bool(changes) and history.now.path is None, file)

    @property
    def is_shaped(self) -> bool:
        """Whether the parameters alone make the mask from its map."""
        return self.parameters is not None and not self.by_hand and self.file is None

    def words(self, subject: str = _SUBJECT) -> str:
        """Say it in full; ``subject`` is what the map explains."""
        changed = ", then changed by hand" if self.by_hand else ""
        if self.file is not None:
            return f"loaded from {self.file.name}{changed}"
        if self.parameters is None:
            return "changed by hand" if self.by_hand else "given, not shaped from the map"
        shape = ", ".join(_words(self.parameters, subject))
        return f"began as {shape}{changed}" if changed else shape

    def brief(self, subject: str = _SUBJECT) -> str:
        """Say it in a few words, for a figure's legend: what is kept, and no more of its shape."""
        if self.file is not None or self.parameters is None:
            return self.words()
        said = [_amount(self.parameters)]
        if self.parameters.sign != DEFAULTS.sign:
            said.append(_SIGNS[self.parameters.sign].format(subject))
        said += [_REMOVED] * (self.parameters.part == "remove")
        said += ["then changed by hand"] * self.by_hand
        return ", ".join(said)

    def as_dict(self, subject: str = _SUBJECT) -> dict[str, Any]:
        """Return plain values."""
        return {
            "words": self.words(subject),
            "shaped_from": self.parameters and self.parameters.model_dump(mode="json"),
            "by_hand": self.by_hand,
            "file": None if self.file is None else str(self.file),
        }


def _amount(parameters: MaskParameters) -> str:
    if parameters.by == "sign":
        return "all of the right sign"
    return _AMOUNTS[parameters.by].format(getattr(parameters, parameters.by))


def _words(parameters: MaskParameters, subject: str) -> Iterator[str]:
    yield _amount(parameters)
    yield _SIGNS[parameters.sign].format(subject)
    if parameters.gain == "graded":
        yield "each cell as loud as its value"
    yield "hard edges" if parameters.edge == "hard" else _soft(parameters)
    if parameters.part == "remove":
        yield _REMOVED


def _soft(parameters: MaskParameters) -> str:
    bands = parameters.feather_mels
    return (
        f"soft edges of {parameters.feather_ms:g} ms and {bands:g} mel "
        f"{'band' if bands == 1 else 'bands'}"
    )
