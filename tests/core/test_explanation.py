"""Explanations of real pairs by small nets: exact logits, the right side, the clip's own frames."""

import numpy as np
import pytest
import torch
from torch import Tensor

from siamese_core.attribution.attribution import Subject
from siamese_core.attribution.gradients import integrated_gradients
from siamese_core.attribution.methods import DEFAULT_METHOD, METHODS
from siamese_core.attribution.parameters import (
    IntegratedGradientsParameters,
    OcclusionParameters,
    ShapleyParameters,
    SinexcParameters,
)
from siamese_core.audio import Clip
from siamese_core.checkpoint import build
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.explanation import Heard, Side, explain, one_sided_score
from siamese_core.logmel import LogMel
from siamese_core.losses import DISTANCES
from siamese_core.parameters import Parameters
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet
from tests.conftest import TINY_RECIPE, tone
from tests.core.toys import Stopper

QUICK: dict[str, Parameters] = {
    "occlusion": OcclusionParameters(height_mels=4, width_frames=4),
    "shapley": ShapleyParameters(min_size=20, samples=3),
    "sinexc": SinexcParameters(min_size=20, alpha=10),
}
SELDOM = {"guided-backpropagation", "guided-grad-cam", "deconvolution"}
"""Methods whose map is zero where nothing excites all the way, as in a net that never learnt."""


@pytest.fixture
def query() -> Clip:
    return tone(400, 0.3)


@pytest.fixture
def support() -> Clip:
    return tone(900, 0.4)


def peak_net(**changes: object) -> SiameseNet:
    recipe = Recipe.parse({**TINY_RECIPE.model_dump(), "levels": "peak", **changes})
    torch.manual_seed(1)
    return build(recipe).eval().requires_grad_(False)


def logit_of(net: SiameseNet, query: Clip, support: Clip) -> float:
    maps = [torch.from_numpy(LogMel.of(clip, net.mel).db)[None] for clip in (query, support)]
    return float(net(*maps))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", ["support", "query"])
def test_every_method_explains_either_side(
    tiny_net: SiameseNet, query: Clip, support: Clip, method: str, side: str
) -> None:
    explanation = explain(tiny_net, query, support, method, QUICK.get(method), side)  # type: ignore[arg-type]
    assert explanation.logit == pytest.approx(logit_of(tiny_net, query, support), abs=1e-5)
    assert explanation.similarity == pytest.approx(1 / (1 + np.exp(-explanation.logit)))
    assert explanation.explained is (support if side == "support" else query)
    values, own = explanation.attribution.values, explanation.explained_map.own_frames
    assert values.shape == tiny_net.mel.shape
    assert values[:, own].any() or method in SELDOM
    assert not values[:, : own.start].any()
    assert not values[:, own.stop :].any()
    segments = explanation.attribution.segments
    is_one = segments is not None and not segments.any()
    assert (explanation.attribution.note is None) == (values.any() and not is_one)
    assert explanation.against is explanation.contrast is None


def test_defaults_are_the_methods_own(tiny_net: SiameseNet, query: Clip, support: Clip) -> None:
    explanation = explain(tiny_net, query, support)
    assert explanation.method == DEFAULT_METHOD
    assert explanation.parameters == METHODS[DEFAULT_METHOD].parameters()
    assert explanation.side == "support"


def test_sides_differ_and_swap_with_the_clips(
    tiny_net: SiameseNet, query: Clip, support: Clip
) -> None:
    here = explain(tiny_net, query, support, "saliency", side="query").attribution.values
    there = explain(tiny_net, support, query, "saliency", side="support").attribution.values
    np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-9)
    other = explain(tiny_net, query, support, "saliency").attribution.values
    assert np.abs(here - other).max() > 0


def test_integrated_gradients_say_what_their_sum_misses(
    tiny_net: SiameseNet, query: Clip, support: Clip
) -> None:
    explanation = explain(tiny_net, query, support, "integrated-gradients")
    assert explanation.attribution.residual is not None
    assert (
        abs(explanation.attribution.residual) < 0.05 * np.abs(explanation.attribution.values).sum()
    )


def test_saliency_of_a_clip_against_itself_is_zero_and_says_so(
    tiny_net: SiameseNet, query: Clip
) -> None:
    explanation = explain(tiny_net, query, query, "saliency")
    assert not explanation.attribution.values.any()
    assert (
        explanation.attribution.note == "The map is zero by construction: both clips are the same."
    )


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("method", ["saliency", "input-x-gradient", "grad-cam", "guided-grad-cam"])
def test_the_slope_of_a_clip_against_itself_is_zero_and_says_so(
    query: Clip, distance: str, method: str
) -> None:
    # a peak-levelled net takes the two copies by two ways, which round differently
    explanation = explain(peak_net(distance=distance), query, query, method)
    assert not explanation.attribution.values.any()
    note = explanation.attribution.note
    assert note == "The map is zero by construction: both clips are the same."


