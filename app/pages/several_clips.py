"""Several clips that come into the line-up at once: few enough, and one edit of it."""

from collections.abc import Sequence

from app.session import Session
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import counted

MOST = 200
"""Clips that are taken at once: each is a card."""


def put_clips(session: Session, clips: Sequence[ClipFile], place: int | None = None) -> str:
    """Put the first clip at a place that is taken, or with None behind the others, as the rest.

    Returns what is to be said of clips that do not come, if anything.
    """
    if len(clips) > MOST:
        return f"{len(clips):,} clips are selected; add at most {MOST} at once."
    if len(clips) > 1 and not session.background.busy:  # what is under way comes first
        return _put_at_once(session, clips, place)
    for clip in clips:
        session.add(clip) if place is None else session.put(place, clip)
        place = None
    return ""


def _put_at_once(session: Session, clips: Sequence[ClipFile], place: int | None) -> str:
    """Make one edit of them: the line-up is drawn and scored anew with each."""
    readable = [clip for clip in clips if clip.path not in session.unreadable]
    lineup = session.lineup
    for clip in readable:
        lineup = lineup.put(len(lineup.support) + 1 if place is None else place, clip)
        place = None
    if readable:
        session.open_lineup(lineup)
    missing = len(clips) - len(readable)
    return f"{counted(missing, 'selected clip')} cannot be read." if missing else ""
