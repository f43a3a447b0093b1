"""Two processes train as one does on the same global batch; one of them writes."""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import read_corpus
from siamese_core.errors import Cancelled, ParameterError, TrainingError
from siamese_core.recipes import Recipe, split_as
from siamese_core.training import ranks
from siamese_core.training.ranks import Ranks, joined
from siamese_core.training.run import Run
from siamese_core.training.training import train
from tests.core.warm import WARM

CPU = torch.device("cpu")


def _curve(run: Run) -> list[float]:
    return [e["loss"] for e in run.read_events() if e["event"] == "step"]


def _validations(run: Run) -> list[float]:
    return [e["accuracy"]["mean"] for e in run.read_events() if e["event"] == "validation"]


def _be_rank(rank: int, port: int) -> None:
    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


def _on_two(function, *arguments: object) -> None:
    """Call a function in two processes, each with its rank."""
    ranks = [WARM.Process(target=function, args=(rank, *arguments)) for rank in range(2)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(timeout=240)
    ended = [rank.exitcode for rank in ranks]
    for rank in ranks:
        rank.kill()  # one that waits for the other would wait for ever
    assert ended == [0, 0]


def _train_rank(
    rank: int, port: int, cache: str, stop: int, recipe: Recipe, corpus: Path, run: Run
) -> None:
    """Train on one of two gloo processes, up to a step or, from a stopped run, to the end."""
    _be_rank(rank, port)
    os.environ["EARWITNESS_CACHE"] = cache
    steps = []
    with suppress(Cancelled):
        train(
            recipe,
            read_corpus(corpus),
            run.folder,
            device="cpu",
            resume=run.recipe.exists(),
            on_event=lambda e: steps.append(e["event"]),
            should_stop=lambda: bool(stop) and steps.count("step") >= stop,
        )


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


LOSSES = {
    "binary-cross-entropy": [],
    "contrastive": ["loss=contrastive", "distance=euclidean"],
    "triplet": ["loss=triplet"],
    "angular-margin": ["loss=angular-margin", "margin=0.3", "distance=cosine"],
}


@pytest.mark.parametrize("loss", LOSSES)
def test_two_processes_have_the_curve_of_one(
    loss: str, tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, free_port: int
) -> None:
    changes = ["augmentation.noise_db=[10, 30]", "classes=5", "steps=12", "evaluate_every=6"]
    recipe = tiny_recipe.override([*changes, "learning_rate=0.003", *LOSSES[loss]])
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    train(recipe, read_corpus(tone_corpus), one.folder, device="cpu")
    cache = os.environ["EARWITNESS_CACHE"]
    _on_two(_train_rank, free_port, cache, 0, recipe, tone_corpus, two)
    np.testing.assert_allclose(_curve(two)[:3], _curve(one)[:3], rtol=1e-4)
    # Adam magnifies the order of sums where a gradient is next to nothing.
    np.testing.assert_allclose(_curve(two), _curve(one), rtol=1e-2)
    assert _validations(two) == pytest.approx(_validations(one), abs=0.11)
    kinds = [e["event"] for e in two.read_events()]
    assert kinds == [e["event"] for e in one.read_events()], "one process writes, each event once"


def test_a_stopped_pair_resumes_on_its_curve(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, free_port: int
) -> None:
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    train(tiny_recipe, read_corpus(tone_corpus), one.folder, device="cpu")
    rest = (os.environ["EARWITNESS_CACHE"], 7, tiny_recipe, tone_corpus, two)
    _on_two(_train_rank, free_port, *rest)
    assert len(_curve(two)) == 7
    _on_two(_train_rank, free_port, rest[0], 0, *rest[2:])
    np.testing.assert_allclose(_curve(two), _curve(one), rtol=1e-2)


def _train_damaged(
    rank: int, port: int, cache: str, recipe: Recipe, corpus: Path, run: Run
) -> None:
    _be_rank(rank, port)
    os.environ["EARWITNESS_CACHE"] = cache
    train(recipe, read_corpus(corpus), run.folder, device="cpu", leave_out_damaged=True)


def test_two_processes_leave_out_the_same_damaged_clips(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, free_port: int
) -> None:
    folder = shutil.copytree(tone_corpus, tmp_path / "tones")
    for clip in folder.glob("*/take2.wav"):
        clip.write_bytes(b"")
    recipe = tiny_recipe.override(["steps=4", "evaluate_every=2"])
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    train(recipe, read_corpus(folder), one.folder, device="cpu", leave_out_damaged=True)
    _on_two(_train_damaged, free_port, os.environ["EARWITNESS_CACHE"], recipe, folder, two)
    np.testing.assert_allclose(_curve(two), _curve(one), rtol=1e-2)
    left_out = [run.read_events()[0]["left_out"] for run in (one, two)]
    assert left_out[0] == left_out[1]
    assert len(left_out[0]) == 9


def _note_decoded() -> list[str]:
    """Note which clips this process decodes."""
    read, decoded = ClipFile.read, list[str]()

    def noted(file: ClipFile, *arguments: object, **options: object) -> object:
        decoded.append(str(file.path))
        return read(file, *arguments, **options)

    ClipFile.read = noted  # type: ignore[assignment,method-assign]
    return decoded


def _count_decoded(
    rank: int, port: int, cache: str, recipe: Recipe, corpus: Path, folder: Path
) -> None:
    _be_rank(rank, port)
    os.environ["EARWITNESS_CACHE"] = cache
    decoded = _note_decoded()
    train(recipe, read_corpus(corpus), folder / "run", device="cpu")
    (folder / f"{rank}.json").write_text(json.dumps(decoded))


def _held_out(recipe: Recipe, corpus: Path) -> set[str]:
    whole = read_corpus(corpus)
    split = split_as(recipe, whole)
    return {str(clip.path) for clip in whole.select([*split.validation, *split.test]).clips}


def test_two_processes_decode_each_clip_once(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, free_port: int
) -> None:
    recipe = tiny_recipe.override(["steps=4", "evaluate_every=2", "test=2"])
    _on_two(_count_decoded, free_port, str(tmp_path / "cache"), recipe, tone_corpus, tmp_path)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    clips = read_corpus(tone_corpus).clips
    assert sorted(first + second) == sorted(str(clip.path) for clip in clips)
    assert _held_out(recipe, tone_corpus) <= set(first), "where they are measured by"


def _stop_reading(rank: int, port: int, cache: str, recipe: Recipe, corpus: Path, run: Run) -> None:
    """Ask the rank that measures to stop, while it reads what it measures by."""
    _be_rank(rank, port)
    os.environ["EARWITNESS_CACHE"] = cache
    decoded, held_out = _note_decoded(), _held_out(recipe, corpus)
    with pytest.raises(Cancelled):
        train(
            recipe,
            read_corpus(corpus),
            run.folder,
            device="cpu",
            should_stop=lambda: not held_out.isdisjoint(decoded),
        )


def test_a_process_that_stops_while_it_reads_leaves_none_waiting(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path, free_port: int
) -> None:
    run = Run(tmp_path / "run")
    _on_two(_stop_reading, free_port, str(tmp_path / "cache"), tiny_recipe, tone_corpus, run)
    assert not run.state.exists()


class Pairs(nn.Module):
    """A loss of pairs that span the ranks."""

    def __init__(self, ranks: Ranks) -> None:
        super().__init__()
        self.ranks = ranks
        torch.manual_seed(0)
        self.encoder, self.head = nn.Linear(3, 2).double(), nn.Linear(2, 1).double()

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        rows = self.ranks.gather(self.encoder(maps[self.ranks.part(len(maps))]), len(maps))
        return self.head((rows[:, None] - rows[None]).square()).sigmoid().mean()


def _gradients(ranks: Ranks) -> list[torch.Tensor]:
    module = ranks.share(Pairs(ranks))
    module(torch.linspace(-1, 1, 15).reshape(5, 3).double()).backward()
    return [parameter.grad for parameter in module.parameters()]


def _compare_gradients(rank: int, port: int) -> None:
    _be_rank(rank, port)
    with joined("cpu") as ranks:
        ours, wanted = _gradients(ranks), _gradients(Ranks(CPU))
        for one, other in zip(ours, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
        assert ranks.agree([rank + 5.0]) == [5.0]


def test_the_gradient_is_that_of_the_whole_batch(free_port: int) -> None:
    _on_two(_compare_gradients, free_port)


def _leave_often(rank: int, port: int) -> None:
    """Leave many groups in haste, each while its threads may still be letting go of a tensor."""
    sys.setswitchinterval(60)
    for turn in range(10):
        _be_rank(rank, port + turn)
        with joined("cpu") as ranks:
            shared = ranks.share(nn.Linear(3, 2))
            ranks.agree([1.0] * 1000)
        del shared


def test_leaving_a_group_never_waits_for_its_threads(free_port: int) -> None:
    _on_two(_leave_often, free_port)


def _lose_the_other(rank: int, port: int) -> None:
    _be_rank(rank, port)
    if rank:
        with joined("cpu"):
            os._exit(0)
    with (
        pytest.raises(TrainingError, match="Process 0 of 2 lost the others"),
        joined("cpu") as ranks,
    ):
        ranks.gather(torch.ones(1, 3), 2)


def test_a_process_that_loses_the_others_says_so(free_port: int) -> None:
    _on_two(_lose_the_other, free_port)


def test_torchrun_trains_through_the_command_line(
    tmp_path: Path, tiny_recipe: Recipe, tone_corpus: Path
) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_recipe.override(["steps=4"]).to_toml())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += ["-m", "app", "train", "--recipe", str(tmp_path / "tiny.toml")]
    command += ["--data", str(tone_corpus), "--out", str(tmp_path / "run")]
    command += ["--device", "cpu", "--json"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["step"] for e in told if e["event"] == "step"] == [1, 2, 3, 4]
    assert [e["event"] for e in told].count("finished") == 1
    assert (tmp_path / "run" / "best.safetensors").exists()


@pytest.mark.parametrize(("total", "size"), [(7, 2), (5, 4), (4, 4), (64, 3)])
def test_parts_are_the_whole_and_none_is_empty(total: int, size: int) -> None:
    parts = [range(total)[Ranks(CPU, rank, size).part(total)] for rank in range(size)]
    assert [clip for part in parts for clip in part] == list(range(total))
    assert min(map(len, parts)) >= 1


def test_a_batch_too_small_to_share_is_refused() -> None:
    with pytest.raises(TrainingError, match="3 clips cannot be shared by 4 processes"):
        Ranks(CPU, 0, 4).part(3)


def test_one_process_shares_with_nobody() -> None:
    with joined("cpu") as ranks:
        assert ranks.leads
        layer, rows = nn.Linear(2, 2), torch.ones(3, 2)
        assert ranks.share(layer) is layer
        assert ranks.gather(rows, 3) is rows
        assert ranks.agree([1, 2.5]) == [1, 2.5]


def test_a_world_without_a_rank_is_told_how_to_start(monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(ParameterError, match="RANK and LOCAL_RANK is not set; start"),
        joined("cpu"),
    ):
        pass


def test_several_processes_do_not_share_one_named_gpu(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    for name, value in {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ParameterError, match="cannot share 'cuda:0'; give auto"), joined("cuda:0"):
        pass


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_process_touches_no_gpu_but_its_own(device: str, monkeypatch) -> None:
    touched: list[str] = []

    def resolve(name: str) -> torch.device:
        touched.append(name)
        return torch.device(name)

    monkeypatch.setattr(ranks, "resolve_device", resolve)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", lambda own: touched.append(str(own)))
    assert ranks._own_device(device, 2) == torch.device("cuda:2")
    assert touched == ["cuda:2", "cuda:2"]
