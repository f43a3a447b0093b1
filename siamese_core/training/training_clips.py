"""TrainingClips: what a training hears, read once before its first step, damaged clips told."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from siamese_core.callbacks import OnEvent, ShouldStop
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.errors import Advice, AudioError, CorpusError, TrainingError, causes, counted
from siamese_core.logmel_cache import digests_of, fault_of
from siamese_core.recipes import Recipe
from siamese_core.training.measured_clips import MeasuredClips, read_measured, unreadable
from siamese_core.training.ranks import Ranks
from siamese_core.training.resumption import LeftOut, Resumption
from siamese_core.training.training_plan import TrainingPlan, plan_without

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
        Where they stood as the training began.
    content : str
        Digest of what all of its clips hold, and of their classes: not of their names or dates.
    measured : MeasuredClips
        What validation and test hear.
    """

    plan: TrainingPlan
    left_out: tuple[LeftOut, ...]
    content: str
    measured: MeasuredClips

    def as_dict(self) -> dict[str, object]:
        """Return what the event ``started`` tells."""
        return {
            "clips": len(self.plan.clips.labels),
            "split": asdict(self.plan.split),
            "left_out": [one.model_dump() for one in self.left_out],
        }

    def as_metadata(self) -> dict[str, str]:
        """Return what a resumed training is held against, as `save_state` takes it."""
        left_out = [one.model_dump() for one in self.left_out]
        return {"content": self.content, "left_out": json.dumps(left_out)}


def read_clips(
    plan: TrainingPlan,
    recipe: Recipe,
    past: Resumption | None,
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    ranks: Ranks,
    leave_out_damaged: bool = False,
    beside: Path | None = None,
) -> TrainingClips:
    """Read every clip of a plan once, and find all that are damaged before any step is taken.

    Parameters
    ----------
    plan : TrainingPlan
    recipe : Recipe
    past : Resumption, optional
        Of a training that goes on: it hears the clips that it began with, or is refused.
    ranks : Ranks
        Each reads what is trained on, and the one that measures the rest.
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
    lost = past.still_left_out(plan.files) if past else {}
    if past is not None:
        rest = plan_without(plan, recipe, lost)
        past.check_clips(plan.split, len(rest.clips.labels))
    digests = digests_of(plan.files, on_event, should_stop)
    if past is not None:
        _check_content(plan, digests, lost, past, on_event, should_stop)
    first = len(plan.clips.files)
    found = set(plan.clips.read(on_event, should_stop, beside, digests[:first]))
    read = partial(read_measured, ranks=ranks, on_event=on_event, should_stop=should_stop)
    measured = read(plan, recipe, digests, beside=beside)
    found = (found | measured.damaged) - lost.keys()
    has_begun = past is not None and past.has_begun
    if found and (has_begun or not leave_out_damaged):
        raise _refusal(plan, sorted(found), has_begun)
    new = {place: _left_out(plan, place) for place in sorted(found)}
    if lost := lost | new:
        on_event({"event": "notice", "sentence": _notice(plan, tuple(lost.values()))})
    content = _content(plan, digests, lost)
    left_out = (*(past.left_out if past else ()), *new.values())
    rest = plan_without(plan, recipe, lost)
    if any(place >= first for place in lost):  # other episodes are drawn from what is left
        kept = [digest for place, digest in enumerate(digests) if place not in lost]
        measured = read(rest, recipe, kept, beside=beside)
        if measured.damaged:  # since the first reading
            raise _refusal(rest, sorted(measured.damaged), has_begun)
    return TrainingClips(rest, left_out, content, measured)


def _check_content(
    plan: TrainingPlan,
    digests: Sequence[bytes],
    lost: Collection[int],
    past: Resumption,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> None:
    """Hold a training against what its clips hold, before any map of them is computed.

    Where they hold something else, those that cannot be read are to blame, if there are any.
    """
    try:
        past.check_content(_content(plan, digests, lost))
    except TrainingError:
        if found := unreadable(plan.files, on_event, should_stop) - set(lost):
            raise _refusal(plan, sorted(found), has_begun=True) from None
        raise


def _content(plan: TrainingPlan, digests: Sequence[bytes], lost: Collection[int]) -> str:
    content = hashlib.blake2b(digest_size=20)
    for place, (file, digest) in enumerate(zip(plan.files, digests, strict=True)):
        if place not in lost:
            content.update(digest + file.label.encode("utf-8", "surrogateescape"))
    return content.hexdigest()


def _fault(file: LabelledFile) -> AudioError | CorpusError:
    return fault_of(file) or AudioError(f"{file.path} could not be read for a moment; start again.")


def _left_out(plan: TrainingPlan, place: int) -> LeftOut:
    file = plan.files[place]
    reason = str(_fault(file))
    return LeftOut(place=place, path=str(file.path), reason=reason, label=file.label)


def _refusal(plan: TrainingPlan, found: Sequence[int], has_begun: bool) -> AudioError | CorpusError:
    """Count the damaged clips and name the first."""
    faults = [_fault(plan.files[place]) for place in found[:_NAMED]]
    told, kind = causes([str(fault) for fault in faults], len(found)), type(faults[0])
    count = f"{len(found):,} of {counted(len(plan.files), 'clip')} cannot be read"
    if has_begun:
        return kind(f"{count} any more: {told}; restore what the training began with.")
    return kind(f"{count}: {told}", Advice.LEAVE_OUT_DAMAGED)


def _notice(plan: TrainingPlan, left_out: Sequence[LeftOut]) -> str:
    told = causes([one.reason for one in left_out[:_NAMED]], len(left_out))
    count = f"{len(left_out):,} of {counted(len(plan.files), 'clip')}"
    return f"{count} could not be read and stay left out: {told}."
