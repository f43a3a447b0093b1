"""What was open, as its file tells it."""

from pathlib import Path

import pytest

from app.sitting.sitting_record import read_sitting
from siamese_core.errors import EarwitnessError

DAMAGED = {
    "empty": b"",
    "half": b'{"format": 1, "corp',
    "a list": b"[1, 2]",
    "deep": b"[" * 200_000,
    "another version": b'{"format": 9}',
    "not text": b"\xff\xfe\x00",
    "another kind": b'{"support": [{"path": 3}]}',
    "a place below the first": b'{"selected": -1}',
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_record_is_a_sentence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "sitting.json").write_bytes(DAMAGED[kind])
    with pytest.raises(EarwitnessError, match=r"sitting\.json is damaged"):
        read_sitting(tmp_path)
