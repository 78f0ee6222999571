"""From a file's tree to a model: what has the wrong shape is told, and put aside so that the rest can be checked at once too."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.pkpd.modelling.model_checks import problems_in
from ketacare.science.pkpd.modelling.model_file import Model

Where = tuple[Hashable, ...]
# What stands in for a part with the wrong shape while the rest is checked. What is told of a stand-in is left out.
PARAMETER: Mapping[str, Any] = MappingProxyType({"value": 1, "unit": "", "mark": "default"})
STAND_INS: Mapping[str, Any] = MappingProxyType(
    {
        "id": "",
        "version": 1,
        "schema": "",
        "title": "",
        "status": "calibration",
        "review": {"status": "unreviewed"},
        "drug": "any",
        "site": "unspecified",
        "population": {"says": "", "mark": "default"},
        "reference_weight_kg": 1,
        "sources": ["?"],
        "residual": {},
        "covariates": [],
        "covariances": [],
        "devices": None,
        "caveats": [],
        "reference": {"id": "", "version": 1, "sha256": ""},
    }
)


def shaped(tree: Mapping[str, Any], place: str) -> Model:
    """Return the model that a tree says, or raise BadReference with everything that is wrong with it."""
    model: Model | None
    beside: set[str] = set()
    try:
        model, wrong = Model.model_validate(tree), []
    except ValidationError as error:
        wrong = reference.problems_of(error, place=place)
        model, beside = _repaired(tree, error)
    if model:
        wrong += [one for one in problems_in(model, place) if not _is_of(one, beside, place)]
    if wrong or model is None:
        raise BadReference(wrong)
    return model


def _repaired(tree: Any, error: ValidationError) -> tuple[Model | None, set[str]]:
    """Return a model with stand-ins for what has the wrong shape, if that is enough, and what they stand in for."""
    beside = set()
    for one in error.errors():
        where = one["loc"]
        if one["type"] == "extra_forbidden":
            tree = _without(tree, where)
        elif where[0] == "parameters" and len(where) > 1:
            tree = tree | {"parameters": tree["parameters"] | {where[1]: dict(PARAMETER)}}
            beside.add(f"parameters.{where[1]}")
        elif where[0] in STAND_INS:
            tree = tree | {where[0]: STAND_INS[str(where[0])]}
            beside.add(str(where[0]))
    try:
        return Model.model_validate(tree), beside
    except ValidationError:
        return None, beside


def _is_of(problem: Problem, beside: set[str], place: str) -> bool:
    where = problem.place.removeprefix(f"{place}: ")
    return any(where == one or where.startswith(f"{one}.") for one in beside)


def _without(tree: Any, where: Where) -> Any:
    """Return a copy of a tree without what stands at a place."""
    first, *rest = where
    if isinstance(tree, Mapping):
        return {k: (_without(v, tuple(rest)) if k == first else v) for k, v in tree.items() if k != first or rest}
    if isinstance(tree, list):
        return [_without(one, tuple(rest)) if number == first else one for number, one in enumerate(tree)]
    return tree
