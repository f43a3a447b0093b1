"""Line-ups within one alphabet: made archives of the true layout, and the real one."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.alphabets import AlphabetSampler
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.cli import main
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, read_any, read_corpus
from siamese_core.errors import CorpusError, ParameterError
from siamese_core.evaluation.evaluation import draw_episodes, evaluate
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.recipes import Recipe
from siamese_core.report.report import build_report
from siamese_core.siamese import SiameseNet
from tests.core.test_corpora_omniglot import png, write_archive

SIZES = {"Angelic": 3, "Keble": 4, "Tengwar": 6}
DRAWERS = (1, 2, 5, 20)


def drawn(alphabet: str, character: int, drawer: int, folder: str = "") -> GlyphFile:
    label = f"{alphabet}/character{character:02}"
    path = Path(f"{folder}images_evaluation.zip/images_evaluation/{label}/0965_{drawer:02}.png")
    return GlyphFile(path, label, str(path), "test")


GLYPHS = tuple(
    drawn(name, character, drawer)
    for name, size in SIZES.items()
    for character in range(1, size + 1)
    for drawer in DRAWERS
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    members = {"/".join(glyph.path.parts[-4:]): png() for glyph in GLYPHS}
    write_archive(tmp_path / "images_evaluation.zip", members)
    return tmp_path


@pytest.fixture
def net_for_glyphs() -> SiameseNet:
    return build(recipe()).eval()


def recipe(**changes: object) -> Recipe:
    values = {
        "name": "tiny-glyphs",
        "input": {"kind": "glyph", "size": 14},
        "encoder": {"kind": "conv", "filters": (4,), "kernels": (3,), "dense": 8},
    }
    return Recipe.parse({**values, **changes})


@given(ways=st.integers(2, 6), seed=st.integers(0, 999), named=st.booleans())
def test_an_episode_is_of_one_alphabet_by_two_drawers(ways: int, seed: int, named: bool) -> None:
    sampler = AlphabetSampler(GLYPHS, ways)
    rng = np.random.default_rng(seed)
    asked = sampler.classes[rng.integers(len(sampler.classes))] if named else None
    index = sampler.sample(rng, asked)
    episode = index.map(lambda i: GLYPHS[i])
    support = episode.support
    assert len({glyph.alphabet for glyph in (episode.query, *support.clips)}) == 1
    (shows,) = {glyph.drawer for glyph in support.clips}
    assert episode.query.drawer != shows
    assert index.query not in index.support.clips
    assert [glyph.label for glyph in support.clips] == list(support.labels)
    assert len(set(support.labels)) == len(support.labels) == ways
    assert episode.query.label == episode.truth in support.labels
    assert asked in (None, episode.truth)


def test_every_character_place_and_pair_of_drawers_is_drawn() -> None:
    sampler = AlphabetSampler(GLYPHS, 3)
    episodes = draw_episodes(sampler, 200, seed=0)
    assert [e.truth for e in episodes[::200]] == list(sampler.classes)
    places = np.bincount([e.support.labels.index(str(e.truth)) for e in episodes])
    assert places.min() > 0.8 * len(episodes) / 3
    hands = {(GLYPHS[e.query].drawer, GLYPHS[e.support.clips[0]].drawer) for e in episodes}
    assert hands == {(a, b) for a in DRAWERS for b in DRAWERS if a != b}
    assert episodes == draw_episodes(sampler, 200, seed=0)
    assert episodes != draw_episodes(sampler, 200, seed=1)


def test_alphabets_are_drawn_alike_whatever_their_size() -> None:
    sampler = AlphabetSampler(GLYPHS)
    rng = np.random.default_rng(0)
    truths = [str(sampler.sample(rng).truth) for _ in range(1500)]
    counts = [sum(truth.startswith(name) for truth in truths) for name in SIZES]
    assert min(counts) > 420


@pytest.mark.parametrize(
    ("ways", "drawn_from", "left_out"),
    [
        (None, ("Angelic", "Keble", "Tengwar"), ()),
        (4, ("Keble", "Tengwar"), ("Angelic",)),
        (6, ("Tengwar",), ("Angelic", "Keble")),
    ],
)
def test_alphabets_that_are_too_small_are_left_out(
    ways: int | None, drawn_from: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    sampler = AlphabetSampler(GLYPHS, ways)
    assert sampler.ways == (ways or 3)
    assert sampler.left_out == left_out
    assert {label.split("/")[0] for label in sampler.classes} == set(drawn_from)


def test_only_who_drew_the_whole_alphabet_takes_part() -> None:
    torn = tuple(g for g in GLYPHS if (g.label, g.drawer) != ("Keble/character02", 5))
    sampler = AlphabetSampler(torn, 4)
    rng = np.random.default_rng(0)
    for _ in range(50):
        episode = sampler.sample(rng, "Keble/character01").map(lambda i: torn[i])
        assert 5 not in {glyph.drawer for glyph in (episode.query, *episode.support.clips)}


LONELY = tuple(drawn("Ge_ez", character, drawer) for character, drawer in [(1, 1), (1, 2), (2, 1)])


@pytest.mark.parametrize(
    ("glyphs", "ways", "shots", "sentence"),
    [
        (GLYPHS, 7, 1, "of 7 characters cannot be drawn from one alphabet; .* Tengwar, has 6"),
        (GLYPHS, 1, 1, "A line-up of 1 character cannot be drawn"),
        (GLYPHS, 3, 2, "2 shots cannot be drawn within an alphabet, .*; ask for 1"),
        (LONELY, None, 1, "1 person drew all characters of Ge_ez; a query and .* need two"),
    ],
)
def test_the_impossible_is_refused_when_the_sampler_is_built(
    glyphs: tuple[GlyphFile, ...], ways: int | None, shots: int, sentence: str
) -> None:
    with pytest.raises(ParameterError, match=sentence):
        AlphabetSampler(glyphs, ways, shots)


def test_an_unknown_character_is_named() -> None:
    with pytest.raises(ParameterError, match="no character 'Keble/character09'"):
        AlphabetSampler(GLYPHS).sample(np.random.default_rng(0), "Keble/character09")


def test_a_corpus_of_sound_is_refused(tiny_net: SiameseNet, tone_corpus: Path) -> None:
    with pytest.raises(CorpusError, match="has no alphabets; give a folder with Omniglot"):
        evaluate(tiny_net, read_corpus(tone_corpus), within_alphabet=True)


def test_a_sweep_over_all_classes_is_refused() -> None:
    with pytest.raises(ParameterError, match="stays below; ask for one of them"):
        EvaluationParameters.parse({"within_alphabet": True, "sweep": True})


def test_a_report_says_its_protocol_and_tells_what_is_left_out(
    net_for_glyphs: SiameseNet, archive: Path
) -> None:
    corpus = read_any(archive)
    asked = EvaluationParameters(ways=4, runs=2, within_alphabet=True)
    events: list[dict[str, object]] = []
    report = build_report(net_for_glyphs, corpus, asked, on_event=events.append)
    assert report.as_dict()["protocol"] == "one alphabet, two drawers"
    assert report.evaluation.labels == AlphabetSampler(corpus.glyphs, 4).classes
    assert len(report.evaluation.hits) == 2 * 10
    assert [e["sentence"] for e in events if e["event"] == "notice"] == [
        "Alphabets with fewer than 4 characters are left out: Angelic."
    ]
    random = build_report(net_for_glyphs, corpus, EvaluationParameters(ways=4, runs=2))
    assert random.as_dict()["protocol"] == "random classes"
    assert len(random.evaluation.labels) == 13


def test_the_command_writes_the_protocol(
    net_for_glyphs: SiameseNet, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = archive / "net.safetensors", archive / "report"
    save_checkpoint(model, net_for_glyphs, Card(recipe(), (), {}, 1))
    command = ["evaluate", "--model", str(model), "--data", str(archive), "--device", "cpu"]
    command += ["--within-alphabet", "--runs", "1", "--out", str(out)]
    assert main(command) == 0
    assert "3-way 1-shot" in (said := capsys.readouterr()).out
    assert "one alphabet, two drawers" in said.out
    plain = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert (plain["protocol"], plain["ways"]) == ("one alphabet, two drawers", 3)


def test_a_network_of_alphabets_is_not_asked_about_characters(
    net_for_glyphs: SiameseNet, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = archive / "alphabets.safetensors"
    save_checkpoint(model, net_for_glyphs, Card(recipe(labels="alphabet"), (), {}, 1))
    command = ["evaluate", "--model", str(model), "--data", str(archive), "--device", "cpu"]
    assert main([*command, "--within-alphabet"]) != 0
    assert "alphabets.safetensors tells alphabets apart" in capsys.readouterr().err


def test_the_test_part_that_omniglot_names_can_be_measured(
    net_for_glyphs: SiameseNet, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = {
        f"images_background/Greek/character{c:02}/0400_{d:02}.png": png()
        for c in range(1, 6)
        for d in (1, 2)
    }
    write_archive(archive / "images_background.zip", members)
    trained = recipe(official=True, validation=["Greek/character01", "Greek/character02"])
    heard = tuple(f"Greek/character{c:02}" for c in (3, 4, 5))
    save_checkpoint(archive / "net.safetensors", net_for_glyphs, Card(trained, heard, {}, 1))
    command = ["evaluate", "--model", str(archive / "net.safetensors"), "--data", str(archive)]
    command += ["--split", "test", "--runs", "1", "--json", "--device", "cpu"]
    assert main(command) == 0
    plain = json.loads(capsys.readouterr().out)
    assert len(plain["confusion"]["labels"]) == sum(SIZES.values())


def test_the_real_evaluation_alphabets_have_twenty_characters_or_more(data: Path) -> None:
    corpus: Corpus[GlyphFile] = read_any(data / "omniglot")
    assert corpus.official is not None
    sampler = AlphabetSampler(corpus.select(corpus.official.test).glyphs)
    assert (sampler.ways, len(sampler.classes), sampler.left_out) == (20, 659, ())
