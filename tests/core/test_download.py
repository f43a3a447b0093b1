"""Corpora from their homes, without a network: injected downloaders and a server on this machine.

Whatever goes wrong ends in one sentence, bounded in time, and leaves no half corpus.
"""

import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
import requests

from siamese_core import download
from siamese_core.corpus import read_any
from siamese_core.download import HOMES, Home, fetch
from siamese_core.errors import Cancelled, CorpusError
from tests.core.test_corpora_omniglot import png

CONTENTS = {
    "audiomnist": ["data/01/0_01_0.wav", "data/audioMNIST_meta.txt", "models/x.py"],
    "esc50": ["audio/1-1-A-0.wav", "meta/esc50.csv", "tests/test_dataset.py"],
    "fsdd": ["recordings/0_jackson_0.wav", "utils/trimmer.py"],
}
ESC50 = b"filename,category,esc10,src_file\n1-1-A-0.wav,dog,True,1\n"


def archive(name: str, **more: bytes) -> bytes:
    """An archive as GitHub packs it: everything below one folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for path in CONTENTS[name]:
            packed.writestr(f"{name}-master/{path}", ESC50 if path.endswith("csv") else path)
        for path, content in more.items():
            packed.writestr(path, content)
    return buffer.getvalue()


class Shelf:
    """A downloader that gives what it was given and remembers what it was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[str] = []

    def __call__(self, address: str, path: str, _pooch: object) -> None:
        self.asked.append(address)
        Path(path).write_bytes(self.content)


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["audiomnist", "esc50", "fsdd"])
def test_an_archive_becomes_the_corpus_and_nothing_else(tmp_path: Path, name: str) -> None:
    shelf = Shelf(archive(name))
    assert fetch(name, tmp_path / "new" / name, downloader=shelf)
    assert shelf.asked == list(HOMES[name].files)
    assert left(tmp_path) == [f"new/{name}/{path}" for path in CONTENTS[name][:-1]]
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]
    corpus = read_any(tmp_path / "new" / name)
    assert (corpus.layout, len(corpus.clips)) == (name, 1)


