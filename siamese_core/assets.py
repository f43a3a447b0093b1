"""Where the bundled files are: beside the package when installed, at the top of a source tree."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "assets"
_SOURCE = Path(__file__).parents[1] / "assets"


def asset(*parts: str) -> Path:
    """Return the path of a bundled file, for instance ``asset("models", "voice.safetensors")``."""
    root = _INSTALLED if _INSTALLED.is_dir() else _SOURCE
    return root.joinpath(*parts)
