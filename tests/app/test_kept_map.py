"""A map is shown again only beside the log-mels, and saved only beside the scores, it is of."""

from dataclasses import replace
from gc import collect
from pathlib import Path
from weakref import ref

import pytest
from pytestqt.qtbot import QtBot

from app.lineup.kept_map import SAME_LOGITS, FiledModel, KeptMap, KeptMaps
from app.lineup.lineup import Lineup
from app.lineup.loaded_model import Heard, LoadedModel, ModelFile, load_model
from app.main_window import MainWindow
from app.session.corpora import gather
from siamese_core.attribution.parameters import OcclusionParameters
from siamese_core.audio import Clip, write
from siamese_core.callbacks import ignore, never
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.explanation import Explanation, explain
from siamese_core.mask.mask import MaskParameters
from siamese_core.mask.mask_history import MaskHistory
from tests.app.conftest import settle
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
    return model.hear(LINEUP, known, starts, (), ignore, never)


@pytest.fixture
def kept(model: LoadedModel) -> KeptMap:
    known = clips(400, 500, 600)
    explanation = explain(model.net, known[FILES[0]], known[FILES[1]], "saliency")
    mask = explanation.mask()
    return KeptMap(explanation, MaskParameters(), MaskHistory(mask), mask, model.file)


def _under(model: LoadedModel, name: str) -> LoadedModel:
    return replace(model, file=ModelFile(Path(name)))


def test_it_suits_what_it_was_made_of_and_nothing_else(
    kept: KeptMap, model: LoadedModel, tiny_checkpoint: Path
) -> None:
    heard, another = hear(model, clips(400, 500, 600)), load_model(tiny_checkpoint, "cpu")
    assert kept.suits(PAIR, heard, model)
    assert kept.is_of(PAIR, heard, model)
    assert kept.suits(PAIR, heard, another), "the same file, loaded again"
    assert kept.is_of(PAIR, heard, another)
    assert not kept.suits(PAIR, heard, _under(another, "other.safetensors"))
    for weights in another.net.encoder.parameters():
        weights.data.mul_(1.1)
    assert not kept.suits(PAIR, hear(another, clips(400, 500, 600)), another), "trained further"
    assert not kept.suits(PAIR, hear(model, clips(400, 501, 600)), model)
    assert not kept.suits(PAIR, hear(model, clips(400, 500, 600), start=0.1), model)
    assert not kept.suits((FILES[0], replace(FILES[1], label="c")), heard, model)


def test_one_from_a_file_is_known_by_name_and_score(kept: KeptMap, model: LoadedModel) -> None:
    heard = hear(model, clips(400, 500, 600))
    assert heard.scored is not None
    for name, is_own in (("tiny.safetensors", True), ("x", False)):
        filed = replace(kept, model=FiledModel(name))
        assert filed.suits(PAIR, heard, model)
        assert filed.is_of(PAIR, heard, model) == is_own
    other = replace(kept.explanation, logit=kept.explanation.logit + 0.2)
    filed = replace(kept, model=FiledModel("tiny.safetensors"), explanation=other)
    assert filed.suits(PAIR, heard, model)
    assert not filed.is_of(PAIR, heard, model)
    assert not filed.is_of(PAIR, replace(heard, scored=None), model)


def test_one_from_a_file_that_says_the_weights_is_known_by_these_and_not_by_name(
    kept: KeptMap, model: LoadedModel
) -> None:
    heard = hear(model, clips(400, 500, 600))
    filed = replace(kept, model=FiledModel("tiny.safetensors", model.weights))
    assert filed.is_of(PAIR, heard, _under(model, "renamed.safetensors"))
    assert not filed.is_of(PAIR, heard, replace(model, weights="0" * 16))
    other = replace(kept.explanation, logit=kept.explanation.logit + 0.2)
    assert not replace(filed, explanation=other).is_of(PAIR, heard, model), "of another score"


def test_the_map_on_screen_comes_first_and_the_oldest_are_forgotten(
    kept: KeptMap, model: LoadedModel
) -> None:
    heard, maps = hear(model, clips(400, 500, 500)), KeptMaps()
    first, second = PAIR, (FILES[0], FILES[2])
    maps.put(first, kept)
    maps.put(second, kept)
    assert maps.of(heard, model, second) == ((second, kept), (first, kept))
    assert maps.of(heard, model, None) == ((first, kept), (second, kept))
    assert maps.find(second, heard, model) is kept
    assert maps.find(None, heard, model) is None
    assert maps.find(second, None, model) is None
    stranger = replace(FILES[0], source="other")
    for number in range(99):
        maps.put((stranger, replace(FILES[1], source=str(number))), kept)
    assert maps.find(first, heard, model) is None
    assert maps.find(second, heard, model) is kept
    assert maps.of(None, model, None) == ()


def test_a_pair_keeps_a_map_for_each_question_and_the_newest_comes_first(
    kept: KeptMap, model: LoadedModel
) -> None:
    heard, maps = hear(model, clips(400, 500, 600)), KeptMaps()
    query = replace(kept, explanation=replace(kept.explanation, side="query"))
    again = replace(kept, explanation=replace(kept.explanation))
    maps.put(PAIR, kept)
    maps.put(PAIR, query)
    assert maps.of_pair(PAIR, heard, model) == [query, kept]
    maps.put(PAIR, again)
    assert maps.of_pair(PAIR, heard, model) == [again, query], "it takes its own place"
    assert maps.find(PAIR, heard, model) is again
    assert maps.of(heard, model, None) == ((PAIR, again), (PAIR, query))
    maps.put(PAIR, replace(kept, model=FiledModel("tiny.safetensors")))
    assert len(maps.of_pair(PAIR, heard, model)) == 3, "another model's is another map"
    assert again.answers(kept.request)
    assert not query.answers(kept.request)


