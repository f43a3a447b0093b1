"""How a mask came to be: found in its history, said in words and as plain values."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_core.mask.mask import DEFAULTS, Mask, MaskParameters
from siamese_core.mask.mask_edits import grow
from siamese_core.mask.mask_history import MaskHistory
from siamese_core.mask.mask_origin import MaskOrigin
from tests.conftest import TINY_MEL

SHAPE = "share 20 %, what raises the similarity, soft edges of 10 ms and 1 mel band"


def ones() -> Mask:
    return Mask(np.ones(TINY_MEL.shape, np.float32), TINY_MEL, 0.0)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, SHAPE),
        (
            {"by": "threshold", "threshold": 35, "sign": "negative", "edge": "hard"},
            "threshold 35 % of the map's largest, what lowers the similarity, hard edges",
        ),
        (
            {"by": "segments", "segments": 4, "sign": "absolute", "feather_mels": 2},
            "the first 4 segments, what matters to the similarity either way, "
            "soft edges of 10 ms and 2 mel bands",
        ),
        (
            {"by": "sign", "gain": "graded", "part": "remove", "edge": "hard"},
            "all of the right sign, what raises the similarity, each cell as loud as its value, "
            "hard edges, removed: all but that is heard",
        ),
    ],
)
def test_a_shape_is_said_in_words(parameters: dict[str, object], words: str) -> None:
    origin = MaskOrigin(MaskParameters.parse(parameters))
    assert origin.words() == words
    assert origin.is_shaped
    assert "the difference" in origin.words("the difference")


def test_opposite_masks_are_told_apart_in_few_words() -> None:
    kept = MaskParameters(sign="negative", share=15)
    few = {
        MaskOrigin(kept.model_copy(update=other)).brief("the logit")
        for other in ({}, {"part": "remove"}, {"sign": "positive"})
    }
    assert few == {
        "share 15 %, what lowers the logit",
        "share 15 %, what lowers the logit, removed: all but that is heard",
        "share 15 %",
    }


def test_a_hand_and_a_file_are_told() -> None:
    drawn = MaskOrigin(DEFAULTS, by_hand=True)
    assert drawn.words() == f"began as {SHAPE}, then changed by hand"
    assert drawn.brief() == "share 20 %, then changed by hand"
    loaded = MaskOrigin(DEFAULTS, file=Path("some/m.npz"))
    assert loaded.words() == loaded.brief() == "loaded from m.npz"
    assert replace(loaded, by_hand=True).words() == "loaded from m.npz, then changed by hand"
    assert MaskOrigin().words() == "given, not shaped from the map"
    assert not any(one.is_shaped for one in (drawn, loaded, MaskOrigin()))
    plain = json.loads(json.dumps(replace(loaded, by_hand=True).as_dict()))
    assert plain["shaped_from"] == DEFAULTS.model_dump(mode="json")
    assert (plain["by_hand"], plain["file"]) == (True, str(Path("some/m.npz")))
    assert plain["words"] == "loaded from m.npz, then changed by hand"


def test_a_history_tells_how_its_mask_came_to_be() -> None:
    shaped, loaded = ones(), replace(ones(), path=Path("m.npz"))
    history = MaskHistory(shaped)
    assert MaskOrigin.of(history, shaped, DEFAULTS) == MaskOrigin(DEFAULTS)
    drawn = history.edited(shaped.inverted())
    assert MaskOrigin.of(drawn, shaped, DEFAULTS) == MaskOrigin(DEFAULTS, by_hand=True)
    again = drawn.edited(loaded)
    assert MaskOrigin.of(again, shaped, DEFAULTS) == MaskOrigin(DEFAULTS, file=Path("m.npz"))
    grown = again.edited(grow(loaded, 0.01, 1))
    wanted = MaskOrigin(DEFAULTS, by_hand=True, file=Path("m.npz"))
    assert MaskOrigin.of(grown, shaped, DEFAULTS) == wanted
    anew = ones()  # the map's mask, shaped again after all that
    assert MaskOrigin.of(grown.edited(anew), anew, DEFAULTS) == MaskOrigin(DEFAULTS)
    late = grown.edited(anew).edited(anew.inverted())
    assert MaskOrigin.of(late, anew, DEFAULTS) == MaskOrigin(DEFAULTS, by_hand=True)
