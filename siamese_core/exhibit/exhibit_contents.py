"""What ``episode.json`` of an exhibit says, as plain values."""

from pathlib import Path
from typing import Any

from siamese_core.audio import Clip
from siamese_core.episode_file.recording import Recording
from siamese_core.exhibit.exhibit import Exhibit
from siamese_core.exhibit.exhibit_command import ExhibitCommand
from siamese_core.exhibit.exhibit_origin import MEANING
from siamese_core.files import ABOUT
from siamese_core.logmel import LogMel


def describe(exhibit: Exhibit, mask_file: Path | None = None) -> dict[str, Any]:
    """Return what ``episode.json`` holds, as plain values.

    Parameters
    ----------
    exhibit : Exhibit
    mask_file : Path, optional
        The file that holds its mask (`ExhibitCommand.of`).
    """
    scored, best, origin = exhibit.scored, exhibit.best, exhibit.origin
    command = ExhibitCommand.of(exhibit, mask_file)
    return {
        "query": _clip_entry(
            exhibit.episode.query, exhibit.episode.truth, best.query_map, origin.query
        ),
        "support": _support_entries(exhibit),
        "classes": [vars(entry) for entry in scored.classes],
        "predicted": scored.predicted,
        "truth": exhibit.episode.truth,
        "heard": scored.best,
        "method": best.method,
        "side": best.side,
        "against": exhibit.against,
        "twin": None
        if best.twin is None
        else _clip_entry(best.twin, best.twin.label, best.twin_map, origin.twin or Recording()),
        "parameters": best.parameters.model_dump(mode="json"),
        "mask": _mask_entry(exhibit),
        "mask_origin": exhibit.mask_origin.as_dict(exhibit.subject),
        "sounds": vars(exhibit.render),
        "faithfulness": exhibit.faithfulness and exhibit.faithfulness.as_dict(),
        "notices": list(exhibit.notices),
        "seed": exhibit.seed,
        "model": exhibit.model,
        "model_file": None if origin.model is None else str(origin.model),
        "model_sha256": origin.model_sha256,
        "weights": origin.weights,
        "device": origin.device,
        "date": origin.date,
        "command": command.line or None,
        "command_note": command.note,
        "meaning": MEANING,
        **ABOUT,
    }


def _support_entries(exhibit: Exhibit) -> list[dict[str, Any]]:
    return [
        {
            **_clip_entry(explanation.support, score.label, explanation.support_map, recording),
            "logit": score.logit,
            "similarity": score.similarity,
            "rank": score.rank,
            "residual": explanation.attribution.residual,
            "note": explanation.attribution.note,
        }
        for explanation, score, recording in zip(
            exhibit.explanations, exhibit.scored.scores, exhibit.origin.support, strict=True
        )
    ]


def _clip_entry(
    clip: Clip, label: str | None, seen: LogMel | None, recording: Recording
) -> dict[str, Any]:
    """Return which clip it is, its sound by its `Clip.digest`, and which seconds were heard."""
    begin, end = (0.0, 0.0) if seen is None else seen.own_seconds
    return {
        "label": label,
        "path": None if clip.path is None else str(clip.path),
        "sha256": recording.sha256,
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
