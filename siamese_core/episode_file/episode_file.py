"""An episode with its clips, scores and explanations in one file, which needs no corpus to open.

A zip of ``episode.json``, of the clips (FLAC, or float WAV where FLAC would change them) and of
the explanations' arrays (npz). Nothing in it is believed before it was checked, nothing in it is
executed, and nothing is unpacked to disk.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
from numpy.typing import NDArray

from siamese_core import __version__
from siamese_core.attribution.attribution import Attribution
from siamese_core.attribution.methods import method_parameters
from siamese_core.audio import MOST_SAMPLES, Clip, decode, resample
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.archive import Bounds, open_archive
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.episode_file.episode_contents import (
    FORMAT,
    SUFFIX,
    ClipEntry,
    EpisodeContents,
    MapEntry,
)
from siamese_core.episode_file.episode_members import encode_clip, pack_arrays, unpack_arrays
from siamese_core.episode_file.saved_episode import SavedEpisode, SavedExplanation
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import CorpusError, ParameterError
from siamese_core.explanation import Explanation
from siamese_core.files import file_fault, reason, writing
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import Mask
from siamese_core.mask.mask_file import FOREIGN
from siamese_core.scoring import rank

_ABOUT = "episode.json"
_LARGEST_ABOUT = 8 << 20
"""Bytes of ``episode.json``; a thousand clips and a hundred maps need less than one."""
_BOUNDS = Bounds(2_000, 5 * MOST_SAMPLES, 10 * MOST_SAMPLES)
_LONGEST_SENTENCE = 400
_THIRD = {"against": "The contrast is with", "twin": "The baseline is"}


@dataclass(frozen=True)
class SavedClip(ClipFile):
    """A clip in an episode's file, as a corpus would hold it; its path leads into that file."""

    @classmethod
    def of(cls, clip: Clip, label: str) -> "SavedClip":
        """Return where a clip that `read_episode` gave can be read again."""
        path = clip.path or Path()
        return cls(path, label, str(path))

    def read(self, rate: int | None = None, should_stop: ShouldStop = never) -> Clip:
        """Read the clip from the file once more; it raises what `read_episode` raises."""
        file, digest = self.path.parents[1], self.path.parent.name
        with _phrased(file), _opened(file) as archive:
            entry = ClipEntry.parse({"label": self.label, "name": self.path.name, "sound": digest})
            clip = _read_clip(file, archive, entry, should_stop)
        return clip if rate is None else resample(clip, rate)


# Writing --------------------------------------------------------------------------------------


def write_episode(
    path: Path, saved: SavedEpisode, on_event: OnEvent = ignore, should_stop: ShouldStop = never
) -> None:
    """Write an episode, whole or not at all. Its clips come back bit for bit.

    Raises
    ------
    ParameterError
        If the name ends in something else than ``.earwitness``, a name or label is not plain text,
        or a contrast is with a clip that is not in the support set.
    EarwitnessError
        If there is more sound than one file may hold, or it cannot be written.
    Cancelled
        If ``should_stop`` says so.
    """
    if path.suffix != SUFFIX:
        raise ParameterError(f"{path} cannot hold an episode; end its name in {SUFFIX}.")
    samples = sum(len(clip.samples) for clip in saved.clips)
    if samples > MOST_SAMPLES:
        raise CorpusError(
            f"The line-up has {samples} samples; a file holds {MOST_SAMPLES} at most, so trim its "
            "clips."
        )
    about = _describe(saved)
    with writing(path) as temporary, ZipFile(temporary, "w", ZIP_STORED) as archive:
        archive.writestr(_ABOUT, about.model_dump_json(indent=1, exclude_unset=True), ZIP_DEFLATED)
        sounds = dict(zip((entry.sound for entry in about.clips), saved.clips, strict=True))
        for number, (digest, clip) in enumerate(sounds.items()):
            progress(on_event, should_stop, "Writing clips", number, len(sounds))
            kind, content = encode_clip(clip)
            archive.writestr(f"clips/{digest}.{kind}", content)
        for number, found in enumerate(saved.explanations):
            archive.writestr(f"maps/{number}.npz", pack_arrays(_arrays(found)))


