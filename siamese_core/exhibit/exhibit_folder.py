"""The folder that holds an exhibit: what was scored and explained, its maps, sounds and figure."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_core import outputs
from siamese_core.audio import write
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.exhibit.exhibit import Exhibit
from siamese_core.exhibit.exhibit_contents import describe
from siamese_core.figures import save_figure
from siamese_core.files import appearing, write_text
from siamese_core.mask.mask_file import save_arrays

ARRAYS = "explanation.npz"
"""Of a folder's files the one with the maps and the mask, which `mask_file.load_mask` reads."""


def write_exhibit(
    exhibit: Exhibit, folder: Path, on_event: OnEvent = ignore, should_stop: ShouldStop = never
) -> dict[str, Any]:
    """Write the six files of `outputs.EXHIBIT`: all of them or none (`files.appearing`).

    ``explanation.npz`` holds maps (clips, n_mels, n_frames) float32 signed, mask (n_mels,
    n_frames), mel_hz (n_mels,), seconds (n_frames,) from the window's beginning, clip_start and
    clip_end (clips,), the clip's own stretch of those seconds; of the query and each support clip
    begins and heard_seconds (1 + clips,), the stretch of it that was heard, seconds_of_clip and
    rates; and what `mask_file.load_mask` reads.

    Returns
    -------
    dict
        What ``episode.json`` holds.

    Raises
    ------
    EarwitnessError
        If the folder cannot be written, or holds other files of these names.
    Cancelled
        If ``should_stop`` says so.
    """
    with appearing(folder, outputs.EXHIBIT) as temporary:
        progress(on_event, should_stop, "Writing", 0, 3)
        whole, sounds = exhibit.rendered(on_event, should_stop)
        about = describe(whole, folder / ARRAYS)
        for name, sound in sounds:
            write(sound, temporary / f"{name}.wav")
        progress(on_event, should_stop, "Writing", 1, 3)
        write_text(
            temporary / "episode.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        )
        save_arrays(temporary / ARRAYS, _arrays(exhibit))
        progress(on_event, should_stop, "Writing", 2, 3)
        save_figure(exhibit.figure(), temporary / "overlay.png")
        progress(on_event, should_stop, "Writing", 3, 3)
    return about


def _arrays(exhibit: Exhibit) -> dict[str, NDArray[np.generic]]:
    mel = exhibit.mask.mel
    maps = [explanation.explained_map for explanation in exhibit.explanations]
    heard = [exhibit.best.query_map, *(one.support_map for one in exhibit.explanations)]
    clips = [exhibit.episode.query, *exhibit.episode.support.clips]
    spans = np.array([seen.own_seconds for seen in heard])
    return {
        "begins": spans[:, 0],
        "heard_seconds": spans[:, 1] - spans[:, 0],
        "seconds_of_clip": np.array([clip.seconds for clip in clips]),
        "rates": np.array([clip.rate for clip in clips]),
        "maps": np.stack([e.attribution.values for e in exhibit.explanations]),
        "mel_hz": maps[0].frequencies,
        "seconds": np.arange(mel.n_frames) * mel.frame_seconds,
        "clip_start": np.array([m.own_seconds[0] - m.start for m in maps]),
        "clip_end": np.array([m.own_seconds[1] - m.start for m in maps]),
        **exhibit.mask.arrays(),
    }
