"""The bundled line-up and the bundled model (no torch)."""

import json
from pathlib import Path

from siamese_core.assets import asset
from siamese_core.corpus import ClipFile, Corpus, read_corpus
from siamese_core.episodes import Episode, SupportSet


def bundled_corpus() -> Corpus:
    """Return the bundled voices; assets/demo/README.md says who speaks, under what licence."""
    return read_corpus(asset("demo"))


def bundled_lineup() -> Episode[ClipFile]:
    """Return the bundled line-up: one query and one support clip of each bundled voice."""
    lineup = json.loads(asset("demo", "lineup.json").read_text(encoding="utf-8"))
    support = [_clip_file(entry["path"]) for entry in lineup["support"]]
    query = _clip_file(lineup["query"])
    return Episode(query, SupportSet(tuple(support), tuple(c.label for c in support)), query.label)


def bundled_model(name: str = "voice") -> Path:
    """Return the path of a bundled checkpoint."""
    return asset("models", f"{name}.safetensors")


def _clip_file(relative: str) -> ClipFile:
    path = asset("demo", *relative.split("/"))
    return ClipFile(path, path.parent.name, str(path))
