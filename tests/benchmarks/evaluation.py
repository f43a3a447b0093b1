"""Evaluation of one-shot episodes: from embeddings, against one prediction for each pair."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from siamese_core.checkpoint import load_checkpoint
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.demo import bundled_model
from siamese_core.episodes import EpisodeSampler
from siamese_core.evaluation.embeddings import compare_clips
from siamese_core.evaluation.evaluation import draw_episodes, evaluate
from siamese_core.scoring import embed_maps
from siamese_core.siamese import SiameseNet
from tests.benchmarks.plan import Plan
from tests.benchmarks.references import Map, PlainNet
from tests.benchmarks.result import Result, times_faster
from tests.benchmarks.synthetic import log_mels, mnist_net

_CLASSES = 5
_CHUNK = 64

Pair = tuple[int, int]


def one_shot_evaluation(plan: Plan) -> Iterator[Result]:
    """Time 5 x 300 episodes of 5-way 1-shot, from log-mels to accuracy.

    AudioMNIST has 500 clips a speaker and the tests' share of it 200, ESC-50 has 40 clips a class:
    the fewer there are, the more episodes each clip's one embedding serves.
    """
    voice, _ = load_checkpoint(bundled_model(), plan.device)
    net = mnist_net(plan)
    for clips in plan.of((40, 200), (10,), (3,)):
        yield _evaluation(plan, "voice", voice, voice, clips)
        yield _evaluation(plan, "mnist-net", net, PlainNet.of(net).logit, clips)


def _evaluation(
    plan: Plan,
    name: str,
    net: SiameseNet,
    reference: Callable[[Tensor, Tensor], Tensor],
    clips: int,
) -> Result:
    runs = plan.of(300, 30, 2)
    corpus = _corpus(_CLASSES, clips)
    maps = log_mels(len(corpus.clips), net.spec.shape)
    episodes = draw_episodes(EpisodeSampler(corpus.labels, None, 1), runs, 0)
    pairs = [(e.query, s) for e in episodes for s in e.support.clips]
    sample = pairs[:: max(1, len(pairs) // plan.of(100, 20, 4))]

    def ours() -> None:
        embeddings = embed(net, maps)
        evaluate(net, corpus, runs=runs, embeddings=embeddings)

    a_pair = plan.typical_seconds(lambda: _one_by_one(reference, maps, net.device, sample), 1)
    ours()
    return Result(
        f"evaluation, {_CLASSES} x {runs} episodes, {clips} clips a class, {name}",
        "s",
        plan.seconds(ours),
        a_pair / len(sample) * len(pairs),
        times_faster(100),
        _difference(net, reference, maps, sample),
        f"{len(maps)} clips; reference: one prediction a pair, {len(sample)} of {len(pairs)} pairs "
        "measured and scaled; equal within: logits, of the largest",
    )


def embed(net: SiameseNet, maps: Map) -> Tensor:
    """Encode maps as `embeddings.embed_corpus` does, once they are read."""
    chunks = range(0, len(maps), _CHUNK)
    return torch.cat([embed_maps(net, list(maps[first : first + _CHUNK])) for first in chunks])


def _one_by_one(
    reference: Callable[[Tensor, Tensor], Tensor],
    maps: Map,
    device: torch.device,
    pairs: list[Pair],
) -> list[float]:
    with torch.no_grad():
        return [
            float(reference(*(torch.from_numpy(maps[i])[None].to(device) for i in pair)))
            for pair in pairs
        ]


def _difference(
    net: SiameseNet,
    reference: Callable[[Tensor, Tensor], Tensor],
    maps: Map,
    pairs: list[Pair],
) -> float:
    used, places = np.unique(np.array(pairs), return_inverse=True)
    left, right = places.reshape(-1, 2).T
    ours = compare_clips(net, embed(net, maps[used]), left, right)
    plain = np.array(_one_by_one(reference, maps, net.device, pairs))
    return float(np.abs(ours - plain).max() / np.abs(plain).max())


def _corpus(classes: int, clips: int) -> Corpus:
    """Name clips that are never read, since their maps are given."""
    files = [
        ClipFile(Path(f"{label}-{clip}.wav"), str(label), f"{label}-{clip}")
        for label in range(classes)
        for clip in range(clips)
    ]
    return Corpus("synthetic", tuple(files))
