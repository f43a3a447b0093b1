"""Study: the faithfulness of many maps of seeded episodes, in a folder that can be gone on with."""

import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from siamese_core import __version__
from siamese_core.attribution.methods import METHODS
from siamese_core.audio import Clip
from siamese_core.callbacks import Event, OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpus import Corpus
from siamese_core.episodes import Episode, EpisodeSampler
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.event_file import append_event, each_event, write_events
from siamese_core.explanation import explain
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.faithfulness import measure
from siamese_core.faithfulness.parameters import StudyParameters
from siamese_core.files import reading, write_text
from siamese_core.logmel import LogMel
from siamese_core.plain_values import read_json
from siamese_core.scoring import score_maps
from siamese_core.siamese import SiameseNet, fingerprint
from siamese_core.training.held_folder import held_folder

CHECKED = 10
"""Episodes whose maps are also measured by what costs a dozen more maps each."""


@dataclass(frozen=True)
class Study:
    """A folder with study.json and events.jsonl, one measured map a line.

    Parameters
    ----------
    net : SiameseNet
    corpus : Corpus
        Classes that the network was not trained on.
    parameters : StudyParameters
    model : str
        The network's name.
    folder : Path
    """

    net: SiameseNet
    corpus: Corpus
    parameters: StudyParameters
    model: str
    folder: Path

    @property
    def settings(self) -> dict[str, object]:
        """What all measurements of a folder have in common.

        Episodes and methods may be added later, and so they are not among them.
        """
        return {
            "model": self.model,
            "weights": fingerprint(self.net),
            "corpus": self.corpus.name,
            "clips": len(self.corpus.clips),
            "classes": list(self.corpus.classes),
            "ways": self.parameters.ways or len(self.corpus.classes),
            "seed": self.parameters.seed,
            "version": __version__,
        }

    def episodes(self) -> list[Episode[int]]:
        """Draw the episodes: the query's class in turn, the first n the same for any number."""
        sampler = EpisodeSampler(self.corpus.labels, self.parameters.ways, 1, self.corpus.sources)
        rng, classes = np.random.default_rng(self.parameters.seed), sampler.classes
        return [
            sampler.sample(rng, classes[number % len(classes)])
            for number in range(self.parameters.episodes)
        ]

    def run(self, on_event: OnEvent = ignore, should_stop: ShouldStop = never) -> list[Event]:
        """Measure what the folder does not hold yet, and return all that was asked for.

        Each map is written as soon as it is measured, so that a stopped study goes on with the
        next. Where the network cannot carry a method, the reason is written instead.

        Returns
        -------
        list of dict
            Episode by episode, one for each method: its ``values`` and ``curves``
            (`Faithfulness.as_dict`) and the ``seconds`` that the map took, or why it was
            ``refused``.

        Raises
        ------
        EarwitnessError
            If the folder holds another study or something else, is in use or cannot be written.
        ParameterError
            If such episodes cannot be drawn from the corpus, or the network hears no sounds.
        AudioError, CorpusError
            If a clip cannot be read, or is none.
        Cancelled
            If ``should_stop`` says so.
        """
        episodes = self.episodes()
        wanted = [(n, method) for n in range(len(episodes)) for method in self.parameters.methods]
        lineup: _Lineup | None = None
        with held_folder(self.folder, self._check):
            measured = self._begin()
            for done, (number, method) in enumerate(wanted):
                progress(on_event, should_stop, "Measuring", done, len(wanted))
                if (number, method) in measured:
                    continue
                if lineup is None or lineup.number != number:
                    lineup = _Lineup.of(self.net, self.corpus, episodes[number], number)
                event = lineup.measure(method, self.parameters.seed, should_stop)
                append_event(self._lines, event)
                measured[number, method] = event
            progress(on_event, should_stop, "Measuring", len(wanted), len(wanted))
        return [measured[key] for key in wanted]

    @property
    def _file(self) -> Path:
        return self.folder / "study.json"

    @property
    def _lines(self) -> Path:
        return self.folder / "events.jsonl"

    def _check(self) -> None:
        """Refuse a folder that holds another study, or another program's files."""
        if not self._file.exists():
            if self._lines.exists():
                raise EarwitnessError(
                    f"{self.folder} holds something else than a study; name another folder."
                )
            return
        found = _read_settings(self._file)
        for name, value in self.settings.items():
            if found.get(name) != value:
                raise EarwitnessError(
                    f"{self.folder} holds a study with another {name}, {found.get(name)!r} instead "
                    f"of {value!r}; name another folder."
                )

    def _begin(self) -> dict[tuple[int, str], Event]:
        """Write the settings where there are none; return what is measured already."""
        if not self._file.exists():
            text = json.dumps(self.settings, indent=2, ensure_ascii=False)
            write_text(self._file, f"{text}\n")
        measured = {_key(event): event for event in each_event(self._lines) if _is_current(event)}
        # a line torn by a kill goes, so that the next one stands alone
        write_events(self._lines, measured.values())
        return measured


@dataclass(frozen=True, eq=False)
class _Lineup:
    """One episode, scored, its clips read and embedded once for all methods."""

    number: int
    net: SiameseNet
    episode: Episode[Clip]
    predicted: str | None
    score: EpisodeScore

    @classmethod
    def of(cls, net: SiameseNet, corpus: Corpus, episode: Episode[int], number: int) -> "_Lineup":
        clips = episode.map(lambda index: corpus.clips[index].read())
        maps = [LogMel.of(clip, net.mel) for clip in (clips.query, *clips.support.clips)]
        scored = score_maps(net, maps, clips.support.labels)
        score = EpisodeScore(net, maps[0], maps[1:], clips.support.labels, scored.best)
        return cls(number, net, clips, scored.predicted, score)

    def measure(self, method: str, seed: int, should_stop: ShouldStop) -> Event:
        """Explain the best pair by one method and measure the map."""
        event = {
            "episode": self.number,
            "method": method,
            "parameters": _defaults(method),
            "truth": self.episode.truth,
            "predicted": self.predicted,
        }
        seed += self.number  # other rectangles and orders in each episode
        best, began = self.episode.support.clips[self.score.place], perf_counter()
        try:
            explanation = explain(
                self.net, self.episode.query, best, method, seed=seed, should_stop=should_stop
            )
        except ParameterError as error:
            return {**event, "refused": str(error)}
        seconds, checks = perf_counter() - began, self.number < CHECKED
        found = measure(
            self.net, self.score, explanation, checks=checks, seed=seed, should_stop=should_stop
        )
        return {**event, "seconds": seconds, **found.as_dict()}


def _read_settings(file: Path) -> dict[str, object]:
    with reading(file):
        try:
            settings = read_json(file)
        except ValueError as error:
            raise EarwitnessError(f"{file} is damaged; name another folder.") from error
    return settings if isinstance(settings, dict) else {}


def _defaults(method: str) -> object:
    return METHODS[method].parameters().model_dump(mode="json")


def _is_current(event: Event) -> bool:
    """Look whether a line was measured with the settings that its method has today."""
    method = str(event.get("method"))
    known = method in METHODS and isinstance(event.get("episode"), int)
    return known and event.get("parameters") == _defaults(method)


def _key(event: Event) -> tuple[int, str]:
    return int(str(event["episode"])), str(event["method"])
