"""The parts of the Evaluate page alone: charts, tables, matrix, pickers, the page that waits."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from app import theme
from app.charts import Chart, Series, Share, charts_of, comparison_table
from app.evaluations import Measured, measure
from app.main_window import MainWindow
from app.pages.evaluate.class_picker import ClassPicker
from app.pages.evaluate.corpus_picker import CorpusPicker
from app.pages.evaluate.evaluate_results import EvaluateResults
from app.pages.evaluate.model_picker import ModelPicker
from app.pages.lazy_page import LazyPage
from app.session.corpora import BUNDLED
from app.widgets.chart_view import ChartView
from app.widgets.matrix_table import Counts, MatrixTable
from app.widgets.value_table import NamedTable, ValueTable
from siamese_core.callbacks import ignore, never
from siamese_core.corpora.labelled_file import LabelledFile
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.demo import bundled_model
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import CorpusError
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.report.evaluation_plan import EvaluationPlan
from tests.app.conftest import settle

ALL = {"ways": 3, "runs": 4, "seed": 1, "sweep": True, "retrieval": True, "pairs": 40}
LEFT = Qt.MouseButton.LeftButton
CASES = np.array([[4, 1, 0], [0, 3, 2]])
COUNTS = Counts(("a", "b"), ("a", "b", "tie"), CASES, 5, "{0} taken for {1}")


@pytest.fixture
def measured(tiny_checkpoint: Path, tone_corpus: Path) -> Measured:
    plan = EvaluationPlan(tiny_checkpoint, EvaluationParameters.parse(ALL), tiny_checkpoint)
    return measure(plan, read_corpus(tone_corpus), ignore, never)


def test_charts_hold_what_the_report_says(measured: Measured) -> None:
    report = measured.report
    charts = charts_of(report, ("one", "other"))
    assert set(charts) == {"per_class", "sweep", "retrieval", "roc", "comparison"}
    first, second, chance = charts["per_class"].series
    assert [first.name, second.name] == ["one", "other"]
    assert (
        first.means == second.means == tuple(s.mean for s in report.evaluation.per_class.values())
    )
    assert chance.means == (1 / 3, 1 / 3)
    (curve,) = report.sweeps.values()
    assert charts["sweep"].series[0].where == tuple(range(2, 10))
    assert charts["sweep"].series[0].highs == tuple(share.high for share in curve.values())
    roc = charts["roc"].series
    assert report.verification is not None
    rate = report.verification.roc.equal_error[0]
    assert (roc[1].where, roc[1].means) == ((rate,), (1 - rate,))
    assert "which holds 0" in charts["comparison"].words
    table = comparison_table(report, ("one", "other"))
    assert [row[0] for row in table] == ["model", "one", "other", "difference"]
    assert table[3][1] == 0


def test_what_was_not_measured_has_no_tab(
    qtbot: QtBot, tiny_checkpoint: Path, tone_corpus: Path, measured: Measured
) -> None:
    results = EvaluateResults()
    qtbot.addWidget(results)
    results.show_measured(measured)
    assert all(results.tabs.isTabVisible(place) for place in range(6))
    plan = EvaluationPlan(tiny_checkpoint, EvaluationParameters.parse({"runs": 2}))
    results.show_measured(measure(plan, read_corpus(tone_corpus), ignore, never))
    assert [results.tabs.isTabVisible(place) for place in range(6)] == [True, True, *[False] * 4]


def test_line_ups_of_something_silent_are_refused(measured: Measured) -> None:
    @dataclass(frozen=True)
    class Leaf(LabelledFile):
        def read(self) -> object:
            return None

    leaves = Corpus("leaves", (Leaf(Path("a"), "a", "a"), Leaf(Path("b"), "b", "b")))
    silent = Measured(measured.plan, leaves, measured.report, {}, "")
    with pytest.raises(CorpusError, match="leaves holds no sounds; only line-ups of sounds"):
        silent.lineup(Episode(0, SupportSet((1,), ("b",)), "b"))


def test_a_chart_follows_the_theme_and_names_its_places(qtbot: QtBot) -> None:
    view = ChartView()
    qtbot.addWidget(view)
    view.resize(500, 300)
    bars = Series("one <b>", "bars", (0.0, 1.0), (0.5, 0.75), (0.4, 0.6), (0.6, 0.9))
    dots = Series("chance", "dotted", (-0.5, 1.5), (0.5, 0.5), colour="muted")
    names = ("short", "a name that is much too long for an axis")
    view.show_chart(Chart("Words.", "", "accuracy", (bars, dots), (-0.5, 1.5), names=names))
    with qtbot.waitExposed(view):
        view.show()
    assert view.plot.accessibleDescription() == "Words."
    assert "one &lt;b&gt;" in view.key.text()
    axis = view.plot.getAxis("left")
    ((_, places),) = axis.tickValues(1.5, -0.5, 200)
    assert axis.tickStrings(places, 1, 1) == ["short", "a name tha…or an axis"]
    assert axis.tickValues(1.5, -0.5, 20)[0][1] == [0.0], "of names, those for which there is room"
    assert view.plot.getAxis("bottom").tickStrings([0.0, 0.5], 1, 0.5) == ["0 %", "50 %"]
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    seen = set()
    for mode in ("dark", "light"):
        theme.apply(application, mode)
        qtbot.waitUntil(lambda: theme.colours().muted in view.key.text())
        seen.add(view.plot.backgroundBrush().color().name())
    assert seen == {theme.LIGHT.surface, theme.DARK.surface}


@pytest.mark.parametrize("size", [9, 11, 13])
def test_a_name_is_whole_where_there_is_room(qtbot: QtBot, size: int) -> None:
    table = NamedTable("Values")
    qtbot.addWidget(table)
    font = table.font()
    font.setPointSize(size)
    table.setFont(font)
    table.resize(420, 200)
    names = ["clock_tick", "helicopter", "rain", "Wi" * 8]
    table.show_rows([["class", "accuracy"], *([name, Share(0.5)] for name in names)])
    table.show()
    delegate = table.itemDelegateForColumn(0)
    for row, name in enumerate(names):
        index, option = table.model().index(row, 0), QStyleOptionViewItem()
        table.initViewItemOption(option)
        option.rect = table.visualRect(index)
        delegate.initStyleOption(option, index)
        assert option.text == name
    table.setColumnWidth(0, 60)
    option.rect = QRect(0, 0, 60, 24)
    delegate.initStyleOption(option, index)
    assert "…" in option.text


def test_what_was_measured_is_told_with_the_accuracy(qtbot: QtBot, measured: Measured) -> None:
    results = EvaluateResults()
    qtbot.addWidget(results)
    part, name = replace(measured.plan, split="test"), measured.corpus.name
    chosen = replace(measured.plan, classes=measured.corpus.classes[:2])
    for plan, words in (
        (measured.plan, f"3-way 1-shot on all 9 classes of {name}, "),
        (part, f"on the 9 classes of {name} that the model's recipe holds out for the test, "),
        (chosen, f"on 9 classes of {name} that were chosen, "),
    ):
        results.show_measured(replace(measured, plan=plan))
        assert words in results.about.text()


def test_many_places_are_scrolled_through_and_told_apart(qtbot: QtBot) -> None:
    view, table = ChartView(), NamedTable("Values")
    names = tuple(f"class-number-{i:03d}-with-a-long-name-that-goes-on" for i in range(300))
    ends, shares = (-0.5, 299.5), tuple(i / 300 for i in range(300))
    bars = Series("one", "bars", tuple(map(float, range(300))), shares, shares, shares)
    chart = Chart("Words.", "", "accuracy", (bars,), ends, names=names)
    view.show_chart(chart)
    table.show_rows(
        [("class", "accuracy", "low", "high"), *((n, *(Share(0.5),) * 3) for n in names)]
    )
    for widget in (view, table):
        qtbot.addWidget(widget)
        widget.resize(400, 400)
        with qtbot.waitExposed(widget):
            widget.show()
    qtbot.waitUntil(view.further.isVisible)
    box, axis = view.plot.getViewBox(), view.plot.getAxis("left")
    first, last = box.viewRange()[1]
    assert first == -0.5
    assert box.height() / (last - first) >= 20, "each of them is readable"
    said = axis.tickStrings([float(i) for i in range(300)], 1, 1)
    assert len(set(said)) == 300
    view.further.setValue(view.further.maximum())
    assert box.viewRange()[1][1] == 299.5
    view.show_chart(replace(chart, extent=(-0.5, 4.5), names=names[:5]))
    qtbot.waitUntil(view.further.isHidden)
    assert box.viewRange()[1] == [-0.5, 4.5]
    assert table.horizontalHeader().length() <= table.viewport().width(), "no value is off screen"
    assert table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == names[0]


def test_titles_of_the_matrix_lose_what_they_have_in_common(qtbot: QtBot) -> None:
    names = tuple(f"class-number-{i}-with-a-long-name-that-goes-on-and-on" for i in range(3))
    matrix = MatrixTable("Confusion", "")
    qtbot.addWidget(matrix)
    matrix.show_counts(Counts(names, names, np.eye(3, dtype=int), 1, axes=("True", "Predicted")))
    matrix.resize(500, 400)
    with qtbot.waitExposed(matrix):
        matrix.show()
    for header in (matrix.verticalHeader(), matrix.horizontalHeader()):
        assert len(set(header.titles)) == 3
        assert all(header.fontMetrics().horizontalAdvance(t) <= 180 for t in header.titles)
        pictures = []
        for place in range(3):
            x, y = header.sectionViewportPosition(place), header.sectionSize(place)
            lies = header is matrix.horizontalHeader()
            rect = (x, 20, y, header.height()) if lies else (20, x, header.width(), y)
            pictures.append(header.viewport().grab(QRect(*rect)).toImage())
        assert pictures[0] != pictures[1]
        assert pictures[1] != pictures[2]
    assert names[2] in matrix.text(), "what is copied is whole"


def test_counts_are_numbered_whole_and_intervals_are_bands(qtbot: QtBot) -> None:
    view = ChartView()
    qtbot.addWidget(view)
    curve = Series("part", "line", (2.0, 3.0, 4.0), (0.9, 0.8, 0.7), (0.8, 0.7, 0.6), (1, 0.9, 0.8))
    view.show_chart(Chart("Words.", "C", "accuracy", (curve,), (1.8, 4.2)))
    assert not view.plot.getPlotItem().items, "nobody sees it yet"
    view.show()
    axis = view.plot.getAxis("bottom")
    ((_, places),) = axis.tickValues(1.8, 4.2, 400)
    assert axis.tickStrings(places, 1, 1) == ["2", "3", "4"]
    assert view.key.text() == "", "a single curve needs no key"
    kinds = [type(item).__name__ for item in view.plot.getPlotItem().items]
    assert kinds.count("FillBetweenItem") == 1


def test_values_are_copied_as_text(qtbot: QtBot) -> None:
    table = ValueTable("Values")
    qtbot.addWidget(table)
    table.show_rows([["class", "true_accepts"], ["a", 0.12345], ["b", 7]])
    with qtbot.waitExposed(table):
        table.show()
    table.setFocus()
    table.clearSelection()
    table.copy()
    assert QApplication.clipboard().text() == "class\ttrue accepts\na\t0.123\nb\t7"
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "class\ttrue accepts\nb\t7"


def test_the_matrix_is_darker_the_more_it_counts_and_walked_by_keys(qtbot: QtBot) -> None:
    matrix = MatrixTable("Confusion", "Click a cell")
    qtbot.addWidget(matrix)
    matrix.show_counts(COUNTS)
    matrix.resize(400, 300)
    with qtbot.waitExposed(matrix):
        matrix.show()
    model = matrix.model()
    shades = [
        QColor(model.index(0, column).data(Qt.ItemDataRole.BackgroundRole)).lightness()
        for column in range(3)
    ]
    light = theme.colours() is theme.LIGHT
    assert shades == sorted(shades, reverse=not light)
    spoken = model.index(1, 2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "b taken for tie: 2 of 5"
    assert matrix.text() == "\ta\tb\ttie\na\t4\t1\t0\nb\t0\t3\t2"
    chosen: list[tuple[int, int]] = []
    matrix.chosen.connect(lambda row, column: chosen.append((row, column)))
    qtbot.mouseClick(
        matrix.viewport(), LEFT, pos=QPoint(matrix.visualRect(model.index(0, 1)).center())
    )
    qtbot.keyClick(matrix, Qt.Key.Key_Down)
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert chosen == [(0, 1), (1, 1), (1, 2)]
    assert matrix.text().startswith("\ta\tb"), "a chosen cell is not a selection to copy"


def test_the_matrix_names_what_rows_and_columns_are(qtbot: QtBot) -> None:
    bare, named = MatrixTable("Bare", ""), MatrixTable("Named", "")
    bare.show_counts(COUNTS)
    named.show_counts(replace(COUNTS, axes=("True class", "Predicted class")))
    for matrix in (bare, named):
        qtbot.addWidget(matrix)
        matrix.resize(400, 300)
        with qtbot.waitExposed(matrix):
            matrix.show()
    strip = named.fontMetrics().height()
    for before, header in (
        (bare.verticalHeader().width(), named.verticalHeader()),
        (bare.horizontalHeader().height(), named.horizontalHeader()),
    ):
        lies = header is named.horizontalHeader()
        assert (header.height() if lies else header.width()) >= before + strip
        picture = header.viewport().grab().toImage()
        size = header.length(), strip
        edge = picture.copy(0, 0, *(size if lies else size[::-1]))
        inks = {
            edge.pixelColor(x, y).name() for x in range(edge.width()) for y in range(edge.height())
        }
        assert theme.colours().muted in inks, "its name is written along its edge"


def test_classes_are_found_and_ticked(qtbot: QtBot) -> None:
    picker = ClassPicker()
    qtbot.addWidget(picker)
    picker.show()
    picker.set_classes(["dog", "cat", "catfish"])
    assert not picker.list.isVisible()
    assert not picker.list.count(), "thousands take their time, which nobody has asked for"
    picker.kind.setCurrentIndex(2)
    assert (picker.split, picker.classes) == ("validation", ())
    picker.kind.setCurrentIndex(3)
    qtbot.keyClicks(picker.search, "CAT")
    assert [picker.list.item(row).isHidden() for row in range(3)] == [True, False, False]
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert picker.list.currentItem().text() == "cat"
    picker.list.item(2).setCheckState(Qt.CheckState.Checked)
    assert (picker.split, picker.classes) == ("", ("catfish",))
    picker.search.setText("zebra")
    assert picker.empty.isVisible()
    assert picker.empty.text() == "No class is named like “zebra”."
    assert not picker.list.isVisible()
    picker.search.clear()
    assert picker.list.isVisible()
    assert not picker.empty.isVisible()
    picker.set_classes(["catfish", "dog"])
    assert picker.classes == ("catfish",), "what was ticked stays so"


def test_corpora_are_listed_once_and_joined(
    qtbot: QtBot, window: MainWindow, tone_corpus: Path, tmp_path: Path, monkeypatch
) -> None:
    picker = CorpusPicker(window.session)
    qtbot.addWidget(picker)
    titles = [picker.list.item(row).text() for row in range(picker.list.count())]
    assert titles == [f"{tone_corpus.name} (open now)"], "the recent folder is what is open"
    assert picker.sources == [window.session.corpus]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a: str(tmp_path))
    qtbot.mouseClick(picker.add, LEFT)
    assert picker.sources == [tmp_path]
    picker.list.item(0).setCheckState(Qt.CheckState.Checked)
    assert picker.sources == [window.session.corpus, tmp_path]
    window.session.corpora.open(BUNDLED)
    settle(qtbot, window)
    assert picker.sources == [window.session.corpus, tmp_path], "the open one, whichever it is"
    picker.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    shutil.copytree(tone_corpus, tmp_path / "more")
    window.session.corpora.add(tmp_path / "more")
    settle(qtbot, window)
    assert picker.sources == [tmp_path], "what is not ticked stays so"


def test_a_model_is_picked_without_the_line_up_hearing_of_it(
    qtbot: QtBot, window: MainWindow, tiny_checkpoint: Path, tmp_path: Path, monkeypatch
) -> None:
    picker, rival = ModelPicker(window.session), ModelPicker(window.session, "Nothing")
    for widget in (picker, rival):
        qtbot.addWidget(widget)
    assert (picker.path, picker.currentText()) == (tiny_checkpoint, "tiny")
    assert (rival.path, rival.currentText()) == (None, "Nothing")
    assert picker.findText("Environment: which sound") >= 0
    other = tmp_path / "other.safetensors"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(other), ""))
    for widget in (picker, rival):
        with qtbot.waitSignal(widget.changed):
            widget.activated.emit(widget.findText("Open…"))
        assert (widget.path, widget.currentText()) == (other, "other")
    rival.activated.emit(0)
    assert rival.path is None
    assert window.session.model is not None
    assert window.session.model.path == tiny_checkpoint
    window.session.set_model(bundled_model())
    settle(qtbot, window)
    assert picker.path == other, "a choice stays when another model listens"


def test_a_page_is_built_once_and_late(qtbot: QtBot) -> None:
    built: list[QLabel] = []

    def build() -> QLabel:
        built.append(QLabel("page"))
        return built[-1]

    holder = LazyPage(build)
    qtbot.addWidget(holder)
    assert (built, holder.is_built) == ([], False)
    with qtbot.waitExposed(holder):
        holder.show()
    assert holder.page.isVisible()
    holder.hide()
    holder.show()
    assert built == [holder.page]
