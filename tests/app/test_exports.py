"""What a person takes away: sound, figures, a page, a folder; nothing is replaced unasked."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.file_dialogs import FileDialogs
from app.widgets.stroke import Stroke
from siamese_core import outputs
from siamese_core.audio import read
from siamese_core.exhibit.exhibit import Exhibit, explain_episode
from siamese_core.exhibit.exhibit_page import write_page
from siamese_core.figures import save_figure
from siamese_core.mask.mask_file import load_mask, save_mask
from tests.app.conftest import PATIENCE_MS, choose_method, settle

SPAN = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the best pair explained."""
    choose_method(window, "saliency")
    qtbot.mouseClick(window.explain.method.button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.pair.explanation is not None
    return window


def save_to(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str = "") -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))


def test_sound_and_figure_are_exported(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained.explain.listening.transport.sound = "removed"
    save_to(monkeypatch, tmp_path / "out.wav")
    explained.explain.sound_button.click()
    settle(qtbot, explained)
    written, removed = read(tmp_path / "out.wav"), explained.pair.sounds["removed"]
    np.testing.assert_array_equal(written.samples, removed.samples)
    assert soundfile.info(tmp_path / "out.wav").subtype == "FLOAT"
    save_to(monkeypatch, tmp_path / "pair", "SVG (*.svg)")
    explained.explain.figure_button.click()
    settle(qtbot, explained)
    assert "<svg" in (tmp_path / "pair.svg").read_text(encoding="utf-8")
    assert "pair.svg" in explained.explain.export_notice.text


def test_an_episode_is_exported_as_the_command_line_does(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_to(monkeypatch, tmp_path / "episode")
    choose_method(window, "saliency")
    press(window, "Folder…")
    settle(qtbot, window)
    assert sorted(p.name for p in (tmp_path / "episode").iterdir()) == sorted(outputs.EXHIBIT)
    about = json.loads((tmp_path / "episode" / "episode.json").read_text(encoding="utf-8"))
    assert about["method"] == "saliency"
    assert [entry["label"] for entry in about["support"]] == [
        clip.label for clip in window.session.lineup.support
    ]


def test_what_is_written_is_told_once_where_it_is_seen(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice, status = explained.explain.export_notice, explained.statusBar().currentMessage
    save_to(monkeypatch, tmp_path / "one.npz")
    explained.export.mask()
    settle(qtbot, explained)
    assert (notice.text, status()) == (f"The mask is in {tmp_path / 'one.npz'}.", "")
    assert notice.property("notice") == "done", "nothing to beware of"
    notice.clear()
    explained.pages.setCurrentWidget(explained.train)
    explained.exports.mask(tmp_path / "two.npz")
    settle(qtbot, explained)
    assert (notice.text, status()) == ("", f"The mask is in {tmp_path / 'two.npz'}.")


def test_an_export_that_cannot_be_written_is_a_sentence(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    save_to(monkeypatch, tmp_path / "file" / "out.wav")
    explained.export.sound()
    settle(qtbot, explained)
    assert "cannot be written" in explained.explain.export_notice.text
    save_to(monkeypatch, tmp_path / "figure.gif")
    explained.export.figure()
    settle(qtbot, explained)
    assert "end it in .png, .svg or .pdf" in explained.explain.export_notice.text


def exhibit(window: MainWindow, **options: object) -> Exhibit:
    """Make what the command line makes of the same line-up."""
    session = window.session
    assert session.model is not None
    assert session.lineup.episode is not None
    episode = session.lineup.episode.map(session.clips.__getitem__)
    name = session.model.path.name
    return explain_episode(
        session.model.net,
        episode,
        method="saliency",
        mask_parameters=window.pair.mask_parameters,
        model=name,
        **options,  # type: ignore[arg-type]
    )


def press(window: MainWindow, title: str) -> None:
    """Choose how to export the line-up."""
    actions = window.explain.lineup_button.menu().actions()
    next(action for action in actions if action.text() == title).trigger()


def test_the_page_is_that_of_the_command_line_with_the_maps_figures(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_method(window, "saliency")
    save_to(monkeypatch, tmp_path / "page", "Pages (*.html)")
    press(window, "Page…")
    settle(qtbot, window)
    ours = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert str(tmp_path / "page.html") in window.explain.export_notice.text
    write_page(exhibit(window), tmp_path / "theirs.html")
    theirs = (tmp_path / "theirs.html").read_text(encoding="utf-8")
    assert "How far the map can be trusted" in ours
    assert ours.count("<audio") == theirs.count("<audio") == 7
    assert sounds(ours) == sounds(theirs)


def sounds(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('src="data:audio')[1:]]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_line_up_is_a_figure_for_a_paper(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
) -> None:
    choose_method(window, "saliency")
    ours, theirs = tmp_path / f"ours{suffix}", tmp_path / f"theirs{suffix}"
    save_to(monkeypatch, ours)
    press(window, "Figure…")
    settle(qtbot, window)
    save_figure(exhibit(window).figure(), theirs)
    if suffix == ".png":
        assert (imread(ours) == imread(theirs)).all(), "but for when they were written"
    assert ours.read_bytes()[:4] == theirs.read_bytes()[:4]
    assert ours.stat().st_size == pytest.approx(theirs.stat().st_size, rel=0.01)


def test_the_mask_that_was_drawn_is_the_one_that_is_taken_away(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained.pair.edit(SPAN)
    settle(qtbot, explained)
    drawn = explained.pair.mask
    assert drawn is not None
    save_to(monkeypatch, tmp_path / "episode")
    press(explained, "Folder…")
    settle(qtbot, explained)
    written = load_mask(tmp_path / "episode" / "explanation.npz")
    np.testing.assert_array_equal(written.values, drawn.values)
    choose_method(explained, "occlusion")  # asked for next, while the map of saliency is shown
    other = folder(qtbot, explained, tmp_path / "other", monkeypatch)
    np.testing.assert_array_equal(other.mask, drawn.values)
    assert other.about["method"] == "saliency"
    assert other.about["mask"] is None
    assert other.about["mask_origin"]["by_hand"]
    assert explained.explain.export_notice.text == f"The line-up is in the folder {other.path}."


class Folder(NamedTuple):
    """What was exported."""

    path: Path
    about: dict[str, Any]
    mask: NDArray[np.float32]


def folder(qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Export the line-up as a folder."""
    save_to(monkeypatch, path)
    press(window, "Folder…")
    settle(qtbot, window)
    about = json.loads((path / "episode.json").read_text(encoding="utf-8"))
    return Folder(path, about, load_mask(path / "explanation.npz").values)


def test_a_mask_of_another_pair_is_said_to_be_left_out_and_the_best_pairs_is_found(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, session = explained.pair, explained.session
    pair.edit(SPAN)
    settle(qtbot, explained)
    assert pair.mask is not None
    drawn, best = pair.mask.values, session.lineup.support[session.selected or 0].label
    elsewhere = (session.selected or 0) - 1
    session.select(elsewhere % len(session.lineup.support))
    explained.explain.method.explain()
    settle(qtbot, explained)
    pair.edited.invert()
    settle(qtbot, explained)
    there = session.lineup.support[session.selected or 0].label
    made = folder(qtbot, explained, tmp_path / "both", monkeypatch)
    np.testing.assert_array_equal(made.mask, drawn)
    words = explained.explain.export_notice.text
    kept = f"it has one mask, that of its best pair, {best}"
    assert words.endswith(f"The mask made on {there} is not in it; {kept}.")
    choose_method(explained, "occlusion")
    explained.explain.method.explain()  # the best pair has no map of this kind
    settle(qtbot, explained)
    made = folder(qtbot, explained, tmp_path / "neither", monkeypatch)
    assert made.about["method"] == "occlusion"
    assert made.about["mask_origin"]["words"].startswith("share")
    how = f"{kept}, by occlusion on the support clip"
    words = explained.explain.export_notice.text
    assert words.endswith(f"The mask made on {best} is not in it; {how}.")


def test_a_mask_from_a_file_is_named_with_the_pair_and_in_the_folder(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, path = explained.pair, tmp_path / "mine.npz"
    assert pair.mask is not None
    save_mask(pair.mask.inverted(), path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    explained.explain.mask_bar.tools.verbs["load"].trigger()
    settle(qtbot, explained)
    assert explained.explain.mask_bar.notice.text == "", "it was made for this clip"
    made = folder(qtbot, explained, tmp_path / "episode", monkeypatch)
    assert made.about["mask"] == made.about["mask_origin"]["file"] == str(path)
    assert made.about["mask_origin"]["words"] == "loaded from mine.npz"
    save_to(monkeypatch, tmp_path / "pair", "SVG (*.svg)")
    explained.explain.figure_button.click()
    settle(qtbot, explained)
    assert "loaded from mine.npz" in (tmp_path / "pair.svg").read_text(encoding="utf-8")


def test_page_and_folder_sound_as_the_controls_say(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = explained.explain
    page.rate.setCurrentIndex(page.rate.findData("clip"))
    page.keep_above.setChecked(True)
    settle(qtbot, explained)
    made = folder(qtbot, explained, tmp_path / "episode", monkeypatch)
    assert made.about["sounds"] == {"rate": "clip", "keep_above": True}
    for name in ("kept", "removed"):
        heard = explained.pair.sounds[name]
        written = read(made.path / f"{name}.wav")
        assert written.rate == heard.rate
        np.testing.assert_allclose(written.samples, heard.samples, atol=1e-6)
    save_to(monkeypatch, tmp_path / "page", "Pages (*.html)")
    press(explained, "Page…")
    settle(qtbot, explained)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "at the clip&#39;s own rate; what lies above the model&#39;s band is kept" in text


def test_a_cancelled_export_leaves_nothing(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_method(window, "sinexc")
    form = window.explain.method.form
    form.set_model(type(form.values()), type(form.values())(alpha=10_000, min_size=1))
    folder = tmp_path / "out"
    folder.mkdir()
    save_to(monkeypatch, folder / "page.html")
    with qtbot.waitSignal(window.session.background.progress, timeout=PATIENCE_MS):
        window.export.page()
    window.session.cancel()
    settle(qtbot, window)
    assert list(folder.iterdir()) == []
    assert window.explain.export_notice.text == ""


@pytest.mark.parametrize("title", ["Page…", "Figure…", "Folder…"])
def test_a_place_that_cannot_be_is_told_before_anything_is_explained(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    title: str,
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "episode.json").write_text("{}")
    path = taken if title == "Folder…" else tmp_path / "line-up.doc"
    save_to(monkeypatch, path)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    explained: list[str] = []
    window.session.background.progress.connect(lambda title, done, _total: explained.append(title))
    press(window, title)
    settle(qtbot, window)
    words = window.explain.export_notice.text
    assert ("holds another episode.json" if title == "Folder…" else "end it in") in words
    assert explained == ["Exporting the line-up"], "it began and ended"


class Asked(list[str]):
    """The questions that came, answered one way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: QMessageBox.StandardButton) -> None:
        super().__init__()

        def question(_parent: object, _title: str, words: str, *_: object) -> object:
            self.append(words)
            return answer

        monkeypatch.setattr(QMessageBox, "question", question)


YES, NO = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No


@pytest.mark.parametrize("answer", [YES, NO])
def test_nothing_is_replaced_unasked(
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: QMessageBox.StandardButton,
) -> None:
    asked, dialogs = Asked(monkeypatch, answer), FileDialogs(window, window.settings)
    agreed = answer == YES
    save_to(monkeypatch, tmp_path / "pair", "SVG (*.svg)")
    assert dialogs.figure("pair") == tmp_path / "pair.svg"
    save_to(monkeypatch, tmp_path / "folder")
    assert dialogs.episode() == tmp_path / "folder"
    assert asked == [], "there is nothing to replace"
    (tmp_path / "pair.svg").write_text("<svg/>")
    (tmp_path / "folder").mkdir()
    assert dialogs.episode() == tmp_path / "folder", "nor in an empty folder"
    assert asked == []
    save_to(monkeypatch, tmp_path / "pair", "SVG (*.svg)")
    assert dialogs.figure("pair") == (tmp_path / "pair.svg" if agreed else None)
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    for ask in (dialogs.episode, dialogs.report):
        save_to(monkeypatch, tmp_path / "folder")
        assert ask() == (tmp_path / "folder" if agreed else None)
    assert "pair.svg exists already" in asked[0]
    assert all("folder is not empty" in words for words in asked[1:])
    assert len(asked) == 3


def test_there_is_nothing_to_export_without_scores(bare_window: MainWindow) -> None:
    assert not bare_window.explain.lineup_button.isEnabled()
    bare_window.export.page()
    bare_window.export.lineup_figure()
    bare_window.export.folder()
    assert not bare_window.session.background.busy
