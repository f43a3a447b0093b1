"""SINEX and SINEXC: segments of the log-mel, alone and in coalitions (methods.md, section 2)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

import numpy as np
import torch
from torch import Tensor

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.parameters import SinexcParameters, SinexParameters
from siamese_core.attribution.quick.folded import folded
from siamese_core.attribution.quick.local_score import BATCH
from siamese_core.attribution.quick.near import Score, near
from siamese_core.attribution.quick.patchwork import patchwork
from siamese_core.attribution.segments import Segments, segment, segment_count, spread


def sinex(subject: Subject, parameters: SinexParameters) -> Attribution:
    """Keep each segment alone, or remove it alone, and compare the logits.

    With f the logit, x the clip and b the baseline: ``keep`` gives f(only i) - f(b), ``remove``
    f(x) - f(x without i). ``reference`` gives the reference's (f(x) - f(only i)) / area of i, where
    f is the similarity.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    segments = segment(subject, parameters)
    against_clip = parameters.reference or not parameters.keeps
    baseline = subject.baseline(parameters.baseline)
    whole = _logit(parameters, subject.own_logit if against_clip else subject.logit(baseline))
    alone = torch.eye(segment_count(segments), dtype=torch.bool)

    def contributions(scores: Tensor) -> Tensor:
        found = torch.zeros(len(alone), dtype=torch.float64)
        found[: len(scores)] = whole - scores if against_clip else scores - whole
        return found

    kept = alone if parameters.keeps else ~alone
    coalitions = Coalitions(kept, torch.ones(len(kept)))
    return _explain(subject, parameters, segments, [coalitions], len(kept), contributions)


