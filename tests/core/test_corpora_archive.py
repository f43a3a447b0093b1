"""Zip archives from strangers: every hostile one ends in a sentence, none fills the memory."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.corpora.archive import Bounds, open_archive
from siamese_core.errors import CorpusError

BOUNDS = Bounds(members=5, member_bytes=1000, bytes=2000)


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def opened(data: bytes) -> zipfile.ZipFile:
    return open_archive(Path("stranger.zip"), io.BytesIO(data), BOUNDS)


def test_a_sound_archive_is_opened() -> None:
    archive = opened(packed({"top/a.txt": b"a", "top/..b": b"b"}))
    assert archive.read("top/a.txt") == b"a"


@pytest.mark.parametrize(
    "name", ["../a", "top/../../a", "/etc/a", "..\\a", "top\\..\\a", "C:/a", "c:a", "top/.."]
)
def test_a_member_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(CorpusError, match="leads out of the folder"):
        opened(packed({"top/a": b"", name: b"x"}))


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("top/link")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(CorpusError, match="'top/link', which is a link"):
        opened(buffer.getvalue())


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(packed({"top/a": b"a"}))
    for flags in (data.index(b"PK\3\4") + 6, data.index(b"PK\1\2") + 8):
        data[flags] |= 1
    with pytest.raises(CorpusError, match="which is encrypted"):
        opened(bytes(data))


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"bomb": bytes(1_000_000)}, "'bomb' of 1000000 bytes; at most 1000 are"),
        ({f"{i}": bytes(900) for i in range(4)}, "would unpack to 3600 bytes; at most 2000"),
        ({f"{i}": b"" for i in range(6)}, "holds 6 members; at most 5"),
    ],
)
def test_what_unpacks_to_too_much_is_refused(members: dict[str, bytes], sentence: str) -> None:
    data = packed(members)
    assert len(data) < 2000
    with pytest.raises(CorpusError, match=sentence):
        opened(data)


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_said() -> None:
    data = bytearray(packed({"bomb": bytes(1_000_000)}))
    for place in (data.index(b"PK\3\4") + 22, data.index(b"PK\1\2") + 24):
        data[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(zipfile.BadZipFile):  # the checksum cannot hold
        opened(bytes(data)).read("bomb")


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", packed({"a": b"a"})[:-10]])
def test_no_zip_and_a_truncated_one_are_named(data: bytes) -> None:
    with pytest.raises(CorpusError, match=r"stranger\.zip is not a zip archive that can be read"):
        opened(data)


@given(st.data())
def test_bytes_gone_bad_give_an_archive_or_a_sentence(data: st.DataObject) -> None:
    good = bytearray(packed({"top/a.txt": b"aaaa", "top/b.txt": b"bbbb"}))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        archive = opened(bytes(good))
    except CorpusError:
        return
    assert len(archive.namelist()) <= BOUNDS.members
