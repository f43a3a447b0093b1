"""The few kinds of error that a person can cause, each one plain sentence."""

from collections.abc import Mapping, Sequence
from enum import Enum

MEMORY_IS_FULL = (
    "There is not enough memory for this; try shorter clips, fewer of them or another device."
)

_TURNS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")}
_STEERING = dict.fromkeys(_TURNS | _CONTROLS, "\N{REPLACEMENT CHARACTER}")
_MEMORY_WORDS = (
    "out of memory",
    "can't allocate memory",
    "ALLOC_FAILED",  # cuBLAS, cuFFT and cuDNN, which ask for memory of their own
    "ALLOCATION_FAILED",
)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Say how many: "1 clip", "1,024 clips"; the plural adds an s if none is given."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def causes(sentences: Sequence[str], total: int) -> str:
    """Join what is wrong with the first of so many; what to do about each is left away."""
    parts = (sentence.rpartition("; ") for sentence in sentences)
    told = ", ".join((cause or advice).rstrip(".") for cause, _, advice in parts)
    more = total - len(sentences)
    return f"{told} and {more:,} more" if more else told


def harmless(text: str) -> str:
    """Replace what a name holds to steer a terminal or to turn the text around."""
    return text.translate(_STEERING)


class Advice(Enum):
    """What a person can do about a fault, where the command line and the window call it otherwise.

    Each value says it without a name of either's.
    """

    LEAVE_OUT_DAMAGED = "repair or remove them, or leave them out"
    RAISE_PATIENCE = "raise patience above that, too"
    RAISE_MORE = "resume with its own, or ask for more of it"
    BEGIN_ANEW = "begin one there, or name another folder"
    ONLY_EVALUATE = "its models can be evaluated, but not explained"


Words = Mapping[Advice, str]
"""How a surface words advice; what is not in it is worded as the advice itself."""


class EarwitnessError(Exception):
    """Something the person can mend: one sentence that names the bad value and what is right.

    Parameters
    ----------
    reason : str
        The sentence; without its end, where an advice follows.
    advice : Advice, optional
    """

    def __init__(self, reason: str, advice: Advice | None = None) -> None:
        super().__init__(reason, *(() if advice is None else (advice,)))
        self.reason, self.advice = harmless(reason), advice

    def __str__(self) -> str:
        """Say it, `harmless`, in no surface's own words."""
        return self.told({})

    def told(self, words: Words) -> str:
        """Say it with the advice as a surface words it."""
        if self.advice is None:
            return self.reason
        return f"{self.reason}; {words.get(self.advice, self.advice.value)}."


class AudioError(EarwitnessError):
    """A sound file that cannot be read or written."""


class CorpusError(EarwitnessError):
    """A folder of clips, a split or an episode that cannot be had."""


class CheckpointError(EarwitnessError):
    """A model file that is broken, foreign or does not fit."""


class ParameterError(EarwitnessError):
    """A value outside its legal range."""


class TrainingError(EarwitnessError):
    """A training that could not go on: a NaN loss, a device out of memory, a folder in use."""


class Cancelled(EarwitnessError):  # noqa: N818 - it reports a wish that was granted, not a fault
    """The person asked to stop, and it stopped."""

    def __init__(self, what: str = "The work") -> None:
        super().__init__(f"{what} was cancelled.")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device, or the machine, has no memory left.

    Torch's errors are known by their names and words, for those who have not imported it.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error)
    # oneDNN's; what it says of an operation that it does not know is longer
    is_onednns = said.startswith(("could not create a primitive", "could not create a memory"))
    is_onednns = is_onednns and "descriptor" not in said
    is_told = is_onednns or any(words in said for words in _MEMORY_WORDS)
    return isinstance(error, RuntimeError) and is_told
