"""The menus of the window: every action it has, with its keys."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from app.pages.edit_menu import EditMenu
from app.pages.farewell import PartingMenu
from app.pages.help import about_dialog, shortcuts_dialog
from app.pages.menus import OutputMenu, RecentMenu, ThemeMenu
from app.pages.tour import Tour, stops

if TYPE_CHECKING:
    from app.main_window import MainWindow

Entry = tuple[str, str, Callable[[], object]] | QMenu | QAction | None
"""Of a menu: a title with its keys and what it does, a menu or action made elsewhere, or a line."""


class MenuBar(QMenuBar):
    """Every entry calls what the window, a page or the session offers; none owns the window."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.tour: Tour | None = None
        self.recent = RecentMenu(window.session, window)
        self.themes = ThemeMenu(window.settings, window)
        self.outputs = OutputMenu(window.session.player, window.settings, window)
        self._fill_file(window)
        explain = window.explain
        editor = (explain.view, explain.mask_bar, explain.mask_controls)
        self.edit = EditMenu(window.pair, editor, window)
        self.addMenu(self.edit)
        self._fill_lineup(window)
        self._fill_explain(window)
        parting = PartingMenu(window.settings, window)
        self._fill("&Train", ("&Train model…", "Ctrl+T", window.train_model), None, parting)
        for menu in window.explain.menus:
            self.addMenu(menu)
        self._fill_view(window)
        self._fill(
            "&Help",
            ("&Tour", "", self.show_tour),
            ("&Shortcuts", "F1", self.show_shortcuts),
            ("&About Earwitness", "", self.about),
        )

    def _cancel(self) -> None:
        """Stop an evaluation where its page is looked at; else what the session does."""
        window = self._window
        is_seen = window.pages.currentWidget() is window.evaluate
        stops = is_seen and window.evaluations.measuring
        (window.evaluations if stops else window.session).cancel()

    def _fill_file(self, window: "MainWindow") -> None:
        self._fill(
            "&File",
            ("Open &folder…", "Ctrl+O", window.open_corpus),
            ("&Add folder…", "Ctrl+Alt+O", window.add_corpus),
            self.recent,
            ("Open the &bundled voices", "", window.session.open_bundled_corpus),
            ("&Check every clip", "", window.inventory.check),
            ("Open &model…", "Ctrl+M", window.open_model),
            None,
            ("Open e&pisode…", "Ctrl+Shift+O", window.open_episode),
            ("&Save episode…", "Ctrl+S", window.save_episode),
            None,
            ("S&tart afresh", "Ctrl+Shift+N", window.start_afresh),
            self._reopen(window),
            None,
            ("Export so&und…", "Ctrl+E", window.export.sound),
            ("Export fi&gure…", "Ctrl+Shift+F", window.export.figure),
            None,
            ("Export line-up as pa&ge…", "Ctrl+Shift+P", window.export.page),
            ("Export line-up as figu&re…", "Ctrl+Alt+F", window.export.lineup_figure),
            ("Export line-up as fol&der…", "Ctrl+Shift+E", window.export.folder),
            None,
            ("&Quit", "Ctrl+Q", window.close),
        )

    def _reopen(self, window: "MainWindow") -> QAction:
        """Return the choice whether the next start opens what is open now."""
        action = QAction("Reopen &what was open", self, checkable=True)
        action.setToolTip("At the next start: folder, model, line-up, map and mask")
        action.setChecked(window.settings.reopen)
        action.toggled.connect(window.sitting.set_reopen)
        return action

    def _fill_lineup(self, window: "MainWindow") -> None:
        session = window.session
        self._fill(
            "&Line-up",
            ("&New random line-up", "Ctrl+R", window.draw_bar.draw_next),
            ("&Previous line-up", "Alt+Left", session.back),
            ("Ne&xt line-up", "Alt+Right", session.forward),
            self._guess_first(window),
            window.history.clear_action,
            None,
            ("Choose the &query…", "Ctrl+Shift+Q", window.choose_query),
            ("&Add a support clip…", "Ctrl+Shift+A", window.choose_support),
            ("&Record a clip…", "Ctrl+Shift+R", window.library.open_recorder),
            ("&Score again", "F5", session.score_again),
        )

    def _guess_first(self, window: "MainWindow") -> QAction:
        """Return the choice whether the person guesses before the network's outcome is shown."""
        action = QAction("&Guess first", self, checkable=True)
        action.setShortcut(QKeySequence("Ctrl+G"))
        action.setToolTip("Hide the answer until you have chosen a support clip by ear")
        action.toggled.connect(window.session.guesses.want)
        return action

    def _fill_explain(self, window: "MainWindow") -> None:
        explain = window.explain
        self._fill(
            "&Explain",
            ("&Explain the pair", "Ctrl+Return", explain.method.explain),
            ("&Cancel", "Esc", self._cancel),
            ("C&ompare methods", "Ctrl+K", explain.method.compare.click),
            ("&Faithfulness of the map…", "Ctrl+Shift+K", explain.method.faithful.click),
            None,
            ("&Play or stop", "Ctrl+Space", explain.listening.play_or_stop),
            self.outputs,
            None,
            ("&Model card", "F2", window.models.show_card),
        )

    def _fill_view(self, window: "MainWindow") -> None:
        pages, library = window.pages, window.dock.toggleViewAction()
        titles = (pages.tabText(index) for index in range(pages.count()))
        views = [
            (f"&{number} {title}", f"Ctrl+{number}", partial(pages.setCurrentIndex, number - 1))
            for number, title in enumerate(titles, 1)
        ]
        library.setShortcut(QKeySequence("Ctrl+L"))
        history = window.history_dock.toggleViewAction()
        history.setShortcut(QKeySequence("Ctrl+H"))
        history.setToolTip("The line-ups so far, with their outcomes")
        self._fill("&View", *views, None, library, history, None, self.themes)

    def _fill(self, title: str, *entries: Entry) -> None:
        menu = self.addMenu(title)
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, QMenu):
                menu.addMenu(entry)
            elif isinstance(entry, QAction):
                menu.addAction(entry)
            else:
                text, keys, do = entry
                action = menu.addAction(text)
                action.setShortcut(QKeySequence(keys))
                action.triggered.connect(do)

    def entries(self) -> list[QAction]:
        """Return every action of the menus."""
        menus = [action.menu() for action in self.actions()]
        return [action for menu in menus if isinstance(menu, QMenu) for action in menu.actions()]

    def show_tour(self) -> None:
        """Walk through the window on the bundled line-up."""
        window = self._window
        if self.tour is None:
            lineup, explain = window.lineup, window.explain
            parts = (lineup, lineup.support, explain, explain.listening, window.draw_bar)
            self.tour = Tour(stops(*parts), window)
        window.show_bundled_lineup()
        self.tour.begin()

    def show_shortcuts(self) -> None:
        """Show every key that does something."""
        shortcuts_dialog(self.entries(), self.window()).open()

    def about(self) -> None:
        """Show what the program is made of."""
        about_dialog(self.window()).open()
