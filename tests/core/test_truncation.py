"""A file that ends before its header says is told, in samples; a healthy one is never refused."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core.audio import read
from siamese_core.errors import AudioError
from siamese_core.truncation import shortage
from tests.conftest import tone

SAMPLES = 12_345
RATE = 16_000
PCM = ("wav", "wavex", "rf64", "w64", "aiff", "au", "caf", "nist")
PACKED = (("wav", "IMA_ADPCM"), ("wav", "GSM610"), ("aiff", "ULAW"), ("aiff", "IMA_ADPCM"))


def sound(kind: str, subtype: str | None = "PCM_16", channels: int = 1) -> bytes:
    noise = np.random.default_rng(0).normal(0, 0.1, (SAMPLES, channels))
    content = BytesIO()
    soundfile.write(content, noise, RATE, subtype, format=kind.upper())
    return content.getvalue()


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        read(path)
    return str(caught.value).removeprefix(f"{path} is ")


def held(sentence: str) -> tuple[int, int]:
    assert sentence.startswith("truncated: it holds ")
    words = sentence.split()
    return int(words[3]), int(words[5])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", PCM)
def test_a_cut_file_says_how_many_samples_it_holds_of_how_many(
    tmp_path: Path, kind: str, share: float
) -> None:
    whole = sound(kind)
    cut = max(int(share * len(whole)), len(whole) - 2 * SAMPLES + 500)
    sentence = refusal(tmp_path / f"cut.{kind}", whole[:cut])
    there = (cut - len(whole) + 2 * SAMPLES) // 2
    assert held(sentence) == (there, SAMPLES)
    assert sentence.endswith("samples; copy it again.")


@pytest.mark.parametrize("kind", PCM)
def test_half_a_sample_is_none(tmp_path: Path, kind: str) -> None:
    sentence = refusal(tmp_path / f"cut.{kind}", sound(kind)[:-1])
    assert held(sentence) == (SAMPLES - 1, SAMPLES)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(("kind", "subtype"), PACKED)
def test_a_cut_file_of_packed_samples_tells_about_how_many_it_holds(
    tmp_path: Path, kind: str, subtype: str, share: float
) -> None:
    whole = sound(kind, subtype)
    there, told = held(refusal(tmp_path / f"cut.{kind}", whole[: int(share * len(whole))]))
    assert told == soundfile.info(BytesIO(whole)).frames
    assert there == pytest.approx(share * told, rel=0.05)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_cut_flac_says_how_far_it_can_be_read(tmp_path: Path, share: float) -> None:
    whole = sound("flac")
    sentence = refusal(tmp_path / "cut.flac", whole[: int(share * len(whole))])
    assert sentence.startswith("damaged or truncated: ")
    assert sentence.endswith(f" of {SAMPLES} samples can be read; copy it again.")
    assert share * SAMPLES - 4096 <= int(sentence.split()[3]) <= share * SAMPLES


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 1 - 1e-4])
def test_a_cut_mp3_is_told_by_its_first_frame(tmp_path: Path, share: float) -> None:
    whole = sound("mp3", None)
    there, told = held(refusal(tmp_path / "cut.mp3", whole[: int(share * len(whole))]))
    assert told == SAMPLES
    assert share * SAMPLES - 4000 < there < SAMPLES


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99, 1 - 1e-4])
def test_a_cut_ogg_has_no_end_though_its_last_page_begins(
    tmp_path: Path, subtype: str, share: float
) -> None:
    whole = sound("ogg", subtype)
    sentence = refusal(tmp_path / "cut.ogg", whole[: int(share * len(whole))])
    assert sentence == "truncated: its stream has no end; copy it again."


@pytest.mark.parametrize("kind", ["wav", "aiff", "au"])
def test_a_header_alone_holds_nothing(tmp_path: Path, kind: str) -> None:
    whole = sound(kind)
    head = whole[: len(whole) - 2 * SAMPLES]
    assert held(refusal(tmp_path / f"cut.{kind}", head)) == (0, SAMPLES)


def bare_mp3() -> bytes:
    """Return an MP3 without the frame that tells: it is the first, of 8 kB/s at least."""
    whole = sound("mp3", None)
    second = whole.index(whole[:2], whole.index(b"LAME") + 30)
    return whole[second:]


def test_a_bare_mp3_that_was_cut_is_a_shorter_one(tmp_path: Path) -> None:
    bare = bare_mp3()
    assert b"Xing" not in bare
    assert b"Info" not in bare
    path = tmp_path / "bare.mp3"
    path.write_bytes(bare[: len(bare) // 2])
    assert 0 < len(read(path).samples) < SAMPLES


def vbri_mp3(size: int, frames: int) -> bytes:
    bare = bare_mp3()
    told = b"VBRI" + struct.pack(">HHHII", 1, 0, 75, size, frames)
    return bare[:4] + bytes(32) + told + bytes(150) + bare


def test_an_mp3_of_another_encoder_tells_its_bytes(tmp_path: Path) -> None:
    frames = SAMPLES // 576
    size = len(vbri_mp3(0, frames))
    whole = vbri_mp3(size, frames)
    assert shortage(BytesIO(whole)) is None
    assert shortage(BytesIO(whole[:-1000])) is None, "a frame is within what encoders err by"
    assert shortage(BytesIO(whole[: size // 2])) == (
        frames * 576 * (size // 2) // size,
        frames * 576,
    )
    assert held(refusal(tmp_path / "cut.mp3", whole[: size // 2]))[1] == frames * 576


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", [*PCM, "flac", "ogg", "mp3"])
def test_what_libsndfile_writes_is_whole(tmp_path: Path, kind: str, channels: int) -> None:
    path = tmp_path / f"clip.{kind}"
    for subtype in soundfile.available_subtypes(kind.upper()):
        try:
            path.write_bytes(sound(kind, subtype, channels))
        except soundfile.LibsndfileError:  # not at this rate, or not of two channels
            continue
        written = soundfile.info(path).frames
        assert len(read(path).samples) == written
        assert written >= SAMPLES


def wav(riff: int, data: int, before: bytes = b"", after: bytes = b"") -> bytes:
    whole = sound("wav")
    sizes = (struct.pack("<I", size) for size in (riff, data))
    form = b"RIFF" + next(sizes) + whole[8:36]
    return form + before + b"data" + next(sizes) + whole[44:] + after


LENGTH = 2 * SAMPLES
WHOLE = {
    "ffmpeg, into a pipe": wav(0xFFFFFFFF, 0xFFFFFFFF),
    "SoX, into a pipe": wav(0x7FFFF024, 0x7FFFF000),
    "SoX, into a pipe, of 3 bytes": wav(0x7FFFF023, 0x7FFFEFFF),
    "arecord, into a pipe": wav(0x7FFFFF24, 0x7FFFFF00),
    "LAME, into a pipe": wav(0x80000023, 0x7FFFFFFF),
    "without the size of the whole": wav(0, LENGTH),
    "with another size of the whole": wav(LENGTH + 44, LENGTH),
    "an odd chunk before": wav(LENGTH + 52, LENGTH, before=b"LIST\7\0\0\0INFOabc\0"),
    "an odd chunk after": wav(LENGTH + 51, LENGTH, after=b"LIST\7\0\0\0INFOabc"),
    "a chunk after that is cut": wav(LENGTH + 951, LENGTH, after=b"LIST\7\3\0\0INFOabc"),
    "a byte told that is none": wav(LENGTH + 37, LENGTH + 1),
    "an ID3 tag before": b"ID3\3\0\0\0\0\1\0" + bytes(128) + sound("wav"),
    "an ID3 tag after": sound("wav") + b"TAG" + bytes(125),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_wav_of_whatever_writer_is_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(WHOLE[kind])
    assert len(read(path).samples) == SAMPLES


@pytest.mark.parametrize("kind", ["aiff", "au", "flac", "mp3"])
def test_a_tag_before_or_after_the_sound_takes_nothing_from_it(tmp_path: Path, kind: str) -> None:
    whole, path = sound(kind, None), tmp_path / f"clip.{kind}"
    before = b"ID3\3\0\0\0\0\1\0" + bytes(128)
    for content in (before + whole, whole + b"TAG" + bytes(125)):
        path.write_bytes(content)
        assert len(read(path).samples) == SAMPLES
    if kind != "flac":
        assert held(refusal(path, (before + whole)[:-900]))[1] == SAMPLES


def test_files_from_pipes_are_read_to_their_end(tmp_path: Path) -> None:
    sun, flac, wide = bytearray(sound("au")), bytearray(sound("flac")), bytearray(sound("w64"))
    sun[8:12] = b"\xff" * 4
    flac[21:26] = bytes([flac[21] & 0xF0, 0, 0, 0, 0])
    place = wide.index(b"data") + 16
    for size in (slice(16, 24), slice(place, place + 8)):
        wide[size] = struct.pack("<Q", 2**63 - 1)
    for kind, content in {"au": sun, "flac": flac, "w64": wide}.items():
        (tmp_path / f"piped.{kind}").write_bytes(content)
        assert len(read(tmp_path / f"piped.{kind}").samples) == SAMPLES
    sentence = refusal(tmp_path / "cut.flac", bytes(flac[:-3000]))
    assert sentence.startswith("damaged or truncated: only ")


@pytest.mark.parametrize("kind", ["wav", "rf64", "w64", "caf"])
@pytest.mark.parametrize(
    "size", [b"\0" * 8, b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\0" * 7 + b"\x80"]
)
def test_a_hostile_chunk_is_no_matter(kind: str, size: bytes) -> None:
    whole = bytearray(sound(kind))
    begin = {"wav": 16, "rf64": 16, "w64": 56, "caf": 12}[kind]
    whole[begin : begin + 8] = size
    file = BytesIO(whole)
    assert shortage(file) in (None, (SAMPLES, SAMPLES)) or kind == "caf"
    assert file.tell() == 0


def test_a_clip_of_eight_bits_may_lack_the_byte_that_fills_it_up(tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    soundfile.write(path, tone(440).samples[:3999], 8000, "PCM_U8")
    content = path.read_bytes()
    path.write_bytes(content[: 44 + 3999])
    assert len(read(path).samples) == 3999
