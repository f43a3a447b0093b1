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

REPORT = (
    "report.json",
    "report.txt",
    *(f"{table}.csv" for table in ("per_class", "confusion", "sweep", "retrieval", "pairs", "roc")),
    *(
        f"{figure}{suffix}"
        for figure in ("per_class", "confusion", "sweep", "retrieval", "pairs", "roc")
        for suffix in (".png", ".svg")
    ),
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
