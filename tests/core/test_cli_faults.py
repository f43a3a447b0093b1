"""Bad input on the command line: one sentence, exit code 2, at once, and nothing is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from siamese_core.assets import asset
from siamese_core.cli import main
from siamese_core.commands import methods

BAD = {
    "unknown verb": (["listen"], "'listen' is not a verb; give one of 'explain', 'train'"),
    "no verb": ([], "VERB must be given"),
    "unknown option": (["methods", "--loud"], "--loud is not understood here"),
    "abbreviation": (["explain", "--supp", "a=b"], "--supp a=b is not understood here"),
    "unknown word": (["data", "check", ".", "it"], "here; see 'earwitness data check --help'."),
    "an empty name": (["explain", "--out", ""], "--out is empty; name a file or folder"),
    "an empty folder": (["data", "check", ""], "DIR is empty; name a file or folder"),
    "no place": (["sonify", "--start", "nan"], "--start is 'nan'; give a number"),
    "a value of a list": (
        ["explain", "--method", "gradient-shap", "--set", "baselines=floor,ground"],
        "baselines.1 is 'ground'; give floor, silence, mean",
    ),
    "sounds for a recipe for glyphs": (
        ["train", "--recipe", "omniglot", "--data", str(asset("demo")), "--out", "run"],
        "demo holds sounds; the recipe 'omniglot' is for glyphs.",
    ),
    "no value": (["explain", "--seed"], "--seed has no value; write one behind it"),
    "a value too many": (["explain", "--json=3"], "--json takes no value, but '3' was given"),
    "side": (["explain", "--side", "left"], "--side is 'left'; give one of 'support', 'query'"),
    "ways": (["evaluate", "--data", ".", "--ways", "x"], "--ways is 'x'; give a whole number"),
    "unknown method": (["explain", "--method", "guess"], "'guess' is not an attribution method"),
    "unknown parameter": (["explain", "--set", "depth=3"], "'depth' is not a parameter here"),
    "no assignment": (["explain", "--set", "depth"], "'depth' is not an assignment; write key="),
    "unknown shape": (["explain", "--shape", "by=ear"], "by is 'ear'; give share, threshold,"),
    "a shape of a ready mask": (
        ["explain", "--shape", "edge=hard", "--mask", "m.npz"],
        "--shape shapes a mask and --mask gives a ready one; give one of them.",
    ),
    "seed": (["explain", "--seed", "-1"], "'-1' is not a seed"),
    "a long seed": (["explain", "--seed", "9" * 5000], "is not a seed; give a whole number"),
    "no classes": (
        ["evaluate", "--data", ".", "--classes", ""],
        "--classes '' names none; write names as A,B",
    ),
    "no methods": (
        ["faithfulness", "--data", ".", "--out", "s", "--methods", ","],
        "--methods ',' names none; write names as A,B",
    ),
    "a share and another": (
        ["explain", "--share", "5", "--shape", "share=90"],
        "--share 5 has no part in the mask that --shape asks for; give one.",
    ),
    "a share of a threshold": (
        ["explain", "--share", "30", "--shape", "by=threshold"],
        "--share 30 has no part in the mask that --shape asks for; give one.",
    ),
    "no method": (["explain", "--method", ""], "'' is not an attribution method"),
    "true as a number": (["explain", "--shape", "share=true"], "share is True; give a number"),
    "nothing above in an explanation": (
        ["explain", "--keep-above"],
        "--keep-above needs --rate clip: the model's rate holds nothing above.",
    ),
    "no place above": (
        [
            *("sonify", "--clip", "c.wav", "--mask", "m.npz", "--out", "o.wav"),
            *("--rate", "clip", "--keep-above", "--mode", "region"),
        ],
        "--keep-above adds nothing in the mode region; leave it out, or give one of through-mask,",
    ),
    "an estimate of a rest": (
        [
            *("train", "--recipe", "voice", "--data", str(asset("demo")), "--out", "run"),
            *("--resume", "--estimate"),
        ],
        "--estimate tells of a whole training; leave out --resume.",
    ),
    "one model twice": (
        ["ensemble", "tiny.safetensors", "./tiny.safetensors", "--out", "e.safetensors"],
        "tiny.safetensors is given twice, which changes no score; give others.",
    ),
    "a page in a file": (
        ["explain", "--page", "tiny.safetensors/p.html"],
        "tiny.safetensors is a file; give a folder.",
    ),
    "a folder as model": (["explain", "--model", "."], ". is a folder; give a .safetensors file."),
    "a folder as mask": (["explain", "--mask", "."], ". is a folder; give a mask (.npz)."),
    "a file as folder": (
        ["explain", "--out", "tiny.safetensors"],
        "tiny.safetensors is a file; give a folder.",
    ),
    "a file as report": (
        ["evaluate", "--data", ".", "--out", "tiny.safetensors"],
        "tiny.safetensors is a file; give a folder.",
    ),
    "a file as run": (
        ["train", "--recipe", "voice", "--data", ".", "--out", "tiny.safetensors"],
        "tiny.safetensors is a file; give a folder.",
    ),
    "a folder as sound": (
        ["sonify", "--clip", "c.wav", "--mask", "m.npz", "--out", "."],
        ". is a folder; name a .wav or .flac file in it.",
    ),
    "another kind of sound": (
        ["sonify", "--clip", "c.wav", "--mask", "m.npz", "--out", "o.mp3"],
        "o.mp3 cannot be written as sound; end its name in .wav or .flac.",
    ),
    "a folder as recipe": (
        ["train", "--recipe", ".", "--data", ".", "--out", "run"],
        ". is a folder; give the recipe.toml in it",
    ),
    "a device as recipe": (
        ["train", "--recipe", "/dev/zero", "--data", ".", "--out", "run"],
        "/dev/zero is not an ordinary file; give a recipe file.",
    ),
    "more steps than there are": (
        ["train", "--recipe", "voice", "--set", f"steps=1{'0' * 400}", "--data", ".", "--out", "r"],
        "give a whole number from 1 to 1000000000",
    ),
    "a parameter of a table": (
        ["train", "--recipe", "mnist-net", "--set", "encoder.foo=1", "--data", ".", "--out", "run"],
        "'encoder.foo' is not a parameter here; there are: kind, filters",
    ),
    "layout": (["evaluate", "--data", ".", "--layout", "x"], "'x' is not a layout; the layouts"),
    "share beside a mask": (["explain", "--mask", "m.npz", "--share", "3"], "give one of them"),
    "a contrast on the support": (["explain", "--against", "a"], "add --side query."),
    "a baseline that is not asked for": (
        ["explain", "--method", "occlusion", "--twin", "c.wav"],
        "set baseline to twin.",
    ),
    "a window behind the clip": (
        ["explain", "--query-start", "5"],
        "--query-start 5 puts the window of 1 s outside",
    ),
    "a window before the clip": (
        ["explain", "--support-start", "june-wallack=-1"],
        "--support-start -1 puts the window of 1 s outside",
    ),
    "a window of nobody": (
        ["explain", "--support-start", "nobody=0.1"],
        "--support-start names 'nobody', which is not a class of the support set; give one of june",
    ),
    "a window of no class": (
        ["explain", "--support-start", "0.1"],
        "not of the form LABEL=SECONDS",
    ),
    "a window that is no number": (
        ["explain", "--support-start", "june-wallack=soon"],
        "does not end in a number of seconds; give one, or 'auto' for the loudest place.",
    ),
    "a window too many": (
        [*["explain"], *["--support-start", "june-wallack=0.1"] * 2],
        "is one too many: 'june-wallack' has 1 support clip",
    ),
    "a window of no twin": (["explain", "--twin-start", "0.1"], "give that with --twin."),
    "another truth": (["explain", "--truth", "nobody"], "--truth names 'nobody', which is not a"),
    "an episode beside clips": (
        ["explain", "--episode", "e.earwitness", "--query", "q.wav"],
        "--episode brings its own clips; leave out --query and --support.",
    ),
    "no episode": (["explain", "--episode", "none.earwitness"], "There is no file none.earwitness"),
    "another kind of page": (
        ["explain", "--page", "p.txt"],
        "p.txt cannot be made; end it in",
    ),
    "another kind of figure": (["explain", "--figure", "f.gif"], "end it in .png, .svg or .pdf."),
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
    "share": (["explain", "--share", "101"], "share is 101.0; give a number from 0 to 100."),
    "query alone": (["explain", "--query", "q.wav"], "--query is given without --support"),
    "support alone": (["explain", "--support", "a=a.wav"], "--support is given without --query"),
    "support form": (["explain", "--query", "q.wav", "--support", "a.wav"], "LABEL=FILE"),
    "missing clip": (
        ["explain", "--query", "none.wav", "--support", "a=none.wav"],
        "There is no file none.wav",
    ),
    "missing model": (["explain", "--model", "none.safetensors"], "There is no file none"),
    "device": (["explain", "--device", "tpu"], "'tpu' is not a device"),
    "recipe": (
        ["train", "--recipe", "none", "--data", ".", "--out", "x"],
        "no recipe 'none'; give a file or one of",
    ),
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


@pytest.mark.parametrize(
    "full", [MemoryError(), RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling")]
)
def test_memory_that_does_not_suffice_is_one_sentence(full: Exception, monkeypatch, capsys) -> None:
    monkeypatch.setattr(methods, "run", _failing(full))
    assert main(["methods"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("earwitness: There is not enough memory for this; try shorter clips")
    assert len(said.splitlines()) == 1


def test_another_fault_keeps_its_traceback(monkeypatch) -> None:
    monkeypatch.setattr(methods, "run", _failing(RuntimeError("shapes do not match")))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        main(["methods"])


def _failing(error: Exception):
    def run(*_arguments: object) -> None:
        raise error

    return run


def test_a_file_that_is_not_a_recipe_is_named(tmp_path: Path, capsys) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Read me\n")
    train = ["train", "--data", ".", "--out", "run", "--recipe", str(readme)]
    assert main(train) == 2
    assert capsys.readouterr().err == (
        f"earwitness: {readme} cannot be used as a recipe: it is not TOML (line 1, column 6).\n"
    )
    readme.write_text("name = 'a'\ninput = 'voice'\nsteps = 0\n")
    assert main(train) == 2
    assert f"{readme} cannot be used as a recipe: steps is 0; give" in capsys.readouterr().err


# Refused, or answered, from what needs no torch: at once.
ANSWERED = ("methods", "recipes", "explain --help", "train --help", "sonify --help")
REFUSED = (
    "explain --method guess",
    "explain --set depth=3",
    "explain --share 101",
    "explain --shape by=ear",
    "explain --side left",
    "explain --mask none.npz",
    "explain --model none.safetensors",
    "explain --query-start 5",
    "explain --support-start nobody=0.1",
    "explain --truth nobody",
    "explain --query none.wav --support a=none.wav",
    "evaluate --data none",
    "evaluate --data . --ways 1",
    "evaluate --data . --model none.safetensors",
    "train --recipe voice --set steps=0 --data . --out run",
    "train --recipe voice --data none --out run",
    "sonify --clip none.wav --mask none.npz --out o.wav",
    "data check none",
)


@pytest.mark.parametrize(
    ("words", "closed", "code"),
    [
        ("recipes", ">&-", 0),
        ("explain --method guess", "2>&-", 2),
        ("explain --method guess", "2>/dev/full", 2),
        ("explain --method guess", "<&- >&- 2>&-", 2),
    ],
)
def test_a_stream_that_is_closed_changes_no_exit_code(words: str, closed: str, code: int) -> None:
    command = f'"{sys.executable}" -m app {words} {closed}'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, ""), "nothing of stderr strays to stdout"


def test_lists_help_and_refusals_wait_for_no_torch(tmp_path: Path) -> None:
    code = f"""
import sys
from siamese_core.cli import main
for command in {ANSWERED + REFUSED}:
    try:
        code = main(command.split())
    except SystemExit as ended:  # --help
        code = ended.code
    assert code == (2 if command in {REFUSED} else 0), command
    heavy = [m for m in ("torch", "captum", "librosa", "matplotlib", "PySide6") if m in sys.modules]
    assert not heavy, (command, heavy)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
