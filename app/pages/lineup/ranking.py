"""Ranking: the classes of a scored line-up by their scores, and these in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siamese_core.scoring import ClassScore, ScoredEpisode


def _ranked(scored: "ScoredEpisode") -> "list[ClassScore]":
    """Return the classes by their scores; equals keep their order."""
    return sorted(scored.classes, key=lambda score: -score.logit)


def _has_shots(scored: "ScoredEpisode") -> bool:
    """Whether several clips make the score of some class."""
    return len(scored.classes) < len(scored.scores)


def place_of(label: str, scored: "ScoredEpisode") -> tuple[int, float | None]:
    """Return the rank of a class, and its score where that is not just its one clip's."""
    found = enumerate(_ranked(scored), 1)
    rank, score = next((rank, score) for rank, score in found if score.label == label)
    return rank, score.similarity if _has_shots(scored) else None


def most_similar(scored: "ScoredEpisode") -> list[int]:
    """Return the indices of the support clips by their own scores, the highest first."""
    return sorted(range(len(scored.scores)), key=lambda index: scored.scores[index].rank)


def class_words(scored: "ScoredEpisode") -> str:
    """List the scores of classes, where several clips make them."""
    told = (f"{score.label} {score.similarity:.3f}" for score in _ranked(scored))
    return " · ".join(told) if _has_shots(scored) else ""
