"""Figures of real line-ups: written whole, in every format, for any label and any size."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from siamese_core.audio import Clip
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import EarwitnessError, ParameterError
from siamese_core.exhibit.exhibit import Exhibit, explain_episode
from siamese_core.figures import lineup_figure, save_figure
from siamese_core.siamese import SiameseNet
from tests.conftest import tone

Show = Callable[..., Exhibit]


@pytest.fixture
def show(tiny_net: SiameseNet) -> Show:
    """Explain a line-up of tones by saliency."""

    def build(labels: tuple[str, ...], truth: str | None = None, **options: object) -> Exhibit:
        support = tuple(tone(300 + 90 * n, 0.3 + 0.05 * n) for n in range(len(labels)))
        episode = Episode(tone(450, 0.4), SupportSet(support, labels), truth)
        return explain_episode(tiny_net, episode, method="saliency", **options)  # type: ignore[arg-type]

    return build


def drawn(exhibit: Exhibit) -> Figure:
    return lineup_figure(
        exhibit.explanations, exhibit.scored, truth=exhibit.episode.truth, mask=exhibit.mask
    )


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for axes in figure.axes for t in [axes.title, *axes.texts]]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_figure_is_written_whole(show: Show, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"overlay{suffix}"
    save_figure(drawn(show(("a", "b"))), path)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    if suffix == ".png":
        assert image.imread(path).shape[:2] == (1380, 2250)


def test_a_silent_clip_is_drawn_dark(tiny_net: SiameseNet) -> None:
    silent = Clip(np.zeros(4000, np.float32), 8000)
    episode = Episode(tone(450, 0.4), SupportSet((silent, tone(300, 0.4)), ("none", "low")))
    panels = drawn(explain_episode(tiny_net, episode, method="saliency")).axes
    heard = {p.get_title(): p.images[0] for p in panels if p.get_title() in ("none", "low")}
    assert heard["none"].get_array().max() == heard["none"].get_clim()[0]
    assert heard["low"].get_array().max() == heard["low"].get_clim()[1]


def test_the_predicted_clip_is_marked_and_judged(show: Show) -> None:
    exhibit = show(("a", "b", "c"))
    predicted = exhibit.scored.predicted
    assert predicted is not None
    other = next(label for label in "abc" if label != predicted)
    for truth, verdict in {predicted: "right", other: "wrong"}.items():
        said = texts(drawn(show(("a", "b", "c"), truth)))
        marked = [text for text in said if "predicted" in text]
        assert len(marked) == 1
        assert marked[0].endswith(f"rank 1 · predicted, {verdict}")
    assert [t.split(" · ")[1] for t in texts(drawn(exhibit)) if "similarity" in t] == [
        f"rank {score.rank}" for score in exhibit.scored.scores
    ]


def test_a_contrast_names_both_classes_above_each_map(show: Show) -> None:
    exhibit = show(("a", "b", "c"), side="query", against="b")
    words = texts(drawn(exhibit))
    words = [text.replace("\u2068", "").replace("\u2069", "") for text in words]
    assert {"a, not b", "c, not b"} <= set(words)
    best = min((e for e in exhibit.scored.scores if e.label != "b"), key=lambda e: e.rank)
    assert f"b, not {best.label}" in words
    assert "attribution of a difference of logits,\nin logits a dB" in _titles(exhibit)
    plain = show(("a", "b", "c"), side="query")
    assert not any(", not " in text for text in texts(drawn(plain)))
    assert "attribution of the logit,\nin logits a dB" in _titles(plain)


def _titles(exhibit: Exhibit) -> list[str]:
    """Return the titles of the colour bars, which stand at the left."""
    figure = drawn(exhibit)
    insets = [inset for axes in figure.axes for inset in axes.child_axes]
    return [inset.get_title(loc="left") for inset in insets]


def test_on_a_tie_nobody_is_marked(tiny_net: SiameseNet) -> None:
    clip = tone(500)
    episode = Episode(tone(450), SupportSet((clip, clip), ("a", "b")))
    exhibit = explain_episode(tiny_net, episode, method="saliency")
    assert exhibit.scored.predicted is None
    assert not [text for text in texts(drawn(exhibit)) if "predicted" in text]


def test_all_maps_share_one_scale_centred_on_zero(show: Show) -> None:
    figure = drawn(show(("a", "b", "c")))
    signed = [
        picture
        for axes in figure.axes
        for picture in axes.get_images()
        if picture.get_cmap().name == "signed"
    ]
    assert len(signed) == 3
    assert {picture.get_clim() for picture in signed} == {(-1.0, 1.0)}
    assert max(float(np.abs(p.get_array()).max()) for p in signed) >= 1  # type: ignore[arg-type]


def test_what_a_mask_removes_is_hatched_and_its_edge_is_closed(show: Show) -> None:
    exhibit = show(("a", "b"))
    edges = []
    for mask in (exhibit.mask, exhibit.mask.inverted()):
        figure = drawn(replace(exhibit, mask=mask))
        (drawings,) = (
            found
            for axes in figure.axes
            if (found := [c for c in axes.collections if isinstance(c, ContourSet)])
        )
        hatched, edge = drawings
        assert hatched.hatches == ["////"]
        edges.append(sum(len(path.vertices) for path in edge.get_paths()))
    assert edges[1] > edges[0], "what is kept at the clip's ends is outlined there"
    silent = replace(exhibit.mask, values=np.zeros_like(exhibit.mask.values))
    assert drawn(replace(exhibit, mask=silent))


def test_only_the_clips_own_seconds_are_shown(show: Show) -> None:
    exhibit = show(("a", "b"))
    figure = drawn(exhibit)
    pictures = [axes.get_images()[0] for axes in figure.axes if axes.get_images()]
    for picture, log_mel in zip(
        pictures, [exhibit.best.query_map, exhibit.explanations[0].support_map], strict=False
    ):
        own = log_mel.own_frames
        assert picture.get_array().shape == (16, own.stop - own.start)  # type: ignore[union-attr]
        left, right, *_ = picture.get_extent()
        step = log_mel.mel.hop / log_mel.mel.rate
        assert -step <= left
        assert right <= log_mel.duration + step


@pytest.mark.parametrize(
    ("method", "counted"), [("occlusion", "in logits"), ("grad-cam", "without a unit")]
)
def test_the_legend_says_what_a_map_is_counted_in(
    tiny_net: SiameseNet, method: str, counted: str
) -> None:
    episode = Episode(tone(450, 0.4), SupportSet((tone(300, 0.4), tone(800, 0.4)), ("a", "b")))
    exhibit = explain_episode(tiny_net, episode, method=method)
    assert f"attribution of the logit,\n{counted}" in _titles(exhibit)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("verdict", ["right", "wrong"])
def test_no_words_are_cut_nor_panels_squeezed(show: Show, count: int, verdict: str) -> None:
    labels = tuple(f"a voice of a long name {n}" for n in range(count))
    predicted = show(labels).scored.predicted
    exhibit = show(labels, predicted if verdict == "right" else "another")
    made = "loaded from a-mask-with-a-rather-long-name.npz, then changed by hand"
    figure = lineup_figure(
        exhibit.explanations,
        exhibit.scored,
        truth=exhibit.episode.truth,
        mask=exhibit.mask,
        made=made,
    )
    figure.draw_without_rendering()
    words = [text for axes in figure.axes for text in [axes.title, *axes.texts] if text.get_text()]
    assert any(verdict in text.get_text() for text in words)
    for text in words:
        inside = text.get_window_extent()
        assert figure.bbox.x0 <= inside.x0, text
        assert inside.x1 <= figure.bbox.x1, text
    widths = [axes.get_window_extent().width for axes in figure.axes if axes.images]
    assert min(widths) > 0.6 * figure.bbox.width / (count + 1)


@pytest.mark.parametrize("count", [1, 5, 7])
def test_line_ups_of_any_size_fit(show: Show, tmp_path: Path, count: int) -> None:
    figure = drawn(show(tuple(f"voice {n}" for n in range(count))))
    said = texts(figure)
    assert all(f"voice {n}" in said for n in range(count))
    save_figure(figure, tmp_path / "figure.png")


def test_any_label_can_be_drawn(show: Show, tmp_path: Path) -> None:
    labels = (
        "$x_1$",
        "صوت",
        "音声",
        "a label that is far too long to stand above a clip",
        "\\frac",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = drawn(show(labels))
        save_figure(figure, tmp_path / "figure.png")
    assert "$x_1$" in texts(figure)
    assert "a label that is far t…" in texts(figure)


def test_an_empty_map_is_drawn_too(tiny_net: SiameseNet, tmp_path: Path) -> None:
    silence = Clip(np.zeros(2000, np.float32), 8000)
    episode = Episode(silence, SupportSet((silence, silence), ("a", "b")))
    exhibit = explain_episode(tiny_net, episode, method="sinex")
    save_figure(drawn(exhibit), tmp_path / "figure.png")


def test_bad_names_and_places_are_refused(show: Show, tmp_path: Path) -> None:
    figure = drawn(show(("a", "b")))
    with pytest.raises(ParameterError, match=r"end it in \.png, \.svg or \.pdf"):
        save_figure(figure, tmp_path / "figure.bmp")
    (tmp_path / "file").write_text("")
    with pytest.raises(EarwitnessError, match="cannot be written"):
        save_figure(figure, tmp_path / "file" / "figure.png")


def test_the_legend_says_how_the_mask_was_made(show: Show) -> None:
    exhibit = show(("a", "b"))
    assert exhibit.mask_origin.brief() == "share 20 %"
    assert "share 20 %" in texts(exhibit.figure())


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_file_says_whom_it_shows_and_by_what(show: Show, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"figure{suffix}"
    exhibit = replace(show(("\u0635\u0648\u062a", "b"), side="query", against="b"), model="tiny")
    save_figure(exhibit.figure(), path)
    title = "a query against \u0635\u0648\u062a, b; saliency, model tiny"
    content = path.read_bytes()
    assert title.encode() in content
    assert b"Earwitness " in content
    if suffix == ".svg":
        assert "\u2068\u0635\u0648\u062a\u2069, not \u2068b\u2069".encode() in content
