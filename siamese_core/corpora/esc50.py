"""ESC-50 and its open part ESC-10: audio/*.wav with meta/esc50.csv.

Piczak, ACM Multimedia 2015. The class is the category; clips of one ``src_file`` were cut from
one recording.
"""

import csv
from pathlib import Path

from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import CorpusError

_TABLE = Path("meta", "esc50.csv")
_COLUMNS = {"filename", "category", "esc10", "src_file"}


def recognises(folder: Path) -> bool:
    """Whether the table and the folder of clips are there."""
    return (folder / _TABLE).is_file() and (folder / "audio").is_dir()


def read(folder: Path) -> list[ClipFile]:
    """List all clips of the table.

    Raises
    ------
    CorpusError
        If the table is broken or names a file outside the folder of clips.
    """
    return [_clip(folder, row) for row in _rows(folder / _TABLE)]


def read_esc10(folder: Path) -> list[ClipFile]:
    """List the clips of ESC-10 only; it raises what `read` raises."""
    return [_clip(folder, row) for row in _rows(folder / _TABLE) if row["esc10"] == "True"]


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = sorted(_COLUMNS - set(reader.fieldnames or ()))
            rows = list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise CorpusError(f"{table} is not a table in CSV ({error}).") from error
    if missing:
        raise CorpusError(f"{table} has no column '{missing[0]}'; take it from ESC-50 again.")
    for row in rows:
        if not all(row[column] for column in _COLUMNS):
            raise CorpusError(f"{table} has a row with too few cells; take it from ESC-50 again.")
    return rows


def _clip(folder: Path, row: dict[str, str]) -> ClipFile:
    name = row["filename"]
    if Path(name).name != name:
        raise CorpusError(f"{folder / _TABLE} names '{name}', which is not a file name in audio.")
    return ClipFile(folder / "audio" / name, row["category"], row["src_file"])
