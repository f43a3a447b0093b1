"""The survey of a folder: every file counted once, each that cannot be read named with its why."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core.corpora.labelled_file import ClipFile
from siamese_core.errors import Cancelled, CorpusError
from siamese_core.survey import examine, survey
from tests.core.test_corpora_omniglot import glyph, png


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Four clips that can be read in two classes, and four files that cannot."""
    for label, name, rate, channels in [
        ("a", "1-7-A.wav", 8000, 1),
        ("a", "1-7-B.wav", 8000, 2),
        ("b", "1-7-C.wav", 16_000, 1),
        ("b", "1-8-A.flac", 8000, 1),
    ]:
        (tmp_path / label).mkdir(exist_ok=True)
        soundfile.write(tmp_path / label / name, np.full((rate // 2, channels), 0.1), rate)
    whole = (tmp_path / "a" / "1-7-A.wav").read_bytes()
    (tmp_path / "a" / "truncated.wav").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "a" / "empty.wav").touch()
    (tmp_path / "b" / "text.mp3").write_text("no sound")
    (tmp_path / "b" / "gone.ogg").symlink_to(tmp_path / "nowhere")
    return tmp_path


def test_what_is_there_and_what_cannot_be_read(corpus: Path) -> None:
    found = survey(corpus)
    assert found.title == "Class folders"
    assert len(found.findings) == len(found.corpus.clips) == 8
    assert found.seconds == pytest.approx(2.0)
    assert found.rates == {8000: 3, 16_000: 1}
    assert found.channels == {1: 3, 2: 1}
    assert found.shared_sources == 1
    reasons = {finding.file.path.name: finding.fault for finding in found.unreadable}
    assert list(reasons) == ["empty.wav", "truncated.wav", "gone.ogg", "text.mp3"]
    assert "is empty (0 bytes)" in reasons["empty.wav"]
    assert "is truncated" in reasons["truncated.wav"]
    assert "There is no file" in reasons["gone.ogg"]
    assert "is not sound that can be read" in reasons["text.mp3"]


def test_the_plain_values_are_json(corpus: Path) -> None:
    values = json.loads(json.dumps(survey(corpus).as_dict()))
    assert values["classes"] == {"a": 4, "b": 4}
    assert values["rates"] == {"8000": 3, "16000": 1}
    assert values["hours"] == pytest.approx(2 / 3600)
    assert values["split"] is None
    assert len(values["unreadable"]) == 4


def test_classes_without_a_readable_file_are_named(corpus: Path) -> None:
    (corpus / "c").mkdir()
    (corpus / "c" / "notes.txt").write_text("no sound")
    (corpus / "d").mkdir()
    (corpus / "d" / "empty.wav").touch()
    found = survey(corpus)
    assert found.unheard == ("c", "d")
    assert found.as_dict()["unheard"] == ("c", "d")


def test_sounds_that_no_reader_lists_are_told_with_what_to_do(corpus: Path) -> None:
    (corpus / "c").mkdir()
    for name in ("c/1.m4a", "c/2.AAC", "a/1-7-A.m4a", "a/1-7-B.mp4", "b/1-7-C.webm", "x.amr"):
        (corpus / name).write_bytes(b"\0" * 100)
    whole = (corpus / "a" / "1-7-B.wav").rename(corpus / "a" / "1-7-B.mp4.wav")
    found = survey(corpus)
    reasons = {finding.file.path: finding.fault for finding in found.unreadable}
    paths = [corpus / "c" / name for name in ("1.m4a", "2.AAC")]
    assert list(reasons)[4:] == paths, "what has a copy that can be read needs no word"
    assert whole not in reasons
    assert (
        reasons[paths[1]] == f"{paths[1]} is aac, which cannot be decoded here; convert it to wav."
    )
    assert found.unheard == ("c",)
    assert len(found.as_dict()["unreadable"]) == 6


def test_progress_counts_every_file_and_can_be_stopped(corpus: Path) -> None:
    events: list = []
    survey(corpus, on_event=events.append)
    assert [(event["done"], event["total"]) for event in events] == [(i, 8) for i in range(1, 9)]
    with pytest.raises(Cancelled):
        survey(corpus, should_stop=lambda: len(events) > 0)


def test_the_check_is_stopped_in_the_middle_of_a_long_file(tmp_path: Path) -> None:
    long = tmp_path / "a" / "ten-minutes.wav"
    long.parent.mkdir()
    soundfile.write(long, np.zeros(600 * 8000, np.float32), 8000, "PCM_U8")
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) == 5

    with pytest.raises(Cancelled):
        examine(ClipFile(long, "a", "a"), stop)
    assert len(asked) == 5, "no block is read after it was asked to stop"
    with pytest.raises(Cancelled):
        survey(tmp_path, should_stop=lambda: True)
    assert examine(ClipFile(long, "a", "a")).seconds == 600


def test_broken_tables_of_a_corpus_are_told_apart_from_its_clips(tmp_path: Path) -> None:
    speaker = tmp_path / "data" / "01"
    speaker.mkdir(parents=True)
    soundfile.write(speaker / "0_01_0.wav", np.zeros(800), 8000)
    (tmp_path / "data" / "audioMNIST_meta.txt").write_text("{")
    found = survey(tmp_path)
    assert not found.unreadable
    assert len(found.faults) == 1
    assert "audioMNIST_meta.txt is not a JSON table" in found.faults[0]


def test_glyphs_are_surveyed_without_sound(tmp_path: Path) -> None:
    glyph(tmp_path, png(50))
    found = survey(tmp_path)
    assert (found.title, found.rates, found.seconds) == ("Omniglot", {}, 0)
    assert "measures 50 x 50" in found.unreadable[0].fault


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no class folders with sound files"):
        survey(tmp_path)


def test_one_class_that_may_be_several_is_told(tone_corpus: Path, tmp_path: Path) -> None:
    field = tmp_path / "case" / "field"
    shutil.copytree(tone_corpus, field)
    speakers = [path for path in field.iterdir() if path.is_dir()]
    found = survey(field.parent)
    assert found.corpus.classes == ("field",)
    assert found.faults == (
        f"The {len(speakers)} folders in case/field are read as one class, field; if each is a "
        "class of its own, open field itself.",
    )
    assert survey(field).faults == ()
    shutil.copy(found.corpus.clips[0].path, field / "own.wav")
    assert survey(field.parent).faults == (), "it holds clips itself: it is a class"
