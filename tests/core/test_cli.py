"""The command line as a person or a program uses it: outputs, exit codes, one sentence a fault."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core.audio import read, resample
from siamese_core.cli import main
from tests.conftest import tone


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, Path]:
    paths = {}
    for name, hertz in (("query", 400), ("a", 420), ("b", 1600), ("a2", 390)):
        clip = tone(hertz, 0.4, 48_000)
        paths[name] = tmp_path / f"{name}.wav"
        soundfile.write(paths[name], clip.samples, clip.rate, "PCM_24")
    return paths


def _explain(clips: dict[str, Path], model: Path, out: Path, *more: str) -> int:
    support = [f"--support={name[0]}={clips[name]}" for name in ("a", "b", "a2")]
    query = ["explain", "--model", str(model), "--query", str(clips["query"])]
    return main([*query, *support, "--device", "cpu", "--out", str(out), *more])


def test_explain_writes_the_whole_folder_and_prints_the_same_json(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    assert _explain(clips, tiny_checkpoint, out, "--json", "--seed", "5") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((out / "episode.json").read_text())
    assert [entry["label"] for entry in printed["support"]] == ["a", "b", "a"]
    assert sorted(entry["rank"] for entry in printed["support"]) == [1, 2, 3]
    assert {"query", "predicted", "method", "side", "parameters", "seed", "model", "version"} <= {
        *printed
    }
    assert printed["seed"] == 5
    assert sorted(p.name for p in out.iterdir()) == [
        "episode.json",
        "explanation.npz",
        "kept.wav",
        "model-view.wav",
        "overlay.png",
        "removed.wav",
    ]
    with np.load(out / "explanation.npz", allow_pickle=False) as arrays:
        assert arrays["maps"].dtype == np.float32
        assert arrays["maps"].shape[0] == 3
        assert arrays["mask"].shape == arrays["maps"].shape[1:]
    for name in ("kept", "removed", "model-view"):
        assert soundfile.info(out / f"{name}.wav").subtype == "FLOAT"


def test_a_contrast_comes_with_a_page_and_a_figure(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    page, figure = tmp_path / "page.html", tmp_path / "figure.svg"
    extras = ("--side", "query", "--against", "b", "--page", str(page), "--figure", str(figure))
    assert _explain(clips, tiny_checkpoint, tmp_path / "out", "--json", *extras) == 0
    assert json.loads(capsys.readouterr().out)["against"] == "b"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "<svg" in figure.read_text(encoding="utf-8")


def test_a_line_up_of_one_class_is_not_measured(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    options = ["--model", str(tiny_checkpoint), "--query", str(clips["query"]), "--faithfulness"]
    shots = [f"--support=a={clips[name]}" for name in ("a", "a2")]
    assert main(["explain", *options, *shots, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "The line-up has one class only, which is then always certain; add another" in said
    assert not (tmp_path / "out").exists()


def test_any_file_can_be_the_baseline(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    twins = {"the query": clips["query"], "another": clips["b"], "none": None}
    extras = ("--json", "--method", "input-x-gradient", "--set", "baseline=twin", "--faithfulness")
    maps = {}
    for name, file in twins.items():
        more = () if file is None else ("--twin", str(file))
        assert _explain(clips, tiny_checkpoint, tmp_path / name, *extras, *more) == 0
        twin = json.loads(capsys.readouterr().out)["twin"]
        if file is None:
            assert twin is None
        else:
            assert (twin["label"], twin["path"]) == (None, str(file))
            assert (twin["begins"], twin["heard_seconds"], twin["rate"]) == (0.0, 0.4, 48_000)
            assert twin["sound"] == read(file).digest
        with np.load(tmp_path / name / "explanation.npz", allow_pickle=False) as arrays:
            maps[name] = arrays["maps"]
    # the other clip of each pair is the query
    np.testing.assert_array_equal(maps["the query"], maps["none"])
    assert not np.allclose(maps["another"], maps["none"], atol=1e-5)


@pytest.mark.parametrize(("how", "rate"), [("", 8000), ("--rate clip --keep-above", 48_000)])
def test_kept_and_removed_add_up_to_what_was_heard(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, how: str, rate: int
) -> None:
    asked = ("--method", "saliency", "--side", "query", *how.split())
    assert _explain(clips, tiny_checkpoint, tmp_path, *asked) == 0
    (kept, found), (removed, _) = (
        soundfile.read(tmp_path / f"{name}.wav") for name in ("kept", "removed")
    )
    own = resample(read(clips["query"]), rate).samples
    assert (found, len(kept)) == (rate, round(0.4 * rate))
    np.testing.assert_allclose(kept + removed, own, atol=1e-3)


def test_a_saved_mask_is_made_audible_again(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    assert _explain(clips, tiny_checkpoint, out, "--json") == 0
    best = next(e for e in json.loads(capsys.readouterr().out)["support"] if e["rank"] == 1)
    mask, sound = str(out / "explanation.npz"), tmp_path / "again.wav"
    again = ["sonify", "--clip", best["path"], "--mask", mask, "--out", str(sound)]
    assert main([*again, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rate"] == 8000
    if best["label"] == json.loads((out / "episode.json").read_text())["predicted"]:
        np.testing.assert_allclose(
            soundfile.read(sound)[0], soundfile.read(out / "kept.wav")[0], atol=1e-6
        )
    wide = tmp_path / "wide.flac"
    assert main([*again[:-1], str(wide), "--rate", "clip", "--keep-above"]) == 0
    assert soundfile.info(wide).samplerate == 48_000


def test_text_for_people_names_the_winner(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    method = ["--method", "integrated-gradients"]
    assert _explain(clips, tiny_checkpoint, tmp_path / "out", *method) == 0
    text = capsys.readouterr().out
    assert "Predicted: " in text
    assert str(tmp_path / "out") in text
    about = json.loads((tmp_path / "out" / "episode.json").read_text())
    heard = about["support"][about["heard"]]
    assert f"Explained and heard: the support clip of '{heard['label']}', {heard['path']}." in text
    assert "Completeness residual of its map: " in text


def test_the_shots_of_a_class_stand_under_their_mean(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    more = ["--method", "saliency", "--side", "query"]
    assert _explain(clips, tiny_checkpoint, out, *more) == 0
    captured = capsys.readouterr()
    about = json.loads((out / "episode.json").read_text())
    lines = captured.out.splitlines()
    first = lines.index(next(line for line in lines if "the mean of 2" in line))
    mean = next(entry for entry in about["classes"] if entry["label"] == "a")
    assert lines[first].split()[:3] == [
        f"{mean['similarity']:.4f}",
        f"{mean['logit']:.3f}",
        "a,",
    ]
    shots = [line for line in lines[first + 1 : first + 3] if "a.wav" in line or "a2.wav" in line]
    assert len(shots) == 2
    heard = about["support"][about["heard"]]["label"]
    assert (
        f"Explained and heard: the query, {clips['query']}, against the support clip of '{heard}'."
    ) in captured.out
    assert captured.err == "Note: The model heard these classes in training: a, b.\n"


def test_a_query_among_its_support_is_noticed(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    again = ["--support", f"c={clips['query']}", "--method", "saliency"]
    assert _explain(clips, tiny_checkpoint, tmp_path / "out", *again) == 0
    assert "is itself support clip" in capsys.readouterr().err


def test_a_mask_of_another_clip_is_laid_where_that_is_heard_and_said_so(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "out"
    assert _explain(clips, tiny_checkpoint, out, "--method", "saliency") == 0
    capsys.readouterr()
    long = tone(500, 20.0)
    long.samples[:80_000] *= 0.01
    soundfile.write(tmp_path / "long.wav", long.samples, long.rate)
    mask = str(out / "explanation.npz")
    sonify = ["sonify", "--clip", str(tmp_path / "long.wav"), "--mask", mask]
    sonify += ["--out", str(tmp_path / "o.wav"), "--json"]
    assert main(sonify) == 0
    captured = capsys.readouterr()
    assert 10 <= json.loads(captured.out)["start"] <= 20
    assert " was made for " in captured.err
    assert f"on {tmp_path}/long.wav (20.0 s) it covers 1" in captured.err
    assert main([*sonify, "--start", "3"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["start"] == 3
    assert "covers 3.00 to 3.50 s." in captured.err
    assert main([*sonify, "--start", "30"]) == 2
    assert "begins at 30 s, outside" in capsys.readouterr().err
    other = ["--mask", mask, "--side", "query", "--method", "saliency"]
    assert _explain(clips, tiny_checkpoint, tmp_path / "again", *other) == 0
    assert f"on {clips['query']} (0.4 s) it covers" in capsys.readouterr().err
    assert json.loads((tmp_path / "again" / "episode.json").read_text())["mask"] == mask


def test_a_sound_is_replaced_and_another_file_is_not(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, capsys
) -> None:
    (tmp_path / "notes.wav").write_text("mine")
    sonify = ["sonify", "--clip", str(clips["a"]), "--mask", "m.npz", "--out"]
    assert main([*sonify, str(tmp_path / "notes.wav")]) == 2
    assert "exists and is not sound, so it stays" in capsys.readouterr().err
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "episode.json").write_text("mine")
    assert _explain(clips, tiny_checkpoint, tmp_path / "out") == 2
    assert "already holds another episode.json; give another folder" in capsys.readouterr().err
    assert (tmp_path / "out" / "episode.json").read_text() == "mine"


def test_more_classes_in_a_batch_than_there_are_is_noticed(
    tone_corpus: Path, tiny_recipe, tmp_path: Path, capsys
) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_recipe.to_toml())
    train = ["train", "--recipe", str(tmp_path / "tiny.toml"), "--data", str(tone_corpus)]
    train += ["--set", "steps=2", "--set", "evaluate_every=1", "--layout", "class-folders"]
    assert (
        main([*train, "--set", "classes=40", "--device", "cpu", "--out", str(tmp_path / "r")]) == 0
    )
    notice = capsys.readouterr().err
    assert "The recipe draws 40 classes into a batch, but" in notice


def test_classes_of_joined_corpora_keep_apart_in_the_confusion_matrix(
    tiny_checkpoint: Path, tone_corpus: Path, tmp_path: Path, capsys
) -> None:
    folders = []
    for name, take in (("recordings-one", 0), ("recordings-two", 3)):
        for label in ("low", "high"):
            (tmp_path / name / label).mkdir(parents=True)
            for file in range(take, take + 3):
                shutil.copy(tone_corpus / "tone1" / f"take{file}.wav", tmp_path / name / label)
        folders += ["--data", str(tmp_path / name)]
    assert main(["evaluate", "--model", str(tiny_checkpoint), *folders, "--runs", "2"]) == 0
    told = capsys.readouterr().out
    heads = told.split("columns: predicted)\n")[1].splitlines()[0].split()
    assert heads == ["…ne/high", "…one/low", "…wo/high", "…two/low"]


def test_train_and_evaluate_from_the_command_line(
    tone_corpus: Path, tiny_recipe, tmp_path: Path, capsys
) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_recipe.to_toml())
    run = tmp_path / "run"
    train = ["train", "--recipe", str(tmp_path / "tiny.toml"), "--data", str(tone_corpus)]
    assert main([*train, "--out", str(run), "--set", "steps=10", "--device", "cpu", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "finished"]
    assert sum(line["event"] == "step" for line in lines) == 10

    evaluate = ["evaluate", "--model", str(run / "best.safetensors"), "--data", str(tone_corpus)]
    evaluate += ["--classes", "tone0,tone3,tone6", "--runs", "5", "--device", "cpu"]
    assert main([*evaluate, "--json", "--out", str(tmp_path / "report")]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert {"accuracy", "per_class", "confusion", "ways", "shots", "runs", "seed", "model"} <= {
        *report
    }
    assert set(report["accuracy"]) == {"mean", "low", "high"}
    assert report["confusion"]["labels"] == ["tone0", "tone3", "tone6"]
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == report
    assert len((tmp_path / "report" / "confusion.csv").read_text().splitlines()) == 4
    assert "heard these classes in training" in captured.err
    assert main(evaluate) == 0
    assert "3-way 1-shot accuracy" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["methods", "recipes"])
def test_lists_are_printed_for_people_and_programs(verb: str, capsys) -> None:
    assert main([verb, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert main([verb]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in listed)
    wanted = {
        "methods": {"saliency", "integrated-gradients", "occlusion", "sinex", "sinexc"},
        "recipes": {"mnist-net", "voice"},
    }
    assert wanted[verb] <= set(listed)


def test_a_full_disk_leaves_no_folder(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    before = sorted(tmp_path.iterdir())
    assert _explain(clips, tiny_checkpoint, tmp_path / "out", "--method", "saliency") == 2
    sentence = capsys.readouterr().err
    assert sentence.endswith(
        f"{tmp_path}/out/kept.wav cannot be written: no space left on device.\n"
    )
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_standard_output_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "siamese_core.cli", "methods"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 2
    assert result.stderr == "earwitness: The system refused: no space left on device.\n"


def test_ctrl_c_ends_with_130_and_a_run_that_can_be_resumed(
    tone_corpus: Path, tiny_recipe, tmp_path: Path
) -> None:
    (tmp_path / "tiny.toml").write_text(tiny_recipe.to_toml())
    command = [sys.executable, "-m", "siamese_core.cli", "train", "--json", "--device", "cpu"]
    command += ["--recipe", str(tmp_path / "tiny.toml"), "--data", str(tone_corpus)]
    command += ["--out", str(tmp_path / "run"), "--set", "steps=100000"]
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert child.stdout is not None
    while json.loads(child.stdout.readline())["event"] != "step":
        pass
    child.send_signal(signal.SIGINT)
    _, complaint = child.communicate()
    assert child.returncode == 130
    assert complaint.strip() == "earwitness: Training was cancelled."
    assert (tmp_path / "run" / "state.safetensors").exists()
    assert not (tmp_path / "run" / "lock").exists()


@pytest.mark.parametrize(
    ("shape", "chosen"),
    [
        (["by=threshold", "threshold=60"], {"by": "threshold", "threshold": 60.0}),
        (["by=segments", "segments=2", "edge=hard"], {"by": "segments", "segments": 2}),
        (["by=sign", "sign=negative"], {"by": "sign", "sign": "negative"}),
        (["feather_ms=0", "feather_mels=0"], {"by": "share", "feather_ms": 0.0}),
    ],
)
def test_a_mask_is_shaped_in_every_way(
    shape: list[str],
    chosen: dict[str, object],
    clips: dict[str, Path],
    tiny_checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    more = [f"--shape={one}" for one in shape]
    method = ["--method", "feature-ablation", "--set", "segmentation=tiles"]
    assert _explain(clips, tiny_checkpoint, tmp_path / "out", "--json", *method, *more) == 0
    mask = json.loads(capsys.readouterr().out)["mask"]
    assert {name: mask[name] for name in chosen} == chosen
