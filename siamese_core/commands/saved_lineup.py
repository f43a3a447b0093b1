"""The line-up of a saved episode, with its windows, its model and how its pair was explained."""

from collections.abc import Iterator
from pathlib import Path

from siamese_core.checkpoint import load_checkpoint
from siamese_core.commands.asked_lineup import AskedLineup, Before
from siamese_core.demo import bundled_model
from siamese_core.episode_file.episode_file import read_episode
from siamese_core.episode_file.saved_episode import SavedEpisode, SavedExplanation
from siamese_core.errors import CheckpointError, ParameterError
from siamese_core.mask.mask import DEFAULTS
from siamese_core.siamese import fingerprint


def saved_lineup(path: Path, model: Path | None = None) -> AskedLineup:
    """Open a saved episode, to be explained again.

    Parameters
    ----------
    path : Path
    model : Path, optional
        Another model's file; masks that were changed by hand are of the episode's own.

    Raises
    ------
    EarwitnessError
        If it cannot be opened, or its model is not found.
    """
    saved = read_episode(path)
    own = model is None or _is_own(saved, model)
    file = model or _own_model(path, saved)
    return AskedLineup(saved.episode, saved.starts, file, _before(saved, own))


def _before(saved: SavedEpisode, own: bool) -> Before:
    shown = _shown(saved)
    if shown is None:  # it was scored, but not explained
        return Before(chosen=saved.chosen)
    how = shown.explanation
    twin, clips = how.twin, saved.episode.support.clips
    place = next((place for place, clip in enumerate(clips) if clip is twin), None)
    drawn = _drawn(saved, shown) if own else None
    return Before(
        how.method,
        how.parameters,
        how.side,
        None if how.against is None else how.against.label,
        twin,
        None if place is None else saved.starts[1 + place],
        shown.mask_parameters or DEFAULTS,
        None if drawn is None else drawn.mask,
        None if drawn is None else drawn.mask_origin,
        saved.chosen,
    )


def _shown(saved: SavedEpisode) -> SavedExplanation | None:
    """Return the newest map of the chosen pair, else the newest of all."""
    maps = saved.explanations
    chosen = (found for found in maps if found.place == saved.chosen)
    return next(chosen, maps[0] if maps else None)


def _drawn(saved: SavedEpisode, shown: SavedExplanation) -> SavedExplanation | None:
    """Find the best pair's map of the shown one's kind, if more is known of its mask than shape."""
    best = None if saved.scored is None else saved.scored.best
    alike = (
        found
        for found in saved.explanations
        if found.place == best and _kind(found) == _kind(shown)
    )
    found = next(alike, None)
    return found if found is not None and found.mask_origin is not None else None


def _kind(found: SavedExplanation) -> tuple[object, ...]:
    how = found.explanation
    labels = (None if clip is None else clip.label for clip in (how.against, how.twin))
    return how.method, how.parameters, how.side, *labels


def _own_model(path: Path, saved: SavedEpisode) -> Path:
    """Find the model that an episode was saved with: bundled, beside it, or where one works.

    Raises
    ------
    ParameterError
        If it is in none of these places.
    """
    for file in _places(path, saved.model):
        if file.is_file() and _is_own(saved, file):
            return file
    raise ParameterError(
        f"{path} was saved with the model '{saved.model}', which is neither bundled, nor beside "
        "the episode, nor in this folder; give its file with --model."
    )


def _places(path: Path, name: str) -> Iterator[Path]:
    """Yield where a model of that name may lie; the name is a stranger's and leads nowhere else."""
    parts = name.split("/")
    if len(parts) > 2 or {"", ".", ".."} & set(parts) or set(name) & set("\\:"):
        return
    for folder in (bundled_model().parent, path.absolute().parent, Path.cwd()):
        yield folder.joinpath(*parts)


def _is_own(saved: SavedEpisode, model: Path) -> bool:
    """Whether a file holds the network of an episode: by its weights, in an older one by name."""
    try:
        net, _card = load_checkpoint(model)
    except CheckpointError:
        return False
    return fingerprint(net) == saved.weights if saved.weights else saved.model.endswith(model.name)
