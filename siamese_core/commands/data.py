"""`earwitness data`: check what a folder of clips holds, or get a corpus from its public home."""

import argparse
from collections import Counter
from pathlib import Path

from siamese_core.commands.terminal import Terminal
from siamese_core.download import fetch, home_of
from siamese_core.durations import duration
from siamese_core.errors import counted
from siamese_core.survey import Survey, survey

MOST_ROWS = 100
"""With more classes than this, text tells how many files they have, not each one's."""


def run(options: argparse.Namespace, terminal: Terminal) -> None:
    """Check or get as the options say."""
    {"check": _check, "get": _get}[options.action](options, terminal)


def _check(options: argparse.Namespace, terminal: Terminal) -> None:
    found = survey(options.folder, options.layout, terminal.progress, terminal.should_stop)
    terminal.close()
    terminal.record({"folder": str(options.folder), **found.as_dict()})
    terminal.say(describe(found))


def describe(found: Survey) -> str:
    """Lay out a survey for people."""
    corpus = found.corpus
    lines = [
        f"{found.title}: {counted(len(corpus.classes), 'class', 'classes')}, "
        f"{counted(len(corpus.clips), 'file')}"
        + (f", {duration(found.seconds)}" if found.seconds else "")
    ]
    if found.rates:
        lines.append(f"Rates (Hz): {_counts(found.rates)}")
        lines.append(f"Channels: {_counts(found.channels)}")
    if len(set(corpus.sources)) < len(corpus.clips):
        lines.append(
            f"Recordings that the clips were cut from: {len(set(corpus.sources))}"
            + (f", {found.shared_sources} of them in several classes" * bool(found.shared_sources))
        )
    if split := corpus.official:
        lines.append(f"Its own split: {len(split.train)} to train, {len(split.test)} to test")
    lines += ["", *_class_table(found), ""]
    lines += found.faults
    if found.unheard:
        lines.append(f"Classes without a file that can be read: {', '.join(found.unheard)}")
    lines += [f"{link} is a link to {first}: no class" for link, first in found.links.items()]
    if found.silent:
        lines.append(f"Files that hold silence alone: {len(found.silent)}")
        lines += [f"  {finding.file.path}" for finding in found.silent]
    lines.append(f"Files that cannot be read: {len(found.unreadable) or 'none'}")
    lines += [f"  {finding.fault}" for finding in found.unreadable]
    return "\n".join(lines)


def _class_table(found: Survey) -> list[str]:
    counts = dict(sorted(Counter(found.corpus.labels).items()))
    if len(counts) > MOST_ROWS:
        return [f"Files a class: {min(counts.values())} to {max(counts.values())}"]
    width = max(len(label) for label in counts)
    return [
        f"{label:<{width}}  {count:>6}  {', '.join(found.about.get(label, {}).values())}".rstrip()
        for label, count in counts.items()
    ]


def _get(options: argparse.Namespace, terminal: Terminal) -> None:
    home, folder = home_of(options.name), options.out or Path(options.name)
    terminal.notice(home.licence)
    if None in home.files.values():
        terminal.notice("No checksum is published for it; only the archive's own are checked.")
    came = fetch(options.name, folder, terminal.progress, terminal.should_stop)
    terminal.close()
    terminal.record(
        {
            "corpus": options.name,
            "folder": str(folder),
            "fetched": came,
            "licence": home.licence,
            "files": home.files,
        }
    )
    terminal.say(f"{folder}" if came else f"{folder} holds it already; nothing was fetched.")


def _counts(counts: dict[int, int]) -> str:
    return ", ".join(f"{value} ({counted(count, 'file')})" for value, count in counts.items())
