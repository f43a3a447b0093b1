"""LoadedModel: a net with its card, and what the worker thread does with it; torch comes late."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.lineup.lineup import Clips, Lineup, own_name
from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, progress
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpus import Corpus
from siamese_core.errors import ParameterError
from siamese_core.faithfulness.metrics import obstacle
from siamese_core.mask.mask import Mask, MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import MelSpec
from siamese_core.notices import (
    clip_notices,
    heard_notice,
    lineup_notices,
    outlasts,
    twin_notices,
)
from siamese_core.parameters import Parameters
from siamese_core.sonification.modes import RenderParameters

if TYPE_CHECKING:
    from siamese_core.card import Card
    from siamese_core.devices import DeviceInfo
    from siamese_core.exhibit.exhibit import Exhibit
    from siamese_core.explanation import Explanation, Side
    from siamese_core.faithfulness.masked_score import MaskedScore
    from siamese_core.logmel import LogMel
    from siamese_core.scoring import ScoredEpisode
    from siamese_core.siamese import SiameseNet

Starts = Mapping[ClipFile, float]
Envelope = NDArray[np.float32]
"""The peak of each of `_COLUMNS` equal stretches of a clip: its outline from afar."""

_COLUMNS = 800


@dataclass(frozen=True)
class Request:
    """How a pair is to be explained, and how much of it is to be heard."""

    method: str
    parameters: Parameters
    side: "Side"
    mask: MaskParameters
    against: str | None = None
    """The class whose logit is taken away, where a contrast is to be explained."""
    twin: str | None = None
    """The class whose clip is the baseline ``twin``; the pair's other clip is if None."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What the model makes of a line-up: a log-mel of every clip, and the scores if it is whole."""

    lineup: Lineup
    starts: Starts
    """Where the window was placed in it, in seconds; elsewhere it found its place itself."""
    maps: "Mapping[ClipFile, LogMel]"
    clips: Clips
    envelopes: Mapping[ClipFile, Envelope]
    """Of the clips that are longer than the model's window."""
    scored: "ScoredEpisode | None"
    notices: tuple[str, ...]
    """What a person should know about this line-up and this model."""
    details: tuple[str, ...] = ()
    """What of that is said of each clip alone, where one sentence speaks of several."""
    sounds: tuple[str, ...] = ()
    """The digest of each clip, the query's first."""

    def is_of(self, lineup: Lineup, starts: Starts) -> bool:
        """Whether it is of this line-up, with the windows where they are placed now."""
        return (self.lineup, self.starts) == (lineup, _placed(lineup, starts))

    def noting(self, words: str) -> "Heard":
        """Have something else known first, if there is anything to say."""
        return replace(self, notices=(words, *self.notices)) if words else self


@dataclass(eq=False)
class ModelFile:
    """Where a model was loaded from; its folder may be renamed.

    What a model made is known by this, so that its net can go when another one listens.
    """

    path: Path

    @property
    def name(self) -> str:
        """Its file's name; a run's checkpoint, which all runs name alike, after its run."""
        of_run = self.path.stem in ("best", "last")
        return f"{self.path.parent.name}/{self.path.name}" if of_run else self.path.name


