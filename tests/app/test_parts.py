"""Random line-ups are drawn from any split: the model's, the corpus's own, or all classes."""

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.library.parts import parts_of
from app.main_window import MainWindow
from siamese_core.card import Card
from siamese_core.checkpoint import save_checkpoint
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.recipes import split_as
from siamese_core.siamese import SiameseNet
from tests.app.conftest import settle
from tests.app.window_states import write_hums
from tests.conftest import TINY_RECIPE


@pytest.fixture
def card(tone_corpus: Path) -> Card:
    """The card of a model that was trained on the tones, two classes of them held out."""
    split = split_as(TINY_RECIPE, read_corpus(tone_corpus))
    return Card(TINY_RECIPE, split.train, {})


def official(*parts: str) -> Corpus:
    clips = [
        ClipFile(Path(f"{label}/{take}.wav"), label, f"{label}{take}", part)
        for part in parts
        for label in (f"{part}-1", f"{part}-2")
        for take in range(2)
    ]
    return Corpus("own", tuple(clips))


def test_a_models_parts_are_those_of_its_training(tone_corpus: Path, card: Card) -> None:
    corpus = read_corpus(tone_corpus)
    found = parts_of(corpus, card)
    held, heard = (found[f"Model: {name}"] for name in ("validation", "training"))
    assert list(found) == ["Model: validation", "Model: training"]
    assert len(held.classes) == 2
    assert set(heard.classes) == set(card.classes_heard)
    assert not set(held.classes) & set(heard.classes)


def test_another_models_training_makes_no_parts(tone_corpus: Path) -> None:
    assert parts_of(read_corpus(tone_corpus), Card(TINY_RECIPE, ("a", "b"), {})) == {}
    some = Card(TINY_RECIPE, ("tone0", "tone1"), {})
    assert parts_of(read_corpus(tone_corpus), some) == {}
    assert parts_of(read_corpus(tone_corpus), None) == {}


def test_a_corpus_brings_its_own_parts() -> None:
    found = parts_of(official("train", "test"), None)
    assert {name: part.classes for name, part in found.items()} == {
        "Corpus: test": ("test-1", "test-2"),
        "Corpus: training": ("train-1", "train-2"),
    }


def test_line_ups_are_drawn_from_the_chosen_part(
    qtbot: QtBot, window: MainWindow, card: Card, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    bar, session = window.draw_bar, window.session
    assert bar.part.isHidden()  # the fixture's model was trained on something else
    save_checkpoint(tmp_path / "tones.safetensors", tiny_net, card)
    session.set_model(tmp_path / "tones.safetensors")
    settle(qtbot, window)
    assert bar.part.isVisible()
    assert bar.ways.maximum() == 9
    bar.part.setCurrentText("Model: validation")
    assert bar.ways.maximum() == bar.ways.value() == 2
    held = set(split_as(TINY_RECIPE, session.corpus).validation) if session.corpus else set()
    for _ in range(3):
        bar.draw_next()
        settle(qtbot, window)
        assert set(session.lineup.classes) == held
    session.set_model(tmp_path / "tiny.safetensors")
    settle(qtbot, window)
    assert bar.part.isHidden()
    assert bar.among is session.corpus
    assert bar.ways.maximum() == 9


def test_the_parts_of_a_corpus_that_was_closed_meanwhile_are_not_offered(
    qtbot: QtBot, bare_window: MainWindow, tmp_path: Path, gate: threading.Event
) -> None:
    session = bare_window.session
    folder = tmp_path / "TIMIT"
    train = write_hums(folder / "TRAIN" / "DR1", 4, 2, seconds=1, rate=8000)
    test = folder / "TEST" / "DR1"
    test.mkdir(parents=True)
    for label in ("hum-1", "hum-2"):
        (train / label).rename(test / label)
    session.player.background.run(
        lambda _e, _s: gate.wait(10), on_done=lambda _held: None, on_error=pytest.fail
    )
    session.corpora.open([folder])
    qtbot.waitUntil(lambda: not session.background.busy)
    assert session.corpus is not None
    assert list(parts_of(session.corpus, None)) == ["Corpus: test", "Corpus: training"]
    session.corpora.remove(folder)
    qtbot.waitUntil(lambda: not session.background.busy)
    assert session.corpus is None
    gate.set()
    settle(qtbot, bare_window)
    assert bare_window.parts.found == {}
    assert bare_window.draw_bar.part.isHidden()
