"""What the library calls the classes of a line-up, and whether its own are what they seem."""

from dataclasses import replace

from PySide6.QtCore import SignalInstance

from app.lineup.lineup import Lineup, own_name
from app.session.corpora import Corpora
from siamese_core.corpora.class_folders import level_notice
from siamese_core.corpus import Corpus


def named_in(lineup: Lineup, corpus: Corpus | None) -> Lineup:
    """Name classes after their corpora where the library does since corpora came or went.

    No class becomes another one: a clip may have been called otherwise when it came alone, and the
    outcome would change with the name.
    """
    if corpus is None:
        return lineup
    known = {clip: corpus.by_path.get(clip.path) for clip in lineup.clips}
    same = [
        now for then, now in known.items() if now and own_name(now.label) == own_name(then.label)
    ]
    return lineup.named_in(replace(corpus, clips=tuple(same)))


def tell_levels(corpora: Corpora, failed: SignalInstance) -> None:
    """Tell of each folder whose only class may be several."""
    for folder, branch in zip(corpora.folders, corpora.branches, strict=True):
        is_plain = branch.layout == "class-folders"
        if folder and is_plain and (words := level_notice(folder, branch.clips)):
            failed.emit("library", words)
