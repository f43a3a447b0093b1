"""What each parameter of a form does, found in its model."""

import inspect
import re
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin

from pydantic.fields import FieldInfo

from app.widgets.param_editors import members_of, plain_type, title
from siamese_core.parameters import Parameters


def help_of(model: type[Parameters], name: str, field: FieldInfo) -> str:
    """Say what a parameter does: its description, or what the model's docstring says of it."""
    return field.description or _told_by_docstring(model, name)


@cache
def _told_by_docstring(model: type[Parameters], name: str) -> str:
    pattern = rf"^(?:\w+, )*{name}(?:, \w+)* : .*\n((?:^ +.*\n?)+)"
    found = re.search(pattern, inspect.cleandoc(model.__doc__ or ""), re.MULTILINE)
    told = " ".join(found[1].replace("``", "").split()) if found else ""
    return f"{told} Legal: {model.legal(name)}.".strip()


def prepare_help(model: type[Parameters]) -> None:
    """Find the help of a form and of all forms within it, on any thread: that takes long."""
    for name, field in model.model_fields.items():
        help_of(model, name, field)
        for inner in models_of(field.annotation):
            prepare_help(inner)


def models_of(kind: object) -> tuple[type[Parameters], ...]:
    """Return the parameter models that a field can hold; nothing if it holds something else."""
    members = [plain_type(member) for member in members_of(kind)]
    is_group = all(inspect.isclass(member) and issubclass(member, Parameters) for member in members)
    return tuple(cast("Any", members)) if is_group else ()


def is_fixed(kind: object) -> bool:
    """Whether a field can hold one value only: the kind by which a model is chosen."""
    return get_origin(kind) is Literal and len(get_args(kind)) == 1


def kind_title(model: type[Parameters]) -> str:
    """Name a model among others: its kind, or its own name."""
    kind = model.model_fields.get("kind")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__)
    return title(str(kind.default)) if kind else words.capitalize()