def sinexc(subject: Subject, parameters: SinexcParameters) -> Attribution:
    """Compare the mean logit of random coalitions with and without each segment.

    Coalitions are drawn once and each serves every segment: given that i is in, the others are
    still in with probability beta, so ``alpha / beta`` draws hold each segment about alpha times,
    however many segments there are. ``keep`` keeps a coalition and nothing else, ``remove`` removes
    it.

    The contribution is E[f | i stays] - E[f | i goes]. ``means`` takes the two means over the
    draws. ``least-squares`` takes the coefficient of i in a linear fit of the logits on all
    segments at once: segments are drawn independently, so that it has the same expectation, but the
    luck of which others were drawn beside i is taken out.

    ``reference`` draws alpha coalitions for each segment, which they hold, and gives the
    reference's (f(x) - mean f) / area of i, where f is the similarity.

    Raises
    ------
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    segments = segment(subject, parameters)
    rng = np.random.default_rng(subject.seed)
    if parameters.reference:
        return _reference_sinexc(subject, parameters, segments, rng)
    drawn = _draw(rng, segment_count(segments), parameters)
    coalitions = _gather(drawn if parameters.keeps else ~drawn)
    estimate = _fit if parameters.estimator == "least-squares" else _difference

    def contributions(scores: Tensor) -> Tensor:
        seen = slice(len(scores))
        return estimate(coalitions.kept[seen].double(), coalitions.times[seen].double(), scores)

    return _explain(subject, parameters, segments, [coalitions], len(drawn), contributions)


def _reference_sinexc(
    subject: Subject, parameters: SinexcParameters, segments: Segments, rng: np.random.Generator
) -> Attribution:
    count, alpha = segment_count(segments), parameters.alpha
    whole = _logit(parameters, subject.own_logit)
    times: list[Tensor] = []

    def held() -> Iterator[Coalitions]:
        # drawn as they are needed: alpha x count coalitions of count segments can fill the memory
        for number in range(count):
            coalitions = _gather(_draw_held(rng, count, number, parameters))
            times.append(coalitions.times.double())
            yield coalitions

    def contributions(scores: Tensor) -> Tensor:
        found = torch.zeros(count, dtype=torch.float64)
        first = 0
        for number, weights in enumerate(times):
            part = scores[first : first + len(weights)]
            first += len(weights)
            if len(part) == len(weights):
                found[number] = whole - part @ weights / alpha
        return found

    return _explain(subject, parameters, segments, held(), count * alpha, contributions)


@dataclass(frozen=True)
class Coalitions:
    """Which segments are kept, bool (n, segments), and how often each row was drawn, (n,)."""

    kept: Tensor
    times: Tensor


def _gather(drawn: Tensor) -> Coalitions:
    """Score what was drawn more than once only once: few segments have few coalitions.

    The most frequent come first, so that a coarse map rests on much of the draw.
    """
    rows, first, times = np.unique(drawn.numpy(), axis=0, return_index=True, return_counts=True)
    order = np.lexsort((first, -times))
    return Coalitions(torch.from_numpy(rows[order]), torch.from_numpy(times[order]))


def _draw(rng: np.random.Generator, count: int, parameters: SinexcParameters) -> Tensor:
    """Draw coalitions, bool (draws, segments): enough for a fit, each segment in some, not all."""
    draws = max(2 * (count + 1), ceil(parameters.alpha / parameters.beta))
    drawn = rng.random((draws, count)) < parameters.beta
    lonely = np.flatnonzero(drawn.all(axis=0) | ~drawn.any(axis=0))
    drawn[rng.permutation(draws)[: len(lonely)], lonely] ^= True
    return torch.from_numpy(drawn)


def _draw_held(
    rng: np.random.Generator, count: int, number: int, parameters: SinexcParameters
) -> Tensor:
    """Draw alpha coalitions around one segment, bool (alpha, segments)."""
    drawn = rng.random((parameters.alpha, count)) < parameters.beta
    drawn[:, number] = True
    return torch.from_numpy(drawn)


def _fit(kept: Tensor, times: Tensor, scores: Tensor) -> Tensor:
    """Fit scores (n,) linearly to the segments kept (n, segments): one coefficient a segment.

    Both are centred, so that segments which chance never parts share their effect equally.
    """
    share = times / times.sum()
    kept, scores = kept - share @ kept, scores - share @ scores
    rows = times.sqrt()[:, None]
    coefficients: Tensor = torch.linalg.lstsq(rows * kept, rows * scores[:, None]).solution[:, 0]
    return coefficients


def _difference(kept: Tensor, times: Tensor, scores: Tensor) -> Tensor:
    """Return each segment's mean score (n,) where it is kept (n, segments), less where it is not.

    A segment that the draws so far never part is given zero.
    """
    stays, goes = times @ kept, times @ (1 - kept)
    weighed = times * scores
    means = weighed @ kept / stays.clamp_min(1) - weighed @ (1 - kept) / goes.clamp_min(1)
    return torch.where((stays > 0) & (goes > 0), means, 0.0)


def _explain(
    subject: Subject,
    parameters: SinexParameters,
    segments: Segments,
    groups: Iterable[Coalitions],
    total: int,
    contributions: Callable[[Tensor], Tensor],
) -> Attribution:
    """Score groups of coalitions, ``total`` draws in all, and give each cell its contribution.

    Shows what is known after 1, 2, 4, 8 ... batches, so that showing costs little beside scoring.
    """
    scores, shown = torch.zeros(0, dtype=torch.float64), 1

    def found() -> Attribution:
        values = contributions(scores).numpy()
        return spread(subject, parameters, segments, values, by_area=parameters.reference)

    batches = _scores(subject, parameters, segments, groups, total)
    for number, (batch, done) in enumerate(batches, start=1):
        scores = torch.cat([scores, batch])
        if number == shown and done < total:
            shown *= 2
            subject.partial(found().values, done, total)
    return found()


def _scores(
    subject: Subject,
    parameters: SinexParameters,
    segments: Segments,
    groups: Iterable[Coalitions],
    total: int,
) -> Iterator[tuple[Tensor, int]]:
    """Score the clip with the kept segments and the baseline elsewhere, batch by batch.

    Yields the scores (batch,) and how many draws they stand for so far.
    """
    subject = replace(subject, score=folded(subject.score))
    device = subject.log_mel.device
    baseline = subject.baseline(parameters.baseline)
    score = near(subject.score, baseline if parameters.keeps else subject.log_mel)
    size = subject.batch if score is subject.score else BATCH
    places = torch.from_numpy(segments).to(device)
    done = 0
    for group in groups:
        patches = patchwork(subject, baseline, segments, group.kept)
        for first in range(0, len(group.kept), size):
            subject.progress(done, total)
            part = slice(first, first + size)
            maps = torch.where(group.kept[part].to(device)[:, places], subject.log_mel, baseline)
            done += int(group.times[part].sum())
            found = score if patches is None else partial(patches, part=part)
            yield _read(found, parameters, maps), done


def _logit(parameters: SinexParameters, logit: float) -> Tensor:
    """Return a logit, or for the reference its similarity; float64."""
    found = torch.tensor(logit, dtype=torch.float64)
    return found.sigmoid() if parameters.reference else found


def _read(score: Score, parameters: SinexParameters, maps: Tensor) -> Tensor:
    """Score maps: their logits, or for the reference their similarities; float64, on the CPU."""
    with torch.inference_mode():
        logits: Tensor = score(maps).cpu().double()
    return logits.sigmoid() if parameters.reference else logits
