"""The bundled line-up: real clips of four voices, each found, credited and fit to be heard."""

import numpy as np
import pytest

from siamese_core.assets import asset
from siamese_core.audio import read
from siamese_core.demo import bundled_corpus, bundled_lineup


def test_four_voices_of_twenty_clips_or_more_in_less_than_four_megabytes() -> None:
    corpus = bundled_corpus()
    assert len(corpus.classes) == 4
    assert all(corpus.labels.count(label) >= 20 for label in corpus.classes)
    assert sum(clip.path.stat().st_size for clip in corpus.clips) < 4e6


def test_the_lineup_has_one_clip_of_the_querys_voice() -> None:
    episode = bundled_lineup()
    assert episode.truth in episode.support.labels
    assert len(episode.support.classes) == 4
    assert episode.query.path not in [clip.path for clip in episode.support.clips]


@pytest.mark.parametrize("label", bundled_corpus().classes)
def test_every_clip_is_short_clear_and_clickless(label: str) -> None:
    for file in bundled_corpus().select([label]).clips:
        clip = read(file.path)
        assert clip.rate == 16_000
        assert 0.3 < clip.seconds < 1.5
        assert 0.05 < clip.peak < 1
        assert np.abs(clip.samples[[0, -1]]).max() < 1e-3, file.path.name


def test_every_speaker_is_credited() -> None:
    card = asset("demo", "README.md").read_text(encoding="utf-8")
    for name in ("Allison Smith", "June Wallack", "Carlo Flora", "Maxim Topal", "CC BY"):
        assert name in card
