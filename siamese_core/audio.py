"""Clip: mono sound with its rate. Reading hostile files, resampling, fitting, writing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from io import SEEK_END, BytesIO
from math import ceil, gcd
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from siamese_core.callbacks import ShouldStop, never
from siamese_core.errors import AudioError, Cancelled
from siamese_core.files import file_fault, reason, writing
from siamese_core.truncation import UNKNOWN, ogg_ends, shortage, told_samples

Samples = NDArray[np.float32]

SUFFIXES = (
    *(".wav", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"),
    *(".caf", ".au", ".sph", ".nist"),
)
FOREIGN_SUFFIXES = (
    *(".m4a", ".m4b", ".mp4", ".aac", ".ac3", ".amr", ".3gp", ".wma", ".webm", ".mka"),
    *(".ape", ".wv", ".mpc", ".ra", ".tta", ".dts", ".spx"),
)
"""How the names of sounds end that libsndfile cannot decode."""
_SHORTENED = re.compile(rb"NIST_1A\n.*^sample_coding [^\n]*shorten", re.DOTALL | re.MULTILINE)
SHORTEST_SECONDS = 0.01
LONGEST_SECONDS = 3600.0
MOST_SAMPLES = 200_000_000
"""An hour at 48 kHz: 0.8 GB of memory, whatever the rate."""
RATES = (1_000, 768_000)
SILENCE_PEAK = 1e-5
"""A peak below this (-100 dBFS) counts as silence."""
HIGHEST_PEAK = 1e10
"""Whole numbers of 32 bits, stored as they are, reach 2e9; a spectrum of far more overflows."""
_BLOCK = 1 << 16
"""Samples that are read at once."""
_PAST_THE_END = 39
"""libsndfile's error where a FLAC of unknown length is left at its end: nothing is wrong."""
_SUBTYPES = {".wav": "FLOAT", ".flac": "PCM_24"}
_SIGNATURES = (b"", b"RIFF", b"RIFX", b"RF64", b"fLaC")
_NOTHING = np.zeros(0, np.float32)
_ROUNDED = 1e-12
"""Of a clip's energy: what sums of its squares may differ by and still be equal."""
_FILTER_REACH = 1024
"""Samples at the lower of two rates around an excerpt; it then equals the whole within -100 dB."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Mono sound.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Full scale is -1 to 1. Only the contrast that `sonification` renders has two channels,
        shape (n_samples, 2).
    rate : int
        Sampling rate in Hz.
    label : str, optional
        The class, where it is known.
    path : Path, optional
        The file it came from.
    """

    samples: Samples
    rate: int
    label: str | None = None
    path: Path | None = None

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / self.rate

    @property
    def peak(self) -> float:
        """Largest absolute sample."""
        return float(np.abs(self.samples).max(initial=0.0))

    @property
    def is_silent(self) -> bool:
        """Whether no sample rises above -100 dBFS."""
        return self.peak < SILENCE_PEAK

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for the sound and its rate, whatever file it is in."""
        content = sha256(str(self.rate).encode())
        content.update(np.ascontiguousarray(self.samples).data)
        return content.hexdigest()[:16]

    def cut(self, start: int, length: int) -> "Clip":
        """Return ``length`` samples from ``start``; what lies outside the clip is zero."""
        cut = np.zeros((length, *self.samples.shape[1:]), np.float32)
        first, last = max(start, 0), min(start + length, len(self.samples))
        if last > first:
            cut[first - start : last - start] = self.samples[first:last]
        return replace(self, samples=cut)


def read(
    path: Path,
    rate: int | None = None,
    label: str | None = None,
    should_stop: ShouldStop = never,
) -> Clip:
    """Read a sound file of any rate, channel count and sample format as a mono clip.

    Parameters
    ----------
    path : Path
        wav, flac, ogg, mp3, aiff or NIST SPHERE (whatever libsndfile reads). Channels are averaged.
    rate : int, optional
        Rate in Hz to resample to; the file's own if None.
    label : str, optional
        The clip's class.

    Raises
    ------
    AudioError
        If the file is missing, empty, truncated (as far as its header tells, see `truncation`), no
        audio, too short or long, or not finite.
    Cancelled
        If ``should_stop`` says so; it is asked after every block, for an hour takes seconds.
    """
    path = Path(path)
    if fault := file_fault(path):
        raise AudioError(f"{fault}; give a sound file.")
    clip = decode(path, path, label, should_stop)
    return clip if rate is None else resample(clip, rate)


def decode(
    path: Path,
    content: Path | BinaryIO,
    label: str | None = None,
    should_stop: ShouldStop = never,
) -> Clip:
    """Decode sound as `read` does, from a file or from memory; ``path`` is what errors name."""
    try:
        with _opened(content) as bare:
            _check_end(path, bare)
            with soundfile.SoundFile(content) as file:
                _check_header(path, file)
                samples = np.concatenate([*_mono_blocks(file, path, should_stop), _NOTHING])
                own_rate, told = file.samplerate, told_samples(bare, file)
    except OSError as error:
        raise AudioError(f"{path} cannot be opened: {reason(error)}.") from error
    except soundfile.LibsndfileError as error:
        raise AudioError(_undecoded(path, content)) from error
    except UnicodeError as error:
        raise AudioError(f"{str(path)!r} has a name that is not UTF-8; rename it.") from error
    except TypeError as error:  # soundfile asks for rate and channels of headerless sound
        raise AudioError(
            f"{path} has no header that says its rate; give a wav, flac, ogg, mp3 or NIST SPHERE "
            "file."
        ) from error
    _check_samples(path, samples, own_rate, told)
    return Clip(samples, own_rate, label, path)


def foreign(path: Path) -> str:
    """Say that a sound is of a kind which cannot be decoded, where its name tells so; else ""."""
    suffix = path.suffix.lower()
    is_foreign = suffix in FOREIGN_SUFFIXES
    return f"{path} is {suffix[1:]}, which cannot be decoded here; convert it to wav." * is_foreign


def _undecoded(path: Path, content: Path | BinaryIO) -> str:
    with _opened(content) as file:
        file.seek(0)
        head = file.read(1024)
    if _SHORTENED.match(head):
        return f"{path} is NIST SPHERE compressed by shorten; unpack it with sph2pipe -f wav."
    return foreign(path) or (
        f"{path} is not sound that can be read; give a wav, flac, ogg, mp3 or NIST SPHERE file."
    )


def resample(clip: Clip, rate: int) -> Clip:
    """Return the clip at another rate (soxr, high quality: band-limited at half the lower rate)."""
    if rate == clip.rate:
        return clip
    samples = soxr.resample(clip.samples, clip.rate, rate, quality="HQ")
    return replace(clip, samples=samples.astype(np.float32), rate=rate)


def excerpt(clip: Clip, rate: int, first: int, length: int) -> Clip:
    """Return ``length`` samples from ``first`` of the clip at another rate.

    Equals a cut from the whole clip's `resample`, but resamples only that stretch and the reach of
    the filter around it: a second out of an hour costs what a second costs.
    """
    if rate == clip.rate:
        return clip.cut(first, length)
    common = gcd(clip.rate, rate)
    step, own_step = rate // common, clip.rate // common
    reach = ceil(_FILTER_REACH * common / min(rate, clip.rate))
    origin = max(0, first // step - reach)  # in steps of the grid that both rates share
    begin, end = (place * own_step for place in (origin, ceil((first + length) / step) + reach))
    around = clip.cut(begin, max(0, min(end, len(clip.samples)) - begin))
    return resample(around, rate).cut(first - origin * step, length)


def placement(clip: Clip, length: int) -> int:
    """Find the one place where a clip is scored and explained.

    Parameters
    ----------
    length : int
        Window length in samples at the clip's rate.

    Returns
    -------
    int
        First sample of the window in the clip: negative where a short clip is centred between
        zeros, the loudest window (largest energy, the first of equals) where a clip is longer.
    """
    spare = len(clip.samples) - length
    if spare <= 0:
        return spare // 2
    energy = np.cumsum(np.square(clip.samples, dtype=np.float64))
    windows = energy[length - 1 :] - np.concatenate([[0.0], energy[:spare]])
    return int(np.argmax(windows >= windows.max() - _ROUNDED * energy[-1]))


def write(clip: Clip, path: Path) -> None:
    """Write a clip as 32-bit float WAV, or 24-bit FLAC if ``path`` ends in ``.flac``.

    Raises
    ------
    AudioError
        If no sound can be written there (`check_sound_path`).
    EarwitnessError
        If the file cannot be written; nothing half-written stays.
    """
    check_sound_path(path)
    subtype = _SUBTYPES[path.suffix.lower()]
    # To memory first: libsndfile does not say why the system refused, a full disk for instance.
    content = BytesIO()
    try:
        soundfile.write(content, clip.samples, clip.rate, subtype, format=path.suffix[1:])
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path} cannot hold this sound: {error.error_string}") from error
    with writing(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def check_sound_path(path: Path) -> None:
    """Refuse a path that no sound can be written to, before the sound is made.

    An older sound of that name is replaced; a file of another kind never.

    Raises
    ------
    AudioError
        If the name ends in neither ``.wav`` nor ``.flac``, or is that of a folder or of a file that
        is not sound.
    """
    if path.is_dir():
        raise AudioError(f"{path} is a folder; name a .wav or .flac file in it.")
    if path.suffix.lower() not in _SUBTYPES:
        raise AudioError(f"{path} cannot be written as sound; end its name in .wav or .flac.")
    if path.exists() and not _is_sound(path):
        raise AudioError(f"{path} exists and is not sound, so it stays; give another name.")


def _is_sound(path: Path) -> bool:
    """Whether a file begins as sound does, or is empty."""
    try:
        with path.open("rb") as file:
            return path.is_file() and file.read(4) in _SIGNATURES
    except OSError:
        return False


@contextmanager
def _opened(content: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(content, Path):
        with content.open("rb") as file:
            yield file
    else:
        yield content


def _check_end(path: Path, file: BinaryIO) -> None:
    """Refuse what ends before it says so, as far as that is told before it is decoded."""
    if not file.seek(0, SEEK_END):
        raise AudioError(f"{path} is empty (0 bytes); give a sound file.")
    if short := shortage(file):
        raise _truncated(path, *short)
    if not ogg_ends(file):
        raise AudioError(f"{path} is truncated: its stream has no end; copy it again.")


def _truncated(path: Path, held: int, told: int) -> AudioError:
    return AudioError(f"{path} is truncated: it holds {held} of {told} samples; copy it again.")


def _check_header(path: Path, file: soundfile.SoundFile) -> None:
    low, high = RATES
    if not low <= file.samplerate <= high:
        raise AudioError(f"{path} has a rate of {file.samplerate} Hz; {low} to {high} can be used.")
    if file.frames == 0:
        raise AudioError(f"{path} holds no samples; give a clip with sound in it.")


def _mono_blocks(
    file: soundfile.SoundFile, path: Path, should_stop: ShouldStop
) -> Iterator[Samples]:
    """Yield blocks averaged over channels; memory follows the data, not what the header claims."""
    longest = min(LONGEST_SECONDS * file.samplerate, MOST_SAMPLES)
    total, block = 0, np.zeros((_BLOCK, 0), np.float32)
    while len(block) == _BLOCK:
        block = _block(file, path, total)
        total += len(block)
        if should_stop():
            raise Cancelled("Reading a clip")
        if total > longest:
            minutes = longest / file.samplerate / 60
            raise AudioError(f"{path} is longer than {minutes:.0f} minutes; trim it.")
        with np.errstate(invalid="ignore", over="ignore"):  # `_check_samples` says where it is
            mono = block.mean(axis=1, dtype=np.float32)
        yield mono


def _block(file: soundfile.SoundFile, path: Path, done: int) -> Samples:
    """Read the samples after those that are done, (n, channels): fewer than a block at the end."""
    block = np.full((_BLOCK, file.channels), np.nan, np.float32)
    try:
        read: Samples = file.read(out=block)
    except soundfile.LibsndfileError as error:
        is_told = file.frames < UNKNOWN
        is_unread = np.isnan(block[:, 0])  # it does not say how many it read
        held = int(is_unread.argmax()) if is_unread.any() else len(block)
        held = min(held, file.frames - done)  # silence may follow
        # What cannot be read behind all of it is no sound: an ID3 tag, say.
        if done + held == file.frames if is_told else error.code == _PAST_THE_END:
            return block[:held]
        share = f"{done + held} of {file.frames}" if is_told else f"only {done + held}"
        raise AudioError(
            f"{path} is damaged or truncated: {share} samples can be read; copy it again."
        ) from error
    return read


def _check_samples(path: Path, samples: Samples, rate: int, told: int) -> None:
    if len(samples) < told:
        raise _truncated(path, len(samples), told)
    if len(samples) < SHORTEST_SECONDS * rate:
        raise AudioError(
            f"{path} holds {len(samples)} sample{'s' if len(samples) != 1 else ''} "
            f"({1000 * len(samples) / rate:.1f} ms); give at least "
            f"{1000 * SHORTEST_SECONDS:.0f} ms."
        )
    finite = np.isfinite(samples)
    if not finite.all():
        where = int(np.argmin(finite)) / rate
        raise AudioError(
            f"{path} holds a value that is infinite or not a number at {where:.3f} s; repair it."
        )
    peak = float(np.abs(samples).max())
    if peak > HIGHEST_PEAK:
        raise AudioError(
            f"{path} rises to {peak:.1e} times full scale; scale its samples to -1 to 1."
        )
