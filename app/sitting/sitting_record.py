"""SittingRecord: what a person has open, in files that the next start reads."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from app.explaining.compared_maps import MOST_MAPS
from app.lineup.episode_file import OpenedEpisode, ShownEpisode, open_episode, save_episode
from app.lineup.kept_map import MapsOfPairs
from app.lineup.lineup import Lineup
from app.lineup.loaded_model import Request, Starts
from app.session.corpora import Folder
from siamese_core import lock
from siamese_core.attribution.methods import method_parameters
from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.episode_file.episode_contents import SUFFIX
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.files import reason, write_text
from siamese_core.mask.mask import MaskParameters
from siamese_core.parameters import Parameters

_RECORD, _MAPS, _LOCK = "sitting.json", f"maps{SUFFIX}", "sitting.lock"
_LARGEST = 8 << 20
"""Bytes; a line-up of a thousand clips needs less than one million."""


class ClipRecord(Parameters):
    """A clip of the line-up; ``inside`` says that its path leads into an episode's file."""

    path: str
    label: str
    source: str
    part: str = ""
    inside: bool = False
    start: float | None = None
    locked: bool = False


class AskedRecord(Parameters):
    """How the next explanation is to be made."""

    method: str
    parameters: dict[str, Any]
    side: Literal["support", "query"]
    mask: MaskParameters
    against: str | None = None
    twin: str | None = None

    @property
    def request(self) -> Request:
        """The same, checked; raises ParameterError if there is no such method or value."""
        parameters = method_parameters(self.method).parse(self.parameters)
        return Request(self.method, parameters, self.side, self.mask, self.against, self.twin)


class SittingRecord(Parameters):
    """What is open; an empty path stands for what is bundled."""

    format: Literal[1] = 1
    corpus: str = ""
    further: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    """Corpora that are open beside the first one."""
    closed: bool = False
    """Whether no corpus is open at all."""
    model: str = ""
    query: ClipRecord | None = None
    support: Annotated[tuple[ClipRecord, ...], Field(max_length=1000)] = ()
    selected: Annotated[int, Field(ge=0)] | None = None
    asked: AskedRecord | None = None
    compared: Annotated[tuple[str, ...], Field(max_length=MOST_MAPS)] = ()
    """The methods whose maps were seen side by side."""
    guess_first: bool = False
    told: bool = False
    """Whether the outcome of the line-up was in sight."""

    @property
    def clips(self) -> tuple[ClipRecord, ...]:
        """Every clip, the query first."""
        return (self.query, *self.support) if self.query else self.support

    @property
    def folders(self) -> tuple[Folder, ...]:
        """Where the corpora lie."""
        paths = () if self.closed else (self.corpus, *self.further)
        return tuple(Path(path) if path else None for path in paths)

    @property
    def is_plain(self) -> bool:
        """Whether its clips can be read without torch."""
        return not any(clip.inside for clip in self.clips)

    def lineup(self) -> tuple[Lineup, Starts]:
        """Return the line-up, and where windows were placed in it."""
        return lineup_of(self.query, self.support)


def lineup_of(query: ClipRecord | None, support: Sequence[ClipRecord]) -> tuple[Lineup, Starts]:
    """Return the line-up of these clips, and where windows were placed in it."""
    clips = (*([query] if query else []), *support)
    files = [_file(clip) for clip in clips]
    starts = {f: c.start for f, c in zip(files, clips, strict=True) if c.start is not None}
    locked = frozenset(f for f, c in zip(files, clips, strict=True) if c.locked)
    first = len(files) - len(support)
    return Lineup(files[0] if first else None, tuple(files[first:]), locked), starts


