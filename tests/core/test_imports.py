"""What is imported, and what never is."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "assets",
        "attribution.parameters",
        "audio",
        "callbacks",
        "corpus",
        "demo",
        "encoder.encoder_parameters",
        "episodes",
        "errors",
        "faithfulness.metrics",
        "mask.mask",
        "mask.mask_origin",
        "melspec",
        "sonification.modes",
        "notices",
        "recipes",
        "training.run",
        "ties",
    ],
)
def test_what_the_window_needs_first_imports_no_torch(module: str) -> None:
    code = (
        f"import sys, siamese_core.{module};"
        "sys.exit(any(m in sys.modules for m in ('torch', 'captum', 'librosa', 'scipy')))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr or "a heavy library was imported"


def test_the_core_never_imports_the_window() -> None:
    code = (
        "import sys, siamese_core.exhibit.exhibit, siamese_core.training.training;"
        "sys.exit(any(m.split('.')[0] in ('PySide6', 'pyqtgraph', 'app') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
