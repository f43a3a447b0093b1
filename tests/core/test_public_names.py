"""What `import siamese_core` offers to a program of one's own."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import siamese_core
from siamese_core.audio import read

README = Path(__file__).parents[2] / "README.md"


def test_the_import_itself_brings_nothing_large() -> None:
    code = (
        "import sys, siamese_core; dir(siamese_core)\n"
        "large = {'torch', 'numpy', 'pydantic', 'captum', 'librosa', 'scipy'}\n"
        "print(sorted(large & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", siamese_core.__all__)
def test_each_public_name_is_there_and_explains_itself(name: str) -> None:
    found = getattr(siamese_core, name)
    assert name in dir(siamese_core)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert found.__name__ == name
        assert inspect.getdoc(found)


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse(Path(siamese_core.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {name: f"siamese_core.{home}" for name, home in siamese_core._HOMES.items()}


def test_a_name_that_is_not_there_is_refused_and_a_module_is_imported() -> None:
    with pytest.raises(AttributeError, match="'siamese_core' has no attribute 'guess'"):
        _ = siamese_core.guess
    code = "from siamese_core import lock; import siamese_core; print(siamese_core.lock is lock)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_the_readmes_examples_run_as_they_stand(tmp_path: Path) -> None:
    flow, own = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    more = (
        'explanation = ew.explain(net, episode.query, most_similar, "loud")\n'
        "assert explanation.attribution.values.max() > 0\n"
    )
    code = "\n".join([flow, own, more])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("allison-smith [")
    assert 0 < read(tmp_path / "kept.wav").peak <= 1
