"""MainWindow: the pages in their places and the menus; no logic."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QLoggingCategory, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QSplitter,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.background import Background
from app.collector import Collector
from app.errors import install
from app.evaluations import Evaluations
from app.explaining.exports import Exports
from app.explaining.pair import Pair
from app.library.inventory import Inventory
from app.library.parts import Parts
from app.library.recorder import Recorder
from app.library.suitability import Suitability
from app.lineup.lineup import Lineup
from app.menu_bar import MenuBar
from app.pages.drops import dropped_file, dropped_folders
from app.pages.explain.explain import ExplainPage
from app.pages.explain.export_dialogs import ExportDialogs
from app.pages.explain.pair_view import import_plots
from app.pages.file_dialogs import FileDialogs
from app.pages.lazy_page import LazyPage
from app.pages.library.library import LibraryPage
from app.pages.lineup.history_panel import HistoryPanel
from app.pages.lineup.lineup import LineupPage, chosen_clip
from app.pages.train.train import TrainPage
from app.pages.window.areas import Areas
from app.pages.window.draw_bar import DrawBar
from app.pages.window.farewell import Farewell
from app.pages.window.help import app_icon
from app.pages.window.model_bar import ModelBar
from app.session.session import Session
from app.session.standing import Standing
from app.settings import Settings
from app.sitting.sitting import Sitting
from app.sound.audio_input import AudioInput
from app.sound.audio_output import AudioOutput
from app.sound.player import Player
from app.training.jobs import Jobs
from app.widgets.notice import Notice
from app.widgets.notice_stack import NoticeStack
from app.widgets.progress_strip import ProgressStrip
from siamese_core.demo import bundled_lineup, bundled_model
from siamese_core.episode_file.episode_contents import SUFFIX as EPISODE

if TYPE_CHECKING:
    from app.pages.evaluate.evaluate import EvaluatePage

MODEL = bundled_model().suffix
_STRIP_WIDTH = 420
_LINEUP_HEIGHT, _EXPLAIN_HEIGHT = 178, 430
_BREATH_MS = 100
"""What the window gets to paint itself before the import of torch takes the interpreter."""
_READING_MS = 8000
_HUSHED = "qt.multimedia.symbolsresolver=false\nqt.multimedia.ffmpeg.info=false"
"""What Qt says where there is no sound; the person's own QT_LOGGING_RULES come after and win."""
_PATIENCE_MS = 250
"""Work that ends sooner shows no progress: what flickers disturbs."""


