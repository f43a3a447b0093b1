"""The page of an exhibit: one file, its sounds and pictures in it, names never taken for HTML."""

import base64
import io
import json
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core import __version__
from siamese_core.attribution.parameters import OcclusionParameters
from siamese_core.audio import Clip, read
from siamese_core.callbacks import Event
from siamese_core.episodes import Episode, SupportSet
from siamese_core.errors import Cancelled, ParameterError
from siamese_core.exhibit.exhibit import Exhibit, explain_episode, with_faithfulness
from siamese_core.exhibit.exhibit_command import ExhibitCommand
from siamese_core.exhibit.exhibit_folder import write_exhibit
from siamese_core.exhibit.exhibit_page import write_page
from siamese_core.mask.mask import MaskParameters
from siamese_core.mask.mask_origin import MaskOrigin
from siamese_core.scoring import rank
from siamese_core.siamese import SiameseNet, fingerprint
from siamese_core.sonification.modes import RenderParameters
from tests.conftest import TINY_MEL, tone

HOSTILE = "<script>alert('a')</script> & \"b\""


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def sources(self, tag: str) -> list[str]:
        return [str(attributes["src"]) for name, attributes in self.tags if name == tag]


@pytest.fixture
def shown(tiny_net: SiameseNet) -> Exhibit:
    """A query and three clips, one much longer than the network's window."""
    clips = (tone(300, 0.3), tone(800, 2.0), tone(500, 0.2, 16_000))
    query = Clip(tone(450, 0.4).samples, 8000, path=Path(f"{HOSTILE.replace('/', '-')}.wav"))
    episode = Episode(query, SupportSet(clips, ("low", HOSTILE, "middle")), "low")
    return explain_episode(tiny_net, episode, method="saliency", model="tiny")


def _sound(source: str) -> tuple[np.ndarray, int]:
    assert source.startswith("data:audio/flac;base64,")
    return soundfile.read(io.BytesIO(base64.b64decode(source.partition(",")[2])), dtype="float32")


def test_every_clip_and_rendering_plays(shown: Exhibit, tmp_path: Path) -> None:
    write_page(shown, tmp_path / "page.html")
    sounds = [_sound(source) for source in Page(tmp_path / "page.html").sources("audio")]
    assert len(sounds) == 4 + 3
    query, *support = sounds[:4]
    np.testing.assert_allclose(query[0], shown.best.query.samples, atol=1e-4)
    by_rank = sorted(
        zip(shown.explanations, shown.scored.scores, strict=True), key=lambda pair: pair[1].rank
    )
    for (samples, rate), (explanation, _) in zip(support, by_rank, strict=True):
        assert rate == explanation.support.rate
        seconds = min(explanation.support.seconds, TINY_MEL.seconds)
        assert len(samples) / rate == pytest.approx(seconds, abs=2 / rate)
    kept, removed = (samples for samples, _ in sounds[4:6])
    assert len(kept) == len(removed)
    assert np.abs(kept).max() > 0


