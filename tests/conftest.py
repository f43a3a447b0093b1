"""What all tests share: small nets and sounds, the real recordings, and a Qt without a screen."""

import importlib
import os
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import soundfile
import torch

from siamese_core.audio import Clip
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.melspec import MelSpec
from siamese_core.recipes import Recipe
from siamese_core.siamese import SiameseNet

os.environ["QT_QPA_PLATFORM"] = "offscreen"
# The person's cache of log-mels is left alone, by child processes too.
_CACHE = TemporaryDirectory(prefix="earwitness-tests-")
os.environ["EARWITNESS_CACHE"] = _CACHE.name
os.environ.setdefault("PYTEST_QT_API", "pyside6")


def _qt_problem() -> str:
    """Say why Qt cannot be loaded (a bare machine lacks its shared libraries), or nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return str(error)
    return ""


# Small nets gain nothing from more, and tests that run side by side lose much.
torch.set_num_threads(1)

QT_PROBLEM = _qt_problem()
pytest_plugins = [] if QT_PROBLEM else ["pytestqt.plugin"]

TINY_MEL = MelSpec(rate=8000, n_fft=256, hop=128, n_mels=16, seconds=0.5)
TINY_ENCODER = {"kind": "conv", "filters": (4, 4), "kernels": (3, 3), "dense": 8}
TINY_RECIPE = Recipe.parse(
    {
        "name": "tiny",
        "input": TINY_MEL.model_dump(),
        "encoder": TINY_ENCODER,
        "steps": 20,
        "evaluate_every": 10,
        "ways": 2,
        "episodes": 20,
        "validation": 2,
        "seed": 3,
    }
)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the window's tests out where Qt cannot be loaded; `pytest_report_header` says so."""
    if QT_PROBLEM and collection_path.name == "app" and collection_path.parent.name == "tests":
        return True
    return None


def pytest_report_header() -> str:
    """Say what this machine cannot test."""
    return f"tests/app is left out: Qt cannot be loaded ({QT_PROBLEM})" if QT_PROBLEM else "Qt: yes"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a CUDA device where there is none."""
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("cuda"):
                item.add_marker(pytest.mark.skip(reason="this machine has no CUDA device"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real recordings beside the project."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real recordings (../shared/data) are not on this machine")
    return folder


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    """A recipe that trains in seconds."""
    return TINY_RECIPE


@pytest.fixture
def tiny_net() -> SiameseNet:
    """A small untrained net, the same every time."""
    torch.manual_seed(0)
    return build(TINY_RECIPE).eval().requires_grad_(False)


@pytest.fixture
def tiny_checkpoint(tiny_net: SiameseNet, tmp_path: Path) -> Path:
    """The small net as a file."""
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, tiny_net, Card(TINY_RECIPE, ("a", "b"), {"validation accuracy": 0.5}))
    return path


def tone(hertz: float, seconds: float = 0.5, rate: int = 8000, level: float = 0.5) -> Clip:
    """A sine with a soft start and end."""
    time = np.arange(round(seconds * rate)) / rate
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    samples = level * fade * np.sin(2 * np.pi * hertz * time)
    return Clip(samples.astype(np.float32), rate)


@pytest.fixture(scope="session")
def tone_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of nine classes of tones, eight clips each, for a small net to tell apart."""
    folder = tmp_path_factory.mktemp("tones")
    rng = np.random.default_rng(0)
    for number in range(9):
        (folder / f"tone{number}").mkdir()
        for take in range(8):
            clip = tone(300 * 1.35**number * rng.uniform(0.98, 1.02), rng.uniform(0.3, 0.6))
            noisy = clip.samples + rng.normal(0, 0.01, len(clip.samples)).astype(np.float32)
            soundfile.write(folder / f"tone{number}" / f"take{take}.wav", noisy, clip.rate)
    return folder


@pytest.fixture(autouse=True)
def _settings_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test empty settings, apart from the person's."""
    if QT_PROBLEM:
        return
    from PySide6.QtCore import QSettings

    folder = str(tmp_path_factory.mktemp("settings"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, folder)
