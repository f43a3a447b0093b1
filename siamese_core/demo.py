"""The bundled line-up and the bundled model (no torch)."""

from pathlib import Path

from siamese_core.assets import asset
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import CheckpointError
from siamese_core.files import file_fault
from siamese_core.plain_values import read_json


def bundled_corpus() -> Corpus:
    """Return the bundled voices; assets/demo/README.md says who speaks, under what licence."""
    return read_corpus(asset("demo"))


def bundled_lineup() -> Episode[ClipFile]:
    """Return the bundled line-up: one query and one support clip of each bundled voice."""
    lineup = read_json(asset("demo", "lineup.json"))
    support = [_clip_file(entry["path"]) for entry in lineup["support"]]
    query = _clip_file(lineup["query"])
    return Episode(query, SupportSet(tuple(support), tuple(c.label for c in support)), query.label)


def bundled_model(name: str = "voice") -> Path:
    """Return the path of a bundled checkpoint."""
    return asset("models", f"{name}.safetensors")


def model_file(path: Path | None) -> Path:
    """Return the checkpoint that a person named, or the bundled one.

    Raises
    ------
    CheckpointError
        If it is not a file; said before torch is waited for.
    """
    if path is not None and (fault := file_fault(path)):
        raise CheckpointError(f"{fault}; give a .safetensors file.")
    return path or bundled_model()


def _clip_file(relative: str) -> ClipFile:
    path = asset("demo", *relative.split("/"))
    return ClipFile(path, path.parent.name, str(path))
