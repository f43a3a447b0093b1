"""One-shot audio recognition that explains itself: train, load, score, explain, sonify; no Qt.

The one flow: ``Clip -> LogMel -> embedding -> similarity -> Attribution -> Mask -> Clip``.

``import siamese_core as ew`` gives what a program of one's own needs of it, each name imported when
it is first asked for: the import itself takes no time, and torch comes with the first network.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamese_core.attribution.attribution import Attribution as Attribution
    from siamese_core.attribution.attribution import Subject as Subject
    from siamese_core.attribution.methods import METHODS as METHODS
    from siamese_core.attribution.methods import register_method as register_method
    from siamese_core.audio import Clip as Clip
    from siamese_core.audio import read as read
    from siamese_core.audio import write as write
    from siamese_core.checkpoint import load_checkpoint as load_checkpoint
    from siamese_core.corpus import Corpus as Corpus
    from siamese_core.corpus import read_corpus as read_corpus
    from siamese_core.demo import bundled_lineup as bundled_lineup
    from siamese_core.demo import bundled_model as bundled_model
    from siamese_core.episodes import Episode as Episode
    from siamese_core.episodes import SupportSet as SupportSet
    from siamese_core.errors import EarwitnessError as EarwitnessError
    from siamese_core.evaluation.evaluation import evaluate as evaluate
    from siamese_core.explanation import Explanation as Explanation
    from siamese_core.explanation import explain as explain
    from siamese_core.logmel import LogMel as LogMel
    from siamese_core.mask.mask import Mask as Mask
    from siamese_core.mask.mask import MaskParameters as MaskParameters
    from siamese_core.mask.mask_file import load_mask as load_mask
    from siamese_core.mask.mask_file import save_mask as save_mask
    from siamese_core.melspec import MelSpec as MelSpec
    from siamese_core.parameters import Parameters as Parameters
    from siamese_core.recipes import Recipe as Recipe
    from siamese_core.recipes import load_recipe as load_recipe
    from siamese_core.scoring import score_episode as score_episode
    from siamese_core.siamese import SiameseNet as SiameseNet
    from siamese_core.sonification.sonification import sonify as sonify
    from siamese_core.training.training import train as train

__version__ = "0.1.0"

_HOMES = {
    "Attribution": "attribution.attribution",
    "Clip": "audio",
    "Corpus": "corpus",
    "EarwitnessError": "errors",
    "Episode": "episodes",
    "Explanation": "explanation",
    "LogMel": "logmel",
    "METHODS": "attribution.methods",
    "Mask": "mask.mask",
    "MaskParameters": "mask.mask",
    "MelSpec": "melspec",
    "Parameters": "parameters",
    "Recipe": "recipes",
    "SiameseNet": "siamese",
    "Subject": "attribution.attribution",
    "SupportSet": "episodes",
    "bundled_lineup": "demo",
    "bundled_model": "demo",
    "evaluate": "evaluation.evaluation",
    "explain": "explanation",
    "load_checkpoint": "checkpoint",
    "load_mask": "mask.mask_file",
    "load_recipe": "recipes",
    "read": "audio",
    "read_corpus": "corpus",
    "register_method": "attribution.methods",
    "save_mask": "mask.mask_file",
    "score_episode": "scoring",
    "sonify": "sonification.sonification",
    "train": "training.training",
    "write": "audio",
}
"""Every public name and the module that has it; those imported above for type checkers."""

__all__ = ["__version__", *_HOMES]

# Before torch is imported: its threads should sleep, not spin, while they wait for one another.
# Spinning on a core that another program uses makes the bundled explanation three times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before pydantic is: it would look through every installed package for plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def __getattr__(name: str) -> Any:
    """Import a public name from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
