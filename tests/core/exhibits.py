"""Exhibits in folders, made again and compared, for several tests."""

import json
import shlex
from pathlib import Path

import numpy as np
import soundfile

from siamese_core.cli import main

_SCORED = ("support", "query", "classes", "predicted", "truth", "parameters", "sounds", "weights")


def made_again(command: str, folder: Path) -> Path:
    """Run a command that was printed, into a folder."""
    program, *words = shlex.split(command)
    assert program == "earwitness"
    assert main([*words, "--out", str(folder)]) == 0
    return folder


def assert_same_exhibit(one: Path, other: Path) -> None:
    """Compare what two folders say of the scores, and every number of their maps and sounds."""
    ours, theirs = (json.loads((path / "episode.json").read_text("utf-8")) for path in (one, other))
    assert {name: ours[name] for name in _SCORED} == {name: theirs[name] for name in _SCORED}
    with np.load(one / "explanation.npz") as first, np.load(other / "explanation.npz") as second:
        assert set(first) == set(second)
        for name in first:
            np.testing.assert_array_equal(first[name], second[name], err_msg=name)
        assert first["maps"].any()
    for name in ("kept", "removed", "model-view"):
        pair = [soundfile.read(path / f"{name}.wav", dtype="float32") for path in (one, other)]
        assert pair[0][1] == pair[1][1]
        np.testing.assert_array_equal(pair[0][0], pair[1][0])
