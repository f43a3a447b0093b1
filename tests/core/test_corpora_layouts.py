"""The readers of known corpora, on small folders of the true layout and on what may be off in it.

A layout is recognised by what lies there, gives the right class, source and part, and loses none.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core.corpora import audiomnist
from siamese_core.corpora.folder import second_links
from siamese_core.corpus import Corpus, read_any, read_corpus
from siamese_core.errors import CorpusError

ESC50 = """filename,fold,target,category,esc10,src_file,take
1-100032-A-0.wav,1,0,dog,True,100032,A
1-100032-B-0.wav,1,0,dog,True,100032,B
2-100038-A-14.wav,2,14,chirping_birds,False,100038,A
"""


def touch(folder: Path, names: Iterable[str]) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def rows(corpus: Corpus) -> list[tuple[str, str, str]]:
    return [(clip.label, clip.path.name, clip.part) for clip in corpus.clips]


@pytest.fixture
def esc50(tmp_path: Path) -> Path:
    touch(tmp_path, (f"audio/{row.split(',')[0]}" for row in ESC50.splitlines()[1:]))
    touch(tmp_path, ["meta/esc50.csv"]).joinpath("meta/esc50.csv").write_text(ESC50)
    return tmp_path


def test_audiomnist_has_the_speaker_as_class(tmp_path: Path) -> None:
    names = [f"{digit}_{speaker}_{take}.wav" for speaker in ("01", "60") for digit in "09"
             for take in (0, 49)]  # fmt: skip
    touch(tmp_path, (f"data/{name.split('_')[1]}/{name}" for name in names))
    touch(tmp_path, ["data/audioMNIST_meta.txt", "preprocessed_data/x.hdf5", "README.md"])
    corpus = read_corpus(tmp_path)
    assert corpus.layout == "audiomnist"
    assert [clip.path.name for clip in corpus.clips] == names
    assert corpus.classes == ("01", "60")
    assert len(set(corpus.sources)) == len(corpus.clips)
    assert rows(read_corpus(tmp_path / "data")) == rows(corpus)


def test_two_digit_classes_with_other_names_are_just_class_folders(tmp_path: Path) -> None:
    touch(tmp_path, ["01/0_01_0.wav", "02/hello.wav"])
    assert read_corpus(tmp_path).layout == "class-folders"
    touch(tmp_path, ["01/bye.wav"])
    assert len(read_corpus(tmp_path).clips) == 3


def test_audiomnist_tells_about_its_speakers(tmp_path: Path) -> None:
    touch(tmp_path, ["data/01/0_01_0.wav"])
    assert audiomnist.about(tmp_path) == {}
    meta = tmp_path / "data" / "audioMNIST_meta.txt"
    meta.write_text(json.dumps({"01": {"accent": "german", "age": 30}}))
    assert audiomnist.about(tmp_path) == {"01": {"accent": "german", "age": "30"}}
    for broken in ("{", "[1]", '{"01": 3}', "[" * 100_000):
        meta.write_text(broken)
        with pytest.raises(CorpusError, match=r"meta\.txt is not a JSON table"):
            audiomnist.about(tmp_path)
    assert read_corpus(tmp_path).layout == "audiomnist"


def test_esc50_takes_class_and_source_from_its_table(esc50: Path) -> None:
    corpus = read_corpus(esc50)
    assert corpus.layout == "esc50"
    assert corpus.labels == ("dog", "dog", "chirping_birds")
    assert corpus.sources == ("100032", "100032", "100038")
    assert all(clip.path.is_file() for clip in corpus.clips)


def test_esc10_is_the_marked_part_of_esc50(esc50: Path) -> None:
    corpus = read_corpus(esc50, "esc10")
    assert (corpus.layout, corpus.classes) == ("esc10", ("dog",))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("", "has no column 'category'"),
        ("filename,category\na,b\n", "has no column 'esc10'"),
        (ESC50 + "3-1-A-0.wav,1\n", "a row with too few cells"),
        (ESC50.replace("2-100038-A-14.wav", "../secret.wav"), "names '../secret.wav'"),
        (ESC50.replace("2-100038-A-14.wav", "/etc/secret.wav"), "names '/etc/secret.wav'"),
        (ESC50 + '"open', "is not a table in CSV"),
        (ESC50.replace("dog", "\x00\ud8ff"), "is not a table in CSV"),
    ],
)
def test_a_broken_esc50_table_is_refused(esc50: Path, table: str, sentence: str) -> None:
    (esc50 / "meta" / "esc50.csv").write_bytes(table.encode("utf-8", "surrogatepass"))
    with pytest.raises(CorpusError, match=sentence):
        read_corpus(esc50)


def test_fsdd_has_the_speaker_as_class(tmp_path: Path) -> None:
    names = ["0_jackson_0.wav", "9_jackson_49.wav", "3_van_der_berg_7.wav"]
    touch(tmp_path, (f"recordings/{name}" for name in names))
    touch(tmp_path, ["metadata.py", "utils/trimmer.py", "acquire_data/x.wav"])
    corpus = read_corpus(tmp_path)
    assert corpus.layout == "fsdd"
    assert corpus.classes == ("jackson", "van_der_berg")
    assert len(corpus.clips) == 3
    assert read_corpus(tmp_path / "recordings").classes == corpus.classes


@pytest.mark.parametrize("case", [str.upper, str.lower])
@pytest.mark.parametrize("inside", ["", "timit/timit/", "data/"])
def test_timit_is_read_in_either_case_and_brings_its_split(
    tmp_path: Path, case, inside: str
) -> None:
    names = ["TRAIN/DR1/FCJF0/SA1.WAV", "TRAIN/DR8/MBCG0/SX57.WAV", "TEST/DR3/MKLT0/SI1213.WAV"]
    tone = np.sin(np.arange(1600) / 5).astype(np.float32) / 2
    for name in names:
        path = tmp_path / inside / case(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone, 16_000, format="NIST", subtype="PCM_16")
        touch(path.parent, [case("SA1.PHN"), case("SA1.TXT")])
    corpus = read_corpus(tmp_path)
    assert corpus.layout == "timit"
    assert corpus.labels == ("FCJF0", "MBCG0", "MKLT0")
    assert corpus.official is not None
    assert corpus.official.train == ("FCJF0", "MBCG0")
    assert corpus.official.test == ("MKLT0",)
    clip = corpus.clips[0].read()
    assert (clip.rate, clip.label) == (16_000, "FCJF0")
    np.testing.assert_allclose(clip.samples, tone, atol=2**-15)


def test_a_timit_copy_gives_each_utterance_once_converted_where_it_is(tmp_path: Path) -> None:
    names = ["SA1.WAV", "SA1.WAV.wav", "SA2.WAV", "SX7.sph", "SX7.wav"]
    touch(tmp_path, (f"TRAIN/DR1/FCJF0/{name}" for name in names))
    taken = [clip.path.name for clip in read_corpus(tmp_path).clips]
    assert taken == ["SA1.WAV.wav", "SA2.WAV", "SX7.wav"]


def test_train_and_test_folders_without_regions_are_no_timit(tmp_path: Path) -> None:
    touch(tmp_path, ["train/a/1.wav", "test/b/1.wav"])
    assert read_corpus(tmp_path).layout == "class-folders"


@pytest.mark.parametrize("root", ["", "wav"])
def test_voxceleb_has_the_id_as_class_and_the_video_as_source(tmp_path: Path, root: str) -> None:
    names = ["id10001/abc/00001.wav", "id10001/abc/00002.wav", "id10002/abc/00001.wav"]
    touch(tmp_path / root, names)
    corpus = read_corpus(tmp_path)
    assert corpus.layout == "voxceleb"
    assert corpus.labels == ("id10001", "id10001", "id10002")
    assert corpus.sources == ("id10001/abc", "id10001/abc", "id10002/abc")
    assert corpus.official is None


@pytest.mark.parametrize(
    "names",
    [
        ["id10001/a/1.wav", "id10002/a/1.wav", "bob/1.wav"],
        ["alice/1.wav", "bob/1.wav", "0_theo_1.wav"],
        ["train/DR1/A/1.wav", "other/1.wav"],
        ["vox1_dev_wav/wav/id10001/a/1.wav", "other/1.wav"],
    ],
)
def test_no_class_is_lost_to_a_layout_that_fits_a_part_only(
    tmp_path: Path, names: list[str]
) -> None:
    corpus = read_corpus(touch(tmp_path, names))
    assert corpus.layout == "class-folders"
    assert corpus.classes == tuple(sorted({name.split("/")[0] for name in names if "/" in name}))


def test_utterances_that_lie_in_no_video_are_each_their_own_recording(tmp_path: Path) -> None:
    corpus = read_corpus(touch(tmp_path, ["id10001/1.wav", "id10001/2.wav", "id10002/a/1.wav"]))
    assert corpus.layout == "voxceleb"
    assert len(set(corpus.sources)) == 3


def test_voxceleb_dev_and_test_are_its_split(tmp_path: Path) -> None:
    touch(tmp_path, ["dev/wav/id10001/a/1.wav", "test/wav/id10270/b/1.wav"])
    split = read_corpus(tmp_path).official
    assert split is not None
    assert (split.train, split.validation, split.test) == (("id10001",), (), ("id10270",))


@pytest.mark.parametrize(
    ("roots", "parts"),
    [
        (["vox1_dev_wav/wav", "vox1_test_wav/wav"], ["train", "test"]),
        (["dev/aac", "test/aac"], ["train", "test"]),
        (["first/wav", "second/wav"], ["", ""]),
    ],
)
def test_voxceleb_is_read_as_its_archives_unpack(
    tmp_path: Path, roots: list[str], parts: list[str]
) -> None:
    for root, speaker in zip(roots, ("id10001", "id10270"), strict=True):
        touch(tmp_path / root, [f"{speaker}/abc/00001.wav", f"{speaker}/abc/00001.m4a"])
    corpus = read_corpus(tmp_path)
    assert corpus.layout == "voxceleb"
    assert rows(corpus) == [
        ("id10001", "00001.wav", parts[0]),
        ("id10270", "00001.wav", parts[1]),
    ]
    assert corpus.sources == ("id10001/abc", "id10270/abc")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["dev/aac/id00012/21Uxsk56VDQ/00001.m4a", "test/aac/id00017/01dfn2spqyE/00001.m4a"],
            r"is laid out as VoxCeleb, but .*, only m4a \(2 files\); convert it to wav",
        ),
        (["a/1.MP4", "b/1.wma"], r"as Class folders, but .*, only mp4, wma \(2 files\); convert"),
    ],
)
def test_a_corpus_of_sounds_that_cannot_be_decoded_is_recognised_and_told(
    tmp_path: Path, names: list[str], sentence: str
) -> None:
    with pytest.raises(CorpusError, match=sentence):
        read_corpus(touch(tmp_path, names))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("1-100032-A-0.wav", "100032"),
        ("5-9032-B.ogg", "9032"),
        ("5-J-placard2.aac-A-10.ogg", "J"),
        ("3-M2-A-9.ogg", "M2"),
        ("5-BLACK+DECKER CJ625 30-Watt Juicer.wav-C-9.ogg", "BLACK+DECKER CJ625 30"),
    ],
)
def test_the_source_is_read_from_esc_names(tmp_path: Path, name: str, source: str) -> None:
    assert read_corpus(touch(tmp_path, [f"class/{name}"])).sources == (source,)


@pytest.mark.parametrize("name", ["0_04_1.wav", "take-1.wav", "1-2.wav", "no_01.ogg", "1-a-b.wav"])
def test_other_names_are_their_own_source(tmp_path: Path, name: str) -> None:
    assert read_corpus(touch(tmp_path, [f"class/{name}"])).sources == (
        str(tmp_path / "class" / name),
    )


def test_real_folders_are_recognised(data: Path) -> None:
    found = {name: read_any(data / name).layout for name in ("audiomnist5", "esc10", "omniglot")}
    assert found == {"audiomnist5": "audiomnist", "esc10": "class-folders", "omniglot": "omniglot"}


def test_a_class_folder_that_is_a_link_to_another_is_no_class(tmp_path: Path) -> None:
    touch(tmp_path, ["elsewhere/1.wav", "corpus/b/1.wav"])
    corpus = tmp_path / "corpus"
    (corpus / "a").symlink_to("b")
    for name in ("d", "c"):
        (corpus / name).symlink_to(tmp_path / "elsewhere")
    assert rows(read_corpus(corpus)) == [("b", "1.wav", ""), ("c", "1.wav", "")]
    assert second_links(corpus) == {corpus / "a": corpus / "b", corpus / "d": corpus / "c"}


def test_kitchen20_has_the_recordings_that_several_classes_share(data: Path) -> None:
    classes: dict[str, set[str]] = {}
    for clip in read_corpus(data / "kitchen20").clips:
        classes.setdefault(clip.source, set()).add(clip.label)
    assert sum(len(labels) > 1 for labels in classes.values()) == 19


def test_a_named_layout_must_fit_the_folder(tmp_path: Path) -> None:
    touch(tmp_path, ["a/1.wav"])
    with pytest.raises(CorpusError, match="is not laid out as ESC-50"):
        read_corpus(tmp_path, "esc50")
    with pytest.raises(
        CorpusError, match="'esc' is not a layout; the layouts are audiomnist, esc50"
    ):
        read_corpus(tmp_path, "esc")


def test_linked_folders_do_not_lead_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, ["elsewhere/1.wav", "corpus/a/1.wav"])
    (tmp_path / "corpus" / "a" / "again").symlink_to(tmp_path / "corpus")
    (tmp_path / "corpus" / "b").symlink_to(tmp_path / "elsewhere")
    corpus = read_corpus(tmp_path / "corpus")
    assert rows(corpus) == [("a", "1.wav", ""), ("b", "1.wav", "")]
