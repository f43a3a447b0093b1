"""Rebuild the demo line-up, four voices in ``assets/demo``, from Debian's Asterisk prompts.

Needs a Debian system with ``apt-get``, ``dpkg-deb`` and ``ffmpeg``, which decodes G.722.
Nothing is installed: the packages are unpacked in a temporary folder. The same package version
and the same libsndfile give the same bytes every time.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.int16]

VERSION = "1.6.1-1"
RATE = 16_000
FULL_SCALE = 32_768
FRAME = RATE // 100
"""Silence is judged, and the fades last, 10 ms at a time."""
MARGIN = 3 * FRAME
"""What is kept of the silence on either side."""
SILENCE_DB = 40.0
"""A frame this far below the loudest one is silence."""
MAX_BYTES = 4_000_000
MIN_CLIPS = 20


def prompts(numbers: str, days: str) -> dict[str, str]:
    """Pair Asterisk's prompts for 0, 1, 2... and Sunday, Monday... with words; a dash skips one."""
    named = [(str(index), word) for index, word in enumerate(numbers.split())]
    named += [(f"day-{index}", word) for index, word in enumerate(days.split())]
    return {prompt: word for prompt, word in named if word != "-"}


# A dash stands for a prompt that is too short, or cut into the word, or not needed.
WORDS = {
    "en": prompts(
        "zero one two three four five six seven eight nine",
        "- monday tuesday wednesday thursday friday",
    ),
    "es": prompts(
        "cero uno dos tres cuatro cinco seis siete ocho nueve",
        "- lunes martes miercoles jueves viernes",
    ),
    "fr": prompts(
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize",
        "dimanche lundi mardi mercredi jeudi vendredi samedi",
    ),
    "it": prompts(
        "zero - due - quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
        "quindici sedici diciassette diciotto",
        "domenica lunedi martedi mercoledi giovedi venerdi sabato",
    ),
    "ru": prompts(
        "nol odin dva - chetyre pyat shest sem vosem devyat desyat odinnadtsat dvenadtsat "
        "trinadtsat chetyrnadtsat pyatnadtsat shestnadtsat semnadtsat",
        "voskresenye ponedelnik vtornik sreda chetverg pyatnitsa subbota",
    ),
}
VOICES = {
    "allison-smith": ["en", "es"],
    "carlo-flora": ["it"],
    "ivrvoice-ru": ["ru"],
    "june-wallack": ["fr"],
}
QUERY = "allison-smith/es_siete.flac"
SUPPORT = [
    "june-wallack/fr_quatre.flac",
    "carlo-flora/it_quattro.flac",
    "allison-smith/en_four.flac",
    "ivrvoice-ru/ru_chetyre.flac",
]
"""Everyone says "four" in her or his own language; the query says "seven" in Spanish."""


def unpack(code: str, folder: Path) -> Path:
    """Download one language's package into a new folder; return where its numbers lie."""
    folder.mkdir()
    run("apt-get", "download", f"asterisk-core-sounds-{code}-g722={VERSION}", cwd=folder)
    (archive,) = folder.glob("*.deb")
    run("dpkg-deb", "--extract", archive.name, ".", cwd=folder)
    (digits,) = folder.glob("usr/share/asterisk/sounds/*/digits")
    return digits


def run(*command: str, cwd: Path | None = None) -> bytes:
    """Run a command and return what it prints, or say what it complained about."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def decode(prompt: Path) -> Samples:
    """Decode a raw G.722 file, which is 16 kHz mono by definition."""
    raw = run("ffmpeg", "-v", "error", "-f", "g722", "-i", str(prompt), "-f", "s16le", "pipe:1")
    return np.frombuffer(raw, dtype="<i2").astype(np.int16)


def trim(samples: Samples) -> Samples:
    """Cut the silence at both ends to a small margin and fade the cut ends."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    energy = np.mean(frames**2, axis=1)
    heard = np.flatnonzero(energy > energy.max() * 10 ** (-SILENCE_DB / 10))
    start = max(0, int(heard[0]) * FRAME - MARGIN)
    clip = samples[start : (int(heard[-1]) + 1) * FRAME + MARGIN].astype(np.float64)
    fade = np.sin(np.linspace(0.0, np.pi / 2, FRAME)) ** 2
    clip[:FRAME] *= fade
    clip[-FRAME:] *= fade[::-1]
    return np.rint(clip).astype(np.int16)


