"""Line-ups with a part of a clip kept, curves and checks: four cells whose answers are known."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.methods import METHODS, Method
from siamese_core.attribution.parameters import SaliencyParameters
from siamese_core.audio import Clip
from siamese_core.checkpoint import build
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.exhibit.exhibit import explain_episode, with_faithfulness
from siamese_core.exhibit.exhibit_contents import describe
from siamese_core.explanation import explain, one_sided_score
from siamese_core.faithfulness import checks
from siamese_core.faithfulness.checks import (
    map_infidelity,
    map_sensitivity,
    randomisation,
    randomised,
)
from siamese_core.faithfulness.curves import ordered_curves
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.faithfulness import measure
from siamese_core.faithfulness.metrics import METRICS, ONE_MAP, obstacle
from siamese_core.logmel import LogMel
from siamese_core.scoring import score_episode
from siamese_core.siamese import SiameseNet
from tests.conftest import tone
from tests.core.lineups import ONES, A, B, lineup, product_net, seen
from tests.core.test_whitening import TWO_PARTS


def test_a_kept_part_has_the_probability_of_its_cells() -> None:
    first = np.array([[1.0, 0.0], [0.0, 0.0]])
    gains = np.stack([np.ones((2, 2)), first, 1 - first, 0 * first, 0.5 * first])
    shares = lineup().probabilities(gains)
    # logits log 6, log 3, log 2, 0 and half of log 3 against 0
    half = np.sqrt(3) / (1 + np.sqrt(3))
    assert shares[:, 0] == pytest.approx([6 / 7, 3 / 4, 2 / 3, 1 / 2, half])
    assert shares.sum(axis=1) == pytest.approx(1)


def test_frames_outside_the_clip_stay() -> None:
    a, net = seen(A, seconds=0.004), product_net()  # its own is the first frame
    one = EpisodeScore(net, seen(ONES), [a, seen(B)], ("a", "b"), 0)
    assert one.probabilities(np.zeros((1, 2, 2)))[0, 0] == pytest.approx(2 / 3)


def test_shots_of_a_class_share_their_mean() -> None:
    one = EpisodeScore(product_net(), seen(ONES), [seen(B), seen(A), seen(A)], ("b", "a", "a"), 2)
    assert (one.classes, one.own) == (("b", "a"), 1)
    # one of the two shots is silenced: half of log 6
    shares = one.probabilities(np.stack([np.ones((2, 2)), np.zeros((2, 2))]))[:, 1]
    assert shares == pytest.approx([6 / 7, np.sqrt(6) / (1 + np.sqrt(6))])


def test_a_query_that_changes_changes_every_logit() -> None:
    query, support = [[2.0, 1.0], [1.0, 1.0]], [seen([[1.0, 0.0], [0.0, 0.0]]), seen(ONES)]
    one = EpisodeScore(product_net(), seen(query), support, ("a", "b"), 1, side="query")
    # its floor is 1: against the supports 1 and 4 instead of 2 and 5
    assert one.logits.tolist() == [2, 5]
    shares = one.probabilities(np.stack([np.ones((2, 2)), np.zeros((2, 2))]))
    assert np.log(shares[:, 1] / shares[:, 0]) == pytest.approx([3, 3])


def test_curves_of_four_cells() -> None:
    curves = ordered_curves(lineup(), np.array([[2.0, 1.0], [0.5, 0.0]]))
    # in steps of 5 % the first cell turns at 15 %, the second at 40 %; the others weigh nothing
    insertion = [1 / 2] * 3 + [3 / 4] * 5 + [6 / 7] * 13
    deletion = [6 / 7] * 3 + [2 / 3] * 5 + [1 / 2] * 13
    assert curves.insertion == pytest.approx(insertion)
    assert curves.deletion == pytest.approx(deletion)
    assert (curves.random[0], curves.random[-1]) == pytest.approx((1 / 2, 6 / 7))
    areas = curves.areas
    assert areas["insertion"] == pytest.approx(0.05 * (sum(insertion) - (1 / 2 + 6 / 7) / 2))
    assert areas["deletion"] == pytest.approx(0.05 * (sum(deletion) - (1 / 2 + 6 / 7) / 2))


def test_the_reverse_order_is_the_other_curve_read_backwards() -> None:
    values = np.array([[0.3, -1.0], [0.5, 2.0]])
    forward, reverse = (ordered_curves(lineup(), order) for order in (values, -values))
    assert reverse.deletion == pytest.approx(forward.insertion[::-1])
    assert reverse.insertion == pytest.approx(forward.deletion[::-1])
    np.testing.assert_array_equal(forward.random, reverse.random)


def test_a_map_that_foretells_every_change_has_no_infidelity() -> None:
    # rectangles of half each side are single cells; hiding one loses its level above the floor
    subject = lineup().subject()
    assert map_infidelity(subject, np.array(A)) == pytest.approx(0, abs=1e-9)
    assert map_infidelity(subject, 17 * np.array(A)) == pytest.approx(0, abs=1e-9)


def test_an_empty_map_misses_the_square_of_every_change() -> None:
    five = seen([[5.0, 0.0], [5.0, 0.0]], seconds=0.004)  # hiding either own cell loses 5
    subject = EpisodeScore(product_net(), seen(ONES), [five, seen(B)], ("a", "b"), 0).subject()
    assert map_infidelity(subject, np.zeros((2, 2))) == pytest.approx(25)
    assert map_infidelity(subject, np.array([[1.0, 9.0], [1.0, 9.0]])) == pytest.approx(0, abs=1e-9)


def test_a_constant_gradient_is_not_sensitive() -> None:
    score = map_sensitivity(lineup().subject(), "saliency", SaliencyParameters(), np.ones((2, 2)))
    assert score == pytest.approx(0, abs=1e-6)


def test_a_contrast_is_measured_against_its_own_score() -> None:
    query, *support = (seen(cells) for cells in ([[2.0, 1.0], [1.0, 0.0]], A, ONES))
    one = EpisodeScore(product_net(), query, support, ("a", "b"), 0, side="query")
    subject = one.subject(against=support[1])
    # what each cell of the query counts for in A, less the one that it counts for in ones
    values = (np.array(A) - 1) * query.db
    assert subject.own_logit == pytest.approx(values.sum())
    assert map_infidelity(subject, values) == pytest.approx(0, abs=1e-9)
    assert map_infidelity(one.subject(), values) > 0.01


def test_noise_that_needs_too_much_memory_is_scored_in_smaller_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []

    def hungry(subject: Subject, _parameters: object) -> Attribution:
        tried.append(subject.batch)
        if subject.batch > 16:
            raise torch.OutOfMemoryError
        return Attribution(np.ones((2, 2), np.float32))

    monkeypatch.setitem(METHODS, "saliency", Method(hungry, SaliencyParameters))
    score = map_sensitivity(lineup().subject(), "saliency", SaliencyParameters(), np.ones((2, 2)))
    assert score == 0
    assert {*tried} == {64, 32, 16}


def test_sensitivity_is_the_largest_relative_change(monkeypatch: pytest.MonkeyPatch) -> None:
    shaken: list[np.ndarray] = []

    def itself(subject: Subject, _parameters: object) -> Attribution:
        shaken.append(subject.log_mel.numpy() - np.array(A, np.float32))
        return Attribution(subject.log_mel.numpy())

    monkeypatch.setitem(METHODS, "saliency", Method(itself, SaliencyParameters))
    score = map_sensitivity(lineup().subject(), "saliency", SaliencyParameters(), np.array(A))
    # the noise is within 2 % of the clip's range, log 3
    assert len(shaken) == 10
    assert 0.01 * np.log(3) < np.abs(shaken).max() <= 0.02 * np.log(3) + 1e-6
    largest = max(np.linalg.norm(noise) for noise in shaken)
    assert score == pytest.approx(largest / np.linalg.norm(A), rel=1e-4)


def test_random_weights_touch_the_named_parts_of_a_copy_only(tiny_net: SiameseNet) -> None:
    before = {name: weight.clone() for name, weight in tiny_net.state_dict().items()}
    drawn = randomised(tiny_net, tiny_net.encoder, seed=1).state_dict()
    for name, weight in before.items():
        assert torch.equal(tiny_net.state_dict()[name], weight)
        assert torch.equal(drawn[name], weight) != name.startswith("encoder")
    again = randomised(tiny_net, tiny_net.encoder, seed=1).state_dict()
    assert all(torch.equal(again[name], drawn[name]) for name in drawn)


def test_a_wholly_random_net_keeps_no_whitening() -> None:
    net = build(TWO_PARTS).eval().requires_grad_(False)
    maps = torch.randn(12, *TWO_PARTS.mel.shape) * 15 - 40
    net.encoder.whiten([net.levels(maps)], torch.arange(4).repeat_interleave(3))  # type: ignore[operator]
    drawn = randomised(net, net.encoder)
    kept = torch.cosine_similarity(net.embed(maps)[:, 6:], drawn.embed(maps)[:, 6:])
    assert float(kept.max()) < 0.99
    for whitening in drawn.encoder.whitenings:  # type: ignore[union-attr]
        assert not whitening.mean.any()


def test_a_map_of_the_network_changes_with_it(tiny_net: SiameseNet) -> None:
    explanation = explain(tiny_net, tone(400), tone(500), "saliency")
    scores = randomisation(tiny_net, explanation, seed=2)
    assert {*scores} == {"random_head", "random_encoder"}
    assert all(abs(score) < 0.95 for score in scores.values())


def test_a_contrast_is_compared_with_the_same_contrast_of_the_random_net(
    tiny_net: SiameseNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "randomised", lambda net, *_parts, seed: net)
    clips = tone(400), tone(500)
    long = tone(900, seconds=1.5)
    contrast = explain(tiny_net, *clips, "saliency", side="query", against=long, against_start=0.9)
    assert contrast.rival_map is not None
    assert contrast.rival_map.start == 0.9
    assert randomisation(tiny_net, contrast) == pytest.approx(
        {"random_head": 1, "random_encoder": 1}
    )


def test_a_map_of_the_clip_alone_is_found_out(
    tiny_net: SiameseNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def levels(subject: Subject, _parameters: object) -> Attribution:
        return Attribution(subject.log_mel.numpy())

    monkeypatch.setitem(METHODS, "saliency", Method(levels, SaliencyParameters))
    explanation = explain(tiny_net, tone(400), tone(500), "saliency")
    assert randomisation(tiny_net, explanation) == pytest.approx(
        {"random_head": 1, "random_encoder": 1}
    )


def test_a_refusal_of_noise_or_of_random_weights_leaves_the_number_open(
    tiny_net: SiameseNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanation = explain(tiny_net, tone(400), tone(500), "saliency")

    def refuses(_subject: Subject, _parameters: object) -> Attribution:
        raise ParameterError("This network cannot be carried.")

    monkeypatch.setitem(METHODS, "saliency", Method(refuses, SaliencyParameters))
    scores = randomisation(tiny_net, explanation)
    assert {*scores} == {"random_head", "random_encoder"}
    score = map_sensitivity(lineup().subject(), "saliency", SaliencyParameters(), np.ones((2, 2)))
    assert all(math.isnan(number) for number in (*scores.values(), score))


def test_a_head_of_one_number_is_left_as_it_is(tiny_net: SiameseNet) -> None:
    tiny_net.distance, tiny_net.head = nn.CosineSimilarity(), nn.Linear(1, 1)
    tiny_net.distance.forward = lambda a, b: torch.cosine_similarity(a, b)[:, None]  # type: ignore[method-assign]
    explanation = explain(tiny_net, tone(400), tone(500), "saliency")
    assert {*randomisation(tiny_net, explanation)} == {"random_encoder"}


@pytest.fixture
def episode() -> Episode[Clip]:
    clips = (tone(300, 0.3), tone(800, 0.9), tone(500, 0.2))
    return Episode(tone(450, 0.4), SupportSet(clips, ("low", "high", "low")), "low")


def _open(net: SiameseNet, episode: Episode[Clip], side: str = "support") -> EpisodeScore:
    place = score_episode(net, episode).best
    query, *support = (LogMel.of(c, net.mel) for c in (episode.query, *episode.support.clips))
    return EpisodeScore(net, query, support, episode.support.labels, place, side)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", ["support", "query"])
@pytest.mark.parametrize("levels", ["fixed", "peak"])
def test_a_line_up_scores_as_it_does_elsewhere(
    tiny_net: SiameseNet, episode: Episode[Clip], side: str, levels: str
) -> None:
    tiny_net.levels.reference = levels  # type: ignore[assignment]
    scored, one = score_episode(tiny_net, episode), _open(tiny_net, episode, side)
    logits = torch.tensor([entry.logit for entry in scored.classes], dtype=torch.float64)
    whole = one.probabilities(np.ones((1, *tiny_net.mel.shape)))[0]
    assert whole == pytest.approx(logits.softmax(dim=0).numpy(), abs=1e-5)
    assert one.classes == ("low", "high")


def test_the_checks_of_a_contrast_ask_the_score_that_it_explains(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    shown = explain_episode(tiny_net, episode, method="saliency", side="query", against="high")
    best, one = shown.best, _open(tiny_net, episode, "query")
    found = measure(tiny_net, one, best).values
    score = one_sided_score(tiny_net, best.query_map, best.support_map, best.rival_map)
    subject = replace(one.subject(), score=score)
    values = best.attribution.values.astype(float)
    assert subject.own_logit == pytest.approx(best.contrast)
    assert found["infidelity"] == pytest.approx(map_infidelity(subject, values))
    sensitivity = map_sensitivity(subject, "saliency", best.parameters, values)
    assert found["sensitivity"] == pytest.approx(sensitivity)
    assert found["infidelity"] != pytest.approx(map_infidelity(one.subject(), values))


@pytest.mark.parametrize("side", ["support", "query"])
def test_a_map_is_measured_in_every_way(
    tiny_net: SiameseNet, episode: Episode[Clip], side: str
) -> None:
    one = _open(tiny_net, episode, side)
    best = episode.support.clips[one.place]
    explanation = explain(tiny_net, episode.query, best, "saliency", side=side)  # type: ignore[arg-type]
    found = measure(tiny_net, one, explanation, seed=3)
    assert [*found.values] == [*METRICS]
    assert all(np.isfinite(value) for value in found.values.values())
    assert found.values["insertion"] == found.curves.areas["insertion"]
    assert measure(tiny_net, one, explanation, seed=3).as_dict() == found.as_dict()
    quick = measure(tiny_net, one, explanation, checks=False, seed=3)
    assert {*METRICS} - {*quick.values} == {"sensitivity", "random_head", "random_encoder"}


def test_a_line_up_of_one_class_is_not_measured(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    one = replace(episode, support=SupportSet(episode.support.clips, ("low",) * 3))
    shown = explain_episode(tiny_net, one, method="saliency")
    with pytest.raises(ParameterError, match="one class only, which is then always certain"):
        with_faithfulness(tiny_net, shown)
    assert not obstacle(episode.support.labels)


def test_an_empty_map_has_no_undefined_number_in_its_plain_values(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    one = _open(tiny_net, episode)
    explanation = explain(tiny_net, episode.query, episode.support.clips[one.place], "saliency")
    empty = replace(explanation, attribution=Attribution(np.zeros(tiny_net.mel.shape, np.float32)))
    found = measure(tiny_net, one, empty, checks=False).as_dict()["values"]
    assert found["comp"] is None  # type: ignore[index]
    assert found["silence"] is None  # type: ignore[index]


def test_what_is_not_defined_or_rounds_to_nothing_is_said_plainly(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    one = _open(tiny_net, episode)
    explanation = explain(tiny_net, episode.query, episode.support.clips[one.place], "saliency")
    found = measure(tiny_net, one, explanation, checks=False)
    lines = [*replace(found, values={"comp": math.nan, "ff": -1e-9, "sps": -0.25}).words()]
    said = [line[:26].split(maxsplit=1) for line in lines[1:-1]]
    assert said == [["COMP", "not defined"], ["FF", "0.000"], ["SPS", "-0.250"]]


def test_measuring_stops_when_asked(tiny_net: SiameseNet, episode: Episode[Clip]) -> None:
    one = _open(tiny_net, episode)
    explanation = explain(tiny_net, episode.query, episode.support.clips[one.place], "saliency")
    with pytest.raises(Cancelled):
        measure(tiny_net, one, explanation, should_stop=lambda: True)


def test_an_exhibit_carries_the_faithfulness_of_its_best_pair(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    plain = explain_episode(tiny_net, episode, method="saliency", seed=4)
    assert describe(plain)["faithfulness"] is None
    shown = with_faithfulness(tiny_net, plain)
    one = _open(tiny_net, episode)
    assert shown.scored.best == one.place
    wanted = measure(tiny_net, one, shown.best, seed=4).as_dict()
    assert json.loads(json.dumps(describe(shown)))["faithfulness"] == wanted


def test_the_numbers_of_one_map_are_named_for_people(
    tiny_net: SiameseNet, episode: Episode[Clip]
) -> None:
    shown = explain_episode(tiny_net, episode, method="saliency", side="query")
    found = with_faithfulness(tiny_net, shown).faithfulness
    assert found is not None
    lines = [*found.words()]
    assert len(lines) == len(METRICS) + 2
    assert any(line.startswith("deletion") and "lower is better" in line for line in lines)
    assert lines[-1] == ONE_MAP
