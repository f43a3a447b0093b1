"""Window: how long its first picture takes, beside an empty window of the same toolkit."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.plan import Plan
from tests.benchmarks.result import Result, below


def first_picture(plan: Plan) -> Iterator[Result]:
    """Time whole processes, from their start till the window is painted."""
    platform = os.environ.get("QT_QPA_PLATFORM", "offscreen")
    with TemporaryDirectory() as folder:
        own = {"XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}  # as at the first start
        environment = {**os.environ, **own, "QT_QPA_PLATFORM": platform}
        timing = plan.side_by_side(
            lambda: _painted("earwitness", environment),
            lambda: _painted("empty", environment),
            plan.of(9, 5, 1),
        )
    yield Result(
        "window painted, before torch is imported",
        "s",
        timing.ours,
        timing.reference,
        below(1),
        note=f"processes from their start, Qt's platform {platform}; reference: an empty window",
    )


def _painted(window: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.first_picture", window]
    run = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"the window {window} failed with {run.returncode}: {run.stderr}")
