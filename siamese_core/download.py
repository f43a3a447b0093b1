"""Corpora fetched from their public homes, whole files or none, then unpacked whole or not."""

import re
import shutil
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import BadZipFile, ZipFile, ZipInfo

import pooch
import requests

from siamese_core.callbacks import OnEvent, ShouldStop, ignore, never, progress
from siamese_core.corpora.archive import Bounds, open_archive
from siamese_core.corpora.layouts import ALL_LAYOUTS
from siamese_core.errors import CorpusError
from siamese_core.files import reason

Downloader = Callable[[str, str, object], None]
"""Fetches an address into a file, as pooch calls it: (address, path, pooch)."""

TIMEOUT_SECONDS = 20.0
"""How long a server may stay silent, at first and between two pieces."""

_PIECE = 1 << 16
_ANOTHER = {requests.codes.ok, requests.codes.requested_range_not_satisfiable}
"""What a server answers to a wish for the rest that gives no parts, or has another version."""
_PART = ".part"
"""How the names of files end that came in part: NAME.VERSION.part, the version in hexadecimals."""
_ARCHIVE_BOUNDS = Bounds(members=100_000, member_bytes=1 << 28, bytes=1 << 33)


@dataclass(frozen=True)
class Home:
    """Where a corpus lives and under which terms.

    Parameters
    ----------
    licence : str
        One sentence, shown before anything is fetched.
    files : dict
        Address -> checksum as ``algorithm:hex``, or None where none is published.
    keep : str
        Which members of the archive to unpack: a pattern for the path in it, without its first
        folder. Empty where the files stay as they are.
    """

    licence: str
    files: dict[str, str | None]
    keep: str = ""


_OMNIGLOT = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python"

HOMES: dict[str, Home] = {
    "audiomnist": Home(
        "AudioMNIST (Becker et al. 2018) is under the MIT licence.",
        {"https://github.com/soerenab/AudioMNIST/archive/refs/heads/master.zip": None},
        r"data/(\d\d/\d_\d\d_\d+\.wav|audioMNIST_meta\.txt)|LICENSE",
    ),
    "esc50": Home(
        "ESC-50 (Piczak 2015) is under CC BY-NC 3.0, not for commercial use; its part ESC-10 is "
        "under CC BY 3.0.",
        {"https://github.com/karolpiczak/ESC-50/archive/refs/heads/master.zip": None},
        r"audio/[^/]+\.wav|meta/esc50\.csv|LICENSE",
    ),
    "fsdd": Home(
        "FSDD, the free spoken digit dataset (Jackson et al. 2018), is under CC BY-SA 4.0.",
        {
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/"
            "v1.0.10.zip": None
        },
        r"recordings/[^/]+\.wav",
    ),
    # Omniglot's authors publish no checksum; these are the ones that torchvision checks.
    "omniglot": Home(
        "Omniglot (Lake et al. 2015) is under the MIT licence.",
        {
            f"{_OMNIGLOT}/images_background.zip": "md5:68d2efa1b9178cc56df9314c21c6e718",
            f"{_OMNIGLOT}/images_evaluation.zip": "md5:6b91aef0f799c5bb55b94e3f2daec811",
        },
    ),
}


def home_of(name: str) -> Home:
    """Return the home of a corpus.

    Raises
    ------
    CorpusError
        If there is none of that name.
    """
    if name not in HOMES:
        raise CorpusError(f"'{name}' cannot be fetched; there are: {', '.join(HOMES)}.")
    return HOMES[name]


def fetch(
    name: str,
    folder: Path,
    on_event: OnEvent = ignore,
    should_stop: ShouldStop = never,
    downloader: Downloader | None = None,
) -> bool:
    """Fetch a corpus into a folder.

    A file that came whole is kept and not fetched again when the next one fails or the person
    stops. One that came in part is gone on with, where the server names its versions and gives
    parts (GitHub packs its archives anew and gives none), else fetched from its start.

    Parameters
    ----------
    name : str
        A key of `HOMES`.
    folder : Path
        A new or empty folder, or one with the corpus already in it.
    downloader : callable, optional
        What fetches one address; HTTP if None.

    Returns
    -------
    bool
        False if the corpus was already there and nothing was fetched.

    Raises
    ------
    CorpusError
        If there is no such corpus, the folder holds something else, the network or the server
        does not answer, or what came is not the corpus.
    Cancelled
        If ``should_stop`` says so.
    """
    home, folder = home_of(name), folder.resolve()
    get = downloader or _Http(on_event, should_stop)
    workshop = folder.parent / f".{folder.name}-fetching"
    try:
        if _is_there(name, home, folder):
            return False
        archives = [_retrieve(*file, workshop, get) for file in home.files.items()]
        whole = _assemble(archives, home.keep, workshop / "whole", on_event, should_stop)
        if folder.is_dir():  # an empty one
            folder.rmdir()
        whole.rename(folder)
        shutil.rmtree(workshop)
    except requests.RequestException as error:  # it is an OSError too
        raise CorpusError(_network_fault(error, home)) from error
    except OSError as error:
        raise CorpusError(f"{folder} cannot be written: {reason(error)}.") from error
    finally:
        _sweep(workshop)
    return True


