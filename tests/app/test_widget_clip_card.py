"""A card of the line-up: its states, its signals by mouse, keyboard and drop, and its words."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.clip_card import ClipCard
from app.widgets.clip_mime import MIME, DroppedClip, clip_mime, dropped_clips
from siamese_core.audio import Clip
from siamese_core.melspec import PRESETS
from siamese_core.notices import clip_notices

DB = np.linspace(-80, 0, 64 * 50, dtype=np.float32).reshape(64, 50)


@pytest.fixture
def card(qtbot: QtBot, qapp: QApplication) -> ClipCard:
    theme.apply(qapp, "light")
    card = ClipCard(place=3)
    qtbot.addWidget(card)
    card.show()
    return card


def full(card: ClipCard) -> ClipCard:
    card.set_clip("june-wallack", "fr_deux.flac", DB, 0.64)
    return card


def drop(card: ClipCard, mime: QMimeData) -> bool:
    """Drop ``mime`` on the card; whether the card welcomed it."""
    actions = Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings():  # Qt 6.12 calls the one constructor of 6.7 deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        enter = QDragEnterEvent(QPoint(5, 5), actions, mime, buttons, keys)
    enter.ignore()
    QApplication.sendEvent(card, enter)
    if not enter.isAccepted():
        return False
    assert card.property("dropping")
    QApplication.sendEvent(card, QDropEvent(QPointF(5, 5), actions, mime, buttons, keys))
    assert not card.property("dropping")
    return True


def test_an_empty_card_says_what_to_do(card: ClipCard) -> None:
    assert card._picture.message == "Drop a clip here"
    assert not card._play.isEnabled()
    assert "Drop a clip here" in card.accessibleName()


def test_a_scored_card_tells_all_of_it(card: ClipCard) -> None:
    full(card).set_score(0.98765, 1)
    card.set_marks(predicted=True, outcome="wrong")
    assert card.accessibleName() == (
        "Support clip, june-wallack, fr_deux.flac · 0.64 s, rank 1, similarity 0.988, "
        "predicted, wrong"
    )
    assert card._badge.text() == "1"
    assert card._badge.isVisible()
    assert card._mark.isVisible()
    assert card._play.isEnabled()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.642, "0.64 s"), (89.9, "89.90 s"), (90.0, "1.5 minutes")]
)
def test_a_long_clip_s_length_is_told_as_in_notices(
    card: ClipCard, seconds: float, words: str
) -> None:
    card.set_clip("rain", "long.flac", DB, seconds)
    assert card.accessibleName() == f"Support clip, rain, long.flac · {words}"
    if seconds >= 90:
        mel = PRESETS["voice"]
        clip = Clip(np.ones(round(seconds * mel.rate), np.float32) / 2, mel.rate)
        (told,) = clip_notices(clip, mel)
        assert words in told


@pytest.mark.parametrize(
    "modifier", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier]
)
def test_an_arrow_alone_leaves_the_card(
    qtbot: QtBot, card: ClipCard, modifier: Qt.KeyboardModifier
) -> None:
    left: list[tuple[int, int]] = []
    card.left.connect(lambda *told: left.append(told))
    qtbot.keyClick(card, Qt.Key.Key_Left, modifier)
    alone = modifier == Qt.KeyboardModifier.NoModifier
    assert left == ([(3, Qt.Key.Key_Left)] if alone else [])


def test_a_new_clip_forgets_score_and_marks(card: ClipCard) -> None:
    full(card).set_score(0.5, 2)
    card.set_marks(predicted=True)
    card.set_loading("carlo-flora", "it_due.flac")
    assert card._picture.message == "Reading…"
    assert card._bar.text == "–"
    assert not card._badge.isVisible()
    assert not card._mark.isVisible()
    assert "carlo-flora" in card.accessibleName()


def test_marks_are_words_not_only_colours(card: ClipCard) -> None:
    words = {}
    for outcome in (None, "right", "wrong"):
        card.set_marks(predicted=True, outcome=outcome)
        words[outcome] = card._mark._word.text()
    assert words == {None: "Predicted", "right": "Right", "wrong": "Wrong"}
    card.set_marks(predicted=False, outcome="right")
    assert not card._mark.isVisible()


def test_an_error_is_shown_in_place(card: ClipCard) -> None:
    full(card).set_error("x.wav is empty (0 bytes); give a sound file.")
    assert "x.wav is empty" in card._picture.message
    assert "x.wav is empty" in card._picture.toolTip()
    assert "june-wallack" in card.accessibleName()
    assert not card._play.isEnabled()


def test_the_query_has_no_score_and_cannot_be_removed(qtbot: QtBot) -> None:
    card = ClipCard("query")
    qtbot.addWidget(card)
    card.show()
    full(card)
    assert not card._bar.isVisible()
    assert not card._remove.isVisible()
    with qtbot.assertNotEmitted(card.remove_requested):
        qtbot.keyClick(card, Qt.Key.Key_Delete)


def test_mouse_and_buttons(qtbot: QtBot, card: ClipCard) -> None:
    full(card)
    left = Qt.MouseButton.LeftButton
    with qtbot.waitSignal(card.clicked):
        qtbot.mouseClick(card, left)
    with qtbot.assertNotEmitted(card.clicked):
        qtbot.mouseClick(card, Qt.MouseButton.RightButton)
    with qtbot.waitSignal(card.activated):
        qtbot.mouseDClick(card, left)
    for button, signal in (
        (card._play, card.play_requested),
        (card._replace, card.replace_requested),
        (card._remove, card.remove_requested),
    ):
        with qtbot.waitSignal(signal) as told, qtbot.assertNotEmitted(card.clicked):
            qtbot.mouseClick(button, left)
        assert told.args == [3]


def test_keys(qtbot: QtBot, card: ClipCard) -> None:
    full(card)
    for key, signal in (
        (Qt.Key.Key_Return, card.activated),
        (Qt.Key.Key_Enter, card.clicked),
        (Qt.Key.Key_Space, card.play_requested),
        (Qt.Key.Key_Delete, card.remove_requested),
    ):
        with qtbot.waitSignal(signal):
            qtbot.keyClick(card, key)
    card.set_empty()
    with qtbot.assertNotEmitted(card.play_requested):
        qtbot.keyClick(card, Qt.Key.Key_Space)
    assert card.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_our_clips_can_be_dropped_with_their_class(qtbot: QtBot, card: ClipCard) -> None:
    clips = [DroppedClip(Path("/a/b.wav"), "b"), DroppedClip(Path("/a/ü.wav"))]
    with qtbot.waitSignal(card.dropped) as told:
        assert drop(card, clip_mime(clips))
    assert told.args == [3, clips]


def test_files_can_be_dropped_and_folders_cannot(
    qtbot: QtBot, card: ClipCard, tmp_path: Path
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/x.wav")])
    assert not drop(card, mime)
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "x.wav"))])
    with qtbot.waitSignal(card.dropped) as told:
        assert drop(card, mime)
    assert told.args == [3, [DroppedClip(tmp_path / "x.wav")]]


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff", b'{"a": 1}', b"[1]", b'[{"path": 1}]', b"[" * 100_000]
)
def test_a_foreign_payload_is_nothing(card: ClipCard, data: bytes) -> None:
    mime = QMimeData()
    mime.setData(MIME, QByteArray(data))
    assert dropped_clips(mime) == []
    assert not drop(card, mime)


def test_a_drag_that_leaves_leaves_no_trace(card: ClipCard) -> None:
    card._set_dropping(True)
    QApplication.sendEvent(card, QDragLeaveEvent())
    assert not card.property("dropping")


def test_what_a_card_carries_is_packed_for_everybody() -> None:
    mime = clip_mime([DroppedClip(Path("/a/b.wav"), "b")])
    assert mime.hasFormat(MIME)
    assert [url.toLocalFile() for url in mime.urls()] == ["/a/b.wav"]


def test_a_press_without_a_way_is_no_drag(qtbot: QtBot, card: ClipCard) -> None:
    full(card).set_drag(DroppedClip(Path("/a/b.wav")))
    qtbot.mousePress(card, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    qtbot.mouseMove(card, QPoint(21, 20))
    assert card._pressed is not None
    qtbot.mouseRelease(card, Qt.MouseButton.LeftButton, pos=QPoint(21, 20))
    assert card._pressed is None


def test_selected_and_playing_are_seen(card: ClipCard) -> None:
    full(card)
    plain = card.grab().toImage()
    card.set_selected(True)
    selected = card.grab().toImage()
    assert selected != plain
    card.set_playing(True)
    assert card.grab().toImage() != selected
    assert card._play.accessibleName().startswith("Stop")
    card.set_playing(False)
    assert card._play.accessibleName().startswith("Play")


def test_nothing_on_a_narrow_card_is_cut(card: ClipCard) -> None:
    full(card).set_score(0.9, 3)
    card.set_marks(predicted=True)
    card.resize(card.minimumSizeHint())
    word = card._mark._word
    assert word.width() >= word.fontMetrics().horizontalAdvance(word.text())
