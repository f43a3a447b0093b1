"""Embeddings: each clip of a corpus encoded once, and what pairs of them score."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode, Indices
from siamese_core.errors import CheckpointError
from siamese_core.logmel_cache import cached_pictures
from siamese_core.map_file import Map, MapFile
from siamese_core.scoring import embed_maps
from siamese_core.siamese import SiameseNet

_CHUNK, _GPU_CHUNK = 32, 256
"""Clips embedded between two looks at whether to stop."""
_VALUES = 2**22
"""Numbers in a batch of embeddings to compare: 16 MiB a side, whatever their width."""


def clips_of(episodes: Iterable[Episode[int]]) -> list[int]:
    """Return which clips of a corpus its episodes use, in the corpus's order."""
    return sorted({i for e in episodes for i in (e.query, *e.support.clips)})


def embed_corpus(
    net: SiameseNet,
    corpus: Corpus[LabelledFile],
    episodes: Sequence[Episode[int]] | None = None,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
    pictures: Sequence[Map] | None = None,
) -> Tensor:
    """Encode each clip once: shape (n_clips, width).

    Where ``episodes`` are given, only the clips that they use (`clips_of`); the other rows are
    zero. Where ``pictures`` of these clips are there already (`logmel_cache.cached_pictures`), none
    is read.
    """
    used = list(range(len(corpus.clips))) if episodes is None else clips_of(episodes)
    if pictures is None:
        clips = [corpus.clips[i] for i in used]
        pictures = cached_pictures(clips, net.spec, on_event, should_stop)
    embeddings = torch.zeros(len(corpus.clips), net.width, device=net.device)
    size = _CHUNK if net.device.type == "cpu" else _GPU_CHUNK
    for first in range(0, len(used), size):
        progress(on_event, should_stop, "Embedding", first, len(used))
        chunk = torch.tensor(used[first : first + size], device=net.device)
        embeddings[chunk] = embed_maps(net, pictures[first : first + size])
        if isinstance(pictures, MapFile):
            pictures.forget()
    return _numbers(embeddings, "embeddings")


def compare_clips(
    net: SiameseNet,
    embeddings: Tensor,
    left: Indices,
    right: Indices,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> NDArray[np.float64]:
    """Score pairs of clips, given as rows of ``embeddings``: logits (n_pairs,).

    Raises
    ------
    CheckpointError
        If the network makes logits of them that are not finite.
    Cancelled
        If ``should_stop`` says so.
    """
    step = max(1, _VALUES // embeddings.shape[1])
    sides = (torch.from_numpy(side).to(embeddings.device) for side in (left, right))
    batches = zip(*(torch.split(side, step) for side in sides), strict=True)
    logits = []
    with torch.inference_mode():
        for number, (a, b) in enumerate(batches):
            progress(on_event, should_stop, "Comparing", number * step, len(left))
            logits.append(net.compare(embeddings[a], embeddings[b]))
        return _numbers(torch.cat(logits), "logits").cpu().double().numpy()


def support_logits(
    net: SiameseNet,
    embeddings: Tensor,
    episodes: Sequence[Episode[int]],
    should_stop: ShouldStop = never,
) -> NDArray[np.float64]:
    """Score each episode's query against its support clips, one episode after the other.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    left = np.repeat([e.query for e in episodes], [len(e.support.clips) for e in episodes])
    right = np.concatenate([e.support.clips for e in episodes])
    return compare_clips(net, embeddings, left, right, ignore, should_stop)


def _numbers(values: Tensor, what: str) -> Tensor:
    """Return values unless one is none: nothing is nearer or farther than that."""
    if not values.isfinite().all():
        raise CheckpointError(f"The network's {what} are no numbers; take another checkpoint.")
    return values
