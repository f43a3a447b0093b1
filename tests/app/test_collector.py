"""Collector: who collects Python's garbage, and on which thread."""

import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.collector import Collector


class Cycle:
    """Garbage that only a collector finds; it tells which thread ended it."""

    def __init__(self, ended: list[threading.Thread]) -> None:
        self.itself = self
        weakref.finalize(self, lambda: ended.append(threading.current_thread()))


@pytest.fixture
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def _litter() -> list[list[int]]:
    return [[n] for n in range(2 * gc.get_threshold()[0])]


@pytest.mark.usefixtures("_uncollected")
def test_what_a_worker_leaves_behind_is_collected_on_the_windows_thread(qtbot: QtBot) -> None:
    ended: list[threading.Thread] = []
    parent = QObject()
    collector = Collector(parent)
    assert collector.collects
    kept = []

    def work() -> None:
        Cycle(ended)
        kept.extend(_litter())

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert not ended
    qtbot.waitUntil(lambda: bool(ended))
    assert ended == [threading.main_thread()]


def is_gone_through(made: object) -> bool:
    return any(other is made for other in gc.get_objects())


@pytest.mark.usefixtures("_uncollected")
def test_what_is_imported_later_is_passed_over_too_but_not_what_is_only_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = [object()]
    parent = QObject()
    collector = Collector(parent)
    assert collector.collects
    assert not is_gone_through(before)
    made = [object()]
    collector._collect()
    assert is_gone_through(made)
    monkeypatch.setitem(sys.modules, "imported_later", ModuleType("imported_later"))
    collector._collect()
    assert not is_gone_through(made)
    made = [object()]
    collector._collect()
    assert is_gone_through(made), "what comes then is looked at as before"


def test_where_python_collects_by_itself_it_stays_away() -> None:
    frozen = gc.get_freeze_count()
    assert not Collector(QObject()).collects
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen
