"""Episodes that were written to a file, and their members, for several tests."""

import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import numpy as np

from siamese_core.audio import Clip
from siamese_core.episode_file.episode_file import write_episode
from siamese_core.episode_file.saved_episode import SavedEpisode, SavedExplanation
from siamese_core.episodes import Episode, SupportSet
from siamese_core.explanation import explain
from siamese_core.mask.mask import MaskParameters
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet
from tests.conftest import tone

Members = dict[str, bytes]


def _sixteen_bits(clip: Clip) -> Clip:
    samples = np.rint(clip.samples * 2**15).astype(np.float32) / 2**15
    return Clip(samples, clip.rate)


def saved_episode(net: SiameseNet) -> SavedEpisode:
    """A line-up of three clips, one of them beyond full scale, and two explanations."""
    loud = Clip(tone(800, 0.9).samples * 3, 8000, path=Path("somewhere/loud.wav"))
    clips = (_sixteen_bits(tone(300, 0.3)), loud, tone(500, 0.2, 16_000))
    query = _sixteen_bits(tone(450, 0.4))
    episode = Episode(query, SupportSet(clips, ("low", "high", "low")), "low")
    first = explain(net, query, clips[0], "saliency")
    parameters = MaskParameters(share=30)
    second = explain(net, query, loud, "saliency", side="query", against=clips[2])
    return SavedEpisode(
        episode,
        (None, None, 0.25, None),
        "tiny.safetensors",
        net.mel,
        score_episode(net, episode, starts=(None, None, 0.25, None)),
        (
            SavedExplanation(0, first, first.mask(parameters), parameters),
            SavedExplanation(1, second),
        ),
    )


def written(saved: SavedEpisode, folder: Path) -> Path:
    """Write an episode below a folder and return its file."""
    path = folder / "saved" / "one.earwitness"
    write_episode(path, saved)
    return path


def members_of(path: Path) -> Members:
    """Return what a file holds."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, members: Members, kind: int = ZIP_STORED) -> None:
    """Write a file that holds these."""
    with ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def edit(path: Path, change: Callable[[dict], object]) -> None:
    """Change what a file says of its episode."""
    members = members_of(path)
    about = json.loads(members["episode.json"])
    change(about)
    pack(path, {**members, "episode.json": json.dumps(about).encode()})
