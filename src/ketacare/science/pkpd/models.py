"""The released models: load one by name, or the default for a route, a drug and a site."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ketacare.science import reference
from ketacare.science.errors import BadReference, OutOfRange, Problem
from ketacare.science.pkpd.doses import ALSO_CALLED
from ketacare.science.pkpd.given import or_nan, refuse_strangers, said
from ketacare.science.pkpd.modelling.defaults import Row, defaults
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.modelling.model_shape import shaped

FOLDER = "models"
# What one file may take over from another; the rest says what a file is, and each says that itself.
TAKEN = frozenset(
    {
        "parameters",
        "covariances",
        "covariates",
        "residual",
        "compartments",
        "flows",
        "analytes",
        "derived",
        "entries",
        "caveats",
    }
)


@cache
def names() -> tuple[str, ...]:
    """Return the names of all released models, in the order of the alphabet."""
    stems = (file.removeprefix(f"{FOLDER}/") for file in reference.data_files() if file.startswith(f"{FOLDER}/"))
    return tuple(sorted({stem.split(".", 1)[0] for stem in stems}))


@cache
def load(name: str, version: int | None = None) -> Model:
    """Return a released model, parsed once.

    Args:
        name: one of ``names()``, for example ``kamp2020_iv``.
        version: None: the newest.

    Raises:
        BadReference: no such model or version, or everything that is wrong with its file.
    """
    if name not in names():
        raise BadReference([Problem(place="model", says=f"{name!r} is none of {', '.join(names())}")])
    there = reference.versions(f"{FOLDER}/{name}")
    chosen = max(there) if version is None else version
    if chosen not in there:
        raise BadReference([Problem(place=f"{FOLDER}/{name}", says=f"there is no version {chosen}")])
    reference.refuse_if_changed(there[chosen])
    return parse(reference.read_text(there[chosen]), place=there[chosen])


def used(model: Model | str) -> Model:
    """Return the model that is meant: itself, or the newest of this name.

    Raises:
        BadReference: there is no model of this name; what is neither a model nor a name.
    """
    if isinstance(model, Model):
        return model
    if isinstance(model, str):
        return load(model)
    raise BadReference([Problem(place="model", says=f"{said(model)} is neither a model nor a name of one")])


def parse(text: str, *, place: str) -> Model:
    """Return the model that a text says: a released file or one of your own.

    Args:
        text: YAML in the form of ``science/data/models``.
        place: what to call it in a problem, usually the file's name.

    Raises:
        BadReference: everything that is wrong with it, each with where it stands.
    """
    tree = _whole(reference.parse_yaml(text, place=place), place)
    if "reference" in tree:
        raise BadReference([Problem(place=f"{place}: reference", says="is not said by a file")])
    version = tree.get("version") if isinstance(tree.get("version"), int) else 0  # a file that says none is told so
    known = {"id": str(tree.get("id", "")), "version": version, "sha256": reference.sha256(text)}
    return shaped(tree | {"reference": known}, place)


def _whole(tree: Any, place: str, *heirs: str) -> dict[str, Any]:
    """Return a file's tree with what it inherits: mappings are joined (its own entry counts), lists appended to.

    ``heirs``: the files that this one is inherited by.
    """
    if not isinstance(tree, dict):
        raise BadReference([Problem(place=place, says="is not a mapping")])
    if "inherits" not in tree:
        return tree
    own = {key: value for key, value in tree.items() if key != "inherits"}
    given = tree["inherits"]
    takes = given.get("takes") if isinstance(given, dict) else None
    if not isinstance(takes, list) or not set(map(str, takes)) <= TAKEN or set(given) != {"model", "version", "takes"}:
        says = f"names model, version and what it takes of {', '.join(sorted(TAKEN))}"
        raise BadReference([Problem(place=f"{place}: inherits", says=says)])
    file = f"{FOLDER}/{given['model']}.{given['version']}.yaml"
    if file in heirs:
        raise BadReference([Problem(place=f"{place}: inherits", says=f"{file} would inherit from itself")])
    reference.refuse_if_changed(file)
    base = _whole(reference.read_yaml(file), file, file, *heirs)
    return own | {key: _joined(base[key], own.get(key)) for key in takes if key in base}


def _joined(base: Any, own: Any) -> Any:
    if own is None:
        return base
    if isinstance(base, list):
        return [*base, *own]
    return {**base, **own} if isinstance(base, dict) and isinstance(own, dict) else own


def default_for(
    *, route: str, drug: str, site: str | None = None, duration_min: float | None = None, analyte: str | None = None
) -> Model:
    """Return the recommended model for a question.

    Args:
        route: "iv", "im", "intranasal", "oral", "sublingual" or "buccal"; or one of their other names.
        drug: "racemic_ketamine" or "esketamine".
        site: "arterial" or "venous"; None: the site of the usual question.
        duration_min: how long an intravenous dose runs, min; 0: a push; None: an infusion, unless the route is "iv_push".
        analyte: what is asked for beside the parent: an analyte's name ("s_norketamine") or a molecule ("norketamine").

    Raises:
        OutOfRange: there is no default for this, with the reason.

    Source: pharmacology.md section 2; the table is data/pharmacology/defaults.
    """
    if duration_min is not None and not or_nan(duration_min) >= 0:
        raise OutOfRange([Problem(place="duration_min", says=f"{said(duration_min)} is not a number of 0 or more")])
    refuse_strangers(route=(route, str), drug=(drug, str), site=("" if site is None else site, str))
    asked: dict[str, Any] = {
        "route": ALSO_CALLED.get(route, route),
        "drug": drug,
        "site": site,
        "duration_min": _said_by_route(route, drug, duration_min),
    }
    fitting = [row for row in defaults().rows if row.fits(**asked)]
    for row in fitting:
        if row.model and has_analyte(model := load(row.model), analyte):
            return model
        if not row.model:
            raise OutOfRange([Problem(place="model", says=row.why)])
    raise OutOfRange([Problem(place="model", says=_why_none(asked | {"analyte": analyte}))])


def _said_by_route(route: str, drug: str, duration_min: float | None) -> float:
    """How long a dose runs; where that is not said, the name of the route decides."""
    if duration_min is not None or route == "iv_push":
        return float(duration_min or 0)
    return max((row.at_least_min for row in defaults().rows if (row.route, row.drug) == ("iv", drug)), default=0)


def has_analyte(model: Model, analyte: str | None) -> bool:
    """Whether a model knows an analyte, by its name or as a molecule; None: the parent, which each knows."""
    return analyte is None or analyte in model.analytes or analyte in {one.molecule for one in model.analytes.values()}


def _why_none(asked: Mapping[str, Any]) -> str:
    """Why no row answers: what the nearest question has."""
    near: list[Row] = [row for row in defaults().rows if (row.route, row.drug) == (asked["route"], asked["drug"])]
    said = ", ".join(f"{value} ({key})" for key, value in asked.items() if value is not None)
    there = "; ".join(dict.fromkeys(f"{row.site}: {row.model or row.why}" for row in near))
    return f"no model of ours answers for {said}" + (f"; there is {there}" if there else "")
