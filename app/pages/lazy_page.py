"""LazyPage: holds the place of a page that is built when it is first looked at."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

W = TypeVar("W", bound=QWidget)


class LazyPage(QWidget, Generic[W]):
    """The window opens without waiting for pages that nobody looks at yet.

    Parameters
    ----------
    build : callable
        Makes the page.
    """

    def __init__(self, build: Callable[[], W], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self._page: W | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def page(self) -> W:
        """The page, built now if it was not yet."""
        if self._page is None:
            self._page = self._build()
            self._column.addWidget(self._page)
            self._page.show()  # now, and not with the next event
            self.setFocusProxy(self._page)
        return self._page

    @property
    def is_built(self) -> bool:
        """Whether there is a page yet."""
        return self._page is not None

    def showEvent(self, event: QShowEvent) -> None:
        """Build the page, which is looked at now."""
        _ = self.page
        super().showEvent(event)
