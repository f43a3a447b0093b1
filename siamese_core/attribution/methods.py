"""METHODS: every attribution method by name, with the model of its settings."""

from collections.abc import Callable
from typing import Any

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.gradients import integrated_gradients, saliency
from siamese_core.attribution.parameters import METHOD_PARAMETERS, method_parameters
from siamese_core.attribution.perturbation import occlusion
from siamese_core.attribution.segments import sinex, sinexc
from siamese_core.parameters import Parameters

Method = Callable[[Subject, Any], Attribution]

_FUNCTIONS: dict[str, Method] = {
    "saliency": saliency,
    "integrated-gradients": integrated_gradients,
    "occlusion": occlusion,
    "sinex": sinex,
    "sinexc": sinexc,
}

METHODS: dict[str, tuple[Method, type[Parameters]]] = {
    name: (_FUNCTIONS[name], parameters) for name, parameters in METHOD_PARAMETERS.items()
}
"""Name -> (function of a subject and its settings, model of the settings)."""

__all__ = ["METHODS", "Method", "method_parameters"]
