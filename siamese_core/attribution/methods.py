"""METHODS: every attribution method by name, with the model of its settings (no torch)."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, TypeAlias

from siamese_core.attribution.parameters import (
    DeconvolutionParameters,
    DeepLiftParameters,
    DeepLiftShapParameters,
    FeatureAblationParameters,
    GradCamParameters,
    GradientShapParameters,
    GuidedBackpropagationParameters,
    GuidedGradCamParameters,
    InputXGradientParameters,
    IntegratedGradientsParameters,
    KernelShapParameters,
    LimeParameters,
    OcclusionParameters,
    SaliencyParameters,
    ShapleyParameters,
    SinexcParameters,
    SinexParameters,
    SmoothGradParameters,
)
from siamese_core.errors import ParameterError
from siamese_core.parameters import Parameters

if TYPE_CHECKING:
    from siamese_core.attribution.attribution import Attribution, Subject

Function: TypeAlias = "Callable[[Subject, Any], Attribution]"
Maker: TypeAlias = "Function | str"

LOGITS, NO_UNIT = "logits", ""


@dataclass(frozen=True)
class Method:
    """An attribution method.

    Parameters
    ----------
    maker : callable or str
        What makes a map of a `Subject` and settings; or where it is, "package.module:name", to be
        imported when a map is asked for: whoever only lists methods need not wait for torch.
    parameters : type of Parameters
        The model of its settings; its docstring begins with a sentence that says what the method
        is.
    unit : str
        What the values of its maps are counted in; empty if they have no unit.
    """

    maker: Maker
    parameters: type[Parameters]
    unit: str = LOGITS

    @property
    def function(self) -> Function:
        """What makes a map, imported if it was not yet."""
        if not isinstance(self.maker, str):
            return self.maker
        function: Function = resolve_name(self.maker)
        return function

    @property
    def about(self) -> str:
        """The sentence that says what it is; empty if its settings have none of their own."""
        text = inspect.cleandoc(self.parameters.__doc__ or "")
        return " ".join(text.split("\n\n")[0].split())


def _here(place: str, parameters: type[Parameters], unit: str = LOGITS) -> Method:
    return Method(f"{__package__}.{place}", parameters, unit)


METHODS = {
    "saliency": _here("gradients:saliency", SaliencyParameters, "logits a dB"),
    "input-x-gradient": _here("gradients:input_x_gradient", InputXGradientParameters),
    "smooth-grad": _here("gradients:smooth_grad", SmoothGradParameters),
    "integrated-gradients": _here("gradients:integrated_gradients", IntegratedGradientsParameters),
    "gradient-shap": _here("gradients:gradient_shap", GradientShapParameters),
    "deeplift": _here("deeplift:deeplift", DeepLiftParameters),
    "deeplift-shap": _here("deeplift:deeplift_shap", DeepLiftShapParameters),
    # gradients that pass ReLUs by another rule, and a layer's own values, are counted in nothing
    "guided-backpropagation": _here(
        "gradients:guided_backpropagation", GuidedBackpropagationParameters, NO_UNIT
    ),
    "deconvolution": _here("gradients:deconvolution", DeconvolutionParameters, NO_UNIT),
    "grad-cam": _here("layers:grad_cam", GradCamParameters, NO_UNIT),
    "guided-grad-cam": _here("layers:guided_grad_cam", GuidedGradCamParameters, NO_UNIT),
    "occlusion": _here("perturbation:occlusion", OcclusionParameters),
    "feature-ablation": _here("perturbation:feature_ablation", FeatureAblationParameters),
    "shapley": _here("perturbation:shapley", ShapleyParameters),
    "kernel-shap": _here("perturbation:kernel_shap", KernelShapParameters),
    "lime": _here("perturbation:lime", LimeParameters),
    "sinex": _here("sinex:sinex", SinexParameters),
    "sinexc": _here("sinex:sinexc", SinexcParameters),
}
"""Name -> method, in the order that people see; `register_method` adds to it."""

DEFAULT_METHOD = "occlusion"
"""By its faithfulness on speakers held out of the training corpora (assets/models/voice.md); a
model's card can name another (`card.Card.explain_with`)."""

_OWN = frozenset(METHODS)
_NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
_PLACE = r"[\w.]+:[\w.]+"


def method_parameters(name: str) -> type[Parameters]:
    """Return the settings' model of a method.

    Raises
    ------
    ParameterError
        If there is no such method.
    """
    if name not in METHODS:
        names = ", ".join(METHODS)
        raise ParameterError(f"'{name}' is not an attribution method; the methods are {names}.")
    return METHODS[name].parameters


def register_method(
    name: str,
    function: Maker,
    parameters: type[Parameters],
    *,
    unit: str = LOGITS,
    replace: bool = False,
) -> None:
    """Add an attribution method: it can then be asked for wherever the program's own can.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens.
    function : callable or str
        Given a `Subject` and settings it returns an `Attribution` of the subject's log-mel. Or
        where it is, "package.module:name", to be imported when a map is asked for.
    parameters : type of Parameters
        The model of its settings. Each has a default; a docstring of one sentence says what the
        method is, a field's description what the field does.
    unit : str
        What the maps' values are counted in; empty if they have no unit.
    replace : bool
        Whether the name may be that of a method registered before, which this one replaces.

    Raises
    ------
    ParameterError
        If the name is taken or no name, or the method is not of this form.
    """
    _check_name(name, replace)
    if not callable(function) and not _is_place(function):
        raise ParameterError(
            f"The function of '{name}' is {function!r}; give a function of a Subject and settings, "
            "or 'package.module:name'."
        )
    if not isinstance(parameters, type) or not issubclass(parameters, Parameters):
        raise ParameterError(
            f"The settings of '{name}' are {parameters!r}; give a subclass of Parameters."
        )
    method = Method(function, parameters, unit)
    _check_settings(name, method)
    METHODS[name] = method


def _check_name(name: str, replace: bool) -> None:
    if not isinstance(name, str) or not re.fullmatch(_NAME, name):
        raise ParameterError(
            f"{name!r} cannot name a method; give small letters, digits and hyphens."
        )
    if name in _OWN:
        raise ParameterError(f"'{name}' is a method of the program; give another name.")
    if name in METHODS and not replace:
        raise ParameterError(
            f"'{name}' is registered already; give another name, or replace=True to replace it."
        )


def _check_settings(name: str, method: Method) -> None:
    wanting = [key for key, field in method.parameters.model_fields.items() if field.is_required()]
    if wanting:
        raise ParameterError(f"The settings of '{name}' have no default for {', '.join(wanting)}.")
    if not method.about:
        raise ParameterError(
            f"{method.parameters.__name__} has no docstring; give it a sentence that says what "
            f"'{name}' is."
        )


def _is_place(function: object) -> bool:
    return isinstance(function, str) and re.fullmatch(_PLACE, function) is not None
