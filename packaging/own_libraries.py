"""Run first in the frozen program: its libraries are its own affair, and it finds all of them.

PyInstaller's loader names the folder of the program's libraries in LD_LIBRARY_PATH. The loader of
the system has read that by now; a file manager that "Open folder" starts must not. And Python asks
the system alone where PortAudio is, which a colleague's machine does not have.
"""

import ctypes.util
import os
import sys
from pathlib import Path

find_elsewhere = ctypes.util.find_library


def find_library(name: str) -> str | None:
    """Return a library of the program, else the system's."""
    own = sorted(Path(sys._MEIPASS).glob(f"lib{name}.so*"))
    return str(own[0]) if own else find_elsewhere(name)


if sys.platform.startswith("linux"):
    ctypes.util.find_library = find_library
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before := os.environ.pop("LD_LIBRARY_PATH_ORIG", ""):
        os.environ["LD_LIBRARY_PATH"] = before