def _is_there(name: str, home: Home, folder: Path) -> bool:
    """Whether the corpus is complete; refuse a folder with something else in it."""
    inside = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if not inside:
        return False
    wanted = set() if home.keep else {_file_name(address) for address in home.files}
    if wanted <= inside and ALL_LAYOUTS[name].recognises(folder):
        return True
    raise CorpusError(f"{folder} already holds other files; give a new folder.")


def _sweep(workshop: Path) -> None:
    """Leave the archives, and beginnings of one, that need not come again, and nothing else."""
    shutil.rmtree(workshop / "whole", ignore_errors=True)
    with suppress(OSError):  # it is not empty, or not there
        workshop.rmdir()


def _retrieve(address: str, checksum: str | None, folder: Path, downloader: Downloader) -> Path:
    pooch.get_logger().setLevel("WARNING")
    name = _file_name(address)
    try:
        return Path(pooch.retrieve(address, checksum, name, folder, downloader=downloader))
    except requests.RequestException:  # some of them are a ValueError too
        raise
    except ValueError as error:
        raise CorpusError(
            f"What came from {address} is not the published file (its checksum differs); try again."
        ) from error


@dataclass(frozen=True)
class _Http:
    """Fetches a file, or the rest of one whose beginning lies beside it under its version."""

    on_event: OnEvent
    should_stop: ShouldStop

    def __call__(self, address: str, path: str, _pooch: object) -> None:
        target = Path(path)
        begun = next(target.parent.glob(f"{_file_name(address)}.*{_PART}"), None)
        have = begun.stat().st_size if begun is not None else 0
        asked = {"Accept-Encoding": "identity"}  # as it lies there: every byte counts
        if begun is not None:
            version = bytes.fromhex(begun.suffixes[-2][1:]).decode("latin-1")
            asked |= {"Range": f"bytes={have}-", "If-Range": version}
        with requests.get(address, headers=asked, stream=True, timeout=TIMEOUT_SECONDS) as answer:
            if begun is not None and answer.status_code in _ANOTHER:
                begun.unlink()
                begun, have = None, 0
                if answer.status_code != requests.codes.ok:
                    self(address, path, _pooch)
                    return
            answer.raise_for_status()
            self._take(answer, begun or _place(answer, target, _file_name(address)), have, target)

    def _take(self, answer: requests.Response, part: Path, have: int, target: Path) -> None:
        """Write what comes behind what there is; what is broken off stays, but on a full disk."""
        length = int(answer.headers.get("Content-Length", 0))
        total = have + length if length else 0
        try:
            with part.open("ab" if have else "wb") as file:
                for piece in answer.iter_content(_PIECE):
                    have += file.write(piece)
                    progress(self.on_event, self.should_stop, "Fetching (bytes)", have, total)
        except requests.RequestException:  # it is an OSError too
            raise
        except OSError:
            part.unlink(missing_ok=True)
            raise
        part.replace(target)


def _place(answer: requests.Response, target: Path, name: str) -> Path:
    """Return where a file comes in: for good where the server says which version it gives."""
    tag: str = answer.headers.get("ETag", "")
    if not tag.startswith('"'):  # none, or a weak one, which other bytes may have too
        return target
    return target.parent / f"{name}.{tag.encode('latin-1').hex()}{_PART}"


def _assemble(
    archives: Sequence[Path], keep: str, whole: Path, on_event: OnEvent, should_stop: ShouldStop
) -> Path:
    """Put what is wanted of the archives, or the archives themselves, into a new folder."""
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    for archive in archives:
        if keep:
            _unpack(archive, re.compile(keep), whole, on_event, should_stop)
        else:
            archive.rename(whole / archive.name)
    return whole


def _unpack(
    archive: Path,
    keep: re.Pattern[str],
    folder: Path,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> None:
    try:
        with open_archive(archive, archive, _ARCHIVE_BOUNDS) as opened:
            wanted = _wanted(opened, keep)
            if not wanted:
                raise CorpusError(f"{archive.name} does not hold the corpus; fetch it again.")
            for done, (path, member) in enumerate(wanted.items(), 1):
                _write_member(opened, member, folder / path)
                progress(on_event, should_stop, "Unpacking", done, len(wanted))
    except (BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        archive.unlink()  # kept, it would be taken for a good one the next time
        raise CorpusError(f"{archive.name} came damaged ({error}); fetch it again.") from error
    except CorpusError:
        archive.unlink()
        raise


def _wanted(archive: ZipFile, keep: re.Pattern[str]) -> dict[str, ZipInfo]:
    """Find the members to unpack by their path below the archive's one folder."""
    below = {info.filename.partition("/")[2]: info for info in archive.infolist()}
    return {path: info for path, info in below.items() if keep.fullmatch(path)}


def _write_member(archive: ZipFile, member: ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _file_name(address: str) -> str:
    return address.rpartition("/")[2]


def _network_fault(error: requests.RequestException, home: Home) -> str:
    address = error.request.url if error.request is not None else None
    server = urlsplit(str(address or next(iter(home.files)))).hostname
    if error.response is not None:
        return (
            f"{server} answered {error.response.status_code} {error.response.reason}; "
            "try again later."
        )
    return f"{server} cannot be reached; check the network connection and try again."
