"""Collector: Python's cyclic garbage, collected on the window's thread alone."""

import gc
import sys

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class Collector(QObject):
    """Collects what Python would collect by itself, where it harms no widget.

    Python's collector runs in whichever thread happens to make an object. On a worker it would
    delete widgets that only cycles hold, which Qt forbids ("Timers cannot be started from another
    thread") and which ends the process. So `__main__` switches it off, and it is asked for here.
    What is there when this begins is what was imported and built: nothing of it is garbage, and to
    go through it again and again would hold the window for a tenth of a second. The same goes for
    what is imported later, as torch is, and with it most that is there.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._modules = 0
        """How many were imported when all that was there was passed over."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        if not gc.isenabled():
            self._collect()
            self._timer.start(INTERVAL_MS)

    @property
    def collects(self) -> bool:
        """Whether it is this that collects, and not Python by itself."""
        return self._timer.isActive()

    def _collect(self) -> None:
        """Collect the oldest generation whose turn has come, by Python's own counts.

        Where something was imported since the last time, all is passed over instead.
        """
        if len(sys.modules) > self._modules:
            self._modules = len(sys.modules)
            gc.freeze()
            return
        turns = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [age for age, (count, threshold) in enumerate(turns) if count > threshold]
        if due:
            gc.collect(due[-1])
