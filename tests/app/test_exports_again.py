"""What the window exports comes again from the command line, by its command and its episode."""

import json
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.widgets.stroke import Stroke
from siamese_core.cli import main
from siamese_core.files import writing
from tests.app.conftest import choose_method, settle
from tests.core.exhibits import assert_same_exhibit, made_again


@pytest.mark.parametrize("is_drawn", [False, True], ids=["as shaped", "drawn on"])
def test_window_printed_command_and_saved_episode_make_the_same_exhibit(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, is_drawn: bool
) -> None:
    session, pair, exports = window.session, window.pair, window.exports
    assert session.lineup.query is not None
    session.move_window(session.lineup.query, 0.03125)
    session.move_window(session.lineup.support[1], -0.0625)
    settle(qtbot, window)
    assert session.heard is not None
    assert session.heard.scored is not None
    session.select(session.heard.scored.best)  # whose mask is taken away
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    if is_drawn:
        pair.edit(Stroke("span", ((0.05, 0.0), (0.15, 0.0))))
        settle(qtbot, window)
    request = exports.shown_request
    assert request is not None
    exports.episode(request, tmp_path / "ours")
    exports.save_episode(tmp_path / "one.earwitness")
    exports.page(request, tmp_path / "ours.html")
    settle(qtbot, window)
    about = json.loads((tmp_path / "ours" / "episode.json").read_text(encoding="utf-8"))
    assert about["mask_origin"]["by_hand"] == is_drawn
    assert about["query"]["begins"] == 0.03125
    again = made_again(about["command"], tmp_path / "again")
    assert_same_exhibit(tmp_path / "ours", again)
    saved = ["--episode", str(tmp_path / "one.earwitness"), "--out", str(tmp_path / "saved")]
    assert main(["explain", *saved, "--device", "cpu"]) == 0
    told = json.loads((tmp_path / "saved" / "episode.json").read_text(encoding="utf-8"))
    assert told["mask_origin"]["words"] == about["mask_origin"]["words"]
    for name in ("classes", "predicted", "truth", "method", "weights", "model_sha256"):
        assert told[name] == about[name], name
    with (
        np.load(tmp_path / "ours" / "explanation.npz") as one,
        np.load(tmp_path / "saved" / "explanation.npz") as other,
    ):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    page = (tmp_path / "ours.html").read_text(encoding="utf-8")
    assert ("changed by hand and is in no file" in page) == is_drawn
    assert about["model_sha256"] in page


def test_a_model_that_is_replaced_meanwhile_is_not_given_a_checksum(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    session = window.session
    assert session.model is not None
    choose_method(window, "saliency")
    window.explain.method.explain()
    settle(qtbot, window)
    model = session.model.path
    content = model.read_bytes()
    with writing(model) as better:  # as a training that goes on replaces its best model
        better.write_bytes(content[:-4] + bytes(4))
    request = window.exports.shown_request
    assert request is not None
    window.exports.episode(request, tmp_path / "out")
    settle(qtbot, window)
    about = json.loads((tmp_path / "out" / "episode.json").read_text(encoding="utf-8"))
    assert about["model_sha256"] is about["command"] is None
    assert about["query"]["sha256"] is not None
    assert about["weights"] == session.model.weights
