"""Speed as ratios: ours beside a plain reference, in one run (`python -m tests.benchmarks`)."""