def check(path: Path) -> None:
    """Read a clip back and refuse one that is too long, too quiet, clipped, off zero or clicks."""
    samples, rate = soundfile.read(path, dtype="int16")
    level = np.abs(samples.astype(np.float64)) / FULL_SCALE
    sound = {
        "is 16 kHz mono": rate == RATE and samples.ndim == 1,
        "lasts 0.3 to 1.5 s": 0.3 <= len(samples) / RATE <= 1.5,
        "peaks between 0.05 and 1": 0.05 < level.max() < 1 - 1 / FULL_SCALE,
        "has no offset": abs(float(samples.mean())) < 0.001 * FULL_SCALE,
        "starts and ends at rest": max(level[0], level[-1]) < 0.001,
    }
    failed = [claim for claim, holds in sound.items() if not holds]
    if failed:
        raise ValueError(f"{path.name}: not true that it {' and '.join(failed)}")


def build_voice(name: str, sounds: dict[str, Path], folder: Path) -> None:
    """Write one voice's clips into a new folder and say what they come to."""
    folder.mkdir()
    for code in VOICES[name]:
        for prompt, word in WORDS[code].items():
            path = folder / f"{code}_{word}.flac"
            samples = trim(decode(sounds[code] / f"{prompt}.g722"))
            soundfile.write(path, samples, RATE, subtype="PCM_16")
            check(path)
    clips = sorted(folder.iterdir())
    seconds = sum(soundfile.info(clip).duration for clip in clips)
    size = sum(clip.stat().st_size for clip in clips)
    print(f"{name}: {len(clips)} clips, {seconds:.1f} s, {size / 1000:.0f} kB")


def write_lineup(folder: Path) -> None:
    """Write the default episode: a query and one clip of each voice."""
    support = [{"label": path.split("/")[0], "path": path} for path in SUPPORT]
    text = json.dumps({"query": QUERY, "support": support}, indent=2)
    (folder / "lineup.json").write_text(text + "\n", encoding="utf-8")


def check_whole(folder: Path) -> None:
    """Refuse a line-up that is too large, has a thin voice, or names a clip that is not there."""
    size = sum(path.stat().st_size for path in folder.rglob("*.flac"))
    thin = [name for name in VOICES if len(list((folder / name).iterdir())) < MIN_CLIPS]
    missing = [path for path in [QUERY, *SUPPORT] if not (folder / path).is_file()]
    if size >= MAX_BYTES or thin or missing:
        raise ValueError(f"{size} bytes; voices with too few clips: {thin}; missing: {missing}")


def build(out: Path) -> None:
    """Build everything beside ``out``, check it, then move it into place."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as downloads,
        tempfile.TemporaryDirectory(dir=out.parent, prefix=".demo-") as built,
    ):
        sounds = {code: unpack(code, Path(downloads) / code) for code in WORDS}
        for name in VOICES:
            build_voice(name, sounds, Path(built) / name)
        write_lineup(Path(built))
        check_whole(Path(built))
        for name in VOICES:
            shutil.rmtree(out / name, ignore_errors=True)
        for entry in Path(built).iterdir():
            entry.replace(out / entry.name)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Rebuild the demo line-up.")
    default = Path(__file__).resolve().parent.parent / "assets" / "demo"
    parser.add_argument("--out", type=Path, default=default, help="default: assets/demo")
    try:
        build(parser.parse_args().out.resolve())
    except (OSError, ValueError) as error:
        sys.exit(f"build_demo: {error}")


if __name__ == "__main__":
    main()
