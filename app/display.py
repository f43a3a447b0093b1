"""Whether a window can be opened here, found out without Qt, which aborts where it cannot."""

import ctypes
import os
import re
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = (
    "sudo apt install libegl1 libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libportaudio2"
)
"""What a bare Debian or Ubuntu lacks: the direct needs of Qt's libraries, and PortAudio."""

_INSTEAD = "`earwitness explain` does the same work without a window"
_X_DISPLAY = re.compile(r"^(?:unix/)?(?P<host>[^:]*):(?P<number>\d+)(?:\.\d+)?$")


def obstacle(environment: Mapping[str, str] = os.environ) -> str | None:
    """Say in one sentence why no window can be opened, or None if nothing stands in the way."""
    return _no_display(environment) or _missing_library(environment)


def _no_display(environment: Mapping[str, str]) -> str | None:
    platform = environment.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if not sys.platform.startswith("linux") or platform not in {"", "xcb", "wayland"}:
        return None
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if not wayland and not x11:
        return f"There is no display to open a window on; {_INSTEAD}."
    if wayland and platform != "xcb" and _wayland_answers(wayland, environment):
        return None
    if x11 and platform != "wayland" and _x11_answers(x11):
        return None
    return f"The display {x11 or wayland} cannot be reached; {_INSTEAD}."


def _missing_library(environment: Mapping[str, str]) -> str | None:
    """Load what Qt will load: its own aborting message comes too late to be phrased."""
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError as error:
        return _lacking(str(error))
    if sys.platform.startswith("linux") and not environment.get("WAYLAND_DISPLAY"):
        platform = environment.get("QT_QPA_PLATFORM", "").split(":")[0]
        if platform in {"", "xcb"} and (plugin := _xcb_plugin()):
            try:
                ctypes.CDLL(str(plugin))
            except OSError as error:
                return _lacking(str(error))
    return None


def _lacking(words: str) -> str:
    missing = words.split(":")[0].strip()
    return f"The window needs {missing}, which this machine lacks; run: {LIBRARIES}"


def _xcb_plugin() -> Path | None:
    spec = find_spec("PySide6")
    folders = (spec.submodule_search_locations if spec else None) or []
    plugins = (Path(folder, "Qt", "plugins", "platforms", "libqxcb.so") for folder in folders)
    return next((plugin for plugin in plugins if plugin.is_file()), None)


def _x11_answers(display: str) -> bool:
    match = _X_DISPLAY.match(display)
    if not match:
        return False
    number = int(match["number"])
    if match["host"]:
        return _connects((match["host"], 6000 + number), socket.AF_INET)
    name = str(Path("/", "tmp", ".X11-unix", f"X{number}"))
    return _connects(name, socket.AF_UNIX) or _connects(f"\0{name}", socket.AF_UNIX)


def _wayland_answers(display: str, environment: Mapping[str, str]) -> bool:
    path = Path(environment.get("XDG_RUNTIME_DIR", ""), display)
    return _connects(str(path), socket.AF_UNIX)


def _connects(address: str | tuple[str, int], family: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(2.0)
            probe.connect(address)
    except OSError:
        return False
    return True
