"""`earwitness data`: what it prints, its JSON and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile

from siamese_core import download
from siamese_core.cli import main
from siamese_core.commands.data import describe
from siamese_core.corpus import read_any
from siamese_core.survey import Survey


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for label in ("ann", "bob"):
        (tmp_path / label).mkdir()
        soundfile.write(tmp_path / label / "1.wav", np.full(8000, 0.1), 8000)
    (tmp_path / "bob" / "broken.wav").write_text("no sound")
    return tmp_path


def test_check_tells_what_there_is_in_words(corpus: Path, capsys) -> None:
    assert main(["data", "check", str(corpus)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Class folders: 2 classes, 3 files, 2 seconds"
    assert lines[1:3] == ["Rates (Hz): 8000 (2 files)", "Channels: 1 (2 files)"]
    assert not [line for line in lines if line.startswith("Classes without")]
    assert ["ann", "1"] in [line.split() for line in lines]
    assert "Files that cannot be read: 1" in lines
    assert "bob/broken.wav is not sound that can be read" in lines[-1]


def test_check_names_classes_without_a_readable_file(corpus: Path, capsys) -> None:
    (corpus / "eve").mkdir()
    assert main(["data", "check", str(corpus)]) == 0
    assert "Classes without a file that can be read: eve\n" in capsys.readouterr().out


def test_check_names_links_from_one_class_to_another(corpus: Path, capsys) -> None:
    (corpus / "anne").symlink_to(corpus / "ann")
    assert main(["data", "check", str(corpus)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Class folders: 2 classes, 3 files, 2 seconds")
    assert "\nanne is a link to ann: no class\n" in text
    assert "Classes without" not in text
    assert main(["data", "check", str(corpus), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["links"] == {"anne": "ann"}


def test_check_names_files_of_silence_alone(corpus: Path, capsys) -> None:
    quiet = corpus / "ann" / "2.wav"
    soundfile.write(quiet, np.full(8000, 1e-6), 8000, subtype="FLOAT")
    assert main(["data", "check", str(corpus)]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("Files that hold silence alone: 1")
    assert lines[place + 1 : place + 3] == [f"  {quiet}", "Files that cannot be read: 1"]
    assert main(["data", "check", str(corpus), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["silent"] == [str(quiet)]


def test_check_prints_one_json_object(corpus: Path, capsys) -> None:
    assert main(["data", "check", str(corpus), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["folder"] == str(corpus)
    assert (values["layout"], values["classes"]) == ("class-folders", {"ann": 1, "bob": 2})
    assert [Path(entry["path"]).name for entry in values["unreadable"]] == ["broken.wav"]


def test_check_of_nothing_ends_with_two_and_a_sentence(tmp_path: Path, capsys) -> None:
    for arguments in ([str(tmp_path)], [str(tmp_path / "none")], [str(tmp_path), "--layout", "x"]):
        assert main(["data", "check", *arguments]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_the_terminal_cannot_show_is_no_fault(corpus: Path) -> None:
    (corpus / "ann").rename(os.fsdecode(bytes(corpus) + b"/\xff\xc3\xa9"))
    command = [sys.executable, "-m", "siamese_core.cli", "data", "check", str(corpus)]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8:strict"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\udcffé" in result.stdout
    assert "has a name that is not UTF-8; rename it" in result.stdout
    assert "Path(" not in result.stdout


def test_check_of_the_real_speakers(data: Path, capsys) -> None:
    assert main(["data", "check", str(data / "audiomnist5")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("AudioMNIST: 5 classes, 1,000 files, 11 minutes\nRates (Hz): 48000")
    assert text.endswith("Files that cannot be read: none\n")


def test_recordings_that_several_real_classes_share_are_counted(data: Path) -> None:
    text = describe(Survey(read_any(data / "kitchen20"), {}, ()))
    assert "cut from: 323, 19 of them in several classes" in text


def test_many_classes_are_summed_up(tmp_path: Path, capsys) -> None:
    for number in range(101):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "empty.wav").touch()
    assert main(["data", "check", str(tmp_path)]) == 0
    assert "Files a class: 1 to 1" in capsys.readouterr().out


def test_get_shows_the_licence_before_it_asks_the_network(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    def no_network(*_arguments: object, **_options: object) -> None:
        assert "CC BY-NC 3.0" in capsys.readouterr().err
        raise requests.ConnectionError("no network")

    monkeypatch.setattr(requests, "get", no_network)
    assert main(["data", "get", "esc50", "--out", str(tmp_path / "esc50")]) == 2
    sentence = capsys.readouterr().err
    assert sentence == (
        "earwitness: github.com cannot be reached; check the network connection and try again.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_get_says_where_no_checksum_is_published(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("siamese_core.commands.data.fetch", lambda *_arguments: True)
    assert main(["data", "get", "esc50", "--out", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr()
    assert "No checksum is published" in printed.err
    values = json.loads(printed.out)
    assert (values["corpus"], values["fetched"]) == ("esc50", True)
    assert values["files"] == download.HOMES["esc50"].files
    assert main(["data", "get", "omniglot", "--out", str(tmp_path)]) == 0
    assert "No checksum" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["get", "timit"], "'timit' cannot be fetched; there are: audiomnist"),
        (["get"], "NAME must be given"),
        ([], "ACTION must be given"),
        (["find"], "ACTION is 'find'; give one of 'check', 'get'"),
    ],
)
def test_bad_wishes_end_with_two_and_a_sentence(
    arguments: list[str], sentence: str, capsys
) -> None:
    assert main(["data", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_the_readers_need_no_torch() -> None:
    code = "import sys, siamese_core.commands.data; sys.exit('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
