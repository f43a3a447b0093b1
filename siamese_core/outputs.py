"""Outputs: the files of each kind of folder that the program writes, by name (no torch)."""

EXHIBIT = (
    "episode.json",
    "explanation.npz",
    "overlay.png",
    "kept.wav",
    "removed.wav",
    "model-view.wav",
)
"""Of an episode explained (`exhibit.write_exhibit`)."""

_OF_REPORT = ("per_class", "confusion", "confusion_against", "sweep", "retrieval", "pairs", "roc")
REPORT = (
    "report.json",
    "report.txt",
    *(f"{table}.csv" for table in (*_OF_REPORT, "per_class_against", "comparison")),
    *(f"{figure}{suffix}" for figure in _OF_REPORT for suffix in (".png", ".svg")),
)
"""Of an evaluation (`report.write_report`): tables and figures of what was asked for."""

STUDY = (
    "faithfulness.json",
    "faithfulness.md",
    "metrics.csv",
    "curves.csv",
    *(f"{figure}{suffix}" for figure in ("metrics", "curves") for suffix in (".png", ".svg")),
)
"""Of a study of faithfulness (`faithfulness_report.write_study`)."""
