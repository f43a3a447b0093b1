"""Exhibit: a line-up scored, explained and made audible."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from siamese_core.attribution.methods import DEFAULT_METHOD
from siamese_core.audio import Clip
from siamese_core.callbacks import Event, OnEvent, ShouldStop, ignore, never
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError
from siamese_core.exhibit.exhibit_origin import ExhibitOrigin
from siamese_core.explanation import Explanation, Heard, Side, explain
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.faithfulness import Faithfulness, measure
from siamese_core.figures import lineup_figure
from siamese_core.mask.mask import DEFAULTS, Mask, MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.melspec import MelSpec
from siamese_core.notices import clip_notices, heard_notice, mask_notice, twin_notices
from siamese_core.parameters import Parameters
from siamese_core.scoring import ScoredEpisode, rank, score_episode
from siamese_core.siamese import SiameseNet
from siamese_core.sonification.loudness import softer_words
from siamese_core.sonification.modes import AT_MODEL_RATE, RenderParameters
from siamese_core.sonification.sonification import sonify


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A line-up with everything that explains it.

    Parameters
    ----------
    episode : Episode of Clip
    scored : ScoredEpisode
    explanations : tuple of Explanation
        One a support clip, in the support set's order.
    mask : Mask
        On the explained side of the best pair: the predicted one, or the most similar on a tie.
    mask_origin : MaskOrigin
        How the mask was made.
    seed : int
    model : str
        The model's name.
    origin : ExhibitOrigin
        What it is traced to.
    starts : tuple of float or None
        Where windows were placed by hand in the query and each support clip, in seconds.
    twin_start : float, optional
        The same of the clip that the baseline ``twin`` stands for.
    notices : tuple of str
        What a person should know of the line-up and the model, though nothing is wrong.
    faithfulness : Faithfulness, optional
        Of the best pair's map, where it was asked for.
    against : str, optional
        The class that the maps are contrasts with.
    render : RenderParameters
        How its sounds are rendered.
    """

    episode: Episode[Clip]
    scored: ScoredEpisode
    explanations: tuple[Explanation, ...]
    mask: Mask
    mask_origin: MaskOrigin
    seed: int
    model: str
    origin: ExhibitOrigin
    starts: tuple[float | None, ...]
    twin_start: float | None = None
    notices: tuple[str, ...] = ()
    faithfulness: Faithfulness | None = None
    against: str | None = None
    render: RenderParameters = AT_MODEL_RATE

    @property
    def best(self) -> Explanation:
        """The explanation of the best pair."""
        return self.explanations[self.scored.best]

    @property
    def keeps_measured(self) -> bool:
        """Whether its mask is that of its map which faithfulness keeps and removes."""
        return np.array_equal(self.mask.values, self.best.mask().values)

    @property
    def subject(self) -> str:
        """What the maps explain, in words."""
        return "the similarity" if self.against is None else "the difference of the logits"

    def figure(self) -> Figure:
        """Draw the line-up with its maps (`figures.lineup_figure`)."""
        return lineup_figure(
            self.explanations,
            self.scored,
            truth=self.episode.truth,
            mask=self.mask,
            made=self.mask_origin.brief(self.subject),
            model=self.model,
        )

    def sounds(
        self, on_event: OnEvent = ignore, should_stop: ShouldStop = never
    ) -> Iterator[tuple[str, Clip]]:
        """Render what the mask keeps, what it removes, and what the log-mel holds of it.

        A ``notice`` names each that is softer than the clip, and by how many decibels.

        Raises
        ------
        Cancelled
            If ``should_stop`` says so.
        """
        kept, removed, rate = self.mask, self.mask.inverted(), self.render.rate
        above = self.render.keep_above
        for name, mask, mode, has_above in (
            ("kept", kept, "through-mask", above),
            ("removed", removed, "through-mask", not above),
            ("model-view", kept, "log-mel", False),
        ):
            yield (
                name,
                sonify(
                    self.best.explained,
                    mask,
                    mode,
                    rate=rate,
                    keep_above=has_above,
                    seed=self.seed,
                    on_event=partial(_tell_softer, on_event, name),
                    should_stop=should_stop,
                ),
            )

    def rendered(
        self, on_event: OnEvent = ignore, should_stop: ShouldStop = never
    ) -> tuple["Exhibit", list[tuple[str, Clip]]]:
        """Render its `sounds`, and add to its notices what a person should know of them."""
        notices = _Notices(on_event)
        sounds = list(self.sounds(notices.take, should_stop))
        return replace(self, notices=(*self.notices, *notices.told)), sounds