def test_a_corpus_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    shelf = Shelf(archive("fsdd"))
    assert fetch("fsdd", tmp_path / "fsdd", downloader=shelf)
    assert not fetch("fsdd", tmp_path / "fsdd", downloader=shelf)
    assert len(shelf.asked) == 1


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CorpusError, match="already holds other files"):
        fetch("fsdd", tmp_path, downloader=Shelf(archive("fsdd")))
    assert left(tmp_path) == ["thesis.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "fsdd").mkdir()
    assert fetch("fsdd", tmp_path / "fsdd", downloader=Shelf(archive("fsdd")))
    assert read_any(tmp_path / "fsdd").layout == "fsdd"


def test_omniglot_stays_packed_and_its_checksums_are_looked_at(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(CorpusError, match=r"images_background\.zip is not the published file"):
        fetch("omniglot", tmp_path / "omniglot", downloader=Shelf(b"something else"))
    assert left(tmp_path) == []

    def give(address: str, path: str, _pooch: object) -> None:
        with zipfile.ZipFile(path, "w") as packed:
            folder = address.rpartition("/")[2].removesuffix(".zip")
            packed.writestr(f"{folder}/Greek/character01/0394_01.png", png())

    home = Home("free", dict.fromkeys(HOMES["omniglot"].files))
    monkeypatch.setitem(HOMES, "omniglot", home)
    assert fetch("omniglot", tmp_path / "omniglot", downloader=give)
    assert left(tmp_path) == ["omniglot/images_background.zip", "omniglot/images_evaluation.zip"]
    assert len(read_any(tmp_path / "omniglot").clips) == 2
    assert not fetch("omniglot", tmp_path / "omniglot", downloader=give)
    (tmp_path / "omniglot" / "images_background.zip").unlink()
    with pytest.raises(CorpusError, match="already holds other files"):
        fetch("omniglot", tmp_path / "omniglot", downloader=give)


def test_a_file_that_came_whole_is_kept_for_the_next_try(tmp_path: Path, monkeypatch) -> None:
    home = Home("free", dict.fromkeys(HOMES["omniglot"].files))
    monkeypatch.setitem(HOMES, "omniglot", home)
    asked: list[str] = []

    def first_only(address: str, path: str, _pooch: object) -> None:
        asked.append(address)
        if len(asked) == 2:
            raise requests.ConnectionError("the line is down")
        Path(path).write_bytes(b"a whole file")

    with pytest.raises(CorpusError, match=r"raw\.githubusercontent\.com cannot be reached"):
        fetch("omniglot", tmp_path / "omniglot", downloader=first_only)
    assert not (tmp_path / "omniglot").exists()
    assert fetch("omniglot", tmp_path / "omniglot", downloader=first_only)
    background, evaluation = home.files
    assert asked == [background, evaluation, evaluation]
    assert [path.name for path in tmp_path.iterdir()] == ["omniglot"]


DAMAGED = archive("fsdd").replace(
    b"wavrecordings/0_jackson_0.wav", b"wavdamaged content, no sound."
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>no archive</html>", "is not a zip archive that can be read"),
        (archive("fsdd")[:-30], "is not a zip archive that can be read"),
        (archive("esc50"), "does not hold the corpus"),
        (archive("fsdd", **{"fsdd/../../evil": b"x"}), "leads out of the folder"),
        (DAMAGED, "came damaged"),
    ],
)
def test_an_archive_that_is_not_the_corpus_leaves_nothing(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(CorpusError, match=sentence):
        fetch("fsdd", tmp_path / "fsdd", downloader=Shelf(content))
    assert list(tmp_path.iterdir()) == []


def test_stopping_while_it_unpacks_keeps_the_archive_and_no_half_corpus(tmp_path: Path) -> None:
    shelf = Shelf(archive("esc50"))
    with pytest.raises(Cancelled):
        fetch("esc50", tmp_path / "esc50", should_stop=lambda: True, downloader=shelf)
    assert left(tmp_path) == [".esc50-fetching/master.zip"]
    assert fetch("esc50", tmp_path / "esc50", downloader=shelf)
    assert len(shelf.asked) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["esc50"]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    def full(_address: str, path: str, _pooch: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(CorpusError, match="fsdd cannot be written: no space left on device"):
        fetch("fsdd", tmp_path / "fsdd", downloader=full)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_corpus_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there are: audiomnist, esc50, fsdd, omniglot"):
        fetch("timit", tmp_path)


# From here on the real downloader, against sockets of this machine.


class _Server(BaseHTTPRequestHandler):
    content = archive("fsdd", **{"fsdd/padding": bytes(300_000)})
    tags: ClassVar[list[str]] = []
    """The version that each request is answered with; none any more, no version."""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Range", ""))
        tag = self.tags.pop(0) if self.tags else ""
        goes_on = self.asked[-1] and self.headers.get("If-Range") == tag
        first = int(self.asked[-1].strip("bytes=-")) if goes_on else 0
        content = self.content[first:] if self.path == "/fsdd.zip" else b""
        if goes_on and not content:
            self.send_response(416)
        else:
            self.send_response((206 if goes_on else 200) if content else 404)
        self.send_header("Content-Length", str(len(content)))
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        with suppress(ConnectionError):  # who asked has heard enough
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def at(monkeypatch, address: str) -> None:
    monkeypatch.setitem(HOMES, "fsdd", Home("free", {address: None}, HOMES["fsdd"].keep))


def test_progress_tells_bytes_and_reaches_the_end(server: str, tmp_path: Path, monkeypatch) -> None:
    at(monkeypatch, f"{server}/fsdd.zip")
    events: list = []
    assert fetch("fsdd", tmp_path / "fsdd", on_event=events.append)
    fetching = [(event["done"], event["total"]) for event in events if "bytes" in event["what"]]
    assert len(fetching) >= 4
    assert fetching == sorted(fetching)
    assert fetching[-1][0] == fetching[-1][1] > 300_000
    assert read_any(tmp_path / "fsdd").layout == "fsdd"


def test_a_download_can_be_stopped_on_the_way(server: str, tmp_path: Path, monkeypatch) -> None:
    at(monkeypatch, f"{server}/fsdd.zip")
    with pytest.raises(Cancelled):
        fetch("fsdd", tmp_path / "fsdd", should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


class _Stop:
    """Asks to stop after some looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize(
    ("tags", "goes_on"),
    [
        (['"one"', '"one"'], [True]),
        (['"one"', '"two"', '"two"'], [True]),  # another version: from its start
        (['W/"one"', 'W/"one"'], [False]),
        ([], [False]),
    ],
)
def test_a_download_goes_on_where_it_was_if_the_server_can(
    server: str, tmp_path: Path, monkeypatch, tags: list[str], goes_on: list[bool]
) -> None:
    monkeypatch.setattr(_Server, "tags", tags.copy())
    monkeypatch.setattr(_Server, "asked", [])
    at(monkeypatch, f"{server}/fsdd.zip")
    with pytest.raises(Cancelled):
        fetch("fsdd", tmp_path / "fsdd", should_stop=_Stop(2))
    assert bool(left(tmp_path)) == goes_on[0]
    events: list = []
    assert fetch("fsdd", tmp_path / "fsdd", on_event=events.append)
    assert [bool(asked) for asked in _Server.asked] == [False, *goes_on]
    done = [event["done"] for event in events if "bytes" in event["what"]]
    assert done[-1] == len(_Server.content)
    assert (done[0] > 2 * download._PIECE) == (tags[:2] == ['"one"', '"one"'])
    assert read_any(tmp_path / "fsdd").layout == "fsdd"
    assert [path.name for path in tmp_path.iterdir()] == ["fsdd"]


def test_a_beginning_that_was_whole_or_is_refused_is_fetched_anew(
    server: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(_Server, "tags", ['"one"', '"one"'])
    at(monkeypatch, f"{server}/fsdd.zip")
    workshop = tmp_path / ".fsdd-fetching"
    workshop.mkdir()
    version = b'"one"'.hex()
    (workshop / f"fsdd.zip.{version}.part").write_bytes(_Server.content)
    assert fetch("fsdd", tmp_path / "fsdd")
    assert read_any(tmp_path / "fsdd").layout == "fsdd"


def test_what_the_server_answers_is_told(server: str, tmp_path: Path, monkeypatch) -> None:
    at(monkeypatch, f"{server}/gone.zip")
    with pytest.raises(CorpusError, match=r"127\.0\.0\.1 answered 404 Not Found"):
        fetch("fsdd", tmp_path / "fsdd")
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_one_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    at(monkeypatch, f"http://127.0.0.1:{port}/fsdd.zip")
    with pytest.raises(CorpusError, match=r"^127\.0\.0\.1 cannot be reached; check the network"):
        fetch("fsdd", tmp_path / "fsdd")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/fsdd.zip")
        with pytest.raises(CorpusError, match="cannot be reached"):
            fetch("fsdd", tmp_path / "fsdd")


def test_every_home_is_public_encrypted_and_licensed() -> None:
    for home in HOMES.values():
        assert home.licence.endswith(".")
        assert {urlsplit(address).scheme for address in home.files} == {"https"}
    assert all(checksum for checksum in HOMES["omniglot"].files.values())
