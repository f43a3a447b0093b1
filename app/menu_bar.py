"""The menus of the window: every action it has, with its keys."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QMenu, QMenuBar

from app.lineup.lineup import QUERY
from app.pages.obstacles import Entries, Obstacle, to_score, to_take_lineup
from app.pages.window.edit_menu import EditMenu
from app.pages.window.farewell import PartingMenu
from app.pages.window.help import about_dialog, shortcuts_dialog
from app.pages.window.level_menus import colours_menu, range_menu
from app.pages.window.menus import OutputMenu, RecentMenu, ThemeMenu
from app.pages.window.tour import Tour, stops
from app.session.corpora import BUNDLED
from app.widgets.measurement_label import MeasurementLabel

if TYPE_CHECKING:
    from app.main_window import MainWindow

Entry = (
    tuple[str, str, Callable[[], object]]
    | tuple[str, str, Callable[[], object], Obstacle | QAbstractButton]
    | QMenu
    | QAction
    | None
)
"""Of a menu: a title with its keys, what it does, and what may stand in its way; a menu or action
made elsewhere; or a line."""
_WHOLE_MAP = "The pair with all of its map, whatever opacity and threshold it is looked at with"
_TOLD_MS = 8000
"""How long the status line says why something cannot be done."""


class MenuBar(QMenuBar):
    """Every entry calls what the window, a page or the session offers; none owns the window."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.tour: Tour | None = None
        self.recent = RecentMenu(window.session, window.show_episode, window)
        self.themes = ThemeMenu(window.settings, window)
        self.colours = colours_menu(window.settings, window)
        self.ranges = range_menu(window.settings, window)
        self.outputs = OutputMenu(window.session.player, window.settings, window)
        self._entries = Entries(window.pair, self)
        self._fill_file(window)
        self._fill_edit(window)
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
        explain, no_lineup = window.explain, partial(to_take_lineup, window.pair)
        no_sound = explain.sound_button
        self._fill(
            "&File",
            ("Open &folder…", "Ctrl+O", window.open_corpus),
            ("&Add folder…", "Ctrl+Alt+O", window.add_corpus),
            self.recent,
            ("Open the &bundled voices", "", partial(window.session.corpora.open, BUNDLED)),
            ("&Check every clip", "", window.inventory.check),
            ("Open &model…", "Ctrl+M", window.open_model),
            None,
            ("Open e&pisode…", "Ctrl+Shift+O", window.open_episode),
            ("&Save episode…", "Ctrl+S", window.save_episode),
            None,
            ("S&tart afresh", "Ctrl+Shift+N", window.start_afresh),
            self._reopen(window),
            None,
            ("Export so&und…", "Ctrl+E", window.export.sound, no_sound),
            self._figure(window),
            None,
            ("Export line-up as pa&ge…", "Ctrl+Shift+P", window.export.page, no_lineup),
            ("Export line-up as figu&re…", "Ctrl+Alt+F", window.export.lineup_figure, no_lineup),
            ("Export line-up as fol&der…", "Ctrl+Shift+E", window.export.folder, no_lineup),
            None,
            ("&Quit", "Ctrl+Q", window.close),
        )

    def _figure(self, window: "MainWindow") -> QAction:
        """Return what writes the pair's map, and says how much of it."""
        action = QAction("Export fi&gure…", self)
        action.setShortcut(QKeySequence("Ctrl+Shift+F"))
        action.setToolTip(_WHOLE_MAP)
        action.triggered.connect(window.export.figure)
        self._hinder(action, window.explain.figure_button)
        return action

    def _reopen(self, window: "MainWindow") -> QAction:
        """Return the choice whether the next start opens what is open now."""
        action = QAction("Reopen &what was open", self, checkable=True)
        action.setToolTip("At the next start: folder, model, line-up, map and mask")
        action.setChecked(window.settings.reopen)
        action.toggled.connect(window.sitting.set_reopen)
        return action

    def _fill_edit(self, window: "MainWindow") -> None:
        """Offer to undo, and to copy what is measured, of which the status bar tells."""
        self.edit = EditMenu(window.pair, window)
        self.edit.setToolTipsVisible(True)
        self.measurement = MeasurementLabel(window.explain.view.views)
        window.statusBar().addWidget(self.measurement, 1)
        self.edit.addSeparator()
        self.edit.addAction(self.measurement.copy_action)
        self.addMenu(self.edit)

    def _fill_lineup(self, window: "MainWindow") -> None:
        session, drawing, library = window.session, window.draw_bar, window.library
        no_score = partial(to_score, window.pair)
        self._fill(
            "&Line-up",
            ("&New random line-up", "Ctrl+R", drawing.draw_next, self._no_corpus),
            ("&Previous line-up", "Alt+Left", session.back, partial(self._no_step, -1)),
            ("Ne&xt line-up", "Alt+Right", session.forward, partial(self._no_step, 1)),
            window.lineup.guess_first,
            self._sorted(window),
            window.history.clear_action,
            None,
            ("Choose the &query…", "Ctrl+Shift+Q", partial(window.choose_clip, QUERY)),
            ("&Add a support clip…", "Ctrl+Shift+A", window.choose_support),
            ("&Record a clip…", "Ctrl+Shift+R", library.open_recorder, library.record),
            ("&Score again", "F5", session.score_again, no_score),
        )

    def _sorted(self, window: "MainWindow") -> QAction:
        """Return the choice that stands above the cards too."""
        box = window.lineup.by_score
        action = QAction("&Sorted by score", self, checkable=True, checked=box.isChecked())
        action.setToolTip(box.toolTip())
        action.toggled.connect(box.setChecked)
        box.toggled.connect(action.setChecked)
        self._hinder(action, box)
        return action

    def _no_corpus(self) -> str:
        button = self._window.draw_bar.button
        return "" if button.isEnabled() else "Open a folder of class folders to draw from first"

    def _no_step(self, by: int) -> str:
        if self._window.session.can_step(by):
            return ""
        return "There is no earlier line-up" if by < 0 else "There is no later line-up"

    def _fill_explain(self, window: "MainWindow") -> None:
        method, listening = window.explain.method, window.explain.listening
        no_map = method.faithful
        self._fill(
            "&Explain",
            ("&Explain the pair", "Ctrl+Return", method.explain, method.button),
            ("&Cancel", "Esc", self._cancel),
            ("C&ompare methods", "Ctrl+K", method.compare.click, method.compare),
            ("&Faithfulness of the map…", "Ctrl+Shift+K", method.faithful.click, no_map),
            None,
            # Always possible: else a list that has the keyboard would take its keys and open.
            ("&Play or pause", "Ctrl+Space", listening.play_or_pause),
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
        ways = (window.areas.next, window.areas.previous)
        find = ("&Find a class or clip…", "Ctrl+F", self._find)
        looks = (self.themes, self.colours, self.ranges)
        self._fill("&View", *views, None, library, history, find, None, *ways, None, *looks)

    def _find(self) -> None:
        """Go to the library's search, wherever one is."""
        search = self._window.library.search
        self._window.dock.show()
        self._window.dock.raise_()
        search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        search.selectAll()

    def _fill(self, title: str, *entries: Entry) -> None:
        menu = self.addMenu(title)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._entries.show)
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, QMenu):
                menu.addMenu(entry)
            elif isinstance(entry, QAction):
                menu.addAction(entry)
            else:
                text, keys, do, *obstacles = entry
                action = menu.addAction(text)
                action.setShortcut(QKeySequence(keys))
                action.triggered.connect(do)
                for obstacle in obstacles:
                    self._hinder(action, obstacle)

    def _hinder(self, action: QAction, obstacle: Obstacle | QAbstractButton) -> None:
        """Have an entry follow what stands in its way; its keys say then what that is."""
        self._entries.add(action, obstacle)

        def tell() -> None:
            self._window.statusBar().showMessage(action.toolTip(), _TOLD_MS)

        keys = QShortcut(action.shortcut(), self._window)
        keys.activated.connect(tell)
        keys.setEnabled(not action.isEnabled())
        action.enabledChanged.connect(lambda possible: keys.setEnabled(not possible))

    def menus(self) -> list[QMenu]:
        """Return the menus."""
        menus = (action.menu() for action in self.actions())
        return [menu for menu in menus if isinstance(menu, QMenu)]

    def entries(self) -> list[QAction]:
        """Return every action of the menus."""
        return [action for menu in self.menus() for action in menu.actions()]

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
        shortcuts_dialog(self.menus(), self.window()).open()

    def about(self) -> None:
        """Show what the program is made of."""
        about_dialog(self.window()).open()
