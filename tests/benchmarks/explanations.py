"""Explanations: SINEX and SINEXC against plain loops; the bundled model against the clock."""

from collections.abc import Iterator
from functools import partial
from math import ceil
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamese_core.attribution.parameters import SinexcParameters, SinexParameters
from siamese_core.attribution.segments import Segments
from siamese_core.audio import Clip
from siamese_core.callbacks import Event
from siamese_core.checkpoint import load_checkpoint
from siamese_core.demo import bundled_corpus, bundled_lineup, bundled_model
from siamese_core.explanation import Explanation, Heard, explain
from siamese_core.siamese import SiameseNet
from tests.benchmarks import references
from tests.benchmarks.plan import Plan
from tests.benchmarks.result import Aim, Result, below, times_faster
from tests.benchmarks.synthetic import mnist_net

_WAYS = 5

Values = NDArray[np.float64]


def sinex(plan: Plan) -> Iterator[Result]:
    """Time SINEX on a line-up against the reference: one prediction a segment, both clips anew."""
    net = mnist_net(plan)
    query, supports = _lineup(plan.of(_WAYS, 1, 2))
    parameters = SinexParameters(reference=True)

    def ours() -> list[Explanation]:
        heard = Heard.of(net, query)
        return [explain(net, heard, s, "sinex", parameters) for s in supports]

    found = ours()
    plain = references.PlainNet.of(net).logit
    same = _same_layout(net)
    for name, logit, aim in (("NCHW", plain, times_faster(8)), ("our layout", same, None)):
        timing = plan.side_by_side(ours, partial(_plain_sinex, logit, found), plan.of(2, 1, 1))
        pairs = list(zip(found, timing.reference_value, strict=True))
        largest = max(float(np.abs(values).max()) for _, values in pairs)
        apart = max(float(np.abs(e.attribution.values - values).max()) for e, values in pairs)
        segments = sum(_count(e) for e in found)
        yield Result(
            f"SINEX, {len(supports)} support clips, mnist-net",
            "s",
            timing.ours,
            timing.reference,
            aim,
            apart / largest,
            f"{segments} segments; reference: a batch of one, the query encoded again, {name}; "
            "equal within: of the largest value",
        )


def sinexc(plan: Plan) -> Iterator[Result]:
    """Time SINEXC at the reference's standard error against its alpha draws a segment."""
    net = mnist_net(plan)
    query, (support,) = _lineup(1)
    settings = {"min_size": 150, "alpha": plan.of(150, 150, 4)}
    first = explain(net, query, support, "sinex", SinexParameters())
    error, a_prediction = _reference_error(plan, net, first, settings["alpha"])
    alpha, ours, our_error = _as_steady(plan, net, (query, support), error)
    count = _count(first)
    predictions = count * settings["alpha"]
    draws = max(2 * (count + 1), ceil(alpha / SinexcParameters().beta))
    yield Result(
        "SINEXC at equal standard error, one pair, mnist-net",
        "s",
        ours,
        a_prediction * predictions,
        times_faster(20),
        note=f"{count} segments; reference: {predictions} predictions, some measured and scaled; "
        f"ours: {draws} draws that serve all segments (alpha {alpha}); standard error of a "
        f"contribution, in logits: ours {our_error:.2e} over seeds, reference {error:.2e}",
    )


def bundled_model_seconds(plan: Plan) -> Iterator[Result]:
    """Time what a person waits for with the bundled model and line-up."""
    net, _ = load_checkpoint(bundled_model(), plan.device)
    lineup = bundled_lineup().map(lambda file: file.read())
    query, supports = lineup.query, lineup.support.clips
    fewer = SinexcParameters(alpha=plan.of(150, 150, 2))
    waits: list[tuple[str, Aim | None, float]] = []

    def pair(support: Clip, method: str) -> Explanation:
        settings = fewer if method == "sinexc" else None
        return explain(net, query, support, method, settings)

    titles = {"sinexc": "SINEXC", "integrated-gradients": "IG, 50 steps", "occlusion": "Occlusion"}
    for method, title in titles.items():
        wait = plan.typical_seconds(partial(pair, supports[0], method), plan.rounds)
        waits.append((f"{title}, one pair", below(1), wait))
    whole = plan.typical_seconds(lambda: [pair(s, "sinexc") for s in supports], plan.of(3, 1, 1))
    waits.append((f"SINEXC, line-up of {len(supports)}", below(5), whole))
    coarse = median(_first_map(plan, net, query, supports[0], fewer) for _ in range(plan.rounds))
    waits.append(("SINEXC, first coarse map", below(0.3), coarse))
    for name, aim, wait in waits:
        yield Result(f"{name}, bundled model", "s", wait, aim=aim)


