"""Memory: the most that an explanation holds, in a process of its own.

Run as a program with SINEXC's alpha, it explains a pair of clips and prints the peak in MiB.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from siamese_core.attribution.parameters import SinexcParameters
from siamese_core.checkpoint import load_checkpoint
from siamese_core.demo import bundled_model
from siamese_core.devices import peak_bytes
from siamese_core.explanation import explain
from tests.benchmarks.plan import Plan
from tests.benchmarks.result import Result, below
from tests.benchmarks.synthetic import voice


def sinexc_memory(plan: Plan) -> Iterator[Result]:
    """Measure SINEXC with many coalitions of a long clip on the processor."""
    alpha = plan.of(1000, 100, 2)
    command = [sys.executable, "-m", "tests.benchmarks.memory", str(alpha)]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"SINEXC with alpha {alpha} failed: {run.stderr}")
    seconds, segments, peak = map(float, run.stdout.split())
    yield Result(
        f"SINEXC, alpha {alpha}, peak memory of the process",
        "MiB",
        peak,
        aim=below(2048),
        note=f"clips of {seconds:g} s, bundled environment model, {segments:.0f} segments",
    )


def main(alpha: int) -> None:
    """Explain one clip by another."""
    cpu = torch.device("cpu")
    net, _ = load_checkpoint(bundled_model("environment"), cpu)
    rng = np.random.default_rng(0)
    query, support = (voice(rng, net.mel.rate, net.mel.seconds) for _ in range(2))
    # segments of a fifth of the usual size, so that many coalitions differ
    settings = SinexcParameters(alpha=alpha, min_size=30)
    found = explain(net, query, support, "sinexc", settings).attribution.segments
    assert found is not None
    print(net.mel.seconds, int(found.max()) + 1, (peak_bytes(cpu) or 0) / 2**20)


if __name__ == "__main__":
    main(int(sys.argv[1]))
