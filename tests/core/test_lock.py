"""A lock: one holder at a time, none after a kill, whatever the file says."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from siamese_core.lock import holder, is_held, release, take

HOLD = "import sys, pathlib; from siamese_core.lock import take; take(pathlib.Path(sys.argv[1])); "


def test_a_held_file_is_refused_and_names_its_holder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    held = take(file)
    with pytest.raises(BlockingIOError):
        take(file)
    assert holder(file) == f"process {os.getpid()}"
    release(file, held)
    assert not file.exists()
    release(file, take(file))


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD + "print('held', flush=True); input()", str(file)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(BlockingIOError):
        take(file)
    assert holder(file) == f"process {child.pid}"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert file.exists(), "a killed process leaves the file"
    release(file, take(file))


@pytest.mark.parametrize(
    "text", ["", "\0" * 45, '{"pid": 1, "started": 0}', '{"pid": 98765, "started": 1.5e+09}']
)
def test_what_a_process_left_holds_nobody_off(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lock"
    file.write_text(text)
    held = take(file)
    assert json.loads(file.read_text())["pid"] == os.getpid()
    release(file, held)
    assert not file.exists()


@pytest.mark.parametrize(
    "text", ["a note", "{}", '{"pid": "x"}', '{"pid": 1}', '{"pid": 1, "started": 0, "mine": 1}']
)
def test_what_another_program_wrote_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lock"
    file.write_text(text)
    with pytest.raises(FileExistsError, match="lock is another program's file"):
        take(file)
    assert file.read_text() == text
    assert holder(file) == "another process"
    assert not is_held(file)


def test_what_is_no_lock_is_neither_cut_nor_waited_for(tmp_path: Path) -> None:
    file, victim = tmp_path / "lock", tmp_path / "victim"
    victim.write_text("precious")
    file.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        take(file)
    file.unlink()
    os.mkfifo(file)
    assert not is_held(file)
    with pytest.raises(FileExistsError, match="lock is another program's file"):
        take(file)
    file.unlink()
    file.write_text("a list of keys, " * 40)
    with pytest.raises(FileExistsError, match="lock is another program's file"):
        take(file)
    assert (victim.read_text(), len(file.read_text())) == ("precious", 640)


def test_a_holder_without_a_name_is_another_process(tmp_path: Path) -> None:
    assert holder(tmp_path / "none") == "another process"


def test_of_many_at_once_one_wins_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    inside, most, wins = 0, 0, 0
    counting = threading.Lock()

    def contend() -> None:
        nonlocal inside, most, wins
        for _ in range(200):
            try:
                held = take(file)
            except BlockingIOError:
                continue
            with counting:
                inside, wins = inside + 1, wins + 1
                most = max(most, inside)
            with counting:
                inside -= 1
            release(file, held)

    contenders = [threading.Thread(target=contend) for _ in range(4)]
    for contender in contenders:
        contender.start()
    for contender in contenders:
        contender.join()
    assert wins >= 200
    assert most == 1
