"""A mask knows the clip that it was made for, and says where it lies on another."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_core.audio import Clip
from siamese_core.episodes import Episode, SupportSet
from siamese_core.mask.mask import Mask, shape_mask
from siamese_core.mask.mask_file import load_mask, save_mask
from siamese_core.notices import mask_notice, twin_notices
from tests.conftest import TINY_MEL, tone


def named(clip: Clip, name: str) -> Clip:
    return replace(clip, path=Path("folder") / name)


SHORT = named(tone(440, 0.3), "short.wav")


@pytest.fixture
def mask() -> Mask:
    values = np.random.default_rng(0).normal(size=TINY_MEL.shape)
    return shape_mask(values, TINY_MEL, -0.1, SHORT.seconds).laid_on(SHORT, -0.1)


def test_a_saved_mask_remembers_its_clip(mask: Mask, tmp_path: Path) -> None:
    save_mask(mask, tmp_path / "m.npz")
    again = load_mask(tmp_path / "m.npz")
    assert (again.clip_seconds, again.clip_name) == (pytest.approx(0.3), "short.wav")
    assert again.path == tmp_path / "m.npz"
    assert again.inverted().clip_name == "short.wav"


@pytest.mark.parametrize(
    ("clip", "is_its"),
    [
        (SHORT, True),
        (named(tone(440, 0.3, 16_000), "short.wav"), True),
        (tone(880, 0.3), True),  # a clip without a file tells its length only
        (named(SHORT, "other.wav"), False),
        (named(tone(440, 0.4), "short.wav"), False),
    ],
)
def test_a_clip_is_known_again_by_length_and_name(mask: Mask, clip: Clip, is_its: bool) -> None:
    assert mask.is_of(clip) is is_its


def test_a_file_without_a_clip_still_loads_and_is_of_none(mask: Mask, tmp_path: Path) -> None:
    arrays = mask.arrays()
    del arrays["clip_seconds"], arrays["clip_name"]
    np.savez(tmp_path / "old.npz", **arrays)  # type: ignore[arg-type]
    old = load_mask(tmp_path / "old.npz")
    np.testing.assert_array_equal(old.values, mask.values)
    assert not old.is_of(SHORT)
    notice = mask_notice(old, SHORT, old.start)
    assert notice.endswith(
        "old.npz does not say which clip it was made for; on folder/short.wav (0.3 s) it covers "
        "0.00 to 0.30 s."
    )


def test_hostile_words_about_the_clip_are_dropped(mask: Mask, tmp_path: Path) -> None:
    hostile = {"clip_name": np.array("\x1b[2J"), "clip_seconds": np.array(np.inf)}
    np.savez(tmp_path / "m.npz", **{**mask.arrays(), **hostile})  # type: ignore[arg-type]
    read = load_mask(tmp_path / "m.npz")
    assert (read.clip_name, read.clip_seconds) == ("", None)


def test_the_notice_says_what_it_was_made_for_and_where_it_lies(mask: Mask) -> None:
    long = named(tone(440, 120.0, 8000), "long.wav")
    assert mask_notice(mask, long, 60.0) == (
        "The mask was made for short.wav (0.3 s); on folder/long.wav (2.0 minutes) it covers "
        "60.00 to 60.50 s."
    )


def test_a_query_among_its_own_support_is_told() -> None:
    support = SupportSet((tone(300), SHORT, tone(440, 0.3, 16_000)), ("a", "b", "c"))
    (notice,) = twin_notices(Episode(replace(SHORT, path=Path("copy.wav")), support))
    assert notice.startswith("The query copy.wav is itself support clip folder/short.wav of 'b';")
    assert twin_notices(Episode(tone(700), support)) == []
