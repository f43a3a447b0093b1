"""CorpusPicker: which corpora are measured on: the one that is open, recent ones, any folder."""

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QListWidgetItem, QWidget

from app.evaluations import Source
from app.pages.corpus_list import CorpusList, source_of
from app.session.session import Session
from siamese_core.corpus import Corpus

_TIP = "Tick what to measure on; several are joined"
Ticked = Path | Literal["open"]
"""A folder, or the corpus that is open, whichever that is by now."""


class CorpusPicker(CorpusList):
    """A list to tick; several corpora are joined."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, _TIP, parent)
        self._added: list[Path] = []
        self._ticked: list[Ticked] | None = None
        """What the person ticked; the open corpus until they do."""
        self.buttons.addStretch(1)
        self.list.itemChanged.connect(self._tick)
        self.asked.connect(self._take)
        session.corpus_changed.connect(self._fill)
        self._fill()

    @property
    def sources(self) -> list[Source]:
        """What is ticked."""
        ticked = Qt.CheckState.Checked
        return [source_of(item) for item in self.items if item.checkState() == ticked]

    def choose(self, sources: list[Source]) -> None:
        """Tick these and nothing else."""
        self._added += [source for source in sources if isinstance(source, Path)]
        self._ticked = [_named(source) for source in sources]
        self._fill()

    def _fill(self) -> None:
        before, is_open = self.sources, self._session.corpus
        with QSignalBlocker(self.list):
            self.list.clear()
            if is_open is not None:
                self._offer(is_open, f"{is_open.name} (open now)", _folder(is_open))
            recent = [Path(path) for path in self._session.settings.recent_corpora]
            for folder in dict.fromkeys([*self._added, *recent]):
                in_library = folder in self._session.corpora.folders or _is_of(is_open, folder)
                if folder in self._added or not in_library:
                    self._offer(folder, folder.name, str(folder))
        if self.sources != before:
            self.changed.emit()

    def _offer(self, source: Source, title: str, tip: str) -> None:
        item = self.put(source, title, tip)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        ticked = _named(source) in (["open"] if self._ticked is None else self._ticked)
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _tick(self, _item: QListWidgetItem) -> None:
        self._ticked = [_named(source) for source in self.sources]
        self.changed.emit()

    def _take(self, folder: Path) -> None:
        kept = [source for source in self.sources if source != folder]
        self.choose([*kept, folder] if self._ticked else [folder])


def _named(source: Source) -> Ticked:
    return source if isinstance(source, Path) else "open"


def _is_of(corpus: Corpus | None, folder: Path) -> bool:
    return corpus is not None and corpus.clips[0].path.is_relative_to(folder)


def _folder(corpus: Corpus) -> str:
    return f"The corpus in the library, {corpus.name}"
