"""Thumbnails: small log-mels of the library's clips, made in the background as rows are seen."""

from collections.abc import Sequence
from functools import lru_cache, partial

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from app.library.preview import preview
from app.session.session import Session
from app.widgets.level_image import LevelImage
from app.widgets.level_scale import level_scale
from siamese_core.callbacks import OnEvent, ShouldStop, ignore, progress
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import Cancelled, EarwitnessError
from siamese_core.melspec import PRESETS, MelSpec

SIZE = QSize(30, 12)
"""Points; no row is higher for it."""
_SHARPNESS = 2
"""Pixels a point, for screens of high density."""
_AT_ONCE = 6
"""Clips read in one go: whoever listens meanwhile waits for these at most."""
_PAUSE_MS = 60
_MOST_WANTED, _MOST_KEPT = 80, 1000

Pictures = dict[ClipFile, LevelImage | None]
"""None for what cannot be read."""


class Thumbnails(QObject):
    """Pictures of clips that were asked for, the last ones first; rows scrolled past are left out.

    What cannot be read has an empty picture: why is told where it is chosen.
    """

    made = Signal(object)
    """The clips of which there is a picture now, or another one."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pictures: Pictures = {}
        self._wanted: dict[ClipFile, None] = {}
        self._working = False
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._make_some)
        session.corpus_changed.connect(self._wanted.clear)
        level_scale().changed.connect(self._tell_all)

    def of(self, clip: ClipFile) -> QImage | None:
        """Return a clip's picture; one that is not there yet is made, and `made` tells of it."""
        if clip in self._pictures:
            picture = self._pictures[clip]
            return picture.coloured() if picture else QImage()
        self._wanted.pop(clip, None)
        self._wanted[clip] = None
        while len(self._wanted) > _MOST_WANTED:
            del self._wanted[next(iter(self._wanted))]
        if not self._working and not self._pause.isActive():
            self._pause.start()
        return None

    def _make_some(self) -> None:
        some = [self._wanted.popitem()[0] for _ in range(min(_AT_ONCE, len(self._wanted)))]
        if not some:
            return
        self._working = True
        model = self._session.model
        self._session.player.background.run(
            partial(pictures, some, model.mel if model else PRESETS["voice"]),
            on_done=self._take,
            on_error=partial(self._fail, some),
            on_cancelled=self._rest,
        )

    def _take(self, found: Pictures) -> None:
        self._pictures |= found
        while len(self._pictures) > _MOST_KEPT:
            del self._pictures[next(iter(self._pictures))]
        self._rest()
        self.made.emit(tuple(found))

    def _fail(self, clips: Sequence[ClipFile], error: Exception) -> None:
        """Have no picture of these, for they would be asked for again and again."""
        self._take(dict.fromkeys(clips))
        self._session.unexpected.emit(error)

    def _tell_all(self) -> None:
        """Have the rows in sight drawn again, in other colours."""
        self.made.emit(tuple(self._pictures))

    def _rest(self) -> None:
        self._working = False
        if self._wanted:
            self._pause.start()


@lru_cache(maxsize=1)
def blank() -> QImage:
    """Return what keeps the place of a thumbnail, so that names stand one below the other."""
    image = QImage(SIZE * _SHARPNESS, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(_SHARPNESS)
    image.fill(Qt.GlobalColor.transparent)
    return image


def pictures(
    clips: Sequence[ClipFile], mel: MelSpec, on_event: OnEvent, should_stop: ShouldStop
) -> Pictures:
    """Read clips, and draw each as small as a row."""
    found: Pictures = {}
    for number, clip in enumerate(clips):
        progress(on_event, should_stop, "Drawing", number, len(clips))
        found[clip] = _picture(clip, mel, should_stop)
    return found


def _picture(clip: ClipFile, mel: MelSpec, should_stop: ShouldStop) -> LevelImage | None:
    try:
        picture = LevelImage(preview(clip, None, mel, ignore, should_stop).db)
    except Cancelled:
        raise
    except EarwitnessError:
        return None
    picture.shrink(SIZE, _SHARPNESS)
    return picture