def explain_episode(
    net: SiameseNet,
    episode: Episode[Clip],
    *,
    method: str = DEFAULT_METHOD,
    parameters: Parameters | None = None,
    side: Side = "support",
    against: str | None = None,
    twin: Clip | None = None,
    twin_start: float | None = None,
    mask_parameters: MaskParameters = DEFAULTS,
    starts: Sequence[float | None] | None = None,
    mask: Mask | None = None,
    mask_origin: MaskOrigin | None = None,
    render: RenderParameters = AT_MODEL_RATE,
    seed: int = 0,
    model: str = "",
    model_file: Path | None = None,
    classes_heard: Collection[str] = (),
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
) -> Exhibit:
    """Score a line-up, explain each pair and shape the mask of the best one.

    Parameters
    ----------
    against : str, optional
        A class of the support set: each map then says why the query resembles its clip and not the
        first clip of that class (`explanation.explain`); the maps of that class itself are held
        against the best pair of the others. The side is the query.
    twin : Clip, optional
        What the baseline ``twin`` stands for in every pair (`explanation.explain`).
    twin_start : float, optional
        Where its window lies, in seconds.
    starts : sequence of float or None, optional
        Where the windows lie in the query and each support clip, in seconds.
    mask : Mask, optional
        A ready mask, laid on the best pair's window instead of a shaped one.
    mask_origin : MaskOrigin, optional
        How the ready mask was made, where more is known than its file.
    render : RenderParameters
        How the exhibit's sounds are rendered.
    model_file : Path, optional
        What the net was loaded from.
    classes_heard : collection of str
        Classes that it was trained on, named as in the line-up.
    on_event : callable
        Is told of progress, and as events of the kind ``notice`` what a person should know.

    Raises
    ------
    ParameterError
        If the method or its settings are wrong, the mask was made for other log-mels, or
        ``against`` is no class of the support set or the only one.
    Cancelled
        If ``should_stop`` says so.
    """
    if mask is not None and mask.mel != net.mel:
        raise ParameterError("The mask was made for another model's log-mels; make it with this.")
    _check_against(episode.support, against)
    clips = episode.support.clips
    placed = tuple(starts or [None] * (1 + len(clips)))
    notices = _Notices(on_event)
    notices.tell(_of_clips(episode, net.mel, placed, classes_heard))
    scored = score_episode(net, episode, starts=placed, on_event=on_event, should_stop=should_stop)
    query_start, *support_starts = placed
    held_against = rivals(scored, against)
    heard = Heard.of(net, episode.query, query_start)
    explanations = tuple(
        explain(
            net,
            heard,
            clip,
            method,
            parameters,
            side,
            against=None if rival is None else clips[rival],
            against_start=None if rival is None else support_starts[rival],
            starts=(query_start, start),
            twin=twin,
            twin_start=twin_start,
            seed=seed,
            on_event=_share(on_event, number, len(clips)),
            should_stop=should_stop,
        )
        for number, (clip, start, rival) in enumerate(
            zip(clips, support_starts, held_against, strict=True)
        )
    )
    best = explanations[scored.best]
    maps = [best.query_map, *(explanation.support_map for explanation in explanations)]
    notices.tell(twin_notices(episode, [seen.db for seen in maps]))
    if mask is None:
        laid, made = best.mask(mask_parameters), MaskOrigin(mask_parameters)
    else:
        laid = mask.laid_on(best.explained, best.explained_map.start)
        made = mask_origin or MaskOrigin(file=mask.path)
        if not mask.is_of(best.explained):
            notices.tell([mask_notice(mask, best.explained, laid.start)])
    return Exhibit(
        episode,
        scored,
        explanations,
        laid,
        made,
        seed,
        model,
        ExhibitOrigin.of(net, model_file, [episode.query, *clips], twin, should_stop),
        placed,
        twin_start,
        tuple(notices.told),
        against=against,
        render=render,
    )


