"""A map is shown again only beside the log-mels, and saved only beside the scores, it is of."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.kept_map import KeptMap, KeptMaps
from app.lineup import Lineup
from app.loaded_model import Heard, LoadedModel, load_model
from siamese_core.audio import Clip
from siamese_core.callbacks import ignore, never
from siamese_core.corpus import ClipFile
from siamese_core.explanation import explain
from siamese_core.mask import MaskParameters
from siamese_core.mask_history import MaskHistory
from tests.conftest import tone

FILES = [ClipFile(Path(f"{name}.wav"), name, name) for name in ("query", "a", "b")]
PAIR = (FILES[0], FILES[1])
LINEUP = Lineup(FILES[0], tuple(FILES[1:]))


@pytest.fixture
def model(tiny_checkpoint: Path) -> LoadedModel:
    return load_model(tiny_checkpoint, "cpu")


def clips(*hertz: float) -> dict[ClipFile, Clip]:
    return dict(zip(FILES, (tone(pitch) for pitch in hertz), strict=True))


def hear(model: LoadedModel, known: dict[ClipFile, Clip], start: float | None = None) -> Heard:
    starts = {} if start is None else {FILES[1]: start}
    return model.hear(LINEUP, known, starts, ignore, never)


@pytest.fixture
def kept(model: LoadedModel) -> KeptMap:
    known = clips(400, 500, 600)
    explanation = explain(model.net, known[FILES[0]], known[FILES[1]], "saliency")
    mask = explanation.mask()
    return KeptMap(explanation, MaskParameters(), MaskHistory(mask), mask, model)


def test_it_suits_what_it_was_made_of_and_nothing_else(
    kept: KeptMap, model: LoadedModel, tiny_checkpoint: Path
) -> None:
    heard, another = hear(model, clips(400, 500, 600)), load_model(tiny_checkpoint, "cpu")
    assert kept.suits(PAIR, heard, model)
    assert kept.is_of(PAIR, heard, model)
    assert not kept.suits(PAIR, heard, another)
    assert not kept.suits(PAIR, hear(model, clips(400, 501, 600)), model)
    assert not kept.suits(PAIR, hear(model, clips(400, 500, 600), start=0.1), model)
    assert not kept.suits((FILES[0], replace(FILES[1], label="c")), heard, model)


def test_one_from_a_file_is_known_by_name_and_score(kept: KeptMap, model: LoadedModel) -> None:
    heard = hear(model, clips(400, 500, 600))
    assert heard.scored is not None
    for name, is_own in (("tiny.safetensors", True), ("x", False)):
        filed = replace(kept, model=name)
        assert filed.suits(PAIR, heard, model)
        assert filed.is_of(PAIR, heard, model) == is_own
    other = replace(kept.explanation, logit=kept.explanation.logit + 0.2)
    filed = replace(kept, model="tiny.safetensors", explanation=other)
    assert filed.suits(PAIR, heard, model)
    assert not filed.is_of(PAIR, heard, model)
    assert not filed.is_of(PAIR, replace(heard, scored=None), model)


def test_the_map_on_screen_comes_first_and_the_oldest_are_forgotten(
    kept: KeptMap, model: LoadedModel
) -> None:
    heard, maps = hear(model, clips(400, 500, 500)), KeptMaps()
    first, second = PAIR, (FILES[0], FILES[2])
    maps.put({first: kept, second: kept})
    assert list(maps.of(heard, model, second)) == [second, first]
    assert list(maps.of(heard, model, None)) == [first, second]
    assert maps.find(second, heard, model) is kept
    assert maps.find(None, heard, model) is None
    assert maps.find(second, None, model) is None
    stranger = replace(FILES[0], source="other")
    maps.put({(stranger, replace(FILES[1], source=str(n))): kept for n in range(99)})
    assert maps.find(first, heard, model) is None
    assert maps.find(second, heard, model) is kept
    assert maps.of(None, model, None) == {}
