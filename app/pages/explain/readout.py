"""What is said of the cell under the mouse."""

from typing import TYPE_CHECKING

from app.widgets.reading import Reading

if TYPE_CHECKING:
    from siamese_core.explanation import Explanation


def words_of(reading: Reading, explanation: "Explanation | None") -> str:
    """Write what lies under the mouse, for a status bar."""
    words = [f"{reading.seconds:.3f} s", f"{reading.hz:,.0f} Hz", f"{reading.db:.1f} dB"]
    if reading.attribution is not None:
        words.append(f"{_subject(explanation)} {reading.attribution:+.2e}")
    if reading.segment is not None and explanation is not None:
        number, value = reading.segment, segment_value(explanation, reading.segment)
        words.append(f"segment {number + 1}: {value:+.2e}")
    return "    ".join(words)


def _subject(explanation: "Explanation | None") -> str:
    """Name what a cell's value is of."""
    if explanation is None or explanation.against is None:
        return "attribution"
    return f"{explanation.support.label}, not {explanation.against.label}:"


def segment_value(explanation: "Explanation", segment: int) -> float:
    """Return what a whole segment does to the logit, which its cells may share by area."""
    found, settings = explanation.attribution, explanation.parameters
    if found.segments is None:
        return 0.0
    own = explanation.explained_map.own_frames
    cells = found.values[:, own][found.segments[:, own] == segment]
    shared = getattr(settings, "weight", "raw") == "area" or getattr(settings, "reference", False)
    return float(cells.sum() if shared else cells.mean()) if cells.size else 0.0
