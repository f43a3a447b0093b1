"""Evaluations: what is asked of the worker, joined corpora, stale answers, closing, odd wishes."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.evaluations import (
    Evaluations,
    Measured,
    about,
    count_through,
    measure,
    obstacle,
    open_all,
)
from app.main_window import MainWindow
from app.pages.evaluate.behind_cells import BehindCells
from app.pages.evaluate.evaluate_form import EvaluateForm
from app.widgets.matrix_table import Counts, MatrixTable
from siamese_core.callbacks import ignore, never
from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.corpora.omniglot import GlyphFile
from siamese_core.corpus import Corpus, read_corpus
from siamese_core.demo import bundled_model
from siamese_core.episodes import Episode, EpisodeSampler, SupportSet, _group
from siamese_core.errors import CorpusError, ParameterError
from siamese_core.evaluation.evaluation_parameters import EvaluationParameters
from siamese_core.report.evaluation_plan import EvaluationPlan
from tests.app.conftest import settle

FEW = EvaluationParameters.parse({"ways": 2, "runs": 2, "seed": 1})


@pytest.fixture
def evaluations(window: MainWindow) -> Evaluations:
    return window.evaluations


@pytest.fixture
def small(tone_corpus: Path, tmp_path: Path) -> Path:
    """A folder with two of the tones only."""
    for label in ("tone1", "tone8"):
        shutil.copytree(tone_corpus / label, tmp_path / "small" / label)
    return tmp_path / "small"


def told(evaluations: Evaluations) -> list[str]:
    """Collect the sentences for the page from now on."""
    sentences: list[str] = []
    evaluations.session.failed.connect(
        lambda where, sentence: sentences.append(sentence) if where == "evaluate" else None
    )
    return sentences


def test_only_the_newest_question_is_answered(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, small: Path, tmp_path: Path
) -> None:
    sentences = told(evaluations)
    evaluations.look([tmp_path / "nowhere"])
    evaluations.look([tmp_path / "nowhere", small])
    evaluations.look([small])
    assert evaluations.corpus is None
    assert evaluations.wanting == "Opening the corpora…"
    settle(qtbot, window)
    assert (sentences, evaluations.wanting) == ([], "")
    assert evaluations.corpus is not None
    assert about(evaluations.corpus) == "small: 2 classes, 16 files"
    evaluations.look([])
    assert evaluations.corpus is None
    assert evaluations.wanting == "Choose a corpus, or add a folder."


def test_a_cancelled_look_says_what_to_do(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, small: Path
) -> None:
    evaluations.look([small])
    window.session.background.cancel_all()
    settle(qtbot, window)
    assert evaluations.corpus is None
    assert "was cancelled; choose again" in evaluations.wanting


def test_joined_corpora_keep_their_classes_apart_and_their_line_ups_open(
    qtbot: QtBot,
    window: MainWindow,
    evaluations: Evaluations,
    small: Path,
    tone_corpus: Path,
    tiny_checkpoint: Path,
) -> None:
    is_open = window.session.corpus
    assert isinstance(is_open, Corpus)
    joined = open_all([is_open, small])
    assert len(joined.classes) == 11
    assert "small/tone1" in joined.classes
    assert joined.labels == open_all([tone_corpus, small]).labels, "as two folders are joined"
    evaluations.look([is_open, small])
    settle(qtbot, window)
    evaluations.measure(EvaluationPlan(tiny_checkpoint, FEW, device="cpu"))
    assert evaluations.measuring
    first = evaluations._measuring
    evaluations.measure(EvaluationPlan(tiny_checkpoint, FEW, device="cpu"))
    assert evaluations._measuring is first, "one evaluation at a time"
    settle(qtbot, window)
    assert evaluations.measured is not None
    episodes = evaluations.measured.report.evaluation.episodes
    episode = next(e for e in episodes if e.truth == "small/tone1")
    evaluations.open(episode)
    settle(qtbot, window)
    lineup = window.session.lineup
    assert lineup.truth == "small/tone1"
    assert lineup.query is not None
    assert lineup.query.path.is_relative_to(small)
    assert window.session.heard is not None


def test_nothing_is_exported_or_opened_before_something_was_measured(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, tmp_path: Path
) -> None:
    before = window.session.lineup
    evaluations.cancel()
    evaluations.export(tmp_path / "out")
    evaluations.open(Episode(0, SupportSet((1, 2), ("tone0", "tone1")), "tone0"))
    evaluations.measure(EvaluationPlan(bundled_model(), FEW))
    assert not evaluations.measuring, "no corpus was looked at"
    settle(qtbot, window)
    assert window.session.lineup is before
    assert not (tmp_path / "out").exists()


def test_a_network_of_glyphs_is_refused_for_sounds_in_one_sentence(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, small: Path
) -> None:
    sentences = told(evaluations)
    evaluations.look([small])
    settle(qtbot, window)
    evaluations.measure(EvaluationPlan(bundled_model("omniglot"), FEW, device="cpu"))
    settle(qtbot, window)
    (sentence,) = sentences
    assert "unexpected" not in sentence
    assert evaluations.measured is None


def test_the_window_closes_while_it_measures(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, tiny_checkpoint: Path
) -> None:
    window.pages.setCurrentWidget(window.evaluate)
    settle(qtbot, window)
    many = EvaluationParameters.parse({"ways": 2, "runs": 200_000})
    with qtbot.waitSignal(evaluations.progressed):
        evaluations.measure(EvaluationPlan(tiny_checkpoint, many, device="cpu"))
    window.close()
    assert not window.isVisible()
    assert evaluations.measured is None


def test_the_form_proposes_line_ups_that_the_corpus_allows(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, small: Path, tone_corpus: Path
) -> None:
    form = EvaluateForm(evaluations)
    qtbot.addWidget(form)
    settle(qtbot, window)

    def ways() -> int | None:
        plan = form.plan()
        assert plan is not None
        return plan.parameters.ways

    assert ways() == 5
    form.corpora.choose([small])
    settle(qtbot, window)
    assert ways() == 2
    form.corpora.choose([tone_corpus])
    settle(qtbot, window)
    assert ways() == 5
    form.form.set_model(EvaluationParameters, EvaluationParameters.parse({"ways": 7}))
    form.corpora.choose([small])
    settle(qtbot, window)
    assert ways() == 7, "what the person chose stays"
    form.form._editors["ways"].set("x")
    form.form.changed.emit()
    assert form.plan() is None
    assert form.reason.text() == "Mend the marked field."
    assert not form.button.isEnabled()


def test_a_change_in_the_form_goes_through_no_clips(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = EvaluateForm(evaluations)
    qtbot.addWidget(form)
    settle(qtbot, window)
    grouped: list[int] = []
    monkeypatch.setattr(
        "siamese_core.episodes._group",
        lambda labels, sources: grouped.append(len(labels)) or _group(labels, sources),
    )
    form.form.set_model(EvaluationParameters, EvaluationParameters.parse({"ways": 12}))
    form.form.changed.emit()
    assert form.reason.text() == "Mend the marked field."
    kind = form.classes.kind
    kind.setCurrentIndex(kind.findData("chosen"))
    for row in range(3):
        form.classes.list.item(row).setCheckState(Qt.CheckState.Checked)
    form.button.click()
    assert not grouped
    evaluations.look(form.corpora.sources)
    settle(qtbot, window)
    assert len(grouped) == 1, "once where corpora are opened"


@given(
    recordings=st.dictionaries(
        st.sampled_from("abcdef"), st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1
    ),
    chosen=st.sets(st.sampled_from("abcdef")),
    ways=st.none() | st.integers(2, 7),
    shots=st.integers(1, 5),
)
def test_what_cannot_be_drawn_is_refused_by_counts_in_the_sampler_s_words(
    recordings: dict[str, list[int]], chosen: set[str], ways: int | None, shots: int
) -> None:
    clips = tuple(
        ClipFile(Path(f"{label}/{place}.wav"), label, f"recording {number}")
        for label, numbers in reversed(recordings.items())
        for place, number in enumerate(numbers)
    )
    counted = count_through(Corpus("small", clips))
    classes = sorted(chosen & recordings.keys())
    asked = EvaluationParameters.parse({"ways": ways, "shots": shots})
    part, expected = counted[0].select(classes or recordings), ("", "")
    try:
        EpisodeSampler(part.labels, ways, shots, part.sources)
    except ParameterError as error:
        is_scarce = (ways or 2) <= len(part.classes)
        expected = ("shots" if is_scarce else "ways", str(error))
    assert obstacle(*counted, classes, asked) == expected


def test_one_shot_of_glyphs_is_enough_but_within_an_alphabet_it_is_all() -> None:
    folder = Path("images_background.zip/images_background")
    glyphs = [
        GlyphFile(folder / alphabet / f"character0{n}" / f"0{n}_0{who}.png", f"{alphabet}/{n}", who)
        for alphabet in ("Greek", "Korean")
        for n in (1, 2, 3)
        for who in "12"
    ]
    counted = count_through(Corpus("omniglot", tuple(glyphs)))

    def refused(within: bool, classes: Sequence[str] = (), **values: int) -> tuple[str, str]:
        asked = EvaluationParameters.parse({**values, "within_alphabet": within})
        return obstacle(*counted, classes, asked)

    assert refused(False, shots=5, ways=6) == ("", "")
    assert refused(False, ways=7)[0] == "ways"
    assert refused(True, ways=3) == ("", "")
    assert refused(True, ways=4)[0] == "ways"
    assert refused(True, shots=2, ways=2)[0] == "shots"
    assert refused(True, ["Greek/1", "Korean/1"], ways=2)[0] == "ways"


def test_what_is_to_be_written_is_written_though_all_else_is_cancelled(
    qtbot: QtBot, window: MainWindow, evaluations: Evaluations, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    monkeypatch.setattr(
        "app.evaluations.write", lambda _measured, folder, *_: written.append(folder)
    )
    evaluations.measured = Measured.__new__(Measured)
    gate = threading.Event()
    window.session.background.run(
        lambda _e, _s: gate.wait(10), on_done=lambda _none: None, on_error=pytest.fail
    )
    evaluations.export(Path("report"))
    window.session.cancel()
    with qtbot.waitSignal(evaluations.wrote) as told:
        gate.set()
    assert written == [Path("report")]
    assert told.args == ["The evaluation is in report."]


def test_ties_are_a_column_of_their_own_and_return_opens_a_line_up(
    qtbot: QtBot, tone_corpus: Path
) -> None:
    corpus = read_corpus(tone_corpus)
    cells = BehindCells("Confusion")
    qtbot.addWidget(cells)
    episode = Episode(0, SupportSet((1, 9), ("tone0", "tone1")), "tone0")
    cases = np.array([[0, 0, 1], [1, 0, 0]])
    counts = Counts(("tone0", "tone1"), ("tone0", "tone1", "tie"), cases, 1)
    found = {(0, 2): [episode]}
    cells.show_counts(counts, corpus, lambda row, column: found.get((row, column), []))
    with qtbot.waitExposed(cells):
        cells.show()
    cells.matrix.setCurrentIndex(cells.matrix.model().index(0, 0))
    assert cells.title.text() == "tone0, tone0: 0 of 1."
    assert cells.list.model().rowCount() == 0
    cells.matrix.setCurrentIndex(cells.matrix.model().index(0, 2))
    assert cells.title.text() == "tone0, tie: 1 of 1. Click a line-up to open it."
    assert cells.list.model().index(0, 0).data() == "take0  beside take1"
    cells.list.setFocus()
    cells.list.setCurrentIndex(cells.list.model().index(0, 0))
    with qtbot.waitSignal(cells.opened) as opened:
        qtbot.keyClick(cells.list, Qt.Key.Key_Return)
    assert opened.args == [episode]
    qtbot.mouseClick(cells.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(50, 200))
    cells.show_counts(counts, corpus, lambda _r, _c: [])
    assert cells.list.model().rowCount() == 0
    assert "Choose a cell" in cells.title.text()


def test_few_classes_take_the_room_and_a_lone_column_stays_low(qtbot: QtBot) -> None:
    matrix = MatrixTable("Confusion", "Click a cell")
    qtbot.addWidget(matrix)
    matrix.resize(500, 400)
    with qtbot.waitExposed(matrix):
        matrix.show()
    names = [f"class {number}" for number in range(3)]
    matrix.show_counts(Counts(names, names, np.eye(3, dtype=int), 1))
    before = matrix.columnWidth(0)
    assert before > 36
    matrix.show_counts(Counts(names[:3], ["line-ups"], np.array([[1], [0], [1]]), 1))
    matrix.resize(900, 700)
    assert matrix.rowHeight(0) == 36, "a lone column stays low"
    assert matrix.columnWidth(0) > before


def test_the_bundled_voices_are_measured(tmp_path: Path) -> None:
    from siamese_core.demo import bundled_corpus

    plan = EvaluationPlan(bundled_model(), FEW, device="cpu")
    measured = measure(plan, bundled_corpus(), ignore, never)
    assert isinstance(measured, Measured)
    assert len(measured.report.evaluation.hits) == 2 * len(bundled_corpus().classes)
    assert measured.words.startswith("2-way 1-shot accuracy")
    episode = measured.report.evaluation.episodes[0]
    assert measured.lineup(episode).truth == episode.truth
    with pytest.raises(CorpusError, match="nowhere"):
        open_all([tmp_path / "nowhere"])
