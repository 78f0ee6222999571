"""A simulation for other programs: CSV with the curves, JSON with everything."""

import csv
import io
import json
from collections.abc import Mapping

import ketacare
from ketacare.config.pharmacology.asked import Asked
from ketacare.config.pharmacology.told import NEVER, computed_effects, summary
from ketacare.science.pkpd.effects import Effect
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE
from ketacare.science.pkpd.noncompartmental import NonCompartmental
from ketacare.science.pkpd.population import Population
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving.arrays import Floats


def as_csv(what: Asked, found: Series | Population) -> str:
    """A moment a line, every digit kept."""
    columns = _columns(found)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([repr(float(one)) for one in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def _columns(found: Series | Population) -> dict[str, Floats]:
    """Each column with its unit in its name."""
    named = {"t_min": found.t_min}
    if isinstance(found, Series):
        curves = {**found.concentration_ng_per_ml, EFFECT_SITE: found.effect_site_ng_per_ml}
        return named | {f"{name}_ng_per_ml": curve for name, curve in curves.items()}
    bands = {**found.bands, EFFECT_SITE: found.effect_site_band}
    means = {**found.mean, EFFECT_SITE: found.effect_site_mean}
    for name, band in bands.items():
        named[f"{name}_mean_ng_per_ml"] = means[name]
        for quantile, line in zip(found.quantiles, band, strict=True):
            named[f"{name}_q{quantile:g}_ng_per_ml"] = line
    return named


def as_json(what: Asked, found: Series | Population) -> str:
    """Everything, with what it rests on."""
    said = {
        "ketacare": ketacare.__version__,
        "model": found.model,
        "reference": found.reference.model_dump(),
        "site": found.site,
        "status": found.status,
        "parent": found.parent,
        "chosen": what.chosen or None,
        "sources": list(what.model.sources),
        "scenario": what.scenario.model_dump(mode="json", by_alias=True, exclude_none=True),
        "flags": [_flag(one) for one in found.flags],
        "t_min": found.t_min.tolist(),
        **(_series(found) if isinstance(found, Series) else _population(found)),
        "says": NEVER,
    }
    return json.dumps(said, indent=2, allow_nan=False) + "\n"


def _flag(flag: Flag) -> dict[str, str]:
    return {"code": flag.code, "about": flag.about, "says": flag.says}


def _listed(curves: Mapping[str, Floats]) -> dict[str, object]:
    return {name: curve.tolist() for name, curve in curves.items()}


def _series(found: Series) -> dict[str, object]:
    shown = {name: summary(found, name) for name in found.concentration_ng_per_ml}
    return {
        "concentration_ng_per_ml": _listed(found.concentration_ng_per_ml),
        "effect_site_ng_per_ml": found.effect_site_ng_per_ml.tolist(),
        "amounts_mg": _listed(found.amounts_mg),
        "noncompartmental": {name: _measures(one) for name, one in shown.items() if one},
        "effects": [_effect(one) for one in computed_effects(found) if isinstance(one, Effect)],
    }


def _measures(shown: NonCompartmental) -> dict[str, object]:
    return {
        "cmax_ng_per_ml": shown.cmax_ng_per_ml,
        "tmax_min": shown.tmax_min,
        "auc_ng_h_per_ml": shown.auc_ng_h_per_ml,
        "auc_inf_ng_h_per_ml": shown.auc_inf_ng_h_per_ml,
        "half_life_min": shown.half_life_min,
        "flags": [_flag(one) for one in shown.flags],
    }


def _effect(one: Effect) -> dict[str, object]:
    return {
        "name": one.name,
        "title": one.title,
        "unit": one.unit,
        "status": one.status,
        "says": one.says,
        "value": one.value.tolist(),
        "low": None if one.low is None else one.low.tolist(),
        "high": None if one.high is None else one.high.tolist(),
        "reference": one.reference.model_dump(),
    }


def _population(found: Population) -> dict[str, object]:
    return {
        "n": found.n,
        "seed": found.seed,
        "quantiles": list(found.quantiles),
        "bin_width": found.bin_width,
        "bands_ng_per_ml": _listed(found.bands),
        "mean_ng_per_ml": _listed(found.mean),
        "effect_site_band_ng_per_ml": found.effect_site_band.tolist(),
        "effect_site_mean_ng_per_ml": found.effect_site_mean.tolist(),
    }