def _describe(saved: SavedEpisode) -> EpisodeContents:
    """Set what there is to tell, and nothing that an older program would not know."""
    labels = (saved.episode.truth or saved.episode.query.label, *saved.episode.support.labels)
    entries = [
        {
            "label": label,
            "name": clip.path.name if clip.path else "",
            "sound": clip.digest,
            "start": start,
        }
        for label, clip, start in zip(labels, saved.clips, saved.starts, strict=True)
    ]
    scored = saved.scored
    return EpisodeContents.parse(
        {
            "format": _format(saved),
            "version": __version__,
            "model": saved.model,
            **({"weights": saved.weights} if saved.weights else {}),
            "mel": saved.mel.model_dump(),
            "query": entries[0],
            "support": entries[1:],
            "truth": saved.episode.truth,
            "logits": None if scored is None else [score.logit for score in scored.scores],
            "maps": [_describe_map(saved, found) for found in saved.explanations],
            **({"locked": sorted(saved.locked)} if saved.locked else {}),
            **({} if saved.selected is None else {"selected": saved.selected}),
        }
    )


def _format(saved: SavedEpisode) -> int:
    """Return the oldest format that can tell of everything, for programs that know no other."""
    found = saved.explanations
    if saved.weights or saved.selected is not None or any(map(_mask_file, found)):
        return FORMAT
    if any(one.explanation.against or one.explanation.twin for one in found):
        return 4
    return 2 if saved.locked else 1


def _describe_map(saved: SavedEpisode, found: SavedExplanation) -> dict[str, Any]:
    shown = found.explanation
    return {
        "support": found.place,
        **_third(saved, "against", shown.against, shown.rival_map),
        **_third(saved, "twin", shown.twin, shown.twin_map),
        "method": shown.method,
        "parameters": shown.parameters.model_dump(mode="json"),
        "side": shown.side,
        "windows": [shown.query_map.start, shown.support_map.start],
        "logit": shown.logit,
        "similarity": shown.similarity,
        "contrast": shown.contrast,
        "residual": shown.attribution.residual,
        "note": shown.attribution.note,
        "mask": found.mask_parameters and found.mask_parameters.model_dump(),
        **_mask_file(found),
        "arrays": [name for name, array in _arrays(found).items() if array is not None],
    }


def _third(
    saved: SavedEpisode, name: str, clip: Clip | None, seen: LogMel | None
) -> dict[str, Any]:
    """Say which support clip a map needs beside the pair, and where its window lies."""
    if clip is None:
        return {}
    clips = saved.episode.support.clips
    place = next((place for place, one in enumerate(clips) if one is clip), None)
    if place is None:
        raise ParameterError(f"{_THIRD[name]} a clip that is not in the support set.")
    return {name: place, f"{name}_start": seen and seen.start}


def _mask_file(found: SavedExplanation) -> dict[str, str]:
    """Name the file that a mask was loaded from, if it was."""
    return {"mask_file": found.mask.path.name} if found.mask and found.mask.path else {}


def _arrays(found: SavedExplanation) -> dict[str, NDArray[Any] | None]:
    attribution = found.explanation.attribution
    mask = None if found.mask is None else found.mask.values
    return {"map": attribution.values, "segments": attribution.segments, "mask": mask}


# Reading --------------------------------------------------------------------------------------


def read_episode(
    path: Path, on_event: OnEvent = ignore, should_stop: ShouldStop = never
) -> SavedEpisode:
    """Read an episode that `write_episode` wrote, on any machine.

    Raises
    ------
    CorpusError
        If the file is missing, damaged, foreign or from a newer program, or asks for more memory
        than an episode needs.
    AudioError
        If a clip in it is not sound that can be used.
    Cancelled
        If ``should_stop`` says so.
    """
    path = Path(path)
    with _phrased(path):
        with _opened(path) as archive:
            about = _read_contents(path, archive)
            clips = _read_clips(path, archive, about, on_event, should_stop)
            arrays = [
                unpack_arrays(path / name, archive.read(name), entry.arrays, about.mel.shape)
                for number, entry in enumerate(about.maps)
                for name in [f"maps/{number}.npz"]
            ]
        query, *support = (_named(path, clips[entry.sound], entry) for entry in about.clips)
        labels = tuple(str(entry.label) for entry in about.support)
        episode = Episode(query, SupportSet(tuple(support), labels), about.truth)
        found = []
        for number, (entry, maps) in enumerate(zip(about.maps, arrays, strict=True)):
            progress(on_event, should_stop, "Opening explanations", number, len(arrays))
            found.append(_explanation(episode, about, entry, maps))
    scored = None if about.logits is None else rank(np.array(about.logits), labels)
    starts = tuple(entry.start for entry in about.clips)
    locked = frozenset(about.locked)
    return SavedEpisode(
        episode,
        starts,
        about.model,
        about.mel,
        scored,
        tuple(found),
        locked,
        about.selected,
        about.weights or "",
    )


@contextmanager
def _phrased(path: Path) -> Iterator[None]:
    """Say of which file a value was wrong."""
    try:
        yield
    except ParameterError as error:
        words = _cut(str(error))
        raise CorpusError(f"{path} cannot be opened as an episode: {words}") from error


