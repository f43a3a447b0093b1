"""Growth: time and memory against the size of a corpus, each size in a process of its own.

Run as a program with a kind of work and a number of clips, it does that work and prints JSON.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from siamese_core.audio import write
from siamese_core.callbacks import ignore, never
from siamese_core.checkpoint import build
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.devices import threads
from siamese_core.evaluation.evaluation import evaluate
from siamese_core.recipes import load_recipe
from siamese_core.training.training_set import training_set
from tests.benchmarks.plan import Plan, Size
from tests.benchmarks.result import Result, at_least, below
from tests.benchmarks.synthetic import voice

_A_CLASS = 50
_BATCHES, _BATCH = 40, 64
_DISTINCT = 200
_SECONDS = 0.25


def corpus_growth(plan: Plan) -> Iterator[Result]:
    """Measure corpora of growing size: read for training, and evaluated from embeddings."""
    sizes = plan.of((1_000, 10_000, 100_000), (1_000, 4_000), (300, 600))
    for kind in WORK:
        found = [_measured(kind, size) for size in sizes]
        for size, (took, peak) in zip(sizes, found, strict=True):
            yield Result(
                f"{kind}, {size} clips",
                "clips/s/core",
                size / took / threads(),
                note=f"{took:.2f} s; peak memory {peak:.0f} MiB",
            )
        yield from _growth(kind, sizes[-1] / sizes[0], sizes[-1] - sizes[0], found)


def _growth(
    kind: str, times: float, clips: int, found: list[tuple[float, float]]
) -> Iterator[Result]:
    """Compare the largest corpus with the smallest."""
    (least_seconds, least_peak), (most_seconds, most_peak) = found[0], found[-1]
    yield Result(
        f"{kind}, rate at the largest size over the smallest",
        "of 1",
        times * least_seconds / most_seconds,
        aim=at_least(0.8),
        note="1 is linear time",
    )
    yield Result(
        f"{kind}, memory for each further clip",
        "KiB",
        1024 * (most_peak - least_peak) / clips,
        aim=below(_KIBIBYTES[kind]),
        note=_HOLDS[kind],
    )


def _measured(kind: str, size: int) -> tuple[float, float]:
    """Run a process for one size; return its seconds at work and peak memory in MiB."""
    root = Path(__file__).parents[2]
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "EARWITNESS_CACHE": str(Path(folder) / "cache")}
        command = [sys.executable, "-m", "tests.benchmarks.growth", kind, str(size), folder]
        run = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False
        )
    if run.returncode:
        raise RuntimeError(f"{kind} of {size} clips failed: {run.stderr}")
    outcome = json.loads(run.stdout)
    return outcome["seconds"], outcome["peak"]


def _read_for_training(files: list[ClipFile]) -> Callable[[], object]:
    recipe = load_recipe("voice").override(["augmentation.speeds=[1.0]"])
    clips = training_set(Corpus("synthetic", tuple(files)), recipe)

    def work() -> None:
        clips.read(ignore, never)
        rng = np.random.default_rng(0)
        for _ in range(_BATCHES):
            clips.batch(rng.integers(len(files), size=_BATCH), rng, torch.device("cpu"))

    _write(files)
    return work


def _evaluate(files: list[ClipFile]) -> Callable[[], object]:
    net = build(load_recipe("voice")).eval()
    embeddings = torch.randn(len(files), net.width)
    corpus = Corpus("synthetic", tuple(files))
    runs = _A_CLASS // 2
    return lambda: evaluate(net, corpus, ways=5, runs=runs, embeddings=embeddings)


WORK = {"reading for training": _read_for_training, "evaluation from embeddings": _evaluate}
_HOLDS = {
    "reading for training": "names and shapes of clips; their log-mels stay on disk",
    "evaluation from embeddings": "a clip's embedding and its share of the episodes",
}
_KIBIBYTES = {"reading for training": 4.0, "evaluation from embeddings": 8.0}


def _write(files: list[ClipFile]) -> None:
    """Write some clips, and link them under other names: the program reads each name anew."""
    rng = np.random.default_rng(0)
    for number, file in enumerate(files):
        if number < _DISTINCT:
            write(voice(rng, 16_000, _SECONDS), file.path)
        else:
            file.path.hardlink_to(files[number % _DISTINCT].path)


def main(kind: str, size: int, folder: Path) -> None:
    """Do the work of one process."""
    files = [
        ClipFile(folder / f"{number}.wav", str(number // _A_CLASS), str(number))
        for number in range(size)
    ]
    work = WORK[kind](files)
    took = Plan(Size.FULL, torch.device("cpu")).seconds(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": took, "peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
