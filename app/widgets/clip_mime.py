"""What a dragged clip carries: our own list of clips, and file URLs for everybody else."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QUrl

from siamese_core.episode_file.episode_contents import SUFFIX

MIME = "application/x-earwitness-clip"
_OTHERS = (".safetensors", SUFFIX)
"""What is dropped on the window, and is not a clip: models and episodes."""


@dataclass(frozen=True)
class DroppedClip:
    """A sound file, and its class where the place that it was dragged from knows it."""

    path: Path
    label: str | None = None


def clip_mime(clips: Iterable[DroppedClip]) -> QMimeData:
    """Pack clips for a drag."""
    chosen = list(clips)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(clip.path)) for clip in chosen])
    text = json.dumps([{"path": str(clip.path), "label": clip.label} for clip in chosen])
    mime.setData(MIME, QByteArray(text.encode()))
    return mime


def dropped_clips(mime: QMimeData) -> list[DroppedClip]:
    """Unpack the sound files of a drag, ours or a file manager's; no folders and no models."""
    if mime.hasFormat(MIME):
        return _ours(mime.data(MIME).data())
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return [DroppedClip(path) for path in paths if path.suffix not in _OTHERS and not path.is_dir()]


def _ours(data: bytes | bytearray | memoryview) -> list[DroppedClip]:
    """Read our own list; any program may offer this type, so that a foreign one is nothing."""
    try:
        entries = json.loads(bytes(data))
        return [
            DroppedClip(Path(str(e["path"])), None if e["label"] is None else str(e["label"]))
            for e in entries
        ]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