def _lineup(supports: int) -> tuple[Clip, list[Clip]]:
    """Take clips of the bundled voices, the shortest of each in turn."""
    files = bundled_corpus()
    chosen = [files.select([label]).clips[take] for take in range(3) for label in files.classes]
    query, *others = [file.read() for file in chosen[: supports + 1]]
    return query, others


def _same_layout(net: SiameseNet) -> references.Logit:
    return lambda query, support: net(query.to(net.device), support.to(net.device))


def _plain_sinex(logit: references.Logit, found: list[Explanation]) -> list[Values]:
    """Explain the same pairs, cut into the same segments, the reference's way."""
    return [
        references.sinex(
            logit, one.query_map.db, one.support_map.db, _segments(one), one.support_map.own_frames
        )
        for one in found
    ]


def _segments(one: Explanation) -> Segments:
    assert one.attribution.segments is not None
    return one.attribution.segments


def _count(one: Explanation) -> int:
    return int(_segments(one).max()) + 1


def _reference_error(
    plan: Plan, net: SiameseNet, one: Explanation, alpha: int
) -> tuple[float, float]:
    """Measure the reference's standard error, in logits, and the seconds of one prediction.

    The contribution of a segment is a mean over alpha coalitions that hold it: its error is their
    spread over the root of alpha, here pooled over some segments.
    """
    segments, beta = _segments(one), SinexcParameters().beta
    plain, rng = references.PlainNet.of(net), np.random.default_rng(0)
    numbers = rng.permutation(segments.max() + 1)[: plan.of(10, 4, 2)]
    held = [
        [references.coalition(rng, one.support_map.db, segments, n, beta) for _ in range(8)]
        for n in numbers
    ]
    query = torch.from_numpy(one.query_map.db)[None]

    def logits() -> Tensor:
        with torch.no_grad():
            scores = [plain.logit(query, torch.from_numpy(z)[None]) for row in held for z in row]
        return torch.cat(scores).reshape(len(numbers), -1)

    spread = float(logits().double().var(dim=1).mean().sqrt())
    return spread / alpha**0.5, plan.seconds(logits) / sum(map(len, held))


def _as_steady(
    plan: Plan, net: SiameseNet, pair: tuple[Clip, Clip], error: float
) -> tuple[int, float, float]:
    """Find an alpha whose error over seeds is at most ``error``; also its seconds and error."""
    alpha, repeats = 1, plan.of(6, 4, 2)
    for _ in range(4):
        settings = SinexcParameters(alpha=alpha)
        timed = [_timed(plan, net, pair, settings, seed) for seed in range(repeats)]
        took = median(wait for wait, _ in timed)
        ours = float(np.stack([values for _, values in timed]).var(axis=0, ddof=1).mean() ** 0.5)
        if ours <= error:
            break
        alpha = min(10_000, ceil(1.1 * max(alpha, _least(timed)) * (ours / error) ** 2))
    return alpha, took, ours


def _least(timed: list[tuple[float, Values]]) -> int:
    """Return the alpha below which the program draws as many coalitions all the same."""
    count = len(timed[0][1])
    return ceil(2 * (count + 1) * SinexcParameters().beta)


def _timed(
    plan: Plan, net: SiameseNet, pair: tuple[Clip, Clip], settings: SinexcParameters, seed: int
) -> tuple[float, Values]:
    found: list[Explanation] = []
    wait = plan.seconds(lambda: found.append(explain(net, *pair, "sinexc", settings, seed=seed)))
    return wait, _contributions(found[0])


def _contributions(one: Explanation) -> Values:
    """Return one value a segment, read inside the clip's own frames."""
    segments, own = _segments(one), one.support_map.own_frames
    _, places = np.unique(segments[:, own], return_index=True)
    return one.attribution.values[:, own].ravel()[places].astype(np.float64)


def _first_map(
    plan: Plan, net: SiameseNet, query: Clip, support: Clip, settings: SinexcParameters
) -> float:
    """Time until the first partial map of SINEXC is reported (all of it, if none is)."""

    class Shown(Exception):  # noqa: N818 - it ends the wait, nothing went wrong
        pass

    def on_event(event: Event) -> None:
        if event["event"] == "partial":
            raise Shown

    def wait() -> None:
        try:
            explain(net, query, support, "sinexc", settings, on_event=on_event)
        except Shown:
            return

    return plan.seconds(wait)