def test_the_baseline_twin_is_the_other_clip(
    tiny_net: SiameseNet, query: Clip, support: Clip
) -> None:
    parameters = IntegratedGradientsParameters(baseline="twin", steps=200)
    explanation = explain(tiny_net, query, support, "integrated-gradients", parameters)
    equal = logit_of(tiny_net, query, query)
    values, own = explanation.attribution.values, explanation.explained_map.own_frames
    assert values[:, own].any()
    # both tones fill most of the window: the twin, cut to the clip's own frames, is near itself
    assert values.sum() == pytest.approx(explanation.logit - equal, rel=0.2)


def test_the_baseline_twin_can_be_any_clip(tiny_net: SiameseNet, query: Clip) -> None:
    support, given = tone(900, 0.4), tone(1500, 0.4)
    parameters = IntegratedGradientsParameters(baseline="twin", steps=200)
    found = explain(
        tiny_net, query, support, "integrated-gradients", parameters, twin=given, twin_start=0.0
    )
    assert found.twin is given
    assert found.twin_map is not None
    assert found.twin_map.start == 0.0
    own = found.explained_map.own_frames
    score = one_sided_score(tiny_net, found.support_map, found.query_map)
    log_mel, twin = (torch.from_numpy(m.db) for m in (found.support_map, found.twin_map))
    subject = Subject(score, log_mel, own, twin=twin)
    wanted = integrated_gradients(subject, parameters).values
    np.testing.assert_allclose(found.attribution.values[:, own], wanted[:, own], atol=1e-6)
    pairs = explain(tiny_net, query, support, "integrated-gradients", parameters)
    assert pairs.twin is None
    assert not np.allclose(pairs.attribution.values, found.attribution.values, atol=1e-4)


