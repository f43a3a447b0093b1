"""The command line as a person or a program uses it: outputs, exit codes, one sentence a fault."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from siamese_core.assets import asset
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


def test_kept_and_removed_add_up_to_what_was_heard(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _explain(clips, tiny_checkpoint, out, "--json", "--method", "saliency") == 0
    kept, rate = soundfile.read(out / "kept.wav")
    removed, _ = soundfile.read(out / "removed.wav")
    assert rate == 8000
    assert len(kept) == len(removed) == round(0.4 * 8000)
    assert np.abs(kept + removed).max() > 0.3


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
    assert _explain(clips, tiny_checkpoint, tmp_path / "out") == 0
    text = capsys.readouterr().out
    assert "Predicted: " in text
    assert str(tmp_path / "out") in text


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


BAD = {
    "unknown verb": (["listen"], "invalid choice: 'listen'"),
    "no verb": ([], "VERB"),
    "unknown option": (["methods", "--loud"], "--loud"),
    "unknown method": (["explain", "--method", "guess"], "'guess' is no attribution method"),
    "unknown parameter": (["explain", "--set", "depth=3"], "'depth' is no parameter here"),
    "seed": (["explain", "--seed", "-1"], "'-1' is no seed"),
    "share beside a mask": (["explain", "--mask", "m.npz", "--share", "3"], "give one of them"),
    "overwriting": (
        ["sonify", "--clip", "c.wav", "--mask", "m.npz", "--out", "./c.wav"],
        "would overwrite its own input",
    ),
    "nothing above": (
        ["sonify", "--clip", "c.wav", "--mask", "m.npz", "--out", "o.wav", "--keep-above"],
        "--keep-above needs --rate clip",
    ),
    "an impossible run": (
        ["train", "--recipe", "voice", "--data", str(asset("demo")), "--out", "run"],
        "training needs 2",
    ),
    "share": (["explain", "--share", "101"], "share is 101.0"),
    "query alone": (["explain", "--query", "q.wav"], "--query is given without --support"),
    "support alone": (["explain", "--support", "a=a.wav"], "--support is given without --query"),
    "support form": (["explain", "--query", "q.wav", "--support", "a.wav"], "LABEL=FILE"),
    "missing clip": (
        ["explain", "--query", "none.wav", "--support", "a=none.wav"],
        "There is no file none.wav",
    ),
    "missing model": (["explain", "--model", "none.safetensors"], "There is no file none"),
    "device": (["explain", "--device", "tpu"], "'tpu' is no device"),
    "recipe": (["train", "--recipe", "none", "--data", ".", "--out", "x"], "no recipe 'none'"),
    "corpus": (["evaluate", "--data", "none"], "There is no folder none"),
    "mask": (
        ["sonify", "--clip", "none.wav", "--mask", "none.npz", "--out", "x.wav"],
        "There is no file none",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_one_sentence_and_exit_code_2(
    fault: str, tmp_path: Path, tiny_checkpoint: Path, monkeypatch, capsys
) -> None:
    argv, words = BAD[fault]
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.out == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_leaves_no_folder(
    clips: dict[str, Path], tiny_checkpoint: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(soundfile, "write", full)
    assert _explain(clips, tiny_checkpoint, tmp_path / "out") == 2
    assert "no space left on device" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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


def test_lists_wait_for_no_torch() -> None:
    code = (
        "import sys; from siamese_core.cli import main; main(['recipes']); main(['methods']);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'captum', 'librosa', 'PySide6')))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    "module",
    [
        "assets",
        "attribution.parameters",
        "audio",
        "callbacks",
        "corpus",
        "demo",
        "encoder_parameters",
        "episodes",
        "errors",
        "mask",
        "melspec",
        "notices",
        "recipes",
        "run",
    ],
)
def test_what_the_window_needs_first_imports_no_torch(module: str) -> None:
    code = (
        f"import sys, siamese_core.{module};"
        "sys.exit(any(m in sys.modules for m in ('torch', 'captum', 'librosa', 'scipy')))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr or "a heavy library was imported"


def test_the_core_never_imports_the_window(tmp_path: Path) -> None:
    code = (
        "import sys, siamese_core.exhibit, siamese_core.training;"
        "sys.exit(any(m.split('.')[0] in ('PySide6', 'pyqtgraph', 'app') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
