"""Preview: a clip of the library at a glance, read and transformed on a worker."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.lineup.loaded_model import Envelope, outline
from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.melspec import MelSpec

MOST_SECONDS = 30.0
"""Of a longer clip the beginning is shown."""
_LEAST_SECONDS = 0.05


@dataclass(frozen=True, eq=False)
class Preview:
    """The same stretch of a clip as its outline and as its log-mel, shape (n_mels, n_frames)."""

    file: ClipFile
    seconds: float
    rate: int
    envelope: Envelope
    db: NDArray[np.float32]


def preview(
    file: ClipFile,
    known: Clip | None,
    mel: MelSpec,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> Preview:
    """Read a clip, unless it is known, and show it as a network with these settings hears it."""
    from siamese_core.logmel import LogMel

    progress(on_event, should_stop, "Reading the clip", 0, 2)
    clip = known or file.read(should_stop=should_stop)
    shown = clip.cut(0, min(len(clip.samples), round(MOST_SECONDS * clip.rate)))
    progress(on_event, should_stop, "Reading the clip", 1, 2)
    whole = mel.model_copy(update={"seconds": max(shown.seconds, _LEAST_SECONDS)})
    log_mel = LogMel.of(shown, whole, 0.0)
    return Preview(file, clip.seconds, clip.rate, outline(shown), log_mel.db[:, log_mel.own_frames])
