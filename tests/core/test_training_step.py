"""A step of a training waits for its device once, is coarse alone, and says what took memory."""

import threading
import time
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from siamese_core import computed_maps
from siamese_core.audio import Clip
from siamese_core.corpus import read_corpus
from siamese_core.errors import TrainingError
from siamese_core.recipes import Recipe
from siamese_core.training import training
from siamese_core.training.training import train
from siamese_core.training.training_set import ClipSet, TrainingSet, training_set

CUDA = torch.device("cuda")


class Reads(TorchDispatchMode):
    """Counts the numbers that are asked of tensors one by one."""

    count = 0

    def __torch_dispatch__(self, operation, _types, arguments=(), options=None):
        self.count += operation is torch.ops.aten._local_scalar_dense.default
        return operation(*arguments, **(options or {}))


def test_a_step_asks_for_no_number_by_itself(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, reads = training._Trainer._step, Reads()

    def watched(self: training._Trainer) -> None:
        with reads:
            step(self)

    monkeypatch.setattr(training._Trainer, "_step", watched)
    recipe = tiny_recipe.override(["steps=2"])
    train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    assert reads.count == 0, "loss, accuracy and norm are read together"


def test_only_steps_may_be_coarse(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a CUDA device: validation and test see the precision that there was before."""
    told: list[str] = []
    for part in ("_step", "_measure", "_test"):
        work = getattr(training._Trainer, part)

        def watched(self: training._Trainer, *given, work=work, part=part):
            told.append(f"{part} {torch.get_float32_matmul_precision()}")
            return work(self, *given)

        monkeypatch.setattr(training._Trainer, part, watched)
    tensor_floats = training.tensor_floats
    monkeypatch.setattr(
        training, "tensor_floats", lambda _cpu, precision: tensor_floats(CUDA, precision)
    )
    coarse = torch.backends.cudnn.allow_tf32
    recipe = tiny_recipe.override(["steps=2", "evaluate_every=1", "test=2"])
    train(recipe, read_corpus(tone_corpus), tmp_path / "a", device="cpu")
    assert told == ["_step high", "_measure highest"] * 2 + ["_test highest"]
    told.clear()
    exact = recipe.override(["precision=single"])
    train(exact, read_corpus(tone_corpus), tmp_path / "b", device="cpu")
    assert not any("high" in one.split() for one in told)
    assert torch.backends.cudnn.allow_tf32 == coarse


def test_memory_that_reading_takes_is_not_blamed_on_a_step(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(_self: ClipSet, _clip: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(ClipSet, "_whole_spectrum", hungry)
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(TrainingError, match=r"cpu ran out of memory while clips were read; end"):
        train(tiny_recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")


def test_what_reading_took_is_not_counted_as_a_steps(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    read = TrainingSet.read

    def noted(self: TrainingSet, *arguments, **options) -> list[int]:
        lost = read(self, *arguments, **options)
        done.append("read")
        return lost

    monkeypatch.setattr(TrainingSet, "read", noted)
    monkeypatch.setattr(training, "forget_peak", lambda device: done.append(f"forget {device}"))
    recipe = tiny_recipe.override(["steps=1"])
    train(recipe, read_corpus(tone_corpus), tmp_path / "run", device="cpu")
    assert done == ["read", "forget cpu"]


def test_a_gpu_holds_few_clips_at_once_however_many_processors_read(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, held, most = threading.Lock(), 0, 0

    def counted(_self: ClipSet, _clip: Clip) -> torch.Tensor:
        nonlocal held, most
        with lock:
            held += 1
            most = max(most, held)
        time.sleep(0.005)
        with lock:
            held -= 1
        return torch.zeros(129, 3, dtype=torch.complex64)

    monkeypatch.setattr(ClipSet, "_whole_spectrum", counted)
    monkeypatch.setattr(computed_maps, "threads", lambda: 16)
    monkeypatch.setenv("EARWITNESS_CACHE", str(tmp_path / "cache"))
    clips = training_set(read_corpus(tone_corpus), tiny_recipe)
    clips.device = CUDA
    clips.read(lambda _event: None, lambda: False)
    assert 1 < most <= 4
