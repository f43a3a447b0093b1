"""Files are whole or absent; a set of files appears together or not at all."""

import json
from pathlib import Path

import pytest

from siamese_core.errors import EarwitnessError
from siamese_core.files import (
    ABOUT,
    appearing,
    check_folder,
    file_fault,
    is_same,
    write_text,
    writing,
)

NAMES = ("about.json", "a.txt", "b.txt")
OURS = json.dumps({"model": "m", **ABOUT})


def put(folder: Path, *names: str) -> None:
    with appearing(folder, NAMES) as temporary:
        for name in names:
            write_text(temporary / name, OURS)


def test_a_fault_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    def break_off() -> None:
        with writing(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with writing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_links_that_go_in_circles_are_names_like_others(tmp_path: Path) -> None:
    loop, other = tmp_path / "loop", tmp_path / "other"
    loop.symlink_to(loop)
    assert is_same(loop, loop)
    assert not is_same(loop, other)
    with pytest.raises(EarwitnessError, match="loop is a link to nowhere; give a folder"):
        check_folder(loop)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EarwitnessError, match=r"file/a\.txt cannot be written: "):
        write_text(tmp_path / "file" / "a.txt", "text")


def test_files_get_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "ours", "")
    put(tmp_path, *NAMES)
    modes = {(tmp_path / name).stat().st_mode for name in ("plain", "ours", *NAMES)}
    assert len(modes) == 1


def test_a_set_replaces_the_set_before_it_and_nothing_else(tmp_path: Path) -> None:
    put(tmp_path / "new", "about.json", "a.txt")
    (tmp_path / "new" / "mine.txt").write_text("mine")
    put(tmp_path / "new", "about.json", "b.txt")
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["about.json", "b.txt", "mine.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_set_that_breaks_off_leaves_the_one_before_it(tmp_path: Path) -> None:
    put(tmp_path / "out", "about.json", "a.txt")

    def break_off() -> None:
        with appearing(tmp_path / "out", NAMES) as temporary:
            write_text(temporary / "b.txt", "half")
            raise OSError(28, "No space left on device")

    with pytest.raises(EarwitnessError, match="out cannot be written: no space left on device"):
        break_off()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.txt", "about.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("marker", [None, "no json", "[]", '{"model": "m"}', "[" * 100_000])
def test_files_that_the_program_did_not_write_are_not_replaced(
    tmp_path: Path, marker: str | None
) -> None:
    (tmp_path / "b.txt").write_text("mine")
    if marker is not None:
        (tmp_path / "about.json").write_text(marker)
    with pytest.raises(EarwitnessError, match=r"holds another .* give another folder"):
        check_folder(tmp_path, NAMES)
    check_folder(tmp_path, ("other.json",))
    check_folder(tmp_path / "new", NAMES)


def test_a_file_where_a_folder_belongs_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EarwitnessError, match="file is a file; give a folder"):
        check_folder(tmp_path / "file")


def test_what_is_not_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert file_fault(tmp_path / "file") == ""
    assert file_fault(tmp_path) == f"{tmp_path} is a folder"
    assert file_fault(tmp_path / "none") == f"There is no file {tmp_path / 'none'}"
    assert "file name too long" in file_fault(tmp_path / ("n" * 300))
    assert file_fault(Path("a\0b"))
