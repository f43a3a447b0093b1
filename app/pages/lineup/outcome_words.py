"""The outcome of the line-up in one line."""

from app.lineup.guesses import Verdict
from app.lineup.lineup import Lineup
from app.session.session import Session


def outcome_words(session: Session) -> str:
    """Say what is predicted and whether that is right, or what is wanting."""
    if session.lineup.episode is None:
        return "A line-up needs a query and a support set."
    if session.guesses.hides(session.lineup):
        return "Which one is it? Listen, then choose a support clip."
    if verdict := session.guesses.verdict(session.lineup):
        return _verdict_words(verdict, session.lineup)
    if session.model is None or session.heard is None or session.heard.scored is None:
        return ""
    return _prediction_words(session.heard.scored.predicted, session.lineup.truth)


def _prediction_words(predicted: str | None, truth: str | None) -> str:
    if predicted is None:
        return "Predicted: nothing, for the most similar classes tie"
    if truth is None:
        return f"Predicted: {predicted} (the query's class is not in the support set)"
    outcome = "right" if predicted == truth else f"wrong, it is {truth}"
    return f"Predicted: {predicted} ({outcome})"


def _verdict_words(verdict: Verdict, lineup: Lineup) -> str:
    named = {True: "right", False: "wrong"}
    truth = "" if verdict.person and verdict.network else f"; it is {lineup.truth}"
    return f"You: {named[verdict.person]} · Network: {named[verdict.network]}{truth}"
