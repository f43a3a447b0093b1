"""An episode in one file: saved from the window, and opened on a machine without its corpus."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.clip_mime import DroppedClip, clip_mime
from app.widgets.stroke import Stroke
from siamese_core.card import Card
from siamese_core.checkpoint import build, save_checkpoint
from siamese_core.recipes import Recipe
from tests.app.conftest import drop, settle

SPAN = Stroke("span", ((0.05, 0.0), (0.15, 0.0)))
Another = Callable[[str], MainWindow]


@pytest.fixture
def explained(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with two pairs explained, the second by hand and by other parameters."""
    session, panel = window.session, window.explain.method
    panel.method.setCurrentIndex(panel.method.findData("saliency"))
    session.select(0)
    panel.explain()
    settle(qtbot, window)
    session.select(2)
    panel.method.setCurrentIndex(panel.method.findData("occlusion"))
    panel.side.setCurrentIndex(1)
    panel.explain()
    settle(qtbot, window)
    window.pair.edit(SPAN)
    settle(qtbot, window)
    session.move_window(session.lineup.support[1], 0.02)  # of a pair that is not on screen
    settle(qtbot, window)
    return window


@pytest.fixture
def path(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The file that the window saved."""
    path = tmp_path / "elsewhere" / "one.earwitness"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    explained.save_episode()
    settle(qtbot, explained)
    assert str(path) in explained.explain.export_notice.text
    return path


def other_model(folder: Path, recipe: Recipe, name: str = "other.safetensors") -> Path:
    torch.manual_seed(7)
    save_checkpoint(folder / name, build(recipe), Card(recipe, ("x",), {}, step=40))
    return folder / name


def logits(window: MainWindow) -> list[float]:
    assert window.session.heard is not None
    assert window.session.heard.scored is not None
    return [score.logit for score in window.session.heard.scored.scores]


def hear(qtbot: QtBot, window: MainWindow, model: Path, episode: Path) -> None:
    window.session.set_model(model)
    settle(qtbot, window)
    window.show_episode(episode)
    settle(qtbot, window)


def test_another_machine_without_the_corpus_shows_the_same(
    qtbot: QtBot, explained: MainWindow, path: Path, another_window: Another, tiny_checkpoint: Path
) -> None:
    other = another_window("other")
    hear(qtbot, other, tiny_checkpoint, path)
    ours, theirs = explained.session, other.session
    assert theirs.corpus is None
    assert [clip.label for clip in theirs.lineup.clips] == [c.label for c in ours.lineup.clips]
    assert [c.path.name for c in theirs.lineup.clips] == [c.path.name for c in ours.lineup.clips]
    assert theirs.lineup.truth == ours.lineup.truth
    np.testing.assert_allclose(logits(other), logits(explained), atol=1e-5)
    assert theirs.selected == 2
    panel, asked = other.explain.method, explained.pair.asked
    assert (panel.method.currentData(), panel.side.currentData()) == ("occlusion", "query")
    assert asked is not None
    assert panel.request().parameters == asked.parameters
    assert other.pair.mask is not None
    assert explained.pair.mask is not None
    np.testing.assert_array_equal(other.pair.mask.values, explained.pair.mask.values)
    assert set(other.pair.sounds) >= {"original", "kept", "removed", "log-mel"}
    assert not any("saved with the model" in notice for notice in other.session.heard.notices)
    other.pair.edited.undo()  # what was drawn can be taken back there too
    settle(qtbot, other)
    assert not np.array_equal(other.pair.mask.values, explained.pair.mask.values)
    theirs.select(0)
    settle(qtbot, other)
    assert other.pair.explanation is not None
    assert panel.method.currentData() == other.pair.explanation.method == "saliency"


def test_locks_and_all_maps_of_a_pair_come_along(
    qtbot: QtBot,
    explained: MainWindow,
    another_window: Another,
    tiny_checkpoint: Path,
    tmp_path: Path,
) -> None:
    panel, session, path = explained.explain.method, explained.session, tmp_path / "two.earwitness"
    before = explained.pair.explanation
    panel.method.setCurrentIndex(panel.method.findData("saliency"))
    panel.explain()
    settle(qtbot, explained)
    for place in (0, 2):
        session.lock(place)
    explained.exports.save_episode(path)
    settle(qtbot, explained)
    other = another_window("other")
    hear(qtbot, other, tiny_checkpoint, path)
    lineup = other.session.lineup
    assert lineup.locked == {lineup.query, lineup.support[1]}
    assert other.lineup.query._locked
    assert other.pair.explanation is not None
    assert other.pair.explanation.method == "saliency", "the one that was on screen"
    theirs = other.explain.method
    theirs.method.setCurrentIndex(theirs.method.findData("occlusion"))
    theirs.explain()  # what is known is shown at once
    assert before is not None
    assert other.pair.explanation.method == "occlusion"
    values = other.pair.explanation.attribution.values
    np.testing.assert_array_equal(values, before.attribution.values)
    assert len(other.pair.known) == 2
    other.session.select(0)
    settle(qtbot, other)
    assert len(other.pair.known) == 1


def test_a_map_comes_back_with_its_pair(qtbot: QtBot, explained: MainWindow) -> None:
    pair, session = explained.pair, explained.session
    shown, mask = pair.explanation, pair.mask
    session.select(1)
    settle(qtbot, explained)
    assert pair.explanation is None
    session.select(2)
    settle(qtbot, explained)
    assert pair.explanation is shown
    assert pair.mask is mask
    assert pair.edited.can_undo
    assert len(pair.sounds) == 4
    session.move_window(session.lineup.support[2], 0.01)
    settle(qtbot, explained)
    assert pair.explanation is None


def test_its_clips_outlive_the_file_and_can_be_moved(
    qtbot: QtBot, path: Path, another_window: Another, tiny_checkpoint: Path, tone_corpus: Path
) -> None:
    window = another_window("other")
    hear(qtbot, window, tiny_checkpoint, path)
    session, opened = window.session, window.session.lineup
    path.unlink()
    session.open_corpus(tone_corpus)
    settle(qtbot, window)
    session.draw(3, 1, seed=4)
    settle(qtbot, window)
    session.back()
    settle(qtbot, window)
    assert session.lineup == opened
    assert window.pair.explanation is not None
    carried = opened.support[0]
    assert drop(window.lineup.query, clip_mime([DroppedClip(carried.path, carried.label)]))
    settle(qtbot, window)
    assert session.lineup.query == carried
    assert window.lineup.error.text == ""
    session.audition(opened.support[1])
    settle(qtbot, window)
    assert session.player.is_playing(opened.support[1])
    session.player.output.stop()
    again = path.with_name("again.earwitness")
    window.exports.save_episode(again)
    settle(qtbot, window)
    assert again.is_file()


def test_another_model_is_named_and_its_map_still_shown(
    qtbot: QtBot, path: Path, another_window: Another, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    window = another_window("other")
    hear(qtbot, window, other_model(tmp_path, tiny_recipe), path)
    words = window.lineup.notice.text
    assert "saved with the model 'tiny.safetensors', which predicted" in words
    assert "those of 'other.safetensors', and the map is still of the former" in words
    assert window.pair.explanation is not None
    assert window.pair.shown_episode is not None
    assert window.pair.shown_episode.maps == ()  # it would be saved under the other's name
    window.explain.method.explain()
    settle(qtbot, window)
    assert len(window.pair.shown_episode.maps) == 1


def test_another_model_of_the_same_name_is_told_by_its_scores(
    qtbot: QtBot, path: Path, another_window: Another, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    window = another_window("other")
    hear(qtbot, window, other_model(tmp_path / "run", tiny_recipe, "tiny.safetensors"), path)
    assert "those of another one of that name" in window.lineup.notice.text

    window.session.remove(len(window.session.lineup.support))
    settle(qtbot, window)
    assert window.session.heard is not None, "a line-up of another size has other scores"
    assert "another one of that name" not in window.lineup.notice.text


def test_a_model_that_hears_in_another_way_does_not_show_the_map(
    qtbot: QtBot,
    path: Path,
    another_window: Another,
    tiny_recipe: Recipe,
    tiny_checkpoint: Path,
    tmp_path: Path,
) -> None:
    wider = tiny_recipe.override(["input.n_mels=24"])
    window = another_window("other")
    hear(qtbot, window, other_model(tmp_path, wider), path)
    assert "open the former to see its map" in window.lineup.notice.text
    assert window.pair.explanation is None
    assert len(logits(window)) == 3
    window.session.set_model(tiny_checkpoint)
    settle(qtbot, window)
    assert "saved with the model" not in window.lineup.notice.text
    assert window.pair.explanation is not None


def bomb(path: Path, _good: bytes) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("episode.json", b" " * (64 << 20))


def path_out(path: Path, good: bytes) -> None:
    path.write_bytes(good)
    with ZipFile(path, "a") as archive:
        archive.writestr("../../out.txt", b"out")


def files(folder: Path, own: Path) -> set[Path]:
    """All files but those that the window keeps of its own."""
    return {path for path in folder.rglob("*") if path != own and own not in path.parents}


HOSTILE: dict[str, Callable[[Path, bytes], object]] = {
    "empty": lambda path, _good: path.write_bytes(b""),
    "a sound": lambda path, _good: path.write_bytes(b"RIFF\0\0\0\0WAVE"),
    "half": lambda path, good: path.write_bytes(good[: len(good) // 2]),
    "flipped": lambda path, good: path.write_bytes(good.replace(b"fLaC", b"fLbC")),
    "bomb": bomb,
    "outward": path_out,
    "gone": lambda path, _good: path.unlink(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_not_an_episode_is_a_sentence_and_the_line_up_stays(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, kind: str
) -> None:
    path, lineup = tmp_path / "one.earwitness", window.session.lineup
    window.exports.save_episode(path)
    settle(qtbot, window)
    HOSTILE[kind](path, path.read_bytes())
    there = files(tmp_path, window.settings.folder)
    with qtbot.assertNotEmitted(window.session.unexpected):
        assert drop(window, [path]) or kind == "gone"
        if kind == "gone":
            window.session.open_episode(path)
        settle(qtbot, window)
    assert str(path) in window.lineup.error.text
    assert window.session.lineup is lineup
    assert logits(window)
    assert files(tmp_path, window.settings.folder) == there


def test_it_opens_by_dialog_by_the_recent_menu_and_where_it_is_dropped(
    qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session

    def leave() -> None:
        session.draw(3, 1, seed=9)
        settle(qtbot, window)
        assert session.lineup.query is not None
        assert path not in session.lineup.query.path.parents
        window.pages.setCurrentWidget(window.train)

    def arrived() -> bool:
        settle(qtbot, window)
        assert session.lineup.query is not None
        return path in session.lineup.query.path.parents

    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    leave()
    window.open_episode()
    assert arrived()
    assert window.pages.currentWidget() is window.splitter
    leave()
    window.menus.recent.fill()
    entry = next(a for a in window.menus.recent.actions() if a.data() == str(path))
    entry.trigger()
    assert arrived()
    for target in (window, window.lineup.query, window.library):
        leave()
        assert drop(target, [path])
        assert arrived()


def test_what_is_not_whole_is_not_saved(
    qtbot: QtBot,
    bare_window: MainWindow,
    tmp_path: Path,
    tone_corpus: Path,
    tiny_checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "one.earwitness"
    session, notice = bare_window.session, bare_window.lineup.error
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("asked where to"))
    bare_window.save_episode()
    assert "needs a query and a support set" in notice.text
    session.open_corpus(tone_corpus)
    settle(qtbot, bare_window)
    session.draw(2, 1, seed=1)
    settle(qtbot, bare_window)
    bare_window.save_episode()
    assert "network is not ready yet" in notice.text
    session.set_model(tiny_checkpoint)
    settle(qtbot, bare_window)
    session.remove(0)
    bare_window.exports.save_episode(path)
    settle(qtbot, bare_window)
    assert "needs a query and a support set" in notice.text
    assert not path.exists()


@pytest.mark.parametrize("start", [0.05, None], ids=["placed", "as it falls"])
def test_opened_again_its_windows_are_where_they_were(
    qtbot: QtBot, explained: MainWindow, tmp_path: Path, start: float | None
) -> None:
    session, pair = explained.session, explained.pair
    query = session.lineup.query
    assert query is not None
    if start is not None:
        session.move_window(query, start)
        settle(qtbot, explained)
    path = tmp_path / "placed.earwitness"
    explained.exports.save_episode(path)
    settle(qtbot, explained)
    explained.show_episode(path)
    settle(qtbot, explained)
    query = session.lineup.query
    assert query is not None
    assert session.heard is not None
    before = session.heard.maps[query].start
    session.move_window(query, 0.02)
    settle(qtbot, explained)
    explained.show_episode(path)
    settle(qtbot, explained)
    assert session.starts.get(query) == start
    assert session.heard.maps[query].start == before
    assert (pair.explanation is not None) == (start is None), "only then a map was made of it"