class MainWindow(QMainWindow):
    """One window: the library at the left, the line-up above, the chosen pair below it."""

    def __init__(
        self,
        settings: Settings | None = None,
        output: AudioOutput | None = None,
        microphone: AudioInput | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        player = Player(output or AudioOutput(), self)
        player.output.choose(self.settings.output_device)
        player.output.volume = self.settings.volume
        self.session = Session(Background(self), player, self.settings, self)
        self.pair, self.inventory = Pair(self.session), Inventory(self.session)
        self.suitability = Suitability(self.session, self.inventory)
        self.parts = Parts(self.session)
        self.exports = Exports(self.pair)
        self.recorder = Recorder(self.session, microphone)
        around = (self.inventory, self.suitability, self.parts, self.recorder)
        self.library = LibraryPage(self.session, *around)
        self.lineup = LineupPage(self.session, Standing(self.session))
        self.history = HistoryPanel(self.session)
        self.explain, self.models = ExplainPage(self.pair), ModelBar(self.session)
        self.sitting = Sitting(self.pair, self.explain.compared)
        self.draw_bar = DrawBar(self.session, self.parts)
        self.jobs = Jobs(self.settings, self)
        self.train = TrainPage(self.session, self.jobs)
        self.evaluations = Evaluations(self.session)
        self.evaluate = LazyPage(self._make_evaluate)
        self.farewell = Farewell(self.jobs, self.settings, self)
        self.model_notice, self.missed, self.strip = Notice(), Notice(), ProgressStrip()
        self._latest = ("", 0, 0)
        self._ask = FileDialogs(self, self.settings)
        self.export = ExportDialogs(self.pair, self.exports, self.explain, self._ask)
        self.setWindowTitle("Earwitness")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self._arrange()
        self.menus = MenuBar(self)
        self.setMenuBar(self.menus)
        self._connect()
        self._restore()

    def sizeHint(self) -> QSize:
        """Fit a small laptop's screen."""
        return QSize(1280, 720)

    # Pages ------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        bar = QToolBar("Model", movable=False)
        bar.setObjectName("model")
        bar.setContentsMargins(4, 0, 4, 0)
        bar.addWidget(self.models)
        bar.addSeparator()
        bar.addWidget(self.draw_bar)
        self.addToolBar(bar)
        self.dock = self._dock("Library", self.library)
        self.history_dock = self._dock("History", self.history)
        self.history_dock.hide()
        self.splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.splitter.addWidget(self.lineup)
        self.splitter.addWidget(self.explain)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_LINEUP_HEIGHT, _EXPLAIN_HEIGHT])
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.missed)
        column.addWidget(self.model_notice)
        self.pages = QTabWidget(documentMode=True)
        self.pages.setAccessibleName("Pages")
        self.pages.addTab(self.splitter, "Line-up")
        self.pages.addTab(self.train, "Train")
        self.pages.addTab(self.evaluate, "Evaluate")
        column.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self.statusBar().addWidget(self.explain.view.readout)
        self.statusBar().setContentsMargins(6, 0, 0, 0)
        self.statusBar().addPermanentWidget(self.strip)
        self.strip.setFixedWidth(_STRIP_WIDTH)
        beside = (self.models, self.draw_bar, self.library, self.history)
        below = (self.explain.pictures, self.explain.tabs, self.explain.listening)
        above = (self.missed, self.model_notice, self.lineup.error, self.lineup.notice)
        NoticeStack(self, (*above, *self.explain.notices))
        self.areas = Areas((*beside, self.lineup, *below, self.train, self.evaluate), self)

    def _dock(self, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower())
        dock.setWidget(widget)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        return dock

    def _connect(self) -> None:
        session = self.session
        self.library.open_requested.connect(self.open_corpus)
        self.library.add_requested.connect(self.add_corpus)
        self.lineup.choose_requested.connect(self.choose_clip)
        self.lineup.opened.connect(self._look_closer)
        self.models.open_requested.connect(self.open_model)
        self.train.use_requested.connect(self.use_model)
        self.evaluations.opened.connect(self._explain_opened)
        self.pages.currentChanged.connect(self._show_readout)
        session.failed.connect(self._tell)
        self.sitting.missed.connect(self._tell_missed)
        self.sitting.shared.connect(self.missed.show_notice)
        self.sitting.keeping.connect(self._remember)
        self.history.clear_requested.connect(self.sitting.clear_history)
        session.model_changed.connect(self.model_notice.clear)
        session.wrote.connect(self._tell_written)
        session.background.progress.connect(self._progress)
        session.background.busy_changed.connect(self._rest)
        self.strip.cancel_requested.connect(session.cancel)
        self._waiting = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._waiting.timeout.connect(self._show_progress)

    def _make_evaluate(self) -> "EvaluatePage":
        from app.pages.evaluate.evaluate import EvaluatePage

        return EvaluatePage(self.evaluations)

    def _look_closer(self) -> None:
        self.explain.view.views["support"].setFocus()

    def _explain_opened(self) -> None:
        """Go where a line-up of the evaluation is about to be shown, and explain it there."""
        self.pages.setCurrentWidget(self.splitter)
        self.explain.method.explain_first()

    def _tell_written(self, words: str) -> None:
        self.statusBar().showMessage(words, _READING_MS)

    def _show_progress(self) -> None:
        self.strip.set_progress(*self._latest)

    def _progress(self, title: str, done: int, total: int) -> None:
        self._latest = (f"{title}…" if title else "", done, total)
        if self.strip.isVisible():
            self._show_progress()
        elif title and not self._waiting.isActive():
            self._waiting.start()

    def _rest(self, busy: bool) -> None:
        if not busy:
            self._waiting.stop()
            self.strip.finish()

    def _tell(self, where: str, sentence: str) -> None:
        if where == "model":
            self.model_notice.show_error(sentence)

    def _tell_missed(self, sentence: str) -> None:
        """Say what is not there any more, below what was said before."""
        self.missed.show_error("\n".join(filter(None, (self.missed.text, sentence))))

    # What the menus ask -----------------------------------------------------------------------

    def open_corpus(self) -> None:
        """Ask for a folder of class folders and open it."""
        if folder := self._ask.corpus():
            self.session.open_corpus(folder)

    def add_corpus(self) -> None:
        """Ask for a folder and open it beside those that are open."""
        if folder := self._ask.corpus():
            self.session.corpora.add(folder)

    def open_model(self) -> None:
        """Ask for a model and load it."""
        if path := self._ask.model():
            self.session.set_model(path)

    def open_episode(self) -> None:
        """Ask for an episode's file and show it."""
        if path := self._ask.episode_to_open():
            self.show_episode(path)

    def show_episode(self, path: Path) -> None:
        """Show an episode's file beside the other pages' work."""
        self.pages.setCurrentWidget(self.splitter)
        self.session.open_episode(path)

    def save_episode(self) -> None:
        """Ask where to, and write the line-up with all that is known of it."""
        if self.exports.can_save() and (path := self._ask.episode_to_save()):
            self.exports.save_episode(path)

    def use_model(self, path: Path) -> None:
        """Load a trained model and show the line-up with it."""
        self.session.set_model(path)
        self.pages.setCurrentWidget(self.splitter)

    def train_model(self) -> None:
        """Ask what to train, beside the trainings so far."""
        self.pages.setCurrentWidget(self.train)
        self.train.ask()

    def choose_clip(self, place: int) -> None:
        """Ask for a sound file and put it in a place of the line-up."""
        if path := self._ask.clip():
            self.session.put(place, chosen_clip(path, self.session))

    def choose_support(self) -> None:
        """Ask for a sound file and add it to the support set."""
        self.choose_clip(len(self.session.lineup.support) + 1)

    # Coming and going -------------------------------------------------------------------------

    def start(self, episode: Path | None = None) -> None:
        """Open an episode, what was open, or what is bundled; torch waits for the first picture."""
        if not self.settings.splitter:  # cards may be higher, and names longer, where there is room
            spare = (self.size() - self.sizeHint()).expandedTo(QSize(0, 0)) / 10
            above = _LINEUP_HEIGHT + spare.height()
            self.splitter.setSizes([above, self.height() - above])
            width = self.library.sizeHint().width() + spare.width()
            self.resizeDocks([self.dock], [width], Qt.Orientation.Horizontal)
        if not self.sitting.open(episode):
            self._show_bundled()
        QTimer.singleShot(_BREATH_MS, self._warm_up)

    def _show_readout(self, page: int) -> None:
        """Say how pictures are read only where there are some."""
        self.explain.view.readout.setVisible(self.pages.widget(page) is self.splitter)

    def start_afresh(self) -> None:
        """Show the bundled line-up and explain it, as at the first start."""
        self.missed.clear()
        self._show_bundled()

    def _show_bundled(self) -> None:
        self.explain.method.explain_first()
        self.session.open_bundled()

    def show_bundled_lineup(self) -> None:
        """Show the bundled line-up on its page, and explain it if it was not there."""
        self.pages.setCurrentWidget(self.splitter)
        if self.session.lineup != Lineup.of(bundled_lineup()):
            self.explain.method.explain_first()
            self.session.open_bundled_lineup()

    def _warm_up(self) -> None:
        if not self.isHidden():  # by closing it meanwhile
            import_plots()
            self.explain.listening.probe()
            self.library.probe()
            self.sitting.warm_up()
            self.jobs.watch()
            Collector(self)

    def _restore(self) -> None:
        self.resize(self.sizeHint())
        if self.settings.geometry:
            self.restoreGeometry(QByteArray(self.settings.geometry))
        if self.settings.window_state:
            self.restoreState(QByteArray(self.settings.window_state))
        if self.settings.splitter:
            self.splitter.restoreState(QByteArray(self.settings.splitter))
        titles = [self.pages.tabText(index) for index in range(self.pages.count())]
        if self.settings.page in titles:
            self.pages.setCurrentIndex(titles.index(self.settings.page))

    def _remember(self) -> None:
        self.settings.geometry = bytes(self.saveGeometry().data())
        self.settings.window_state = bytes(self.saveState().data())
        self.settings.splitter = bytes(self.splitter.saveState().data())
        self.settings.page = self.pages.tabText(self.pages.currentIndex())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the window, let trainings go, stop the sound and join the worker."""
        if not self.farewell.may_close():
            event.ignore()
            return
        self._remember()
        self.settings.sync()
        self.hide()  # what cannot be interrupted ends out of sight
        self.train.close_down()
        self.evaluations.close()
        self.jobs.let_go(self.farewell.stops)
        self.sitting.close()
        self.recorder.close()
        self.session.player.close()
        self.session.background.shutdown()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome folders, models and episodes anywhere."""
        if dropped_folders(event) or dropped_file(event, MODEL) or dropped_file(event, EPISODE):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped folders, a model or an episode."""
        if folders := dropped_folders(event):
            self.session.corpora.open(folders)
        elif model := dropped_file(event, MODEL):
            self.session.set_model(model)
        elif episode := dropped_file(event, EPISODE):
            self.show_episode(episode)
        event.acceptProposedAction()


def run(arguments: Sequence[str] = (), episode: Path | None = None) -> int:
    """Open the window, with an episode's file, and return the exit code once it is closed."""
    QLoggingCategory.setFilterRules(_HUSHED)
    application = QApplication([sys.argv[0], *arguments])
    application.setApplicationName("Earwitness")
    application.setOrganizationName("Earwitness")
    settings = Settings()
    theme.apply(application, settings.theme)
    window = MainWindow(settings)
    # Gone with its last event, and not whenever Python's collector comes by.
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    reporter = install(window)
    window.session.unexpected.connect(reporter.report)
    window.show()
    window.start(episode)
    try:
        return application.exec()
    finally:
        reporter.uninstall()