@pytest.mark.parametrize(
    ("method", "wish"),
    [
        ("saliency", "take a method with a baseline"),
        ("occlusion", "set baseline to twin"),
        ("gradient-shap", "set baselines to twin"),
    ],
)
def test_a_twin_that_no_setting_names_is_refused(
    tiny_net: SiameseNet, query: Clip, method: str, wish: str
) -> None:
    with pytest.raises(ParameterError, match=wish):
        explain(tiny_net, query, query, method, twin=query)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_contrast_explains_the_difference_of_two_logits(
    query: Clip, support: Clip, distance: str
) -> None:
    net, rival = peak_net(distance=distance), tone(1500, 0.4)
    explanation = explain(net, query, support, side="query", against=rival)
    pair = explain(net, query, support, side="query")
    other = explain(net, query, rival, side="query")
    assert explanation.against is rival
    assert explanation.logit == pytest.approx(pair.logit, abs=1e-5)
    assert explanation.contrast == pytest.approx(pair.logit - other.logit, abs=1e-5)
    wanted = pair.attribution.values - other.attribution.values
    # integrated gradients are linear in the score
    np.testing.assert_allclose(
        explanation.attribution.values, wanted, atol=0.01 * np.abs(wanted).max()
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_a_contrast(
    tiny_net: SiameseNet, query: Clip, support: Clip, method: str
) -> None:
    rival = tone(1500, 0.4)
    parameters = QUICK.get(method)
    one = explain(tiny_net, query, support, method, parameters, "query", against=rival)
    back = explain(tiny_net, query, rival, method, parameters, "query", against=support)
    assert one.contrast == pytest.approx(-(back.contrast or 0), abs=1e-5)
    if method not in SELDOM:
        scale = np.abs(one.attribution.values).max()
        np.testing.assert_allclose(
            one.attribution.values, -back.attribution.values, atol=0.01 * scale
        )


def test_a_contrast_on_the_support_side_is_refused(
    tiny_net: SiameseNet, query: Clip, support: Clip
) -> None:
    with pytest.raises(ParameterError, match="lies on the query, which both pairs share"):
        explain(tiny_net, query, support, against=tone(1500))


def test_a_clip_against_itself_is_named_even_where_the_map_is_not_zero(
    tiny_net: SiameseNet, query: Clip
) -> None:
    note = explain(tiny_net, query, query, "occlusion", QUICK["occlusion"]).attribution.note
    assert note is not None
    assert note.startswith("Both clips are the same")


def test_a_contrast_says_which_of_its_pairs_is_a_clip_against_itself(
    tiny_net: SiameseNet, query: Clip, support: Clip
) -> None:
    how: dict[str, object] = {"method": "saliency", "side": "query"}
    pair = explain(tiny_net, query, support, **how)  # type: ignore[arg-type]
    for clips, clip in (
        ((query, support), "the support clip"),
        ((support, query), "the clip of the contrast"),
    ):
        own, against = clips
        found = explain(tiny_net, query, own, against=against, **how).attribution  # type: ignore[arg-type]
        assert found.note is not None
        assert found.note.startswith(f"The query and {clip} are the same, so one of the two logits")
        sign = -1 if own is query else 1  # the slope of a clip against itself is zero
        wanted = sign * pair.attribution.values
        np.testing.assert_allclose(found.values, wanted, atol=1e-4 * np.abs(wanted).max())
    both = explain(tiny_net, query, query, against=query, **how).attribution.note  # type: ignore[arg-type]
    assert both is not None
    assert both.endswith(
        "the clip of the contrast are the same, so both logits are that of a clip against itself."
    )
    other = tone(1500, 0.4)
    assert explain(tiny_net, query, support, against=other, **how).attribution.note is None  # type: ignore[arg-type]


def test_a_silent_clip_can_be_explained_and_its_empty_map_is_named(
    tiny_net: SiameseNet, query: Clip
) -> None:
    silence = Clip(np.zeros(2000, np.float32), 8000)
    note = explain(tiny_net, query, silence, "sinex").attribution.note
    assert note is not None
    assert note.startswith("The map is zero everywhere")


@pytest.mark.parametrize("side", ["support", "query"])
def test_a_query_is_encoded_once_for_all_pairs_that_share_it(
    tiny_net: SiameseNet, query: Clip, support: Clip, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[Tensor] = []
    embed = tiny_net.embed

    def noted(maps: Tensor) -> Tensor:
        encoded.append(maps)
        return embed(maps)

    alone = [explain(tiny_net, query, clip, "occlusion", side=side) for clip in (support, query)]
    monkeypatch.setattr(tiny_net, "embed", noted)
    heard = Heard.of(tiny_net, query)
    shared = [explain(tiny_net, heard, clip, "occlusion", side=side) for clip in (support, query)]
    assert len(encoded) == (1 if side == "support" else 2), "on the query side, the support clips"
    for one, other in zip(shared, alone, strict=True):
        assert one.query is query
        assert one.logit == other.logit
        np.testing.assert_array_equal(one.attribution.values, other.attribution.values)


def test_a_query_heard_already_keeps_its_window(
    tiny_net: SiameseNet, query: Clip, support: Clip
) -> None:
    heard = Heard.of(tiny_net, query, 0.25)
    found = explain(tiny_net, heard, support, "saliency", starts=(0.0, 0.1))
    assert (found.query_map.start, found.support_map.start) == (0.25, 0.1)


def test_windows_can_be_placed(tiny_net: SiameseNet, query: Clip) -> None:
    long = tone(700, 2.0)
    early = explain(tiny_net, query, long, "saliency", starts=(None, 0.0))
    late = explain(tiny_net, query, long, "saliency", starts=(None, 1.5))
    assert (early.support_map.start, late.support_map.start) == (0.0, 1.5)
    assert np.abs(early.attribution.values - late.attribution.values).max() > 0


def test_seeds_repeat_and_differ(tiny_net: SiameseNet, query: Clip, support: Clip) -> None:
    # segments of equal size and few draws, so that the luck of the draw shows
    parameters = SinexcParameters(segmentation="tiles", tile_mels=4, tile_frames=8, alpha=5)

    def values(seed: int) -> np.ndarray:
        return explain(tiny_net, query, support, "sinexc", parameters, seed=seed).attribution.values

    np.testing.assert_array_equal(values(3), values(3))
    assert np.abs(values(3) - values(4)).max() > 0


def test_bad_wishes_are_refused(tiny_net: SiameseNet, query: Clip, support: Clip) -> None:
    with pytest.raises(ParameterError, match="'guess' is not an attribution method"):
        explain(tiny_net, query, support, "guess")
    with pytest.raises(ParameterError, match="'left' is not a side"):
        explain(tiny_net, query, support, "saliency", side="left")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="give SaliencyParameters"):
        explain(tiny_net, query, support, "saliency", OcclusionParameters())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_reports_and_stops(
    tiny_net: SiameseNet, query: Clip, support: Clip, method: str
) -> None:
    stopper = Stopper(10**6)
    explain(tiny_net, query, support, method, QUICK.get(method), on_event=stopper.on_event)
    assert {event["event"] for event in stopper.events} <= {"progress", "partial"}
    assert stopper.events[-1]["event"] == "progress"
    assert stopper.events[-1]["done"] == stopper.events[-1]["total"]
    with pytest.raises(Cancelled):
        explain(tiny_net, query, support, method, QUICK.get(method), should_stop=lambda: True)


def test_explaining_leaves_the_net_as_it_was(query: Clip, support: Clip) -> None:
    net = peak_net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    for method in METHODS:
        explain(net, query, support, method, QUICK.get(method))
    assert net.levels.reference == "peak"
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_peak_levelled_net_keeps_its_logit(query: Clip, support: Clip) -> None:
    net = peak_net()
    explanation = explain(net, query, support, "saliency")
    assert explanation.logit == pytest.approx(logit_of(net, query, support), abs=1e-5)


def test_hiding_the_loudest_cells_of_a_peak_levelled_net_does_not_turn_up_the_others(
    query: Clip, support: Clip
) -> None:
    net = peak_net()
    maps = [LogMel.of(clip, net.mel) for clip in (support, query)]
    score = one_sided_score(net, *maps)
    whole = torch.from_numpy(maps[0].db)
    hidden = whole.clone()
    others = whole < whole.max() - 20
    hidden[~others] = float(maps[0].db.min())
    levels = score.levels(torch.stack([whole, hidden]))
    assert torch.equal(levels[0, 0][others], levels[1, 0][others])
    relevelled = net.levels(torch.stack([whole, hidden]))
    assert not torch.allclose(relevelled[0, 0][others], relevelled[1, 0][others])
