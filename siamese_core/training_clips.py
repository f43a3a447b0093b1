"""TrainingClips: what a training hears, read once before its first step, damaged clips told."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from siamese_core.callbacks import Event, OnEvent, ShouldStop
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.errors import AudioError, CorpusError, counted
from siamese_core.logmel_cache import cached_pictures, damaged, digests_of, fault_of
from siamese_core.recipes import Recipe
from siamese_core.resumption import LeftOut, Resumption
from siamese_core.training_plan import TrainingPlan, plan_without

_NAMED = 3
"""Damaged clips that a sentence names."""


@dataclass(frozen=True, eq=False)
class TrainingClips:
    """The clips of a plan, without those that were left out.

    Parameters
    ----------
    plan : TrainingPlan
        Its training clips are read.
    left_out : tuple of LeftOut
    content : str
        Digest of what all of its clips hold, and of their classes: not of their names or dates.
    """

    plan: TrainingPlan
    left_out: tuple[LeftOut, ...]
    content: str

    def as_dict(self) -> dict[str, object]:
        """Return what the event ``started`` tells."""
        return {
            "clips": len(self.plan.clips.labels),
            "split": asdict(self.plan.split),
            "left_out": [asdict(one) for one in self.left_out],
        }


def read_clips(
    plan: TrainingPlan,
    recipe: Recipe,
    past: Resumption | None,
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    leave_out_damaged: bool = False,
    beside: Path | None = None,
) -> TrainingClips:
    """Read every clip of a plan, and find all that are damaged before any step is taken.

    Parameters
    ----------
    plan : TrainingPlan
    recipe : Recipe
    past : Resumption, optional
        Of a training that goes on: it hears the clips that it began with, or is refused.
    leave_out_damaged : bool
        Whether a training that begins goes on without damaged clips.
    beside : Path, optional
        As for `TrainingSet.read`.

    Raises
    ------
    AudioError, CorpusError
        If a clip is damaged and not left out, or a class has too few clips without those.
    TrainingError
        If a training would go on with other clips than it began with.
    Cancelled
        If ``should_stop`` says so.
    """
    left_out = (past and past.left_out) or ()
    if past is not None:
        past.check_files(plan.files)
        kept = plan_without(plan, recipe, _places(left_out))
        past.check_clips(plan.split, len(kept.clips.labels))
    digests = digests_of(plan.files, on_event, should_stop)
    if past is not None:
        _check_content(plan, digests, _places(left_out), past)
    found = _read(plan, digests, recipe, on_event, should_stop, beside) - _places(left_out)
    has_begun = past is not None and past.left_out is not None
    if found and (has_begun or not leave_out_damaged):
        raise _refusal(plan, sorted(found), has_begun)
    left_out += tuple(_left_out(plan, place) for place in sorted(found))
    if left_out:
        on_event({"event": "notice", "sentence": _notice(plan, left_out)})
    lost = _places(left_out)
    return TrainingClips(plan_without(plan, recipe, lost), left_out, _content(plan, digests, lost))


def _check_content(
    plan: TrainingPlan, digests: Sequence[bytes], lost: set[int], past: Resumption
) -> None:
    """Hold a training against what its clips hold, before any map of them is computed."""
    unopened = [n for n, digest in enumerate(digests) if not digest and n not in lost]
    if past.content and unopened:
        raise _refusal(plan, unopened, has_begun=True)
    past.check_content(_content(plan, digests, lost))


def _read(
    plan: TrainingPlan,
    digests: Sequence[bytes],
    recipe: Recipe,
    on_event: OnEvent,
    should_stop: ShouldStop,
    beside: Path | None,
) -> set[int]:
    """Read training clips to stay, and those of validation and test to know that they can be.

    Returns
    -------
    set of int
        The places in ``plan.files`` of those that cannot.
    """

    def told(event: Event) -> None:
        if event["event"] == "progress":  # these maps do not stay: no word of where they are kept
            on_event(event)

    first = len(plan.clips.files)
    found = set(plan.clips.read(on_event, should_stop, beside, digests[:first]))
    for part in filter(None, (plan.validation.clips, plan.test.clips)):
        own = digests[first : first + len(part)]
        maps = cached_pictures(part, recipe.input, told, should_stop, spares=True, digests=own)
        found |= {first + place for place in damaged(part, maps)}
        first += len(part)
    return found


def _places(left_out: Iterable[LeftOut]) -> set[int]:
    return {one.place for one in left_out}


def _content(plan: TrainingPlan, digests: Sequence[bytes], lost: set[int]) -> str:
    content = hashlib.blake2b(digest_size=20)
    for place, (file, digest) in enumerate(zip(plan.files, digests, strict=True)):
        if place not in lost:
            content.update(digest + file.label.encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def _fault(file: LabelledFile) -> AudioError | CorpusError:
    return fault_of(file) or AudioError(f"{file.path} could not be read for a moment; start again.")


def _left_out(plan: TrainingPlan, place: int) -> LeftOut:
    file = plan.files[place]
    return LeftOut(place, str(file.path), str(_fault(file)))


def _refusal(plan: TrainingPlan, found: Sequence[int], has_begun: bool) -> AudioError | CorpusError:
    """Count the damaged clips, name the first and say what to do."""
    faults = [_fault(plan.files[place]) for place in found[:_NAMED]]
    told, kind = _listed([str(fault) for fault in faults], len(found)), type(faults[0])
    count = f"{len(found):,} of {counted(len(plan.files), 'clip')} cannot be read"
    if has_begun:
        return kind(f"{count} any more: {told}; restore what the training began with.")
    return kind(
        f"{count}: {told}; repair or remove them ('earwitness data check' lists all), or leave "
        "them out with --leave-out-damaged."
    )


def _notice(plan: TrainingPlan, left_out: Sequence[LeftOut]) -> str:
    told = _listed([one.reason for one in left_out[:_NAMED]], len(left_out))
    count = f"{len(left_out):,} of {counted(len(plan.files), 'clip')}"
    return f"{count} could not be read and stay left out: {told}."


def _listed(reasons: Sequence[str], total: int) -> str:
    """Join what is wrong with the first clips; what to do about each is left away."""
    return " and ".join(filter(None, (", ".join(_causes(reasons)), _more(total - len(reasons)))))


def _causes(reasons: Sequence[str]) -> Iterator[str]:
    for reason in reasons:
        cause, _, advice = reason.rpartition("; ")
        yield (cause or advice).rstrip(".")


def _more(count: int) -> str:
    return f"{count:,} more" if count else ""
