"""ExportDialogs: asks where to, and has it written there."""

from PySide6.QtCore import QObject

from app.explaining.exports import Exports
from app.explaining.pair import Pair
from app.lineup.loaded_model import Request
from app.pages.explain.explain import ExplainPage
from app.pages.explain.method_panel import legal
from app.pages.file_dialogs import FileDialogs, named_after


class ExportDialogs(QObject):
    """Everything that can be taken away of a line-up; nothing is asked where there is nothing.

    Parameters
    ----------
    page : ExplainPage
        Knows which sound is chosen, and how a whole line-up is to be explained.
    """

    def __init__(self, pair: Pair, exports: Exports, page: ExplainPage, ask: FileDialogs) -> None:
        super().__init__(page)
        self._pair, self._exports, self._page, self._ask = pair, exports, page, ask
        page.mask_bar.save_requested.connect(self.mask)
        page.sound_button.clicked.connect(self.sound)
        page.figure_button.clicked.connect(self.figure)
        whole = (self.page, self.lineup_figure, self.folder)
        for action, write in zip(page.lineup_exports.values(), whole, strict=True):
            action.triggered.connect(write)
        exports.wrote.connect(self._tell_written)

    def mask(self) -> None:
        """Ask where to, and write the mask."""
        if path := self._ask.mask_to_save(self._named(self._pair.heard_side, what="mask")):
            self._exports.mask(path)

    def sound(self) -> None:
        """Ask where to, and write the chosen sound."""
        name = self._page.listening.transport.sound
        if name is None or name not in self._pair.sounds:
            return
        if path := self._ask.sound(self._named(self._pair.heard_side, what=name)):
            self._exports.sound(name, path)

    def figure(self) -> None:
        """Ask where to, and write the pair with its map."""
        if self._pair.explanation is None:
            return
        if path := self._ask.figure(self._named("query", "support")):
            self._exports.figure(path)

    def folder(self) -> None:
        """Ask for a folder, and write the whole line-up there."""
        if (request := self._request()) and (folder := self._ask.episode()):
            self._exports.episode(request, folder)

    def page(self) -> None:
        """Ask where to, and write the whole line-up as a page with players."""
        if (request := self._request()) and (path := self._ask.page()):
            self._exports.page(request, path)

    def lineup_figure(self) -> None:
        """Ask where to, and write the whole line-up with its maps as a picture."""
        if (request := self._request()) and (path := self._ask.lineup_figure()):
            self._exports.lineup_figure(request, path)

    def _named(self, *sides: str, what: str = "") -> str:
        """Return the name of what is of one clip of the pair, or of both."""
        clips = dict(zip(("query", "support"), self._pair.session.pair or (), strict=False))
        paths = (clips[side].path for side in sides if side in clips)
        return named_after(paths, *filter(None, [what]))

    def _tell_written(self, sentence: str) -> None:
        """Say once where it is: on the page, or in the status line if another one is seen."""
        if self._page.isVisible():
            self._page.export_notice.show_done(sentence)
        else:
            self._pair.session.wrote.emit(sentence)

    def _request(self) -> Request | None:
        """Return how every pair is to be explained: as the map on screen was, else as is asked for.

        None if there is no line-up or something is wrong.
        """
        if not self._pair.session.lineup.episode:
            return None
        return self._exports.shown_request or legal(self._page.method)
