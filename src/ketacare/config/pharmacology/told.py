"""How a simulation is told to a reader: a short table, then everything that limits it."""

from collections.abc import Iterator, Sequence

import numpy as np

import ketacare
from ketacare.config.pharmacology.asked import Asked
from ketacare.science import reference
from ketacare.science.errors import ScienceError
from ketacare.science.pkpd import dose_text, effects, readings, scenario
from ketacare.science.pkpd.effects import Effect
from ketacare.science.pkpd.modelling.model_file import EFFECT_SITE
from ketacare.science.pkpd.noncompartmental import NonCompartmental, noncompartmental
from ketacare.science.pkpd.population import Population
from ketacare.science.pkpd.series import Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.units import MINUTES_PER_HOUR

NEVER = "It does not decide a dose, a discharge or safety."
STATUS = {
    "published": "published",
    "transcription": "read in a transcription of the paper",
    "calibration": "calibration of this project",
}
EFFECT_STATUS = {
    "published_in_part": "published in part",
    "calibration": "calibration of this project",
    "illustration": "illustration",
    "described": "described only",
}


def head(found: Series | Population) -> str:
    """The model with its site and status, in a line."""
    site = "sampling site not known" if found.site == "unspecified" else f"{found.site} plasma"
    return f"{found.model} {found.reference.version}: {site}; {STATUS[found.status]}"


def flagged(found: Series | Population) -> list[str]:
    """What a reader must know, in words, each once."""
    return list(dict.fromkeys(f"- {flag.says}" for flag in found.flags))


def as_text(what: Asked, found: Series | Population) -> str:
    """What a person reads first: highest, when, area, effect site, effects; then everything that limits it."""
    rows = _of_series(found, what) if isinstance(found, Series) else _of_population(found, what)
    more = effect_lines(found) if isinstance(found, Series) else []
    sources = ["", "sources", *(f"  - {reference.sources()[key].ref}" for key in what.model.sources)]
    chosen = [f"  model chosen: {what.chosen}"] if what.chosen else []
    lines = [
        head(found),
        *chosen,
        *_given(what),
        "",
        *rows,
        *more,
        "",
        "to know",
        *(f"  {one}" for one in flagged(found)),
    ]
    return "\n".join([*lines, *sources, f"  - {data(found)}", "", NEVER]) + "\n"


def data(found: Series | Population) -> str:
    """The very file that the numbers come from, and what computed with it."""
    one = found.reference
    return f"data {one.id}.{one.version}, sha256 {one.sha256}; ketacare {ketacare.__version__}"


def _given(what: Asked) -> Iterator[str]:
    said = what.scenario
    regimen = said.regimen.regimen()
    drug = (regimen.drug or "drug not said").replace("_", " ")
    doses = "; ".join(dose_text.written(one) for one in regimen.doses)
    others = f"; with {', '.join(said.interactions)}" if said.interactions else ""
    yield f"  given: {doses} ({drug}, {regimen.salt}){others}"
    who = said.subject
    age = "" if who.age_years is None else f"{dose_text.plain(who.age_years)} years"
    yield f"  to: {', '.join(filter(None, (f'{dose_text.plain(who.weight_kg)} kg', age, who.sex, who.race)))}"


def _label(what: Asked, analyte: str) -> str:
    return "effect site" if analyte == EFFECT_SITE else what.model.analytes[analyte].label


def _of_series(found: Series, what: Asked) -> list[str]:
    end = f"AUC to {found.t_min[-1] / MINUTES_PER_HOUR:g} h"
    rows = [["", "highest ng/mL", "at min", f"{end} ng*h/mL", "to infinity", "last half-life h"]]
    later = until_nothing_is_left(what)
    for analyte in found.concentration_ng_per_ml:
        shown, all_of_it = summary(found, analyte), summary(later, analyte)
        cells = _cells(shown, all_of_it) if shown and all_of_it else ["none", "", "", "", ""]
        rows.append([_label(what, analyte), *cells])
    peak = int(np.argmax(found.effect_site_ng_per_ml))
    rows.append(["effect site", number(found.effect_site_ng_per_ml[peak]), number(found.t_min[peak]), "", "", ""])
    return table(rows)


def summary(found: Series, analyte: str) -> NonCompartmental | None:
    """Peak and areas as these moments show them; None where nothing of it is there."""
    try:
        return noncompartmental(found, analyte)
    except ScienceError:
        return None


def until_nothing_is_left(what: Asked) -> Series:
    """The same simulation over all its time: what the moments that were asked for cut off is not guessed from them."""
    said, model = what.scenario, scenario.model_of(what.scenario, what.model)
    regimen = said.regimen.regimen()
    moments = readings.whole(regimen.doses)
    return simulate(model, regimen, said.subject.subject(), moments, interactions=said.interactions)


def _cells(shown: NonCompartmental, all_of_it: NonCompartmental) -> list[str]:
    half_life_h = None if all_of_it.half_life_min is None else all_of_it.half_life_min / MINUTES_PER_HOUR
    area = (shown.auc_ng_h_per_ml, all_of_it.auc_inf_ng_h_per_ml, half_life_h)
    return [number(shown.cmax_ng_per_ml), number(shown.tmax_min), *map(number, area)]


def _of_population(found: Population, what: Asked) -> list[str]:
    names = [f"{quantile:.4g}" for quantile in found.quantiles]
    rows = [[f"{found.n:,} subjects, seed {found.seed}", "mean highest at min", "mean ng/mL", *names]]
    curves = [(name, found.mean[name], found.bands[name]) for name in found.bands]
    for name, mean, band in [*curves, (EFFECT_SITE, found.effect_site_mean, found.effect_site_band)]:
        peak = int(np.argmax(mean))
        rows.append([_label(what, name), number(found.t_min[peak]), *map(number, (mean[peak], *band[:, peak]))])
    return [*table(rows), "", "  quantiles are of all subjects at that moment, not of any one subject's curve"]


def computed_effects(found: Series) -> Iterator[Effect | str]:
    """Each effect, or why there is none."""
    for make in effects.OF_A_SERIES:
        try:
            yield make(found)
        except ScienceError as bad:
            yield f"{make.__name__.replace('_', ' ')}: not computed, {bad}"


def effect_lines(found: Series) -> list[str]:
    """The effects, each with its largest value, when, its band and how well it is known."""
    rows, without = [["effects", "largest", "at min", "between", "status"]], []
    for one in computed_effects(found):
        if isinstance(one, str):
            without.append(f"  {one}")
            continue
        peak = int(np.argmax(np.abs(one.value)))
        band = "" if one.low is None or one.high is None else f"{number(one.low[peak])} and {number(one.high[peak])}"
        largest = f"{number(one.value[peak])} {one.unit}"
        rows.append([one.title, largest, number(one.t_min[peak]), band, EFFECT_STATUS[one.status]])
    return ["", *table(rows), *without, "", "  There is no predicted CADSS: no model of it was found."]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; the first begins at the left, numbers end at the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def number(value: float | None) -> str:
    """Three digits: more would look surer than it is."""
    if value is None:
        return "not seen"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
