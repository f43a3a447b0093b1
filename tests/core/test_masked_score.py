"""A pair with a mask alone kept, and with it removed: four cells whose answers are known."""

import numpy as np
import pytest

from siamese_core.attribution.attribution import Attribution
from siamese_core.attribution.parameters import SaliencyParameters
from siamese_core.audio import Clip
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.explanation import Explanation, Side, explain
from siamese_core.faithfulness.masked_score import kept_parts, score_masked
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import Mask
from siamese_core.melspec import PRESETS
from siamese_core.siamese import SiameseNet
from tests.conftest import tone
from tests.core.lineups import FOUR, ONES, A, lineup, product_net, seen

FIRST = Mask(np.array([[1.0, 0.0], [0.0, 0.0]], np.float32), FOUR, 0.0)


def explained(query: LogMel, support: LogMel, side: Side = "support") -> Explanation:
    """A pair with an empty map, and the logit that it is said to have."""
    clip = Clip(np.zeros(12, np.float32), FOUR.rate)
    empty = Attribution(np.zeros((2, 2), np.float32))
    maps = query, support
    how = side, "saliency", SaliencyParameters(), empty
    return Explanation(clip, clip, *maps, float(np.log(6)), 6 / 7, *how)


def test_kept_and_removed_are_the_similarities_of_their_cells() -> None:
    found = score_masked(product_net(), explained(seen(ONES), seen(A)), FIRST)
    # logits log 6 of all, log 3 of the first cell, log 2 of the rest
    assert found.whole == pytest.approx(6 / 7)
    assert found.kept == pytest.approx(3 / 4)
    assert found.removed == pytest.approx(2 / 3)


def test_the_query_is_masked_where_it_is_explained() -> None:
    query = seen([[3.0, 1.0], [1.0, 1.0]])
    found = score_masked(product_net(), explained(query, seen(A), "query"), FIRST)
    # above its floor of 1 it has the first cell alone: 3 log 3 + log 2, then log 3 + log 2
    assert found.kept == pytest.approx(54 / 55)
    assert found.removed == pytest.approx(6 / 7)


def test_a_net_that_hears_from_the_peak_keeps_it_while_the_peak_is_hidden() -> None:
    net = product_net()
    net.levels.reference = "peak"
    support = seen([[0.0, -1.0], [-2.0, -2.0]])
    found = score_masked(net, explained(seen([[0.0, -1.0], [0.0, 0.0]]), support), FIRST)
    # the query counts where it is a dB below its peak: minus one times the level there
    assert found.removed == pytest.approx(1 / (1 + np.exp(-1)))
    assert found.kept == pytest.approx(1 / (1 + np.exp(-2)))


def test_it_is_what_a_line_up_keeps_and_removes() -> None:
    first = FIRST.values.astype(np.float64)
    maps = kept_parts(lineup().subject(), np.stack([first, 1 - first, 0.5 * first]))
    top = np.log([3, 2])
    wanted = [[top[0], 0], [0, top[1]], [top[0] / 2, 0]]
    np.testing.assert_allclose(maps[:, 0].numpy(), wanted, atol=1e-6)
    assert not maps[:, 1].any()


def test_frames_outside_the_clip_stay() -> None:
    short = seen(A, seconds=0.004)  # its own is the first frame
    found = score_masked(product_net(), explained(seen(ONES), short), FIRST)
    assert found.kept == pytest.approx(6 / 7)
    assert found.removed == pytest.approx(2 / 3)


def test_of_a_contrast_it_is_the_difference_of_two_logits(tiny_net: SiameseNet) -> None:
    query, own, rival = tone(450, 0.4), tone(440, 0.3), tone(800, 0.5)
    held = explain(tiny_net, query, own, "saliency", side="query", against=rival)
    plain = [explain(tiny_net, query, one, "saliency", side="query") for one in (own, rival)]
    mask = held.mask()
    found = score_masked(tiny_net, held, mask)
    assert found.whole == held.contrast
    logits = [score_masked(tiny_net, one, mask) for one in plain]
    for name in ("kept", "removed"):
        first, second = (getattr(one, name) for one in logits)
        difference = np.log(first / (1 - first)) - np.log(second / (1 - second))
        assert getattr(found, name) == pytest.approx(difference, abs=1e-4)


def test_a_foreign_mask_and_a_wish_to_stop_are_heeded() -> None:
    voice = PRESETS["voice"]
    foreign = Mask(np.ones(voice.shape, np.float32), voice, 0.0)
    pair = explained(seen(ONES), seen(A))
    with pytest.raises(ParameterError, match="another model's log-mels"):
        score_masked(product_net(), pair, foreign)
    with pytest.raises(Cancelled):
        score_masked(product_net(), pair, FIRST, should_stop=lambda: True)
