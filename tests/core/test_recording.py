"""Recordings: a file's checksum stands only for a file that holds the clip still."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import soundfile

from siamese_core.audio import Clip, read
from siamese_core.episode_file.episode_file import read_episode
from siamese_core.episode_file.recording import Recording, digests_of, read_recording
from siamese_core.errors import CorpusError
from siamese_core.siamese import SiameseNet
from tests.conftest import tone
from tests.core.episode_files import saved_episode, written


def _written(path: Path, hertz: float) -> Clip:
    soundfile.write(path, tone(hertz).samples, 8000)
    return read(path)


def _recording(clip: Clip) -> Recording:
    return Recording.of(clip, digests_of([clip]))


def test_the_checksum_is_that_of_the_whole_file(tmp_path: Path) -> None:
    clip = _written(tmp_path / "a.wav", 400)
    found = _recording(clip)
    assert found.sha256 == sha256((tmp_path / "a.wav").read_bytes()).hexdigest()
    assert (found.path, found.episode) == (tmp_path / "a.wav", None)


def test_a_file_that_changed_or_went_is_not_the_clips(tmp_path: Path) -> None:
    clip = _written(tmp_path / "a.wav", 400)
    digests = digests_of([clip])
    _written(tmp_path / "a.wav", 500)
    assert Recording.of(clip, digests) == _recording(clip) == Recording()
    (tmp_path / "a.wav").unlink()
    assert Recording.of(clip, digests) == _recording(clip) == Recording()
    assert _recording(replace(clip, path=None)) == Recording()


def test_a_clip_in_an_episode_is_read_by_its_path_and_traced_to_the_episodes_file(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    file = written(saved_episode(tiny_net), tmp_path)
    clip = read_episode(file).episode.support.clips[1]
    assert clip.path is not None
    again = read_recording(clip.path, "other")
    assert (again.digest, again.label, again.path) == (clip.digest, "other", clip.path)
    found = _recording(clip)
    assert found.sha256 == sha256(file.read_bytes()).hexdigest()
    assert (found.path, found.episode) == (clip.path, file)
    for inside in ("0123456789abcdef/loud.wav", "nothing/loud.wav"):
        with pytest.raises(CorpusError, match=r"one\.earwitness"):
            read_recording(file / inside)
