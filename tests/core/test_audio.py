"""Clips: what is read, what is refused and in which words, where a clip is placed."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from siamese_core.audio import Clip, check_sound_path, placement, read, resample, write
from siamese_core.corpora.folder import sound_files
from siamese_core.errors import AudioError, EarwitnessError
from tests.conftest import tone


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        (".wav", "PCM_U8", 1e-2),
        (".wav", "PCM_16", 1e-4),
        (".wav", "PCM_24", 1e-6),
        (".wav", "PCM_32", 1e-6),
        (".wav", "FLOAT", 1e-7),
        (".wav", "DOUBLE", 1e-7),
        (".flac", "PCM_16", 1e-4),
        (".nist", "PCM_16", 1e-4),
        (".sph", "PCM_16", 1e-4),
        (".au", "PCM_16", 1e-4),
        (".caf", "PCM_24", 1e-6),
        (".caf", "ALAC_16", 1e-4),
        (".w64", "PCM_24", 1e-6),
        (".rf64", "PCM_16", 1e-4),
        (".aif", "PCM_24", 1e-6),
        (".aifc", "ULAW", 2e-2),
        (".ogg", "VORBIS", 0.2),
        (".mp3", "MPEG_LAYER_III", 0.2),
    ],
)
def test_formats_are_read_at_their_own_depth(
    tmp_path: Path, suffix: str, subtype: str, tolerance: float
) -> None:
    clip = tone(440, 0.5, 16_000)
    path = tmp_path / f"clip{suffix}"
    kind = {".sph": "NIST", ".aif": "AIFF", ".aifc": "AIFF"}.get(suffix, suffix[1:].upper())
    soundfile.write(path, clip.samples, clip.rate, subtype, format=kind)
    assert sound_files(tmp_path) == [path]
    read_back = read(path)
    assert read_back.rate == 16_000
    length = min(len(read_back.samples), len(clip.samples))
    assert abs(len(read_back.samples) - len(clip.samples)) <= (2500 if suffix == ".mp3" else 0)
    if suffix != ".mp3":  # an mp3 begins with its encoder's delay
        np.testing.assert_allclose(
            read_back.samples[:length], clip.samples[:length], atol=tolerance
        )


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(440).samples, tone(880).samples
    soundfile.write(tmp_path / "both.wav", np.stack([left, right], 1), 8000, "FLOAT")
    np.testing.assert_allclose(read(tmp_path / "both.wav").samples, (left + right) / 2, atol=1e-7)


def test_a_digest_stands_for_the_sound_and_its_rate_whatever_file_it_is_in(tmp_path: Path) -> None:
    whole = np.rint(tone(300, 0.2).samples * 2**15).astype(np.int16)
    clip = Clip(whole.astype(np.float32) / 2**15, 8000)
    for name in ("a.wav", "b.flac"):
        soundfile.write(tmp_path / name, whole, 8000)
        assert read(tmp_path / name, label=name).digest == clip.digest
    assert len(clip.digest) == 16
    nearly = clip.samples.copy()
    nearly[7] += 2**-15
    others = {Clip(clip.samples, 8001).digest, Clip(nearly, 8000).digest, clip.cut(0, 99).digest}
    assert len(others - {clip.digest}) == 3


def test_resampling_keeps_a_tone_below_half_the_rate_and_removes_one_above() -> None:
    low, high = tone(1000, 1.0, 48_000), tone(12_000, 1.0, 48_000)
    assert np.abs(resample(low, 16_000).samples[4000:12_000]).max() == pytest.approx(0.5, abs=0.01)
    assert np.abs(resample(high, 16_000).samples[4000:12_000]).max() < 1e-3


def _wav_bytes(samples: np.ndarray, folder: Path, subtype: str = "FLOAT") -> bytes:
    path = folder / "good.wav"
    soundfile.write(path, samples, 8000, subtype)
    return path.read_bytes()


BAD = {
    "empty": (lambda good: b"", "is empty"),
    "text": (lambda good: b"this is no sound at all\n" * 20, "not sound that can be read"),
    "truncated": (lambda good: good[: len(good) // 2], "truncated"),
    "header only": (lambda good: good[:20], "not sound that can be read"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_one_sentence_that_names_it(tmp_path: Path, kind: str) -> None:
    spoil, words = BAD[kind]
    path = tmp_path / "bad.wav"
    path.write_bytes(spoil(_wav_bytes(tone(440).samples, tmp_path)))
    with pytest.raises(AudioError, match=words) as error:
        read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_sphere_file_that_shorten_compressed_is_told_from_no_sound(tmp_path: Path) -> None:
    header = (
        "NIST_1A\n   1024\ndatabase_id -s5 TIMIT\nsample_count -i 16000\nsample_n_bytes -i 2\n"
        "channel_count -i 1\nsample_byte_format -s2 01\nsample_rate -i 16000\n"
        "sample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n"
    )
    path = tmp_path / "SA1.WAV"
    path.write_bytes(header.encode().ljust(1024) + b"ajkg\x02" + bytes(range(256)) * 40)
    with pytest.raises(AudioError) as error:
        read(path)
    words = "is NIST SPHERE compressed by shorten; unpack it with sph2pipe -f wav."
    assert str(error.value) == f"{path} {words}"


@pytest.mark.parametrize("name", ["a.m4a", "A.WMA"])
def test_a_kind_of_sound_that_is_not_decoded_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x20ftypM4A " * 20)
    with pytest.raises(AudioError, match=rf"{name} is {name[2:].lower()}, which cannot be decoded"):
        read(path)


@pytest.mark.parametrize("suffix", [".flac", ".ogg"])
def test_a_truncated_compressed_file_is_refused(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / f"clip{suffix}"
    soundfile.write(path, rng.normal(0, 0.1, 16_000), 8000)
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(AudioError, match=r"truncated|not sound"):
        read(path)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros(0), "holds no samples"),
        (np.zeros(1), "holds 1 sample "),
        (np.array([0.0] * 400 + [np.nan] + [0.0] * 400), "not a number at 0.050 s"),
        (np.array([0.0] * 400 + [np.inf] + [0.0] * 400), "infinite or not a number at 0.050 s"),
        (np.array([0.0] * 400 + [-3e28] + [0.0] * 400), "rises to 3.0e\\+28 times full scale"),
    ],
)
def test_bad_samples_are_named(tmp_path: Path, samples: np.ndarray, words: str) -> None:
    (tmp_path / "bad.wav").write_bytes(_wav_bytes(samples, tmp_path))
    with pytest.raises(AudioError, match=words):
        read(tmp_path / "bad.wav")


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="There is no file"):
        read(tmp_path / "none.wav")
    with pytest.raises(AudioError, match="is a folder"):
        read(tmp_path)


def test_a_header_that_claims_more_than_the_file_holds_costs_no_memory(tmp_path: Path) -> None:
    data = bytearray(_wav_bytes(tone(440).samples, tmp_path))
    place = data.index(b"data") + 4
    data[place : place + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    (tmp_path / "huge.wav").write_bytes(data)
    with pytest.raises(AudioError, match="truncated"):
        read(tmp_path / "huge.wav")


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_from_a_pipe_is_read_though_it_does_not_know_its_length(
    tmp_path: Path, size: int
) -> None:
    clip = tone(440)
    data = bytearray(_wav_bytes(clip.samples, tmp_path, "PCM_16"))
    for place in (4, data.index(b"data") + 4):
        data[place : place + 4] = size.to_bytes(4, "little")
    (tmp_path / "piped.wav").write_bytes(data)
    np.testing.assert_allclose(read(tmp_path / "piped.wav").samples, clip.samples, atol=1e-4)


def test_a_file_that_breaks_off_is_told_from_one_that_is_not_sound(tmp_path: Path) -> None:
    whole = tmp_path / "whole.flac"
    soundfile.write(whole, np.random.default_rng(0).normal(0, 0.1, 16_000), 8000)
    (tmp_path / "cut.flac").write_bytes(whole.read_bytes()[:8000])
    with pytest.raises(AudioError) as caught:
        read(tmp_path / "cut.flac")
    assert str(caught.value) == (
        f"{tmp_path / 'cut.flac'} is damaged or truncated: 4096 of 16000 samples can be read; "
        "copy it again."
    )


def test_a_silent_clip_is_read_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "silent.wav").write_bytes(_wav_bytes(np.zeros(4000), tmp_path))
    assert read(tmp_path / "silent.wav").is_silent


@given(length=st.integers(80, 400), window=st.integers(80, 400), where=st.floats(0, 1))
def test_placement_centres_short_clips_and_finds_the_loudest_window(
    length: int, window: int, where: float
) -> None:
    samples = np.full(length, 0.001, np.float32)
    loud = int(where * (length - 1))
    samples[loud] = 1.0
    start = placement(Clip(samples, 8000), window)
    if length <= window:
        before, after = -start, window - length + start
        assert abs(before - after) <= 1
    else:
        assert 0 <= start <= length - window
        assert start <= loud < start + window


@pytest.mark.parametrize("sound", ["constant", "sine", "repeated noise"])
def test_of_windows_of_equal_energy_the_first_is_found(sound: str) -> None:
    samples = {
        "constant": np.full(48_000, 0.1),
        "sine": 0.3 * np.sin(2 * np.pi * 100 * np.arange(48_000) / 16_000),
        "repeated noise": np.tile(np.random.default_rng(0).normal(0, 0.1, 16_000), 600),
    }[sound]
    clip = Clip(samples.astype(np.float32), 16_000)
    assert placement(clip, 16_000) == 0
    louder = clip.samples.copy()
    louder[20_000] += 0.01 * np.sign(louder[20_000] or 1)
    assert placement(Clip(louder, 16_000), 16_000) == 20_000 - 16_000 + 1


@given(start=st.integers(-300, 300), length=st.integers(1, 300))
def test_a_cut_is_exactly_as_long_as_asked_and_zero_outside(start: int, length: int) -> None:
    samples = np.arange(1, 101, dtype=np.float32)
    cut = Clip(samples, 8000).cut(start, length).samples
    wanted = [samples[i] if 0 <= i < 100 else 0.0 for i in range(start, start + length)]
    np.testing.assert_array_equal(cut, wanted)


def test_wav_is_written_as_float_and_reads_back_exactly(tmp_path: Path) -> None:
    clip = tone(440)
    write(clip, tmp_path / "new" / "clip.wav")
    assert soundfile.info(tmp_path / "new" / "clip.wav").subtype == "FLOAT"
    np.testing.assert_array_equal(read(tmp_path / "new" / "clip.wav").samples, clip.samples)


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"end its name in \.wav or \.flac"):
        write(tone(440), tmp_path / "clip.xyz")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "clip.wav"
    write(tone(440), path)
    before = path.read_bytes()

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EarwitnessError, match=r"clip\.wav cannot .*no space left on device"):
        write(tone(880), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_sound_is_replaced_and_another_kind_of_file_never(tmp_path: Path) -> None:
    sound = tmp_path / "clip.flac"
    sound.touch()
    for hertz in (440, 880):
        write(tone(hertz), sound)
    assert soundfile.info(sound).subtype == "PCM_24"
    notes = tmp_path / "notes.wav"
    notes.write_text("not a sound")
    with pytest.raises(AudioError, match=r"notes\.wav exists and is not sound, so it stays"):
        write(tone(440), notes)
    assert notes.read_text() == "not a sound"
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(AudioError, match=r"folder\.wav is a folder; name a \.wav"):
        check_sound_path(tmp_path / "folder.wav")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path / "bad") + b"\xff.wav")
    Path(name).write_bytes(_wav_bytes(tone(440).samples, tmp_path))
    with pytest.raises(AudioError, match="not UTF-8; rename it"):
        read(Path(name))


def test_a_pipe_and_headerless_sound_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioError, match="not an ordinary file"):
        read(tmp_path / "pipe.wav")
    (tmp_path / "bare.raw").write_bytes(bytes(4000))
    with pytest.raises(AudioError, match="no header that says its rate"):
        read(tmp_path / "bare.raw")
