"""Modes: the ways to make a mask audible, by name (no torch)."""

MODES = {
    "through-mask": "Through the mask",
    "region": "Only the region that the mask spans",
    "contrast": "Kept on the left, removed on the right",
    "contrast-in-turn": "Kept, then removed",
    "log-mel": "What the log-mel holds",
    "log-mel-original-phase": "The log-mel with the original phase",
}
"""Name -> title for people. All but the last two are the original sound, weighed by the mask.

``log-mel`` never sees the original phase; ``log-mel-original-phase`` borrows it, and so also lets
out what no log-mel holds.
"""

ABOVE = ("through-mask", "contrast", "contrast-in-turn")
"""Those in which what lies above the model's band has a place."""
