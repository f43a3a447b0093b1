"""Build the desktop program as one folder without Python, and try the result.

    python -m pip install ".[build]" && python packaging/build.py

PyInstaller freezes the installed program by ``earwitness.spec``. What libraries carry for the
debugger is stripped, their licences are collected, and the frozen program is tried by ``smoke.py``.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import smoke
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).parent
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
DEBUGGED = ("libtorch_cpu.so", "libtorch_python.so", "libllvmlite.so", "libpython3.*.so*")
"""Large libraries that come with names for the debugger; patched ones break when stripped."""
MOST_MB = 1100
"""What a build without CUDA may take."""
LICENCE = re.compile(r"licen[cs]e|copying|notice|authors|copyright", re.IGNORECASE)
REQUIREMENT = re.compile(r"^[A-Za-z0-9._-]+")


def main() -> None:
    """Build, report and try."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=Path("dist"), help="where to (dist)")
    options.add_argument("--keep", action="store_true", help="only try the build that is there")
    chosen = options.parse_args()
    folder = chosen.out / "earwitness"
    if not chosen.keep:
        icons = draw_icons(chosen.out / "work")
        freeze(chosen.out)
        strip(folder)
        add_desktop_files(folder, icons)
        collect_licences(folder)
    report(folder)
    smoke.try_out(folder, chosen.out / "smoke")


def draw_icons(work: Path) -> dict[int, Path]:
    """Draw the icon at every size, and as Windows and macOS want it, for the spec to find."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    drawing = QSvgRenderer(str(HERE.parent / "assets" / "icons" / "earwitness.svg"))
    target = work / "earwitness"
    target.mkdir(parents=True, exist_ok=True)
    icons = {}
    for size in ICON_SIZES:
        picture = QImage(size, size, QImage.Format.Format_ARGB32)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        drawing.render(painter)
        painter.end()
        icons[size] = target / f"earwitness-{size}.png"
        picture.save(str(icons[size]))
    application.quit()
    with Image.open(icons[512]) as largest:
        largest.save(target / "earwitness.ico", sizes=[(s, s) for s in ICON_SIZES if s <= 256])
        largest.save(target / "earwitness.icns")
    return icons


def freeze(out: Path) -> None:
    """Run PyInstaller."""
    places = ["--distpath", str(out), "--workpath", str(out / "work")]
    spec = str(HERE / "earwitness.spec")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    subprocess.run([*command, *places, spec], check=True)


def strip(folder: Path) -> None:
    """Take the debugger's names out of the largest libraries, where the system has the tool."""
    if not sys.platform.startswith("linux") or not (tool := shutil.which("strip")):
        return
    for pattern in DEBUGGED:
        for library in folder.rglob(pattern):
            if not library.is_symlink():
                subprocess.run([tool, "--strip-unneeded", str(library)], check=True)


def add_desktop_files(folder: Path, icons: dict[int, Path]) -> None:
    """Add what a Linux desktop reads: entry, AppStream metadata, icons."""
    share = folder / "share"
    for name, place in (
        ("earwitness.desktop", "applications"),
        ("io.github.earwitness.Earwitness.metainfo.xml", "metainfo"),
    ):
        (share / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, share / place)
    for size, icon in icons.items():
        place = share / "icons" / "hicolor" / f"{size}x{size}" / "apps" / "earwitness.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(icon, place)


def collect_licences(folder: Path) -> None:
    """Put the licence of everything that is built in into ``licenses``, with a list of it all."""
    target = folder / "licenses"
    shutil.rmtree(target, ignore_errors=True)
    lines = []
    for found in sorted(built_in(), key=lambda found: found.name.lower()):
        copied = copy_licences(found, target / found.name)
        lines.append(
            f"{found.name} {found.version}: {terms(found)}{'' if copied else ' (no file)'}"
        )
    python = Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    if python.exists():
        (target / "python").mkdir(parents=True)
        shutil.copy(python, target / "python")
    lines.append(f"Python {sys.version.split()[0]}: PSF-2.0")
    lines += copy_system_licences(folder, target)
    (target / "LIST.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def built_in() -> set[Distribution]:
    """Find earwitness and everything that it requires, however indirectly."""
    found: dict[str, Distribution] = {}
    wanted = ["earwitness", "pyinstaller"]
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or an extra that is not installed
        needs = found[name].requires or []
        wanted += [
            match.group()
            for need in needs
            if "extra ==" not in need and (match := REQUIREMENT.match(need))
        ]
    return set(found.values())


def terms(found: Distribution) -> str:
    """Name a distribution's licence in a line, from wherever it says so; few agree on the place."""
    about = found.metadata
    said = [line.split(" :: ")[-1] for line in about.get_all("Classifier", [])
            if line.startswith("License :: ")]  # fmt: skip
    text = str(about.get("License", "")).strip()
    line = "" if "\n" in text or text == "UNKNOWN" else text
    return str(about.get("License-Expression") or line or ", ".join(said) or "see its files")


def copy_licences(found: Distribution, target: Path) -> int:
    """Copy a distribution's licence files and count them; Qt's, which has none, are ours."""
    texts = [
        Path(str(found.locate_file(file)))
        for file in found.files or ()
        if LICENCE.search(file.name) and file.suffix not in {".py", ".pyc"}
    ]
    texts = [text for text in texts if text.is_file()]
    if not texts:
        texts = [text for text in (HERE / "licenses").iterdir() if text.stem in terms(found)]
    for number, text in enumerate(texts):
        target.mkdir(parents=True, exist_ok=True)
        name = text.name if not (target / text.name).exists() else f"{number}-{text.name}"
        shutil.copy(text, target / name)
    return len(texts)


def copy_system_licences(folder: Path, target: Path) -> list[str]:
    """Copy Debian's copyright files of the system's libraries that are built in."""
    if not (dpkg := shutil.which("dpkg")):
        return []
    packages = set()
    for library in (folder / "_internal").glob("*.so*"):
        found = subprocess.run([dpkg, "-S", f"*/{library.name}"], capture_output=True, text=True)
        packages |= {line.split(":")[0] for line in found.stdout.splitlines()[:1]}
    for package in sorted(packages):
        text = Path("/usr/share/doc", package, "copyright")
        if text.is_file():
            (target / "system").mkdir(parents=True, exist_ok=True)
            shutil.copy(text, target / "system" / f"{package}.txt")
    return [f"{package} (Debian): see system/{package}.txt" for package in sorted(packages)]


def report(folder: Path) -> None:
    """Print the size and the ten largest parts; too large a build without CUDA has failed."""
    parts = sorted(_sizes(folder), reverse=True)
    whole = sum(size for size, _ in parts) / 1e6
    print(f"{folder}: {whole:.0f} MB")
    for size, name in parts[:10]:
        print(f"{size / 1e6:8.1f} MB  {name}")
    if whole > MOST_MB and not any(folder.rglob("*torch_cuda*")):
        sys.exit(f"The build is larger than {MOST_MB} MB without CUDA; see its largest parts.")


def _sizes(folder: Path) -> Iterator[tuple[int, str]]:
    """Measure each part: a file or folder of ``_internal``, or one beside it."""
    for part in [*(folder / "_internal").iterdir(), *folder.iterdir()]:
        if part.name == "_internal":
            continue
        files = [part] if part.is_file() else part.rglob("*")
        size = sum(file.lstat().st_size for file in files if file.is_file())
        yield size, str(part.relative_to(folder))


if __name__ == "__main__":
    main()
