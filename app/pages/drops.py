"""Drops: what files and folders lie in something that is dropped on the window."""

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtGui import QDropEvent


def dropped_folders(event: QDropEvent) -> list[Path]:
    """Return the folders among dropped files."""
    return [path for path in _paths(event) if path.is_dir()]


def dropped_file(event: QDropEvent, suffix: str) -> Path | None:
    """Return the first file with this ending among dropped files."""
    return next((path for path in _paths(event) if path.suffix == suffix), None)


def _paths(event: QDropEvent) -> Iterator[Path]:
    urls = event.mimeData().urls()
    return (Path(url.toLocalFile()) for url in urls if url.isLocalFile())
