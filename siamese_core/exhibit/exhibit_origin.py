"""ExhibitOrigin: when an exhibit was made, by which model, and of which recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from siamese_core.audio import Clip
from siamese_core.callbacks import ShouldStop, never
from siamese_core.checkpoint import load_checkpoint
from siamese_core.episode_file.recording import Recording, digests_of
from siamese_core.errors import EarwitnessError
from siamese_core.origin import now, sha256_of
from siamese_core.siamese import SiameseNet, fingerprint

SIMILARITY = (
    "The similarity is a number from 0 to 1 that the network gives to two sounds: the sigmoid of "
    "its logit, 1 / (1 + exp(-logit)). 0.5 is the threshold that the network was trained for: "
    "above it the two sounds count as one class, below it as two. The most similar class is "
    "predicted, whether it reaches 0.5 or not. A similarity is not the probability that two sounds "
    "are of one source."
)
SHA256 = (
    "SHA-256: the checksum of the whole file as the command sha256sum prints it; another file that "
    "has it is the same byte for byte. It is given only where the file, read again when this was "
    "made, held the very sound or network that was used."
)
WEIGHTS = (
    "Weights: the first 16 hexadecimal digits of a SHA-256 over the names and values of the "
    "network's weights. They stay the same when the model's file is renamed or its notes change; "
    "they are not a checksum of the file."
)
SOUND = (
    "Sound: the first 16 hexadecimal digits of the SHA-256 of the rate and the decoded samples, "
    "not of the file."
)
MEANING = {"similarity": SIMILARITY, "sha256": SHA256, "weights": WEIGHTS, "sound": SOUND}
"""What the numbers of an exhibit are, for those who were not there."""


@dataclass(frozen=True)
class ExhibitOrigin:
    """What an exhibit is traced to.

    Parameters
    ----------
    date : str
        When it was made (`origin.now`).
    weights : str
        The `fingerprint` of the net.
    device : str
        Where it ran: another one rounds in another way.
    model : Path, optional
        The model's file, absolute; None if it holds another net by now, or was not named.
    model_sha256 : str, optional
        Of that file.
    query : Recording
    support : tuple of Recording
        In the support set's order.
    twin : Recording, optional
        Of the clip that the baseline ``twin`` stands for, if one was given.
    """

    date: str
    weights: str
    device: str
    model: Path | None
    model_sha256: str | None
    query: Recording
    support: tuple[Recording, ...]
    twin: Recording | None = None

    @classmethod
    def of(
        cls,
        net: SiameseNet,
        model: Path | None,
        clips: Sequence[Clip],
        twin: Clip | None = None,
        should_stop: ShouldStop = never,
    ) -> Self:
        """Look the model and the clips, the query first, up in their files.

        Raises
        ------
        Cancelled
            If ``should_stop`` says so.
        """
        weights = fingerprint(net)
        sha256 = None if model is None else _sha256_of_model(model, weights)
        everything = clips if twin is None else [*clips, twin]
        digests = digests_of(everything)
        query, *support = (Recording.of(clip, digests, should_stop) for clip in clips)
        return cls(
            now(),
            weights,
            str(net.device),
            None if model is None or sha256 is None else model.absolute(),
            sha256,
            query,
            tuple(support),
            None if twin is None else Recording.of(twin, digests, should_stop),
        )

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """Of all clips of the line-up, the query's first."""
        return (self.query, *self.support)


def _sha256_of_model(file: Path, weights: str) -> str | None:
    """Return a model file's SHA-256; None if it went, or a training replaced what was loaded."""
    try:
        digest = sha256_of(file)
        net, _card = load_checkpoint(file)
    except (OSError, EarwitnessError):
        return None
    return digest if fingerprint(net) == weights else None
