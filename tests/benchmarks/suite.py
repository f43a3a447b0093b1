"""The benchmarks by name, in the order of the program's flow."""

from collections.abc import Callable, Iterator

from tests.benchmarks.evaluation import one_shot_evaluation
from tests.benchmarks.explanations import bundled_model_seconds, sinex, sinexc
from tests.benchmarks.growth import corpus_growth
from tests.benchmarks.log_mels import cached_log_mels, log_mel
from tests.benchmarks.memory import sinexc_memory
from tests.benchmarks.plan import Plan
from tests.benchmarks.result import Result
from tests.benchmarks.sounds import sound_quality, sound_seconds
from tests.benchmarks.training import training_step
from tests.benchmarks.window import first_picture

BENCHMARKS: dict[str, Callable[[Plan], Iterator[Result]]] = {
    "log-mel": log_mel,
    "cached-log-mels": cached_log_mels,
    "training-step": training_step,
    "evaluation": one_shot_evaluation,
    "growth": corpus_growth,
    "sinex": sinex,
    "sinexc": sinexc,
    "bundled-model": bundled_model_seconds,
    "sinexc-memory": sinexc_memory,
    "sound-seconds": sound_seconds,
    "sound-quality": sound_quality,
    "window": first_picture,
}
