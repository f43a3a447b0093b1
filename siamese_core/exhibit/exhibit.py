"""Exhibit: a line-up scored, explained and made audible, and the folder that holds it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from siamese_core import outputs
from siamese_core.attribution.parameters import DEFAULT_METHOD
from siamese_core.audio import Clip, write
from siamese_core.callbacks import Event, OnEvent, ShouldStop, ignore, never, progress
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import ParameterError
from siamese_core.explanation import Explanation, Heard, Side, explain
from siamese_core.faithfulness.episode_score import EpisodeScore
from siamese_core.faithfulness.faithfulness import Faithfulness, measure
from siamese_core.figures import lineup_figure, save_figure
from siamese_core.files import ABOUT, appearing, write_text
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import DEFAULTS, Mask, MaskParameters
from siamese_core.mask.mask_file import save_arrays
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.parameters import Parameters
from siamese_core.scoring import ScoredEpisode, rank, score_episode
from siamese_core.siamese import SiameseNet
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

    def sounds(self, should_stop: ShouldStop = never) -> Iterator[tuple[str, Clip]]:
        """Render what the mask keeps, what it removes, and what the log-mel holds of it.

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
                    should_stop=should_stop,
                ),
            )


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
    scored = score_episode(net, episode, starts=starts, on_event=on_event, should_stop=should_stop)
    clips = episode.support.clips
    query_start, *support_starts = starts or [None] * (1 + len(clips))
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
    if mask is None:
        laid, origin = best.mask(mask_parameters), MaskOrigin(mask_parameters)
    else:
        laid = mask.laid_on(best.explained, best.explained_map.start)
        origin = mask_origin or MaskOrigin(file=mask.path)
    return Exhibit(
        episode,
        scored,
        explanations,
        laid,
        origin,
        seed,
        model,
        against=against,
        render=render,
    )


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


def write_exhibit(
    exhibit: Exhibit, folder: Path, on_event: OnEvent = ignore, should_stop: ShouldStop = never
) -> dict[str, Any]:
    """Write the six files of `outputs.EXHIBIT`: all of them or none (`files.appearing`).

    ``explanation.npz`` holds maps (clips, n_mels, n_frames) float32 signed, mask (n_mels,
    n_frames), mel_hz (n_mels,), seconds (n_frames,) from the window's beginning, clip_start and
    clip_end (clips,), the clip's own stretch of those seconds; of the query and each support clip
    begins and heard_seconds (1 + clips,), the stretch of it that was heard, seconds_of_clip and
    rates; and what `mask_file.load_mask` reads.

    Returns
    -------
    dict
        What ``episode.json`` holds.

    Raises
    ------
    EarwitnessError
        If the folder cannot be written, or holds other files of these names.
    Cancelled
        If ``should_stop`` says so.
    """
    about = describe(exhibit)
    with appearing(folder, outputs.EXHIBIT) as temporary:
        progress(on_event, should_stop, "Writing", 0, 3)
        write_text(
            temporary / "episode.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        )
        save_arrays(temporary / "explanation.npz", _arrays(exhibit))
        progress(on_event, should_stop, "Writing", 1, 3)
        for name, sound in exhibit.sounds(should_stop):
            write(sound, temporary / f"{name}.wav")
        progress(on_event, should_stop, "Writing", 2, 3)
        save_figure(exhibit.figure(), temporary / "overlay.png")
        progress(on_event, should_stop, "Writing", 3, 3)
    return about


def describe(exhibit: Exhibit) -> dict[str, Any]:
    """Return what ``episode.json`` holds, as plain values."""
    episode, scored, best = exhibit.episode, exhibit.scored, exhibit.best
    support = [
        {
            **_clip_entry(clip, score.label, explanation.support_map),
            "logit": score.logit,
            "similarity": score.similarity,
            "rank": score.rank,
            "residual": explanation.attribution.residual,
            "note": explanation.attribution.note,
        }
        for clip, score, explanation in zip(
            episode.support.clips, scored.scores, exhibit.explanations, strict=True
        )
    ]
    return {
        "query": _clip_entry(episode.query, episode.truth, best.query_map),
        "support": support,
        "classes": [vars(entry) for entry in scored.classes],
        "predicted": scored.predicted,
        "truth": episode.truth,
        "heard": scored.best,
        "method": best.method,
        "side": best.side,
        "against": exhibit.against,
        "twin": None
        if best.twin is None
        else _clip_entry(best.twin, best.twin.label, best.twin_map),
        "parameters": best.parameters.model_dump(mode="json"),
        "mask": _mask_entry(exhibit),
        "mask_origin": exhibit.mask_origin.as_dict(exhibit.subject),
        "sounds": vars(exhibit.render),
        "faithfulness": exhibit.faithfulness and exhibit.faithfulness.as_dict(),
        "seed": exhibit.seed,
        "model": exhibit.model,
        **ABOUT,
    }


def _clip_entry(clip: Clip, label: str | None, seen: LogMel | None) -> dict[str, Any]:
    """Return which clip it is, its sound by its `Clip.digest`, and which seconds were heard."""
    begin, end = (0.0, 0.0) if seen is None else seen.own_seconds
    return {
        "label": label,
        "path": None if clip.path is None else str(clip.path),
        "begins": begin,
        "heard_seconds": end - begin,
        "seconds": clip.seconds,
        "rate": clip.rate,
        "sound": clip.digest,
    }


def _mask_entry(exhibit: Exhibit) -> dict[str, Any] | str | None:
    """Return how the mask was shaped, or the file that it came from; neither if by hand."""
    origin = exhibit.mask_origin
    if origin.is_shaped and origin.parameters is not None:
        return origin.parameters.model_dump(mode="json")
    return None if exhibit.mask.path is None else str(exhibit.mask.path)


def _arrays(exhibit: Exhibit) -> dict[str, NDArray[np.generic]]:
    mel = exhibit.mask.mel
    maps = [explanation.explained_map for explanation in exhibit.explanations]
    heard = [exhibit.best.query_map, *(one.support_map for one in exhibit.explanations)]
    clips = [exhibit.episode.query, *exhibit.episode.support.clips]
    spans = np.array([seen.own_seconds for seen in heard])
    return {
        "begins": spans[:, 0],
        "heard_seconds": spans[:, 1] - spans[:, 0],
        "seconds_of_clip": np.array([clip.seconds for clip in clips]),
        "rates": np.array([clip.rate for clip in clips]),
        "maps": np.stack([e.attribution.values for e in exhibit.explanations]),
        "mel_hz": maps[0].frequencies,
        "seconds": np.arange(mel.n_frames) * mel.frame_seconds,
        "clip_start": np.array([m.own_seconds[0] - m.start for m in maps]),
        "clip_end": np.array([m.own_seconds[1] - m.start for m in maps]),
        **exhibit.mask.arrays(),
    }


def _share(on_event: OnEvent, number: int, count: int) -> OnEvent:
    """Report one of ``count`` equal parts of a work as that part of the whole."""

    def report(event: Event) -> None:
        done, total = event.get("done"), event.get("total")
        if isinstance(done, int) and isinstance(total, int):
            event = {**event, "done": number * total + done, "total": count * total}
        on_event(event)

    return report