def _cut(words: str) -> str:
    """Keep a stranger's text from filling the screen."""
    line = "".join(letter if letter.isprintable() else "?" for letter in words)
    return line if len(line) <= _LONGEST_SENTENCE else f"{line[:_LONGEST_SENTENCE]}…."


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    """Open an episode's file; what its content makes zipfile, numpy or json raise is phrased."""
    if fault := file_fault(path):
        raise CorpusError(f"{fault}; give a file that ends in {SUFFIX}.")
    try:
        with open_archive(path, path, _BOUNDS) as archive:
            for member in archive.infolist():
                if member.filename != _ABOUT and member.compress_type != ZIP_STORED:
                    raise CorpusError(
                        f"{path} holds '{_cut(member.filename)}' packed, which Earwitness "
                        "never does; do not use it."
                    )
            yield archive
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {reason(error)}.") from error
    except (*FOREIGN, RecursionError) as error:
        raise CorpusError(
            f"{path} is damaged, or is not an episode that Earwitness saved; save it again."
        ) from error


def _read_contents(path: Path, archive: ZipFile) -> EpisodeContents:
    member = archive.getinfo(_ABOUT)
    if member.file_size > _LARGEST_ABOUT:
        raise CorpusError(f"{path} claims more data than an episode can have; it is not read.")
    values = json.loads(archive.read(member))
    if isinstance(form := values["format"], int) and form > FORMAT:
        raise CorpusError(f"{path} was saved by a newer Earwitness; open it with that one.")
    return EpisodeContents.parse(values)


def _read_clips(
    path: Path,
    archive: ZipFile,
    about: EpisodeContents,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> dict[str, Clip]:
    """Read each sound once."""
    clips: dict[str, Clip] = {}
    for number, entry in enumerate(about.clips):
        progress(on_event, should_stop, "Reading clips", number, len(about.clips))
        read = clips.get(entry.sound)
        clips[entry.sound] = read or _read_clip(path, archive, entry, should_stop)
        if sum(len(clip.samples) for clip in clips.values()) > MOST_SAMPLES:
            raise CorpusError(f"{path} holds more sound than an episode can; it is not read.")
    return clips


def _read_clip(path: Path, archive: ZipFile, entry: ClipEntry, should_stop: ShouldStop) -> Clip:
    names = [f"clips/{entry.sound}.{kind}" for kind in ("flac", "wav")]
    name = next((name for name in names if name in archive.NameToInfo), None)
    if name is None:
        raise CorpusError(f"{path} does not hold the clip '{entry.name}'; save the episode again.")
    clip = decode(path / name, BytesIO(archive.read(name)), entry.label, should_stop)
    return _named(path, clip, entry)


def _named(path: Path, clip: Clip, entry: ClipEntry) -> Clip:
    """Return a clip with a path that leads into the file and ends in the clip's own name."""
    name = Path(entry.name).name or "clip"
    return replace(clip, label=entry.label, path=path / entry.sound / name)


def _explanation(
    episode: Episode[Clip],
    about: EpisodeContents,
    entry: MapEntry,
    arrays: dict[str, NDArray[Any]],
) -> SavedExplanation:
    clips, mel = episode.support.clips, about.mel

    def third(place: int | None, start: float | None) -> tuple[Clip | None, LogMel | None]:
        if place is None:
            return None, None
        older = about.support[place].start  # in a file that does not say where its window lay
        return clips[place], LogMel.of(clips[place], mel, older if start is None else start)

    query, support = episode.query, clips[entry.support]
    against, rival_map = third(entry.against, entry.against_start)
    parameters = method_parameters(entry.method).parse(entry.parameters)
    twin, twin_map = third(entry.twin, entry.twin_start)
    explanation = Explanation(
        query=query,
        support=support,
        query_map=LogMel.of(query, mel, entry.windows[0]),
        support_map=LogMel.of(support, mel, entry.windows[1]),
        logit=entry.logit,
        similarity=entry.similarity,
        side=entry.side,
        method=entry.method,
        parameters=parameters,
        attribution=Attribution(arrays["map"], arrays.get("segments"), entry.residual, entry.note),
        against=against,
        contrast=entry.contrast,
        twin=twin,
        twin_map=twin_map,
        rival_map=rival_map,
    )
    mask = None
    if "mask" in arrays:
        mask = Mask(arrays["mask"], mel, explanation.explained_map.start)
        mask = mask.laid_on(explanation.explained, explanation.explained_map.start)
        name = Path(entry.mask_file or "").name
        mask = replace(mask, path=Path(name) if name else None)
    return SavedExplanation(entry.support, explanation, mask, entry.mask)
