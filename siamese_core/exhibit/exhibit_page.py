"""ExhibitPage: an exhibit as one HTML file that needs no other: scores, maps, curves, players."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import soundfile
from jinja2 import Environment, StrictUndefined, Template
from matplotlib.figure import Figure

from siamese_core import __version__
from siamese_core.assets import asset
from siamese_core.audio import Clip
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.episode_file.recording import Recording
from siamese_core.exhibit.exhibit import Exhibit
from siamese_core.exhibit.exhibit_command import ExhibitCommand
from siamese_core.exhibit.exhibit_origin import MEANING
from siamese_core.faithfulness.metrics import METRICS, ONE_MAP
from siamese_core.figures import figure_bytes
from siamese_core.files import PAGES, check_suffix, write_text
from siamese_core.logmel import LogMel
from siamese_core.mask.mask import DEFAULTS
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.report.faithfulness_figures import map_figure
from siamese_core.sonification.modes import MODES

_TITLES = {
    "kept": f"Kept: {MODES['through-mask'].lower()}",
    "removed": "Removed: the rest of the sound",
    "model-view": f"{MODES['log-mel']}, masked",
}
"""Of what the best pair's mask keeps, removes, and what the log-mel holds of it."""
_UNTRACED = "not given: no file holds this {} now"


@dataclass(frozen=True)
class Sound:
    """A player on the page.

    Parameters
    ----------
    title : str
    seconds : float
    source : str
        The sound itself, as a data URL.
    """

    title: str
    seconds: float
    source: str


def write_page(
    exhibit: Exhibit,
    path: Path,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
    mask_file: Path | None = None,
) -> None:
    """Write what `exhibit_folder.write_exhibit` does as one page for people, whole or not at all.

    The page holds its pictures and sounds (FLAC, 16 bit), runs no script and asks no network. A
    ``mask_file`` that holds its mask is named in its command (`ExhibitCommand.of`).

    Raises
    ------
    ParameterError
        If the name does not end in .html.
    EarwitnessError
        If the file cannot be written.
    Cancelled
        If ``should_stop`` says so.
    """
    check_suffix(path, PAGES)
    progress(on_event, should_stop, "Writing the page", 0, 2)
    exhibit, sounds = exhibit.rendered(on_event, should_stop)
    progress(on_event, should_stop, "Writing the page", 1, 2)
    page = _template().render(
        exhibit=exhibit,
        version=__version__,
        entries=_entries(exhibit),
        overlay=_picture(exhibit.figure()),
        sounds=[_player(_TITLES[name], sound) for name, sound in sounds],
        parameters=exhibit.best.parameters.model_dump(mode="json"),
        metrics=METRICS,
        caution=ONE_MAP,
        files=list(_files(exhibit)),
        meaning=MEANING,
        command=ExhibitCommand.of(exhibit, mask_file),
        made=exhibit.mask_origin.words(exhibit.subject),
        fifth=MaskOrigin(DEFAULTS).words(exhibit.subject),
        curves=exhibit.faithfulness and _picture(map_figure(exhibit.faithfulness.curves)),
    )
    write_text(path, page)
    progress(on_event, should_stop, "Writing the page", 2, 2)


def _template() -> Template:
    """Return the page to fill in; a name in it that nothing has is an error, not a blank."""
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    return environment.from_string(asset("exhibit.html").read_text(encoding="utf-8"))


def _entries(exhibit: Exhibit) -> list[dict[str, object]]:
    """Return query and support clips, the most similar first, each with its player."""
    best = exhibit.best
    query = {
        "label": exhibit.episode.truth or "not known",
        "name": _name(best.query),
        "clip": best.query,
        "span": best.query_map.own_seconds,
        "sound": _player("Query", _window(best.query, best.query_map)),
        "score": None,
        "predicted": False,
    }
    is_known = exhibit.scored.predicted is not None
    pairs = zip(exhibit.explanations, exhibit.scored.scores, strict=True)
    support = [
        {
            "label": score.label,
            "name": _name(explanation.support),
            "clip": explanation.support,
            "span": explanation.support_map.own_seconds,
            "sound": _player(score.label, _window(explanation.support, explanation.support_map)),
            "score": score,
            "predicted": is_known and explanation is best,
        }
        for explanation, score in sorted(pairs, key=lambda pair: pair[1].rank)
    ]
    return [query, *support]


def _files(exhibit: Exhibit) -> Iterator[tuple[str, str, str]]:
    """Yield whose file it is, its name, and its SHA-256 or why there is none."""
    origin, labels = exhibit.origin, exhibit.episode.support.labels
    clips = [exhibit.episode.query, *exhibit.episode.support.clips]
    owners = ["Query", *labels]
    for owner, clip, recording in zip(owners, clips, origin.recordings, strict=True):
        yield owner, *_file(clip, recording)
    if (twin := exhibit.best.twin) is not None and origin.twin is not None:
        yield "Baseline", *_file(twin, origin.twin)
    name = exhibit.model or "not named"
    yield "Model", name, origin.model_sha256 or _UNTRACED.format("network")


def _file(clip: Clip, recording: Recording) -> tuple[str, str]:
    name, within = _name(clip) or "no file", recording.episode
    named = name if within is None else f"{within.name}, which holds {name}"
    return named, recording.sha256 or _UNTRACED.format("sound")


def _name(clip: Clip) -> str:
    return "" if clip.path is None else clip.path.name


def _window(clip: Clip, seen: LogMel) -> Clip:
    """Cut what the network saw of a clip, at the clip's own rate."""
    begin, end = seen.own_seconds
    return clip.cut(round(begin * clip.rate), round((end - begin) * clip.rate))


def _player(title: str, clip: Clip) -> Sound:
    """Encode a sound; one above full scale is played softer, not cut off."""
    content = BytesIO()
    samples = clip.samples / max(1.0, clip.peak)
    soundfile.write(content, samples, clip.rate, "PCM_16", format="FLAC")
    return Sound(title, clip.seconds, _data_url("audio/flac", content.getvalue()))


def _picture(figure: Figure) -> str:
    return _data_url("image/svg+xml", figure_bytes(figure, ".svg"))


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
