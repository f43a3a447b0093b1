"""HandSource: a microphone that hears what it is given."""

import numpy as np

from app.sound.audio_input.sources import Failed, Take
from siamese_core.errors import AudioError

RATE = 8000


class HandSource:
    """A microphone that hears what it is given."""

    def __init__(self) -> None:
        self.take: Take | None = None
        self.failed: Failed | None = None
        self.refusal = ""
        self.names = ["hand"]
        self.chosen = ""

    def devices(self) -> list[str]:
        return self.names

    def choose(self, name: str) -> None:
        self.chosen = name

    def open(self, take: Take, failed: Failed) -> int:
        if self.refusal:
            raise AudioError(self.refusal)
        self.take, self.failed = take, failed
        return RATE

    def close(self) -> None:
        self.take = None

    def push(self, *blocks: np.ndarray) -> None:
        assert self.take is not None, "nothing is being recorded"
        for block in blocks:
            self.take(block.astype(np.float32))