def test_a_clip_above_full_scale_is_played_softer_and_not_cut_off(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    loud = Clip(8 * tone(450, 0.4).samples, 8000)
    episode = Episode(loud, SupportSet((tone(300, 0.3), loud), ("low", "loud")))
    write_page(explain_episode(tiny_net, episode, method="saliency"), tmp_path / "page.html")
    query, _ = _sound(Page(tmp_path / "page.html").sources("audio")[0])
    np.testing.assert_allclose(query, loud.samples / loud.peak, atol=1e-4)


def test_a_sound_that_was_scaled_down_is_named_wherever_it_is_written(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    loud = Clip(8 * tone(450, 0.4).samples, 8000)
    episode = Episode(loud, SupportSet((loud, loud), ("one", "other")))
    everything = MaskParameters(share=100.0)
    exhibit = explain_episode(tiny_net, episode, method="saliency", mask_parameters=everything)
    before, events = exhibit.notices, list[Event]()
    written = write_exhibit(exhibit, tmp_path / "folder", events.append)
    told = [event["sentence"] for event in events if event["event"] == "notice"]
    (kept,) = (sentence for sentence in told if sentence.startswith("The sound 'kept' is "))
    rendered = soundfile.read(tmp_path / "folder" / "kept.wav")[0]
    softer = float(kept.split()[4])
    assert softer == pytest.approx(20 * np.log10(np.abs(loud.samples).max()), abs=1)
    assert np.abs(rendered).max() == pytest.approx(1, abs=1e-3)
    assert written["notices"] == [*before, *told]
    assert json.loads((tmp_path / "folder" / "episode.json").read_text()) == written
    write_page(exhibit, tmp_path / "page.html")
    assert kept in Page(tmp_path / "page.html").text


def test_it_asks_for_nothing_outside_itself(shown: Exhibit, tmp_path: Path) -> None:
    write_page(shown, tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe")]
    sources = [*page.sources("img"), *page.sources("audio")]
    assert all(source.startswith("data:") for source in sources)
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv"))
    assert "default-src 'none'" in str(policy)


def test_names_are_text_and_not_html(shown: Exhibit, tmp_path: Path) -> None:
    write_page(shown, tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    assert HOSTILE in page.text
    assert "script" not in [tag for tag, _ in page.tags]


def test_scores_stand_in_the_order_of_rank(shown: Exhibit, tmp_path: Path) -> None:
    write_page(shown, tmp_path / "page.html")
    told = re.findall(r"\b0\.\d{4}\b", Page(tmp_path / "page.html").text)
    wanted = sorted((score.similarity for score in shown.scored.scores), reverse=True)
    assert told == [f"{similarity:.4f}" for similarity in wanted]


def test_classes_of_several_shots_have_their_means(
    shown: Exhibit, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    write_page(shown, tmp_path / "one.html")
    assert "Mean logit" not in Page(tmp_path / "one.html").text
    clips = (tone(300, 0.3), tone(800, 0.3), tone(500, 0.3), tone(320, 0.3))
    episode = Episode(
        shown.episode.query, SupportSet(clips, ("low", HOSTILE, HOSTILE, "low")), "low"
    )
    several = explain_episode(tiny_net, episode, method="saliency")
    write_page(several, tmp_path / "page.html")
    text = Page(tmp_path / "page.html").text.partition("Mean logit")[2].partition("What made")[0]
    by_score = sorted(several.scored.classes, key=lambda one: -one.logit)
    wanted = [f"{c.label} {c.similarity:.4f} {c.logit:.3f}" for c in by_score]
    assert "".join(text.split()) == "".join("".join(wanted).split())


def test_one_row_is_marked_that_of_the_predicted_pair(
    shown: Exhibit, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    clips = tuple(tone(hz, 0.3) for hz in (300, 800, 500, 320))
    labels = ("low", "low", "high", "high")
    several = explain_episode(
        tiny_net, Episode(shown.episode.query, SupportSet(clips, labels)), method="saliency"
    )
    for logits, marked in (
        ([5, -5, 3, 2], "high 0.30 s 0.9526 3.000"),  # the first of them is not the predicted class
        ([5, 4, 3, 2], "low 0.30 s 0.9933 5.000"),
        ([5, 0, 3, 2], None),
    ):
        scored = rank(np.array(logits, float), labels)
        made = replace(several, scored=scored)
        write_page(made, tmp_path / "page.html")
        page = (tmp_path / "page.html").read_text(encoding="utf-8").partition("<h2>Classes")[0]
        rows = re.findall(r'<tr class="best">(.*?)</tr>', page, re.DOTALL)
        said = [" ".join(re.sub("<[^>]+>", " ", row).split()[1:]) for row in rows]
        assert said == ([] if marked is None else [marked])
        assert f"Predicted: {scored.predicted}" in page or marked is None


def test_long_names_are_broken_and_do_not_widen_the_page(shown: Exhibit, tmp_path: Path) -> None:
    write_page(shown, tmp_path / "page.html")
    style = (tmp_path / "page.html").read_text(encoding="utf-8").partition("</style>")[0]
    body = next(line for line in style.splitlines() if line.startswith("body {"))
    assert "overflow-wrap: anywhere" in body


def test_a_contrast_is_named(shown: Exhibit, tiny_net: SiameseNet, tmp_path: Path) -> None:
    write_page(shown, tmp_path / "plain.html")
    assert "contrast" not in Page(tmp_path / "plain.html").text.lower()
    held = explain_episode(
        tiny_net, shown.episode, method="saliency", side="query", against="middle"
    )
    write_page(held, tmp_path / "page.html")
    text = Page(tmp_path / "page.html").text
    assert "Each map is a contrast" in text
    assert "against middle: a map explains the difference of two logits" in text


def test_a_clip_that_is_the_baseline_is_named(
    shown: Exhibit, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    twin = replace(tone(700), path=Path("some/other.wav"))
    parameters = OcclusionParameters(baseline="twin")
    made = explain_episode(
        tiny_net, shown.episode, method="occlusion", parameters=parameters, twin=twin
    )
    write_page(made, tmp_path / "page.html")
    assert "another clip: other.wav" in Page(tmp_path / "page.html").text


def test_faithfulness_and_a_tie_are_told(
    shown: Exhibit, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    measured = with_faithfulness(tiny_net, shown)
    write_page(measured, tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    assert len(page.sources("img")) == 2
    assert "How far the map can be trusted" in page.text
    assert "insertion" in page.text
    tied = replace(shown, scored=replace(shown.scored, predicted=None))
    write_page(tied, tmp_path / "page.html")
    assert "No prediction: the most similar classes tie" in Page(tmp_path / "page.html").text


def test_it_says_how_the_mask_was_made_and_which_one_was_measured(
    shown: Exhibit, tiny_net: SiameseNet, tmp_path: Path
) -> None:
    measured = with_faithfulness(tiny_net, shown)
    idle = MaskParameters(threshold=70)  # of a mask by share
    more, inverted = MaskParameters(share=30), MaskParameters(part="remove")
    masks = {one: shown.best.mask(one) for one in (idle, more, inverted)}
    own, other = (
        "soft edges of 10 ms and 1 mel band), the mask that is outlined and heard above.",
        "soft edges of 10 ms and 1 mel band); they say nothing of the mask that is outlined and "
        "heard above.",
    )
    for made, words, told in (
        (measured, "share 20 %, what raises the similarity", own),
        (replace(measured, mask=masks[idle], mask_origin=MaskOrigin(idle)), "share 20 %", own),
        (replace(measured, mask=masks[more], mask_origin=MaskOrigin(more)), "share 30 %", other),
        (
            replace(measured, mask=masks[inverted], mask_origin=MaskOrigin(inverted)),
            "removed: all but that is heard",
            other,
        ),
        (
            replace(measured, mask=masks[more], mask_origin=MaskOrigin(by_hand=True)),
            "changed by hand",
            other,
        ),
    ):
        write_page(made, tmp_path / "page.html")
        text = Page(tmp_path / "page.html").text
        for part in (text.partition("to the ear")[2], text.partition("How it was made")[2]):
            assert words in part[:400]
        trust = text.partition("How far the map can be trusted")[2].partition("How it was")[0]
        assert "AI, AD, AG, FF and Fid-In are of the map's highest fifth (share 20 %" in trust
        assert told in trust


def test_its_sounds_are_those_of_the_folder(shown: Exhibit, tmp_path: Path) -> None:
    low = replace(shown, render=RenderParameters("clip", keep_above=True))
    write_page(low, tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    made = [_sound(source) for source in page.sources("audio")[4:]]
    for (samples, rate), (_name, sound) in zip(made, low.sounds(), strict=True):
        assert rate == sound.rate == low.best.explained.rate
        np.testing.assert_allclose(samples, sound.samples, atol=1e-4)
    assert "at the clip's own rate; what lies above the model's band is kept" in page.text


def test_another_kind_of_name_and_a_cancel_write_nothing(shown: Exhibit, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"page\.txt cannot be made; end it in \.html"):
        write_page(shown, tmp_path / "page.txt")
    with pytest.raises(Cancelled):
        write_page(shown, tmp_path / "page.html", should_stop=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_it_says_which_seconds_of_each_clip_were_judged(
    tiny_net: SiameseNet, tmp_path: Path
) -> None:
    episode = Episode(tone(450, 0.4), SupportSet((tone(300, 2.0), tone(800, 0.3)), ("a", "b")))
    shown = explain_episode(tiny_net, episode, method="saliency", starts=[None, 1.25, None])
    write_page(shown, tmp_path / "page.html")
    text = Page(tmp_path / "page.html").text.partition("Which seconds were judged")[2]
    assert "1.250 s1.750 s2.000 s8000 Hz" in "".join(text.splitlines())


def test_a_judge_reads_when_by_what_and_of_which_files_it_was_made_and_how_to_make_it_again(
    tiny_net: SiameseNet, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """A recording changed after it was read has no checksum that would be true."""
    files = [tmp_path / name for name in ("q.wav", "<b>a.wav", "b.wav")]
    for file, hertz in zip(files, (450, 300, 800), strict=True):
        soundfile.write(file, tone(hertz, 0.4).samples, 8000)
    query, *support = (read(file) for file in files)
    episode = Episode(query, SupportSet(tuple(support), ("a", "b")), "a")

    def made() -> tuple[str, Exhibit]:
        shown = explain_episode(
            tiny_net,
            episode,
            method="saliency",
            model="tiny.safetensors",
            model_file=tiny_checkpoint,
            classes_heard=("b",),
        )
        write_page(shown, tmp_path / "page.html")
        return Page(tmp_path / "page.html").text, shown

    text, shown = made()
    assert f"Made on {shown.origin.date} by Earwitness {__version__}." in text
    assert "The model heard these classes in training: b." in text.partition("Line-up")[0]
    for file in (*files, tiny_checkpoint):
        assert f"{file.name}{sha256(file.read_bytes()).hexdigest()}" in text
    assert fingerprint(tiny_net) in text
    assert "A similarity is not the probability that two sounds are of one source." in text
    command = text.partition("How to make it again")[2].strip().splitlines()[0]
    assert command == ExhibitCommand.of(shown).line
    soundfile.write(files[0], tone(451, 0.4).samples, 8000)
    text, _ = made()
    assert "q.wavnot given: no file holds this sound now" in text
    assert "No command makes this again: no file holds the query any more" in text