def test_the_newest_of_each_pair_are_saved_before_all_earlier_ones(
    kept: KeptMap, model: LoadedModel
) -> None:
    heard, maps = hear(model, clips(400, 500, 500)), KeptMaps()
    query = replace(kept, explanation=replace(kept.explanation, side="query"))
    second = (FILES[0], FILES[2])
    for pair, one in ((PAIR, kept), (PAIR, query), (second, kept)):
        maps.put(pair, one)
    assert maps.of(heard, model, PAIR) == ((PAIR, query), (second, kept), (PAIR, kept))


def contrast_of(explanation: Explanation) -> float:
    assert explanation.contrast is not None
    return explanation.contrast


def hear_rival(
    model: LoadedModel, known: dict[ClipFile, Clip], start: float | None = None
) -> Heard:
    """Hear the line-up with the rival's window elsewhere."""
    starts = {} if start is None else {FILES[2]: start}
    return model.hear(LINEUP, known, starts, (), ignore, never)


def test_a_contrast_belongs_to_the_rival_that_it_was_held_against(
    kept: KeptMap, model: LoadedModel
) -> None:
    known = clips(400, 500, 600)
    known[FILES[2]] = replace(known[FILES[2]], label="b")
    pair = known[FILES[0]], known[FILES[1]]
    whole = explain(model.net, *pair, "saliency", side="query", against=known[FILES[2]])
    held = replace(kept, explanation=whole)
    filed = replace(held, model=FiledModel("tiny.safetensors"))
    assert (held.request.side, held.request.against) == ("query", "b")
    assert not held.answers(replace(held.request, against=None))
    assert not held.answers(replace(held.request, against="a"))
    heard = hear_rival(model, clips(400, 500, 600))
    for one in (held, filed):
        assert one.suits(PAIR, heard, model), "read again it sounds the same"
        assert one.is_of(PAIR, heard, model)
        assert not one.suits(PAIR, hear_rival(model, clips(400, 500, 610)), model)
        alone = replace(heard, lineup=Lineup(FILES[0], (FILES[1],)))
        assert not one.suits(PAIR, alone, model)
    moved = hear_rival(model, known, start=-0.2)
    assert not held.suits(PAIR, moved, model), "its window was moved"
    far = replace(filed, explanation=replace(whole, contrast=contrast_of(whole) + 2 * SAME_LOGITS))
    assert far.suits(PAIR, heard, model)
    assert not far.is_of(PAIR, heard, model), "another network of that name made it"


def test_a_map_belongs_to_the_window_of_the_clip_that_its_baseline_was(
    kept: KeptMap, model: LoadedModel
) -> None:
    known = clips(400, 500, 600)
    known[FILES[2]] = replace(known[FILES[2]], label="b")
    whole = explain(
        model.net,
        known[FILES[0]],
        known[FILES[1]],
        "occlusion",
        OcclusionParameters(baseline="twin"),
        twin=known[FILES[2]],
    )
    held = replace(kept, explanation=whole)
    assert held.suits(PAIR, hear_rival(model, known), model)
    assert not held.suits(PAIR, hear_rival(model, known, start=-0.2), model)


def test_a_mask_counts_as_drawn_once_it_was_edited(kept: KeptMap) -> None:
    assert not kept.is_drawn
    edited = kept.history.edited(kept.history.now.inverted())
    assert replace(kept, history=edited).is_drawn
    assert not replace(kept, history=edited.undone()).is_drawn


def test_classes_heard_in_training_are_told_by_their_corpora(
    model: LoadedModel, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("letters", "numbers")]
    for folder in folders:
        for label in "ab":
            write(tone(400), tmp_path / folder / label / "1.wav")
    opened = gather(folders, {}, ignore, never)
    alone = gather(folders[:1], {}, ignore, never)
    joined = replace(model, card=replace(model.card, classes_heard=("letters/a", "numbers/b")))
    assert joined.trained_on("ab", alone.branches) == ["a"]
    both = ["letters/a", "letters/b", "numbers/a", "numbers/b"]
    assert joined.trained_on(both, opened.branches) == ["letters/a", "numbers/b"]
    own = replace(model, card=replace(model.card, classes_heard=("b",)))
    assert own.trained_on(both, opened.branches) == ["letters/b", "numbers/b"]
    assert own.trained_on("ab", ()) == ["b"], "a clip of no corpus has its class alone"


def test_the_line_up_and_the_library_tell_of_the_same_classes(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path
) -> None:
    session, name = window.session, tone_corpus.resolve().name
    assert session.model is not None
    label = session.lineup.support[0].label
    card = replace(session.model.card, classes_heard=(f"{name}/{label}",))
    session._take_model(replace(session.model, card=card))
    settle(qtbot, window)
    assert session.heard is not None
    assert f"The model heard these classes in training: {label}." in session.heard.notices
    assert f"it was trained on {label}." in window.suitability.sentence


def test_a_net_goes_once_another_one_listens_and_the_map_it_made_stays(
    qtbot: QtBot, explained: MainWindow, tiny_checkpoint: Path
) -> None:
    session, pair = explained.session, explained.pair
    assert session.model is not None
    shown, net = pair.explanation, ref(session.model.net)
    other = tiny_checkpoint.with_name("other.safetensors")
    other.write_bytes(tiny_checkpoint.read_bytes())
    session.set_model(other)
    settle(qtbot, explained)
    assert pair.explanation is not shown
    collect()
    assert net() is None
    session.set_model(tiny_checkpoint)
    settle(qtbot, explained)
    assert pair.explanation is shown
