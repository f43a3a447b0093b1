"""Child processes that need not import torch again: forked from a server that did, and no more."""

import multiprocessing
from pathlib import Path

import torch

WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(
    # The optimizer imports the last one at its first step.
    ["tests.core.warm", "siamese_core.training.training", "librosa.filters", "torch._dynamo"]
)


def in_child(results: "multiprocessing.SimpleQueue[object]", function, *arguments: object) -> None:
    """Call a function there and send what it returns."""
    torch.set_num_threads(1)
    results.put(function(*arguments))


def run_warm(function, *arguments: object) -> object:
    """Call a module's function in a child process; return what it returned."""
    results = WARM.SimpleQueue()
    child = WARM.Process(target=in_child, args=(results, function, *arguments))
    child.start()
    child.join()
    assert child.exitcode == 0
    return results.get()


def own_bytes() -> int:
    """Memory of this process that no file backs."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024