class SittingLock:
    """Says whose sitting a folder keeps, where several windows are open at once.

    The first that asks has it for as long as it is open; another one never gets it, for it would
    overwrite what the first has left.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _LOCK
        self._asked, self._descriptor = False, -1
        self.holder = ""
        """Who else has it, in words."""

    def take(self) -> bool:
        """Whether this window has it, or nothing can be written there, which the writing tells."""
        if not self._asked:
            self._asked = True
            self._ask()
        return not self.holder

    def release(self) -> None:
        """Let the next window have it."""
        self._asked = True
        if self._descriptor >= 0:
            lock.release(self._file, self._descriptor)
            self._descriptor = -1

    def _ask(self) -> None:
        if lock.is_held(self._file):  # which does not wait, as taking does
            self.holder = lock.holder(self._file)
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = lock.take(self._file)
        except BlockingIOError:
            self.holder = lock.holder(self._file)
        except OSError:  # nothing can be written there
            pass


def corpora_record(folders: Sequence[Folder]) -> dict[str, object]:
    """Return the values of a record that say which corpora are open."""
    first, *further = [str(folder or "") for folder in folders] or [""]
    return {"corpus": first, "further": further, "closed": not folders}


def clip_record(clip: ClipFile, lineup: Lineup, starts: Starts) -> dict[str, object]:
    """Return the values of the record of a line-up's clip."""
    return {
        "path": str(clip.path),
        "label": clip.label,
        "source": clip.source,
        "part": clip.part,
        "inside": type(clip) is not ClipFile,
        "start": starts.get(clip),
        "locked": clip in lineup.locked,
    }


def write_sitting(
    folder: Path,
    values: Mapping[str, object],
    shown: ShownEpisode | None,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> None:
    """Write what is open; an episode of the pairs that have a map lies beside it.

    While nothing is shown, because the line-up is being scored, the maps stay as they are.

    Raises
    ------
    ParameterError
        If a name in it is not text.
    EarwitnessError
        If it cannot be written.
    """
    record = SittingRecord.parse(values)
    if shown and shown.maps:
        save_episode(folder / _MAPS, shown.of_pairs(), on_event, should_stop)
    elif shown:
        remove(folder / _MAPS)
    write_text(folder / _RECORD, json.dumps(record.model_dump(mode="json")))


def forget_sitting(folder: Path, _on_event: OnEvent, _should_stop: ShouldStop) -> None:
    """Remove what was written."""
    for name in (_RECORD, _MAPS):
        remove(folder / name)


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises
    ------
    EarwitnessError
        If it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be removed: {reason(error)}.") from error


def has_sitting(folder: Path) -> bool:
    """Whether something was written there."""
    return (folder / _RECORD).exists()


def read_sitting(folder: Path) -> SittingRecord:
    """Read what was open.

    Raises
    ------
    EarwitnessError
        If the file is damaged, foreign, or of another version of the program.
    """
    path = folder / _RECORD
    try:
        if path.stat().st_size > _LARGEST:
            raise EarwitnessError(f"{path} is larger than what was open can be; it is not read.")
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("a table was expected")
        return SittingRecord.parse(values)
    except OSError as error:
        raise EarwitnessError(f"{path} cannot be read: {reason(error)}.") from error
    except (ValueError, RecursionError, ParameterError) as error:
        raise EarwitnessError(f"{path} is damaged, so what was open is not known.") from error


def read_maps(folder: Path, on_event: OnEvent, should_stop: ShouldStop) -> OpenedEpisode | None:
    """Read the maps of what was open, if there are any."""
    path = folder / _MAPS
    return open_episode(path, on_event, should_stop) if path.is_file() else None


def placed(opened: OpenedEpisode, lineup: Lineup) -> MapsOfPairs:
    """Return the maps of an episode of pairs for the same pairs of a whole line-up."""
    return [
        ((lineup.query, same), kept)
        for (_query, support), kept in opened.maps
        if lineup.query and (same := _same(support, lineup.support))
    ]


def _same(clip: ClipFile, among: Sequence[ClipFile]) -> ClipFile | None:
    names = (clip.path.name, clip.label)
    return next((other for other in among if (other.path.name, other.label) == names), None)


def _file(record: ClipRecord) -> ClipFile:
    if record.inside:
        from siamese_core.episode_file.episode_file import SavedClip

        return SavedClip(Path(record.path), record.label, record.source, record.part)
    return ClipFile(Path(record.path), record.label, record.source, record.part)