def _tell_softer(on_event: OnEvent, name: str, event: Event) -> None:
    """Pass on that a sound was scaled down, with its name; its progress is not told."""
    if "softer_db" in event:
        words = softer_words(f"The sound '{name}'", event["softer_db"])
        on_event({**event, "sentence": words})


class _Notices:
    """What a person should know, told as soon as it is known."""

    def __init__(self, on_event: OnEvent) -> None:
        self.told: list[str] = []
        self._on_event = on_event

    def tell(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.take({"event": "notice", "sentence": sentence})

    def take(self, event: Event) -> None:
        self.told.append(event["sentence"])
        self._on_event(event)


def _of_clips(
    episode: Episode[Clip],
    mel: MelSpec,
    starts: Sequence[float | None],
    classes_heard: Collection[str],
) -> Iterator[str]:
    """Say what is special about a line-up for a network, of each clip by itself."""
    labels = {*episode.support.labels, *([] if episode.truth is None else [episode.truth])}
    if known := heard_notice(labels, classes_heard):
        yield known
    for clip, start in zip((episode.query, *episode.support.clips), starts, strict=True):
        yield from clip_notices(clip, mel, start)


def _check_against(support: SupportSet[Clip], against: str | None) -> None:
    classes = support.classes
    if against is not None and against not in classes:
        raise ParameterError(
            f"'{against}' is not a class of the support set; give one of {', '.join(classes)}."
        )
    if against is not None and len(classes) < 2:
        raise ParameterError(f"'{against}' is the only class; a contrast needs another.")


def rivals(scored: ScoredEpisode, against: str | None) -> list[int | None]:
    """Find for each support clip the one that its contrast takes away (`explain_episode`).

    Parameters
    ----------
    scored : ScoredEpisode
    against : str, optional
        One of its classes, of several; there are no contrasts if None.
    """
    labels = [score.label for score in scored.scores]
    if against is None:
        return [None] * len(labels)
    first = labels.index(against)
    others = [number for number, label in enumerate(labels) if label != against]
    logits = np.array([scored.scores[number].logit for number in others])
    best = others[rank(logits, [labels[number] for number in others]).best]
    return [best if label == against else first for label in labels]


def with_faithfulness(
    net: SiameseNet, exhibit: Exhibit, should_stop: ShouldStop = never
) -> Exhibit:
    """Return the exhibit with the faithfulness of its best pair's map (`faithfulness.measure`).

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    best, labels = exhibit.best, exhibit.episode.support.labels
    maps = [explanation.support_map for explanation in exhibit.explanations]
    lineup = EpisodeScore(net, best.query_map, maps, labels, exhibit.scored.best, best.side)
    found = measure(net, lineup, best, seed=exhibit.seed, should_stop=should_stop)
    return replace(exhibit, faithfulness=found)


def _share(on_event: OnEvent, number: int, count: int) -> OnEvent:
    """Report one of ``count`` equal parts of a work as that part of the whole."""

    def report(event: Event) -> None:
        done, total = event.get("done"), event.get("total")
        if isinstance(done, int) and isinstance(total, int):
            event = {**event, "done": number * total + done, "total": count * total}
        on_event(event)

    return report
