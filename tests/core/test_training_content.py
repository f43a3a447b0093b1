"""A resumed training is held against what its clips hold, not only against their names."""

import shutil
import zipfile
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, read_any, read_corpus
from siamese_core.errors import TrainingError
from siamese_core.recipes import Recipe
from siamese_core.training.run import Run
from siamese_core.training.training import train
from siamese_core.training.training_plan import plan_training
from siamese_core.training.training_state import read_state
from tests.core.test_glyphs import RECIPE as GLYPHS

PARTS = ("train", "validation", "test")


@pytest.fixture
def recipe(tiny_recipe: Recipe) -> Recipe:
    return tiny_recipe.override(["steps=2", "evaluate_every=2", "test=2"])


@pytest.fixture
def corpus(tmp_path: Path, tone_corpus: Path) -> Corpus:
    """A copy that may be changed."""
    return read_corpus(shutil.copytree(tone_corpus, tmp_path / "tones"))


def _swap(first: Path, second: Path) -> None:
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


@pytest.mark.parametrize("part", PARTS)
def test_other_content_under_the_same_name_is_refused(
    tmp_path: Path, recipe: Recipe, corpus: Corpus, part: str
) -> None:
    run = Run(tmp_path / "run")
    first = train(recipe, corpus, run.folder, device="cpu").as_dict()
    before = {path: path.read_bytes() for path in run.folder.iterdir()}
    label = getattr(plan_training(recipe, corpus).split, part)[0]
    one, other = (clip.path for clip in corpus.select([label]).clips[:2])
    _swap(one, other)
    with pytest.raises(TrainingError, match="trained on clips with other content or in another"):
        train(recipe, corpus, run.folder, device="cpu", resume=True)
    assert {path: path.read_bytes() for path in run.folder.iterdir()} == before
    _swap(one, other)
    moved = read_corpus((tmp_path / "tones").rename(tmp_path / "moved"))
    assert train(recipe, moved, run.folder, device="cpu", resume=True).as_dict() == first


def test_a_clip_that_went_to_the_next_class_is_other_content(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    """The order of the clips, and so of their hashes, stays the same."""
    run, folder = Run(tmp_path / "run"), tmp_path / "tones"
    train(recipe, corpus, run.folder, device="cpu")
    a, b = plan_training(recipe, corpus).split.train[:2]
    (folder / a / "take7.wav").rename(folder / b / "a.wav")
    with pytest.raises(TrainingError, match="other content or in another order"):
        train(recipe, read_corpus(folder), run.folder, device="cpu", resume=True)


def test_the_state_of_an_older_version_is_believed(
    tmp_path: Path, recipe: Recipe, corpus: Corpus
) -> None:
    run = Run(tmp_path / "run")
    first = train(recipe, corpus, run.folder, device="cpu").as_dict()
    with_content = run.state.read_bytes()
    tensors, state = load_file(run.state), read_state(run.state)
    assert len(state[1]["content"]) == 40
    assert state[1]["left_out"] == "[]"
    with safe_open(run.state, framework="pt") as file:
        about = dict(file.metadata())
    del about["content"], about["left_out"]
    save_file(tensors, run.state, about)
    assert read_state(run.state) == (state[0], {})
    assert train(recipe, corpus, run.folder, device="cpu", resume=True).as_dict() == first
    assert run.state.read_bytes() != with_content, "nothing was saved, so nothing is claimed"


def test_glyphs_of_another_archive_are_other_content(tmp_path: Path, data: Path) -> None:
    source = data / "omniglot" / "images_background.zip"
    recipe = GLYPHS.override(["official=false", "labels=class"])

    def some(folder: Path, spoilt: str) -> Corpus[GlyphFile]:
        folder.mkdir()
        with (
            zipfile.ZipFile(source) as whole,
            zipfile.ZipFile(folder / source.name, "w") as archive,
        ):
            for name in sorted(whole.namelist()):
                if "/Greek/" in name and name.endswith(".png"):
                    other = name.replace("_02.png", "_01.png") if spoilt in name else name
                    archive.writestr(zipfile.ZipInfo(name), whole.read(other))
        return read_any(folder)

    run = Run(tmp_path / "run")
    first = train(recipe, some(tmp_path / "a", "none"), run.folder, device="cpu").as_dict()
    assert (
        train(recipe, some(tmp_path / "b", "none"), run.folder, device="cpu", resume=True).as_dict()
        == first
    )
    with pytest.raises(TrainingError, match="other content"):
        train(recipe, some(tmp_path / "c", "character03"), run.folder, device="cpu", resume=True)
