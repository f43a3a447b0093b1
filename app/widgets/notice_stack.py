"""NoticeStack: of all that a window has to say, one notice in full and the number of the others."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.widgets.notice import Notice


class NoticeStack(QObject):
    """Shows one of several notices at a time, so that the pictures keep their room.

    That is the newest error, else the newest notice, in its own place; it counts the others, and
    says them too once it is unfolded. A notice on a page that is not shown is not counted.
    """

    def __init__(self, window: QWidget, notices: Sequence[Notice]) -> None:
        super().__init__(window)
        self._window, self._unfolded = window, False
        self._said = {notice: notice.text for notice in notices}
        """What each of them says, the newest last."""
        for notice in notices:
            notice.told.connect(partial(self._hear, notice))
            notice.unfold_requested.connect(self._turn)
            _page_of(notice).installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that a page was turned to or left."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._show()
        return super().eventFilter(watched, event)

    def _hear(self, notice: Notice) -> None:
        """Have what is new read first, and alone."""
        if notice.text != self._said[notice]:
            del self._said[notice]
            self._said[notice] = notice.text
            self._unfolded = self._unfolded and not notice.text
        self._show()

    def _turn(self) -> None:
        self._unfolded = not self._unfolded
        self._show()

    def _show(self) -> None:
        present = [notice for notice in self._said if notice.text and self._is_on_page(notice)]
        errors = [notice for notice in present if notice.is_error]
        first = next(reversed(errors or present), None)
        others = [notice for notice in reversed(present) if notice is not first]
        self._unfolded = self._unfolded and bool(others)
        for notice in self._said:
            notice.hold_back(notice in others)
            notice.add_further(others if notice is first else (), unfolded=self._unfolded)

    def _is_on_page(self, notice: Notice) -> bool:
        return _page_of(notice).isVisibleTo(self._window)


def _page_of(notice: Notice) -> QWidget:
    """Return where a notice is laid out."""
    return notice.parentWidget() or notice
