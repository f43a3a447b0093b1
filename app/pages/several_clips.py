"""Several clips that come into the line-up at once: few enough, and one edit of it."""

from collections.abc import Sequence

from app.session.session import Session
from siamese_core.corpora.labelled_file import ClipFile

MOST = 200
"""Clips that are taken at once: each is a card."""


def put_clips(
    session: Session, clips: Sequence[ClipFile], where: str, place: int | None = None
) -> None:
    """Put the first clip at a place that is taken, or with None behind the others, as the rest.

    Of several, those that have a card stay there. Of clips that do not come it is told ``where``
    why.
    """
    if len(clips) > MOST:
        words = f"{len(clips):,} clips are selected; add at most {MOST} at once."
        session.failed.emit(where, words)
    elif len(clips) > 1:
        _put_several(session, clips, where, place)
    elif clips:
        session.add(clips[0]) if place is None else session.put(place, clips[0])


def _put_several(
    session: Session, clips: Sequence[ClipFile], where: str, place: int | None
) -> None:
    held, behind = session.lineup.files, len(session.lineup.support) + 1
    if new := [clip for clip in dict.fromkeys(clips) if (clip.path, clip.part) not in held]:
        session.put_several(behind if place is None else place, new, where)
    else:
        session.failed.emit(where, "All of these clips are in the line-up already.")