@dataclass(eq=False)
class LoadedModel:
    """A trained net, what is known of it, and where it runs."""

    file: ModelFile
    net: "SiameseNet"
    card: "Card"
    device: str
    weights: str
    """The `fingerprint` of its net, by which a file knows it under any name."""

    @property
    def path(self) -> Path:
        """Where its file is."""
        return self.file.path

    @property
    def name(self) -> str:
        """What its file is called."""
        return self.file.name

    @property
    def mel(self) -> MelSpec:
        """How it hears."""
        return self.card.recipe.mel

    def hear(
        self,
        lineup: Lineup,
        clips: Clips,
        starts: Starts,
        corpora: Sequence[Corpus],
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> Heard:
        """Compute every clip's log-mel and score the line-up if it is whole.

        ``corpora`` are what its classes may come from; see `trained_on`.
        """
        from siamese_core.logmel import LogMel
        from siamese_core.scoring import score_maps

        maps = {}
        for number, clip in enumerate(dict.fromkeys(lineup.clips)):
            progress(on_event, should_stop, "Scoring", number, len(lineup.clips))
            maps[clip] = LogMel.of(clips[clip], self.mel, starts.get(clip))
        scored = None
        if episode := lineup.episode:
            seen = [maps[clip] for clip in lineup.clips]
            scored = score_maps(self.net, seen, episode.support.labels)
        long = {clip: clips[clip] for clip in maps if outlasts(clips[clip], self.mel)}
        outlines = {file: outline(clip) for file, clip in long.items()}
        known = {clip: clips[clip] for clip in maps}
        notices, details = self._notices(lineup, clips, starts, corpora, maps)
        placed, sounds = _placed(lineup, starts), tuple(clips[c].digest for c in lineup.clips)
        return Heard(lineup, placed, maps, known, outlines, scored, notices, details, sounds)

    def explain(
        self,
        lineup: Lineup,
        pair: tuple[ClipFile, ClipFile],
        clips: Clips,
        starts: Starts,
        request: Request,
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> "Explanation":
        """Explain the score of a query and a support clip of a line-up."""
        from siamese_core.explanation import explain

        query, support = pair
        rival = None if request.against is None else lineup.rival(support, request.against)
        twin = None if request.twin is None else lineup.stand_in(request.twin)
        return explain(
            self.net,
            clips[query],
            clips[support],
            request.method,
            request.parameters,
            request.side,
            against=None if rival is None else clips[rival],
            against_start=None if rival is None else starts.get(rival),
            starts=(starts.get(query), starts.get(support)),
            twin=None if twin is None else clips[twin],
            twin_start=None if twin is None else starts.get(twin),
            on_event=on_event,
            should_stop=should_stop,
        )

    def score_masked(
        self, explanation: "Explanation", mask: Mask, _on_event: OnEvent, should_stop: ShouldStop
    ) -> "MaskedScore":
        """Score a pair with the mask's part of its explained clip alone, and without it."""
        from siamese_core.faithfulness.masked_score import score_masked

        return score_masked(self.net, explanation, mask, should_stop)

    def exhibit(
        self,
        lineup: Lineup,
        clips: Clips,
        starts: Starts,
        corpora: Sequence[Corpus],
        request: Request,
        mask: Mask | None,
        mask_origin: MaskOrigin | None,
        render: RenderParameters,
        measured: bool,
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> "Exhibit":
        """Explain every pair of a line-up; measure the best one's map too where that can be.

        A mask that is given takes the place of the one that the request shapes; its origin tells
        how it was made. ``corpora`` are what its classes may come from; see `trained_on`.
        """
        from siamese_core.exhibit.exhibit import explain_episode, with_faithfulness

        if (episode := lineup.episode) is None:
            raise ParameterError("A line-up to export needs a query and a support set.")
        twin = None if request.twin is None else lineup.stand_in(request.twin)
        exhibit = explain_episode(
            self.net,
            episode.map(clips.__getitem__),
            method=request.method,
            parameters=request.parameters,
            side=request.side,
            against=request.against,
            twin=None if twin is None else clips[twin],
            twin_start=None if twin is None else starts.get(twin),
            mask_parameters=request.mask,
            starts=[starts.get(clip) for clip in lineup.clips],
            mask=mask,
            mask_origin=mask_origin,
            render=render,
            model=self.path.name,
            model_file=self.path,
            classes_heard=self.trained_on((clip.label for clip in lineup.clips), corpora),
            on_event=on_event,
            should_stop=should_stop,
        )
        if measured and not obstacle(lineup.classes):
            return with_faithfulness(self.net, exhibit, should_stop)
        return exhibit

    def trained_on(self, labels: Iterable[str], corpora: Sequence[Corpus]) -> list[str]:
        """Return those of some classes that the net was trained on.

        Where classes of several ``corpora`` had one name, in training or now, they are named after
        their corpus too.
        """
        homes = {label: corpus.name for corpus in corpora for label in corpus.classes}
        heard: dict[str, list[str]] = {}
        for name in self.card.classes_heard:
            heard.setdefault(own_name(name), []).append(name)

        def is_known(label: str) -> bool:
            home = homes.get(label, "")
            alike = heard.get(own_name(label), [])  # one of thousands
            return bool(heard_notice([label.removeprefix(f"{home}/")], alike, home))

        return [label for label in dict.fromkeys(labels) if is_known(label)]

    def _notices(
        self,
        lineup: Lineup,
        clips: Clips,
        starts: Starts,
        corpora: Sequence[Corpus],
        maps: "Mapping[ClipFile, LogMel]",
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Say what is special about the clips of a line-up, and again of each by its file's name.

        The latter is nothing where it would say the same.
        """
        classes = self.trained_on((clip.label for clip in lineup.clips), corpora)
        known = heard_notice(classes, classes)
        named = {file: replace(clips[file], path=Path(file.path.name)) for file in maps}
        places = [starts.get(file) for file in named]
        told = lineup_notices([*named.values()], self.mel, places)
        each = tuple(
            notice
            for clip, start in zip(named.values(), places, strict=True)
            for notice in clip_notices(clip, self.mel, start)
        )
        twins = []
        if episode := lineup.episode:
            seen = [maps[file].db for file in lineup.clips]
            twins = twin_notices(episode.map(named.__getitem__), seen)
        notices = (*([known] if known else []), *twins, *told)
        return notices, (each if len(each) > len(told) else ())


def _placed(lineup: Lineup, starts: Starts) -> Starts:
    """Leave out where the window is placed in other clips."""
    return {clip: starts[clip] for clip in lineup.clips if clip in starts}


def outline(clip: Clip) -> Envelope:
    """Return the peaks of a clip's equal stretches."""
    edges = np.linspace(0, len(clip.samples), _COLUMNS, endpoint=False).astype(int)
    return np.maximum.reduceat(np.abs(clip.samples), edges)


def load_model(path: Path, device: str) -> LoadedModel:
    """Read a checkpoint onto a device (see `load_checkpoint` for what it raises)."""
    from siamese_core.checkpoint import load_checkpoint
    from siamese_core.devices import resolve_device
    from siamese_core.siamese import fingerprint

    place = resolve_device(device)
    net, card = load_checkpoint(path, place)
    _ = card.recipe.mel  # a network for glyphs is refused before it takes this one's place
    return LoadedModel(ModelFile(path), net, card, str(place), fingerprint(net))


def list_devices() -> "list[DeviceInfo]":
    """List this machine's devices; the first call imports torch."""
    from siamese_core.devices import available_devices

    return available_devices()


def release_memory() -> None:
    """Give back what the GPU keeps for work that is done; torch must have been imported."""
    from siamese_core.devices import release

    release()


def warm_explaining() -> None:
    """Import what the first explanation needs, while the person is still looking."""
    import siamese_core.explanation
    import siamese_core.sonification.sonification  # noqa: F401
