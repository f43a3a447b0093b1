"""`python -m tests.benchmarks [NAME ...] [--json FILE] [--quick]`: a table of ratios."""

import argparse
import json
import time
from pathlib import Path

from siamese_core.devices import resolve_device
from siamese_core.files import write_text
from tests.benchmarks.machine import describe
from tests.benchmarks.plan import Plan, Size
from tests.benchmarks.result import table
from tests.benchmarks.suite import BENCHMARKS

CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; a benchmark's lines appear when it ends."""
    options = _parser().parse_args(arguments)
    size = Size.QUICK if options.quick else Size.FULL
    plan = Plan(size, resolve_device(options.device), CLOCKS[options.clock])
    machine = describe(plan.device)
    print(*(f"{name}: {value}" for name, value in machine.items()), sep="\n", end="\n\n")
    results = []
    for name in options.names or BENCHMARKS:
        found = list(BENCHMARKS[name](plan))
        print(table(found), end="\n\n", flush=True)
        results += found
    if options.json is not None:
        lines = [result.as_dict() for result in results]
        report = {"machine": machine, "size": size.name.lower(), "clock": options.clock}
        report["results"] = lines
        write_text(options.json, json.dumps(report, indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *BENCHMARKS],
                        help=", ".join(BENCHMARKS))  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, to look")
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="time passed, or time of the processor (steadier where others use the machine)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:N or mps")
    return parser


if __name__ == "__main__":
    main()
