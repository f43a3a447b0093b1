"""What the network says of the mask on screen: asked while it is seen, never of another mask."""

import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.explain.mask_score import MaskScore
from siamese_core.faithfulness.masked_score import MaskedScore, score_masked
from tests.app.conftest import PATIENCE_MS, settle


@pytest.fixture
def explained(explained: MainWindow) -> MainWindow:
    """The window with the first pair explained, its mask's controls to be seen."""
    assert explained.explain.mask_score.measured.found is None, "nobody looks at it"
    explained.explain.tabs.setCurrentIndex(1)
    return explained


def line(window: MainWindow) -> MaskScore:
    return window.explain.mask_score


def answered(qtbot: QtBot, window: MainWindow) -> MaskedScore:
    """Wait for the answer to the mask on screen."""
    qtbot.waitUntil(lambda: not line(window).measured.is_outdated, timeout=PATIENCE_MS)
    found = line(window).measured.found
    assert found is not None
    return found


def core(window: MainWindow) -> MaskedScore:
    """Ask the core the same."""
    model, pair = window.session.model, window.pair
    assert model is not None
    assert pair.explanation is not None
    assert pair.mask is not None
    return score_masked(model.net, pair.explanation, pair.mask)


def test_it_says_what_the_core_says_of_each_mask(qtbot: QtBot, explained: MainWindow) -> None:
    assert not line(explained).isEnabled()
    assert answered(qtbot, explained) == core(explained)
    found, shown = core(explained), explained.pair.explanation
    assert shown is not None
    assert found.whole == shown.similarity
    wanted = f"Kept alone {found.kept:.2f}, removed {found.removed:.2f} (all: {found.whole:.2f})"
    assert line(explained).text() == wanted
    assert line(explained).isEnabled()
    assert "log-mel is asked, not the sounds that are exported" in line(explained).toolTip()
    explained.pair.edited.invert()
    settle(qtbot, explained)
    assert not line(explained).isEnabled(), "it is of the mask before"
    assert line(explained).text() == wanted
    turned = answered(qtbot, explained)
    assert turned == core(explained)
    assert turned.kept == pytest.approx(found.removed, abs=1e-6)
    assert line(explained).isEnabled()


def test_another_map_has_no_answer_of_the_one_before(qtbot: QtBot, explained: MainWindow) -> None:
    answered(qtbot, explained)
    explained.session.select(1)
    settle(qtbot, explained)
    assert line(explained).measured.found is None
    assert line(explained).text() == "Kept alone –, removed – (all: –)"
    assert not line(explained).isEnabled()


def test_of_a_contrast_it_is_a_difference_of_logits(qtbot: QtBot, explained: MainWindow) -> None:
    panel = explained.explain.method
    panel.side.setCurrentIndex(panel.side.findData("query"))
    panel.against.setCurrentIndex(panel.against.count() - 1)
    panel.explain()
    settle(qtbot, explained)
    found, shown = answered(qtbot, explained), explained.pair.explanation
    assert shown is not None
    assert found.whole == shown.contrast
    words = f"kept alone {found.kept:+.2f}, removed {found.removed:+.2f} (all: {found.whole:+.2f})"
    assert line(explained).text() == f"Difference of logits: {words}"
    rival = shown.against.label if shown.against else ""
    assert f"the logit of {shown.support.label} less that of {rival}" in line(explained).toolTip()


def test_cancelling_all_work_asks_again(qtbot: QtBot, explained: MainWindow) -> None:
    measured = line(explained).measured
    measured._measure()
    explained.session.cancel()
    assert answered(qtbot, explained) == core(explained)
