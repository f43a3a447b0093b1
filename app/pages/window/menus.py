"""The menus that are filled as they open: recent folders, themes, devices for sound."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app import theme
from app.session.session import Session
from app.settings import Settings
from app.sound.player import Player
from app.widgets.plain import entry
from siamese_core.episode_file.episode_contents import SUFFIX

_DEFAULT = "The system's default"


class RecentMenu(QMenu):
    """The folders and episodes that were opened lately."""

    def __init__(
        self, session: Session, show_episode: Callable[[Path], None], parent: QWidget
    ) -> None:
        super().__init__("Open &recent", parent)
        self._session, self._show_episode = session, show_episode
        self.aboutToShow.connect(self.fill)
        self.triggered.connect(self._open)

    def fill(self) -> None:
        """List them anew."""
        self.clear()
        settings = self._session.settings
        for title, paths in (
            ("Folders", settings.recent_corpora),
            ("Episodes", settings.recent_episodes),
        ):
            if paths:
                self.addSection(title)
            for path in paths:
                self.addAction(entry(path)).setData(path)
        if self.isEmpty():
            self.addAction("None yet").setEnabled(False)

    def _open(self, action: QAction) -> None:
        path = Path(action.data())
        if path.suffix == SUFFIX:
            self._show_episode(path)
        else:
            self._session.open_corpus(path)


class ThemeMenu(QMenu):
    """System, light or dark."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__("&Theme", parent)
        self._settings = settings
        group = QActionGroup(self)
        for mode in theme.MODES:
            action = _choice(self, mode.capitalize(), mode, settings.theme)
            group.addAction(action)
        self.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        self._settings.theme = action.data()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, action.data())


class OutputMenu(QMenu):
    """The devices that sound can be played on, looked up each time it opens."""

    def __init__(self, player: Player, settings: Settings, parent: QWidget) -> None:
        super().__init__("&Sound output", parent)
        self._player, self._settings = player, settings
        self._group = QActionGroup(self)
        self.aboutToShow.connect(self.fill)
        self.triggered.connect(self._choose)

    def fill(self) -> None:
        """List them anew."""
        self.clear()
        output = self._player.output
        for title, name in [(_DEFAULT, ""), *((name, name) for name in output.devices())]:
            self._group.addAction(_choice(self, title, name, output.device))
        if not output.available:
            self.addAction("No sound output is found").setEnabled(False)

    def _choose(self, action: QAction) -> None:
        self._settings.output_device = action.data()
        self._player.choose_device(action.data())


def _choice(menu: QMenu, title: str, value: str, chosen: str) -> QAction:
    action = menu.addAction(entry(title))
    action.setData(value)
    action.setCheckable(True)
    action.setChecked(value == chosen)
    return action
