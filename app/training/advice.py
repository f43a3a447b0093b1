"""Advice: how the window words what a person can do about a fault, its children too (no Qt)."""

from siamese_core.errors import Advice, Words

SPARING = "Leave out damaged clips"
"""What the window calls the option ``--leave-out-damaged``."""
WORDS: Words = {
    Advice.LEAVE_OUT_DAMAGED: "repair or remove them ('Check every clip' in the library finds "
    f"all), or leave them out with '{SPARING}'",
    Advice.ONLY_EVALUATE: "its models can be evaluated (the Evaluate page), but not explained",
}
FOR_WINDOW = "EARWITNESS_FOR_WINDOW"
"""The environment variable that tells a child that the window shows what it says."""
