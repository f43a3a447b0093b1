"""METHODS: every attribution method by name, with the model of its settings."""

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from siamese_core.attribution.attribution import Attribution, Subject
from siamese_core.attribution.deeplift import deeplift, deeplift_shap
from siamese_core.attribution.gradients import (
    deconvolution,
    gradient_shap,
    guided_backpropagation,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
)
from siamese_core.attribution.layers import grad_cam, guided_grad_cam
from siamese_core.attribution.parameters import METHOD_PARAMETERS
from siamese_core.attribution.perturbation import (
    feature_ablation,
    kernel_shap,
    lime,
    occlusion,
    shapley,
)
from siamese_core.attribution.sinex import sinex, sinexc
from siamese_core.devices import release
from siamese_core.errors import EarwitnessError, out_of_memory
from siamese_core.parameters import Parameters

Method = Callable[[Subject, Any], Attribution]

_FUNCTIONS: dict[str, Method] = {
    "saliency": saliency,
    "input-x-gradient": input_x_gradient,
    "smooth-grad": smooth_grad,
    "integrated-gradients": integrated_gradients,
    "gradient-shap": gradient_shap,
    "deeplift": deeplift,
    "deeplift-shap": deeplift_shap,
    "guided-backpropagation": guided_backpropagation,
    "deconvolution": deconvolution,
    "grad-cam": grad_cam,
    "guided-grad-cam": guided_grad_cam,
    "occlusion": occlusion,
    "feature-ablation": feature_ablation,
    "shapley": shapley,
    "kernel-shap": kernel_shap,
    "lime": lime,
    "sinex": sinex,
    "sinexc": sinexc,
}

METHODS: dict[str, tuple[Method, type[Parameters]]] = {
    name: (_FUNCTIONS[name], parameters) for name, parameters in METHOD_PARAMETERS.items()
}
"""Name -> (function of a subject and its settings, model of the settings)."""


def attribute_by(method: str, subject: Subject, parameters: Parameters) -> Attribution:
    """Ask a method about a subject, with half the batch whenever the memory does not suffice.

    Raises
    ------
    ParameterError
        If the method does not suit the subject's score.
    EarwitnessError
        If the memory does not suffice for a single map.
    Cancelled
        If the subject's ``should_stop`` says so.
    """
    function, _ = METHODS[method]
    while True:
        batch = subject.batch  # asked for now: in a full memory it would be one
        try:
            return function(subject, parameters)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if batch == 1:
                rows, columns = subject.log_mel.shape
                raise EarwitnessError(
                    f"The memory of {subject.log_mel.device} does not suffice to explain one map "
                    f"of {rows} x {columns} by '{method}'; take another method or device."
                ) from error
        gc.collect()  # after the handler, whose traceback holds the failed batch
        release()
        subject = replace(subject, most=batch // 2)
