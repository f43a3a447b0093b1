"""Log-mels: computed in batches and threads against librosa, and read from the cache."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np

from siamese_core.audio import Clip, write
from siamese_core.callbacks import ignore, never
from siamese_core.computed_maps import computed_maps
from siamese_core.corpora.labelled_file import ClipFile, LabelledFile
from siamese_core.logmel import LogMel
from siamese_core.logmel_cache import cached_pictures
from siamese_core.melspec import PRESETS, MelSpec
from tests.benchmarks.plan import Plan
from tests.benchmarks.references import Map, librosa_log_mel
from tests.benchmarks.result import Result, at_least, times_faster
from tests.benchmarks.synthetic import voice


@dataclass(frozen=True)
class HeldClip(LabelledFile):
    """A clip that is in memory already, so that no disk is timed."""

    clip: Clip | None = None

    def read(self) -> Clip:
        """Return the clip."""
        assert self.clip is not None
        return self.clip


def log_mel(plan: Plan) -> Iterator[Result]:
    """Time the log-mels of many clips, as the program makes them for a corpus."""
    for preset in plan.of(["audiomnist", "voice"], ["audiomnist", "voice"], ["voice"]):
        yield _log_mel(plan, preset, plan.of(1000, 100, 3))


def cached_log_mels(plan: Plan) -> Iterator[Result]:
    """Time one pass over a corpus's cached log-mels against a copy of as many bytes."""
    mel, count = PRESETS["voice"], plan.of(20_000, 2_000, 20)
    with TemporaryDirectory() as name, _cache_at(Path(name) / "cache"):
        files = _written(Path(name), mel, count)
        fresh = plan.seconds(lambda: cached_pictures(files, mel, ignore, never))
        opened = plan.seconds(lambda: cached_pictures(files, mel, ignore, never))
        maps = cached_pictures(files, mel, ignore, never)
        whole = np.stack(list(maps))
        target = np.empty_like(whole[:64])
        timing = plan.side_by_side(
            lambda: _read_batches(maps, target), lambda: _copy_batches(whole, target), plan.rounds
        )
    megabytes = whole.nbytes / 1e6
    yield Result(
        f"{count} cached log-mels, read in batches",
        "MB/s",
        megabytes / timing.ours,
        megabytes / timing.reference,
        None,
        float(np.abs(timing.our_value - timing.reference_value).max()),
        "reference: a copy of the same bytes from memory to memory; ratio 1 is its bandwidth",
    )
    yield Result(
        "share of memory bandwidth",
        "of 1",
        timing.reference / timing.ours,
        aim=at_least(0.5),
        note=f"{megabytes:.0f} MB; computed in {fresh:.2f} s, found again and checked in "
        f"{opened:.2f} s ({megabytes / opened:.0f} MB/s)",
    )


def _log_mel(plan: Plan, preset: str, count: int) -> Result:
    mel = PRESETS[preset]
    rng = np.random.default_rng(0)
    clips = [voice(rng, mel.rate, mel.seconds) for _ in range(min(count, 50))]
    clips = [clips[i % len(clips)] for i in range(count)]
    files = [HeldClip(Path(), "", "", clip=clip) for clip in clips]

    def views(some: Iterable[LabelledFile]) -> Iterator[Map]:
        clips = (cast("HeldClip", file).read() for file in some)
        return (seen.db for seen in LogMel.of_each(clips, mel))

    def ours() -> list[Map]:
        return list(computed_maps(files, views, ignore, never))

    timing = plan.side_by_side(
        ours, lambda: [librosa_log_mel(c.samples, mel) for c in clips], plan.of(3, 3, 1)
    )
    exact = [librosa_log_mel(c.samples.astype(np.float64), mel) for c in clips[:20]]
    pairs = zip(timing.our_value, exact, strict=False)
    return Result(
        f"log-mel of {count} clips of {mel.seconds:g} s, {preset}",
        "s",
        timing.ours,
        timing.reference,
        times_faster(4),
        max(float(np.abs(a - b).max()) for a, b in pairs),
        "reference: librosa, clip by clip; equal within: dB, librosa in double precision",
    )


def _written(folder: Path, mel: MelSpec, count: int) -> list[ClipFile]:
    """Write some clips, and link them under other names until there are enough."""
    rng = np.random.default_rng(0)
    paths: list[Path] = []
    for number in range(count):
        path = folder / f"{number}.wav"
        if number < 100:
            write(voice(rng, mel.rate, mel.seconds / 2), path)
        else:
            path.hardlink_to(paths[number % 100])
        paths.append(path)
    return [ClipFile(path, "", path.stem) for path in paths]


def _read_batches(maps: Sequence[Map], target: Map) -> Map:
    """Fill a batch from the cache, again and again; return the last."""
    for first in range(0, len(maps) - len(target) + 1, len(target)):
        np.copyto(target, maps[first : first + len(target)])
    return target.copy()


def _copy_batches(whole: Map, target: Map) -> Map:
    for first in range(0, len(whole) - len(target) + 1, len(target)):
        np.copyto(target, whole[first : first + len(target)])
    return target.copy()


@contextmanager
def _cache_at(folder: Path) -> Iterator[None]:
    """Let the program keep its log-mels in a folder of ours."""
    before = os.environ.get("EARWITNESS_CACHE")
    os.environ["EARWITNESS_CACHE"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["EARWITNESS_CACHE"]
        else:
            os.environ["EARWITNESS_CACHE"] = before
