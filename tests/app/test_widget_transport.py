"""Transport, mask controls, notice, progress, score bar: what they ask for and what they show."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.elided_label import ElidedLabel
from app.widgets.icon_button import IconButton
from app.widgets.mask_controls import MaskControls
from app.widgets.notice import Notice
from app.widgets.progress_strip import ProgressStrip
from app.widgets.similarity_bar import SimilarityBar
from app.widgets.transport import Transport
from siamese_core.mask.mask import MaskParameters

LEFT = Qt.MouseButton.LeftButton
SOUNDS = {
    "original": ("Original", "The clip as it is"),
    "kept": ("Kept", "Through the mask"),
    "log-mel": ("What the log-mel holds", "Without the phase"),
}


@pytest.fixture
def transport(qtbot: QtBot) -> Transport:
    transport = Transport()
    qtbot.addWidget(transport)
    transport.set_sounds(SOUNDS)
    transport.set_ready(["original", "kept"])
    transport.set_duration(2.0)
    transport.resize(600, 80)
    transport.show()
    return transport


def test_a_ready_sound_is_chosen_and_another_is_not(qtbot: QtBot, transport: Transport) -> None:
    assert transport.sound == "original"
    with qtbot.waitSignal(transport.sound_chosen) as told:
        qtbot.mouseClick(transport._buttons["kept"], LEFT)
    assert told.args == ["kept"]
    assert transport.sound == "kept"
    with qtbot.assertNotEmitted(transport.sound_chosen):
        qtbot.mouseClick(transport._buttons["log-mel"], LEFT)
        transport.sound = "original"
    assert transport.sound == "original"
    assert transport._buttons["log-mel"].toolTip() == "Without the phase"


def test_other_sounds_are_chosen_in_a_menu_before_they_are_made(
    qtbot: QtBot, transport: Transport
) -> None:
    assert not transport._other.isVisible()
    transport.set_others({"region": ("Only the region", "Nothing else")})
    assert transport._other.isVisible()
    action = transport._others.actions()[0]
    with qtbot.assertNotEmitted(transport.sound_chosen):
        action.trigger()
        transport.choose("log-mel")
    assert not transport._other.isEnabled()
    transport.set_ready(["original", "kept"], others=True)
    with qtbot.waitSignal(transport.sound_chosen) as told:
        action.trigger()
    assert told.args == [transport.sound] == ["region"]
    assert transport._other.text() == "Only the region"
    assert not transport._play.isEnabled()
    transport.set_ready(["original", "kept", "region"], others=True)
    assert transport._play.isEnabled()
    qtbot.mouseClick(transport._buttons["kept"], LEFT)
    assert transport.sound == "kept"


def test_play_pause_stop_and_loop_ask(qtbot: QtBot, transport: Transport) -> None:
    with (
        qtbot.assertNotEmitted(transport.pause_requested),
        qtbot.waitSignal(transport.play_requested),
    ):
        qtbot.mouseClick(transport._play, LEFT)
    with qtbot.assertNotEmitted(transport.stop_requested):
        qtbot.mouseClick(transport._stop, LEFT)
    transport.set_playing(True)
    with qtbot.waitSignal(transport.stop_requested):
        qtbot.mouseClick(transport._stop, LEFT)
    with (
        qtbot.assertNotEmitted(transport.play_requested),
        qtbot.waitSignal(transport.pause_requested),
    ):
        qtbot.mouseClick(transport._play, LEFT)
    transport.set_playing(False)
    assert not transport._stop.isEnabled(), "it stands at the beginning"
    transport.set_position(0.5)
    assert transport._stop.isEnabled(), "what is paused can go back"
    with qtbot.waitSignal(transport.loop_toggled) as told:
        qtbot.mouseClick(transport._loop, LEFT)
    assert told.args == [True]
    with qtbot.assertNotEmitted(transport.loop_toggled):
        transport.set_loop(False)


def test_a_sound_that_is_not_ready_cannot_be_played(transport: Transport) -> None:
    transport.sound = "log-mel"
    assert not transport._play.isEnabled()
    transport.set_ready(SOUNDS)
    assert transport._play.isEnabled()


def test_without_output_the_reason_is_in_place(transport: Transport) -> None:
    transport.set_available(False, "No sound: x; sounds can still be exported.")
    assert not transport._play.isEnabled()
    assert transport._reason.isVisible()
    assert "exported" in transport._reason.text()
    transport.set_available(True)
    assert transport._play.isEnabled()
    assert not transport._reason.isVisible()


def test_a_click_on_the_position_seeks_there(qtbot: QtBot, transport: Transport) -> None:
    slider = transport._slider
    with qtbot.waitSignal(transport.seek_requested) as told:
        qtbot.mouseClick(slider, LEFT, pos=QPoint(slider.width() // 2, slider.height() // 2))
    assert told.args[0] == pytest.approx(1.0, abs=0.05)
    with qtbot.waitSignal(transport.seek_requested) as told:
        qtbot.keyClick(slider, Qt.Key.Key_End)
    assert told.args == [2.0]


def test_the_position_follows_without_asking(qtbot: QtBot, transport: Transport) -> None:
    with qtbot.assertNotEmitted(transport.seek_requested):
        transport.set_position(0.5)
    assert transport._slider.value() == 250
    assert transport._time.text() == "0.50 / 2.00 s"
    qtbot.mousePress(transport._slider, LEFT, pos=transport._slider.rect().center())
    held = transport._slider.value()
    transport.set_position(0.1)
    assert transport._slider.value() == held
    qtbot.mouseRelease(transport._slider, LEFT)


def test_volume_and_mute(qtbot: QtBot, transport: Transport) -> None:
    with qtbot.assertNotEmitted(transport.volume_changed):
        transport.set_volume(0.3)
    mute = next(b for b in transport.findChildren(IconButton) if "Mute" in b.toolTip())
    told: list[float] = []
    transport.volume_changed.connect(told.append)
    qtbot.mouseClick(mute, LEFT)
    qtbot.mouseClick(mute, LEFT)
    assert told == [0.0, 0.3]


def test_other_sounds_replace_the_first(transport: Transport) -> None:
    transport.set_sounds({"a": ("A", "")})
    assert transport.sound == "a"
    assert not transport._play.isEnabled()


def test_the_mask_controls_tell_each_change(qtbot: QtBot) -> None:
    controls = MaskControls()
    qtbot.addWidget(controls)
    told: list[MaskParameters] = []
    controls.changed.connect(told.append)
    controls._amount.setValue(25)
    controls._boxes["sign"].setCurrentIndex(2)
    controls._boxes["part"].setCurrentIndex(1)
    controls._boxes["edge"].setCurrentIndex(1)
    assert [p.share for p in told] == [12.5] * 4
    assert (told[-1].sign, told[-1].part, told[-1].edge) == ("absolute", "remove", "hard")
    assert controls.parameters() == told[-1]
    assert controls._percent.text() == "12.5 %"


def test_given_mask_parameters_come_back_without_a_signal(qtbot: QtBot) -> None:
    controls = MaskControls()
    qtbot.addWidget(controls)
    given = MaskParameters(share=33.3, sign="negative", edge="hard", feather_ms=4.0)
    with qtbot.assertNotEmitted(controls.changed):
        controls.set_parameters(given)
    assert controls.parameters() == given
    controls._boxes["edge"].setCurrentIndex(0)
    assert controls.parameters().feather_ms == 4.0
    assert controls.parameters().share == 33.3


def test_a_notice_is_as_high_as_its_sentence_now(qtbot: QtBot) -> None:
    notice = Notice()
    qtbot.addWidget(notice)
    notice.resize(220, 40)
    notice.show_notice("Short.")
    short = notice.minimumSizeHint().height()
    notice.show_notice("A sentence that needs several lines in so narrow a place. " * 3)
    assert notice.minimumSizeHint().height() > 2 * short
    notice.show_notice("Short.")
    assert notice.minimumSizeHint().height() == short


def test_a_notice_is_shown_and_dismissed(qtbot: QtBot) -> None:
    notice = Notice()
    qtbot.addWidget(notice)
    assert notice.isHidden()
    notice.show_error("x.wav is <b>empty</b>.")
    assert notice.isVisible()
    assert notice.accessibleName() == notice.text == "x.wav is <b>empty</b>."
    assert notice._label.textFormat() == Qt.TextFormat.PlainText
    assert notice.property("notice") == "error"
    notice.show_notice("The clip is silent.")
    assert notice.property("notice") == "notice"
    with qtbot.waitSignal(notice.dismissed):
        (close,) = (one for one in notice.findChildren(IconButton) if one.isVisible())
        qtbot.mouseClick(close, LEFT)
    assert notice.isHidden()
    assert notice.text == ""


def test_progress_shows_its_steps_and_cancels_once(qtbot: QtBot) -> None:
    strip = ProgressStrip()
    qtbot.addWidget(strip)
    assert strip.isHidden()
    strip.set_progress("Explaining")
    assert strip._bar.maximum() == 0
    strip.set_progress("Explaining", 3, 12)
    assert (strip._bar.value(), strip._bar.maximum()) == (3, 12)
    button = strip.findChild(QPushButton)
    with qtbot.waitSignal(strip.cancel_requested):
        qtbot.mouseClick(button, LEFT)
    strip.set_progress("Explaining", 4, 12)
    assert not button.isEnabled()
    strip.finish()
    assert strip.isHidden()
    strip.set_progress("Scoring", 0, 5)
    assert button.isEnabled()


@pytest.mark.parametrize(
    ("similarity", "text"), [(None, "–"), (0.0, "0.000"), (0.12345, "0.123"), (1.0, "1.000")]
)
def test_the_bar_says_its_number(qtbot: QtBot, similarity: float | None, text: str) -> None:
    bar = SimilarityBar()
    qtbot.addWidget(bar)
    bar.set_score(similarity, best=True)
    assert bar.text == text
    assert ("not scored" if similarity is None else text) in bar.accessibleName()


def test_the_bar_is_as_long_as_the_similarity(qtbot: QtBot) -> None:
    bar = SimilarityBar()
    qtbot.addWidget(bar)
    bar.resize(240, 20)

    def filled(similarity: float) -> int:
        bar.set_score(similarity)
        image = bar.grab().toImage()
        dark = [image.pixelColor(x, 9).lightness() < 140 for x in range(180)]
        return sum(dark)

    assert filled(0.0) < 5
    assert 30 < filled(0.25) < 60
    assert filled(0.75) > 120


def test_a_label_without_room_keeps_its_place(qtbot: QtBot) -> None:
    label = ElidedLabel("a name that is far too long for this place")
    qtbot.addWidget(label)
    label.resize(40, 20)
    assert label.sizePolicy().horizontalPolicy() == label.sizePolicy().Policy.Ignored
    assert label.toolTip() == label.text()
    assert not label.grab().isNull()


def test_the_slider_stands_for_what_the_mask_is_chosen_by(qtbot: QtBot) -> None:
    controls = MaskControls()
    qtbot.addWidget(controls)
    told: list[MaskParameters] = []
    controls.changed.connect(told.append)
    by, slider = controls._boxes["by"], controls._amount
    controls.set_segments(7)
    for name, amount, shown in (
        ("threshold", 50.0, "50 %"),
        ("segments", 3, "3"),
        ("share", 20.0, "20 %"),
    ):
        by.setCurrentIndex(by.findData(name))
        assert (told[-1].by, getattr(told[-1], name)) == (name, amount)
        assert controls._percent.text() == shown
        slider.setValue(slider.maximum())
        assert getattr(told[-1], name) == (7 if name == "segments" else 100)
        assert told[-1].by == name
    by.setCurrentIndex(by.findData("sign"))
    assert told[-1].by == "sign"
    assert not slider.isEnabled()
    assert controls._percent.text() == ""


def test_segments_are_offered_for_maps_that_have_some(qtbot: QtBot) -> None:
    controls = MaskControls()
    qtbot.addWidget(controls)
    by = controls._boxes["by"]
    place = by.findData("segments")
    item = by.model().item(place)
    assert not item.isEnabled()
    controls.set_segments(4)
    assert item.isEnabled()
    by.setCurrentIndex(place)
    with qtbot.waitSignal(controls.changed) as changed:
        controls.set_segments(0)
    assert changed.args[0].by == controls.parameters().by == "share"


def test_a_long_title_of_another_sound_widens_nothing(transport: Transport) -> None:
    title = "Kept on the left, removed on the right"
    transport.set_others({"contrast": (title, "Both at once"), "region": ("Region", "Alone")})
    transport.set_ready(["original"], others=True)
    transport.sound = "region"
    narrow = transport.minimumSizeHint().width()
    transport.sound = "contrast"
    assert transport.minimumSizeHint().width() < narrow + 110
    assert title in transport._other.toolTip()
    assert transport._other.text().endswith("…")


def test_a_button_is_called_what_it_does_now(qtbot: QtBot) -> None:
    button, icon = IconButton("explain", "Explain", text="Explain"), IconButton("play", "Play")
    for widget in (button, icon):
        qtbot.addWidget(widget)
    button.setText("Cancel")
    icon.setToolTip("Stop")
    names = [
        QAccessible.queryAccessibleInterface(one).text(QAccessible.Text.Name)
        for one in (button, icon)
    ]
    assert names == ["Cancel", "Stop"]


def test_the_tips_name_the_keys_that_play(transport: Transport, window: MainWindow) -> None:
    (keys,) = (a.shortcut() for a in window.menus.entries() if a.text() == "&Play or pause")
    assert transport._play.toolTip() == f"Play ({keys.toString()})"
    transport.set_playing(True)
    assert transport._play.toolTip() == f"Pause ({keys.toString()})"


def test_what_a_drawn_mask_keeps_stands_in_place_of_the_share(qtbot: QtBot) -> None:
    controls = MaskControls()
    qtbot.addWidget(controls)
    with qtbot.assertNotEmitted(controls.changed):
        controls.set_drawn(0.248)
    assert (controls._title.text(), controls._percent.text()) == ("Drawn", "24.8 %")
    assert "24.8 % of the area" in controls._amount.accessibleName()
    assert controls.parameters().share == 20.0
    controls.set_drawn(None)
    assert (controls._title.text(), controls._percent.text()) == ("Share", "20 %")
