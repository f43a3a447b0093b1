"""SINEX and SINEXC: segments of the log-mel, alone and in coalitions (methods.md, section 2)."""

from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.segmentation import felzenszwalb, slic
from torch import Tensor

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.parameters import SinexcParameters, SinexParameters

Segments = NDArray[np.int64]


def segment(subject: Subject, parameters: SinexParameters) -> Segments:
    """Cut a log-mel into segments.

    Only the clip's own frames are looked at. A frame of the zeros around it belongs to the segment
    beside it at the clip's edge, since the analysis window smears the clip's sound into it.

    Returns
    -------
    ndarray of int, shape (n_mels, n_frames)
        Labels 0 to n - 1, all of which exist.
    """
    db = subject.log_mel.cpu().numpy()
    columns = range(db.shape[1])[subject.own]
    own = db[:, subject.own].astype(np.float64)
    # felzenszwalb's scale and slic's compactness are meant for a picture in [0, 1]
    picture = (own - own.min()) / max(np.ptp(own), 1e-9)
    _, labels = np.unique(_labels(picture, parameters), return_inverse=True)
    sides = (columns[0], db.shape[1] - 1 - columns[-1])
    return np.pad(labels.reshape(own.shape), ((0, 0), sides), mode="edge").astype(np.int64)


def sinex(subject: Subject, parameters: SinexParameters) -> Attribution:
    """Keep each segment alone, or remove it alone, and compare the logits.

    With f the score, x the clip and b the baseline: ``keep`` gives f(only i) - f(b), ``remove``
    f(x) - f(x without i). ``reference`` gives the reference's (f(x) - f(only i)) / area of i.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    segments = segment(subject, parameters)
    alone = torch.eye(int(segments.max()) + 1, dtype=torch.bool)
    keep = parameters.reference or parameters.mode == "keep"
    logits = _coalition_logits(subject, parameters, segments, alone if keep else ~alone)
    whole = subject.logit(subject.log_mel)
    if keep and not parameters.reference:
        contributions = logits - subject.logit(subject.baseline(parameters.baseline))
    else:
        contributions = whole - logits
    return _spread(subject, parameters, segments, contributions)


def sinexc(subject: Subject, parameters: SinexcParameters) -> Attribution:
    """Compare the mean logit of random coalitions with and without each segment.

    Coalitions are drawn once and each serves every segment: given that i is in, the others are
    still in with probability beta, so ``alpha / beta`` draws hold each segment about alpha times,
    however many segments there are. ``keep`` keeps a coalition and nothing else, ``remove`` removes
    it.

    The contribution is E[f | i stays] - E[f | i goes], estimated as the coefficient of i in a
    least-squares fit of the logits on all segments at once. Segments are drawn independently, so
    that coefficient has the same expectation as the difference of the two means, but the luck of
    which others were drawn beside i is taken out.

    ``reference`` draws alpha coalitions for each segment, which they hold, and gives the
    reference's (f(x) - mean f) / area of i.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    segments = segment(subject, parameters)
    count = int(segments.max()) + 1
    rng = np.random.default_rng(subject.seed)
    if parameters.reference:
        held = _draw_held(rng, count, parameters)
        logits = _coalition_logits(subject, parameters, segments, held)
        whole = subject.logit(subject.log_mel)
        contributions = whole - logits.reshape(count, parameters.alpha).mean(dim=1)
    else:
        drawn = _draw(rng, count, parameters)
        kept = drawn if parameters.mode == "keep" else ~drawn
        logits = _coalition_logits(subject, parameters, segments, kept)
        contributions = _fit(kept.double(), logits)
    return _spread(subject, parameters, segments, contributions)


def _labels(picture: NDArray[np.float64], parameters: SinexParameters) -> Segments:
    labels: Segments
    if parameters.segmentation == "felzenszwalb":
        labels = felzenszwalb(picture, parameters.scale, parameters.sigma, parameters.min_size)
    elif parameters.segmentation == "slic":
        labels = slic(
            picture,
            parameters.n_segments,
            parameters.compactness,
            sigma=parameters.slic_sigma,
            start_label=0,
            channel_axis=None,
        )
    else:
        rows, columns = np.indices(picture.shape)
        across = ceil(picture.shape[1] / parameters.tile_frames)
        labels = rows // parameters.tile_mels * across + columns // parameters.tile_frames
    return labels


def _draw(rng: np.random.Generator, count: int, parameters: SinexcParameters) -> Tensor:
    """Draw coalitions, bool (draws, segments): enough for a fit, each segment in some, not all."""
    draws = max(2 * (count + 1), ceil(parameters.alpha / parameters.beta))
    drawn = rng.random((draws, count)) < parameters.beta
    lonely = np.flatnonzero(drawn.all(axis=0) | ~drawn.any(axis=0))
    drawn[rng.permutation(draws)[: len(lonely)], lonely] ^= True
    return torch.from_numpy(drawn)


def _draw_held(rng: np.random.Generator, count: int, parameters: SinexcParameters) -> Tensor:
    """Draw alpha coalitions around each segment, bool (segments * alpha, segments)."""
    drawn = np.stack(
        [rng.random((parameters.alpha, count)) < parameters.beta for _ in range(count)]
    )
    drawn[np.arange(count), :, np.arange(count)] = True
    return torch.from_numpy(drawn.reshape(-1, count))


def _fit(kept: Tensor, logits: Tensor) -> Tensor:
    """Fit logits (n,) linearly to the segments kept (n, segments): one coefficient a segment.

    Both are centred, so that segments which chance never parts share their effect equally.
    """
    kept, logits = kept - kept.mean(dim=0), logits - logits.mean()
    coefficients: Tensor = torch.linalg.lstsq(kept, logits[:, None]).solution[:, 0]
    return coefficients


def _coalition_logits(
    subject: Subject, parameters: SinexParameters, segments: Segments, kept: Tensor
) -> Tensor:
    """Score the clip with the kept segments (n, segments) and the baseline elsewhere: (n,)."""
    device = subject.log_mel.device
    baseline = subject.baseline(parameters.baseline)
    places, kept = torch.from_numpy(segments).to(device), kept.to(device)
    logits = []
    with torch.inference_mode():
        for batch in subject.batches(len(kept)):
            maps = torch.where(kept[batch][:, places], subject.log_mel, baseline)
            logits.append(subject.score(maps).cpu().double())
    return torch.cat(logits)


def _spread(
    subject: Subject, parameters: SinexParameters, segments: Segments, contributions: Tensor
) -> Attribution:
    """Give each cell its segment's contribution, by area where that is asked for."""
    if parameters.reference or parameters.weight == "area":
        own = np.bincount(segments[:, subject.own].ravel(), minlength=len(contributions))
        contributions = contributions / torch.from_numpy(own)
    return Attribution(contributions.numpy()[segments].astype(np.float32), segments)
