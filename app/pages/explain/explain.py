"""ExplainPage: the chosen pair large; explain it, mask it, hear it, take it away."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.explaining.compared_maps import ComparedMaps
from app.explaining.measured_map import MeasuredMap
from app.explaining.pair import Pair
from app.lineup.loaded_model import Request
from app.pages.explain.comparison import ComparisonView
from app.pages.explain.listening_bar import ListeningBar
from app.pages.explain.mask_bar import MaskBar
from app.pages.explain.mask_score import MaskScore
from app.pages.explain.method_panel import MethodPanel
from app.pages.explain.pair_view import PairView
from app.pages.lazy_page import LazyPage
from app.pages.obstacles import to_take_lineup, to_take_map
from app.pages.section import Section, align_labels
from app.pages.tip import tipped
from app.widgets.fitting_scroll import FittingScroll
from app.widgets.mask_controls import MaskControls
from app.widgets.notice import Notice
from siamese_core.sonification.modes import RenderParameters

if TYPE_CHECKING:
    from app.pages.explain.faithfulness_dialog import FaithfulnessDialog

_PANEL_WIDTH = 300
_SOUND_TIP = "Write the chosen sound (Ctrl+E)"
_FIGURE_TIP = (
    "Write the pair with all of its map, whatever opacity and threshold it is looked at with "
    "(Ctrl+Shift+F)"
)
_LINEUP_TIP = "Explain every pair as the one on screen, and write the line-up in one of three ways"
_LINEUP_EXPORTS = {
    "Page…": "One HTML file with scores, maps, curves and players, which needs no other file",
    "Figure…": "Every pair with its map, for a paper",
    "Folder…": "Sounds, maps as arrays and scores as JSON, as `earwitness explain` writes them",
}
_GONE = "The mask is the map's again; Ctrl+Z brings back what was drawn."


class ExplainPage(QWidget):
    """Pictures and transport on the left, what can be decided on the right."""

    def __init__(self, pair: Pair, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._settings = pair, pair.session.settings
        self.view, self.method = PairView(pair), MethodPanel(pair)
        self.listening, self.mask_controls = ListeningBar(pair), MaskControls()
        self.mask_score = MaskScore(pair)
        self.mask_bar, self.compared, self.measured = (
            MaskBar(pair),
            ComparedMaps(pair),
            MeasuredMap(pair),
        )
        self._faithfulness: FaithfulnessDialog | None = None
        self.comparison = LazyPage(partial(self._make_comparison, pair))
        self.notices = (self.mask_bar.notice, self.listening.notice)
        """What takes room from the pictures."""
        self.menus = (self.mask_bar.menu(self), self.listening.menu(self))
        self.export_notice = Notice()
        self._build()
        self._connect()
        self._enable()

    def _build(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self._pictures(), 1)
        left.addWidget(self.listening)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 0, 2)
        row.setSpacing(12)
        row.addLayout(left, 1)
        row.addWidget(self._panel())

    @property
    def faithfulness(self) -> "FaithfulnessDialog":
        """The window of the map's figures, made when it is first asked for."""
        if self._faithfulness is None:
            from app.pages.explain.faithfulness_dialog import FaithfulnessDialog

            self._faithfulness = FaithfulnessDialog(self._pair, self.measured, self)
        return self._faithfulness

    def show_faithfulness(self) -> None:
        """Measure how far the map can be trusted, and show it."""
        self.faithfulness.show()
        self.faithfulness.raise_()
        self.faithfulness.activateWindow()

    def _pictures(self) -> QStackedWidget:
        """Stack the pair with the tools that draw on it, or maps of it side by side."""
        pair = QWidget()
        column = QVBoxLayout(pair)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.mask_bar)
        column.addWidget(self.view, 1)
        self.pictures = QStackedWidget()
        self.pictures.addWidget(pair)
        self.pictures.addWidget(self.comparison)
        return self.pictures

    def _make_comparison(self, pair: Pair) -> ComparisonView:
        view = ComparisonView(pair, self.compared)
        view.set_opacity(self.opacity.value() / 100)
        view.set_threshold(self.threshold.value() / 100)
        view.closed.connect(self.method.compare.toggle)
        view.read.connect(self.view.say)
        return view

    def _compare(self, wanted: bool) -> None:
        """Show maps by several methods side by side, or the pair again."""
        self.pictures.setCurrentIndex(int(wanted))
        if wanted:
            self.comparison.page.compare()
        else:
            self.compared.compare(())

    def _panel(self) -> QWidget:
        """Two tabs, so that a small laptop's screen shows each of them whole."""
        self.tabs = tabs = QTabWidget(documentMode=True)
        tabs.setAccessibleName("Explain, or mask and sound")
        explain = _stacked(self.method, Section("Map", self._map_controls()))
        tabs.addTab(explain, "Explain")
        hear = (
            Section("Mask", self._mask_controls()),
            Section("Sound", self._sound_controls()),
            Section("Export", self._exports()),
        )
        tabs.addTab(FittingScroll(_stacked(*hear)), "Mask and sound")
        panel = _Panel()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        column.addWidget(tabs, 1)
        column.addWidget(self.export_notice)
        return panel

    def _map_controls(self) -> QWidget:
        self.opacity = _slider("Opacity", "How opaque the map lies on the picture")
        self.opacity.setValue(round(100 * self._settings.overlay_opacity))
        self.threshold = _slider(
            "Threshold", "Hide what is weaker than this share of the strongest"
        )
        self.threshold.setValue(round(100 * self._settings.overlay_threshold))
        return _form({"Opacity": self.opacity, "Threshold": self.threshold})

    def _mask_controls(self) -> QWidget:
        self.dim = tipped(
            QCheckBox("Dim what is not heard"), "Darken what the mask takes away from the picture"
        )
        self.dim.setChecked(self._settings.dimming)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.mask_controls)
        column.addWidget(self.dim)
        column.addWidget(self.mask_score)
        return box

    def _sound_controls(self) -> QWidget:
        self.rate = QComboBox()
        self.rate.addItem("The model's", "model")
        self.rate.addItem("The clip's own", "clip")
        self.rate.setToolTip(
            "The model may hear less than the clip holds: its rate is what it heard"
        )
        self.keep_above = QCheckBox("Keep what lies above the model's band")
        self.keep_above.setToolTip("At the clip's own rate only; otherwise it counts as removed")
        self.keep_above.setEnabled(False)
        return _form({"Rate": self.rate}, self.keep_above)

    def _exports(self) -> QWidget:
        self.sound_button = QPushButton("Sound…")
        self.figure_button = QPushButton("Figure…")
        self.lineup_button = QPushButton("Line-up")
        self.lineup_button.setMenu(self._lineup_exports())
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for button in (self.sound_button, self.figure_button, self.lineup_button):
            row.addWidget(button)
        return box

    def _lineup_exports(self) -> QMenu:
        menu = QMenu(self, toolTipsVisible=True)
        self.lineup_exports = {title: menu.addAction(title) for title in _LINEUP_EXPORTS}
        for title, tip in _LINEUP_EXPORTS.items():
            self.lineup_exports[title].setToolTip(tip)
        return menu

    def _connect(self) -> None:
        pair, session = self._pair, self._pair.session
        self.opacity.valueChanged.connect(self._set_opacity)
        self.threshold.valueChanged.connect(self._set_threshold)
        self.view.set_opacity(self._settings.overlay_opacity)
        self.view.set_threshold(self._settings.overlay_threshold)
        self.tabs.setCurrentIndex(self._settings.panel_tab)
        self.tabs.currentChanged.connect(self._remember_tab)
        self.view.set_dimming(self._settings.dimming)
        self.dim.toggled.connect(self._set_dimming)
        pair.mask_changed.connect(self._show_drawn)
        self.mask_controls.set_parameters(pair.mask_parameters)
        self.mask_controls.begun.connect(pair.edited.begin_step)
        self.mask_controls.changed.connect(pair.shape)
        pair.edited.drawing_left.connect(partial(self.view.say, _GONE))
        pair.shape_changed.connect(self.mask_controls.set_parameters)
        pair.recalled.connect(self._show_mask_parameters)
        self.method.compare.toggled.connect(self._compare)
        self.method.faithfulness_requested.connect(self.show_faithfulness)
        self.mask_bar.tool_chosen.connect(self.view.take_up)
        self.rate.currentIndexChanged.connect(self._render)
        self.keep_above.toggled.connect(self._render)
        self.listening.heed_space(self.view)
        self.listening.playhead_moved.connect(self.view.set_playhead)
        self.view.seek_requested.connect(self.listening.seek)
        self.view.region_changed.connect(self.listening.set_region)
        self.view.region_changed.connect(self.mask_bar.set_span)
        self.listening.side_heard.connect(self.view.keep_span)
        self.listening.side_heard.connect(self._enable)
        pair.explanation_changed.connect(self._enable)
        pair.explanation_changed.connect(self._offer_choices)
        pair.sounds_changed.connect(self._enable)
        for changed in (session.heard_changed, session.selection_changed, session.model_changed):
            changed.connect(self._enable)
        session.failed.connect(self._tell)
        session.lineup_changed.connect(self.export_notice.clear)

    def _show_mask_parameters(self, request: Request) -> None:
        self.mask_controls.set_parameters(request.mask)

    def _offer_choices(self) -> None:
        """Have the mask's choices suit the map, and say what it explains."""
        found = self._pair.explanation
        rival = found.against if found else None
        contrast = (str(found.support.label), str(rival.label)) if found and rival else None
        self.mask_controls.set_contrast(contrast)
        if found:  # without a map the choice waits for the next one
            segments = found.attribution.segments
            self.mask_controls.set_segments(0 if segments is None else int(segments.max()) + 1)

    def _set_opacity(self, percent: int) -> None:
        self._settings.overlay_opacity = percent / 100
        self.view.set_opacity(percent / 100)
        if self.comparison.is_built:
            self.comparison.page.set_opacity(percent / 100)

    def _set_dimming(self, dimming: bool) -> None:
        self._settings.dimming = dimming
        self.view.set_dimming(dimming)

    def _show_drawn(self) -> None:
        """Say what a mask keeps that is not the map's own any more."""
        shown, mask, drawn = self._pair.explanation, self._pair.mask, self._pair.edited.is_drawn
        own = mask.values[:, shown.explained_map.own_frames] if shown and mask and drawn else None
        self.mask_controls.set_drawn(None if own is None else float(own.mean()))

    def _remember_tab(self, tab: int) -> None:
        self._settings.panel_tab = tab

    def _set_threshold(self, percent: int) -> None:
        self._settings.overlay_threshold = percent / 100
        self.view.set_threshold(percent / 100)
        if self.comparison.is_built:
            self.comparison.page.set_threshold(percent / 100)

    def _render(self) -> None:
        at_own = self.rate.currentData() == "clip"
        self.keep_above.setEnabled(at_own)
        keep = at_own and self.keep_above.isChecked()
        self._pair.rendered.set_parameters(RenderParameters(self.rate.currentData(), keep))

    def _enable(self) -> None:
        """Offer to write what there is, and say of the rest what is lacking."""
        for button, words, tip in (
            (self.sound_button, self.listening.no_file(), _SOUND_TIP),
            (self.figure_button, to_take_map(self._pair), _FIGURE_TIP),
            (self.lineup_button, to_take_lineup(self._pair), _LINEUP_TIP),
        ):
            tipped(button, words or tip).setEnabled(not words)

    def _tell(self, where: str, sentence: str) -> None:
        if where == "export":
            self.export_notice.show_error(sentence)


class _Panel(QWidget):
    """As wide as its widest control needs, whatever the font; its height never asks for more."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)

    def sizeHint(self) -> QSize:
        """Cut nothing, and do not move for what is a little wider."""
        hint = super().minimumSizeHint()
        return QSize(max(hint.width(), _PANEL_WIDTH), hint.height())


def _stacked(*parts: QWidget) -> QWidget:
    """Stack parts; what is left of the height stays empty."""
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 8, 4, 0)
    column.setSpacing(12)
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
    align_labels(inner)
    return inner


def _slider(name: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    return tipped(slider, tip, name)


def _form(rows: dict[str, QWidget], *below: QWidget) -> QWidget:
    box = QWidget()
    form = QFormLayout(box)
    form.setContentsMargins(0, 0, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for title, widget in rows.items():
        form.addRow(title, widget)
    for widget in below:
        form.addRow(widget)
    return box
