"""From the curves of a series to the concentration that drives an effect, with a flag for all that had to be assumed."""

from dataclasses import dataclass

import numpy as np

from ketacare.science.errors import MissingInput, Problem
from ketacare.science.pkpd.effects.book import Definition, EffectBook, Substance
from ketacare.science.pkpd.given import refuse_strangers
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving.arrays import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Drive:
    """What drives an effect: the concentration, the lowest it may stand for (both shaped as the series), and the flags."""

    ng_per_ml: Floats
    low_ng_per_ml: Floats
    flags: tuple[Flag, ...]


def of_effect_site(series: Series, definition: Definition, book: EffectBook) -> Drive:
    """Return the effect-site concentration that an effect asks for, ng/mL.

    Args:
        series: one subject's curves; its ``effect_site_ng_per_ml`` follows ``series.parent``.
        definition: the effect; its driver is S-ketamine or racemic ketamine at the effect site.
        book: what the analytes are.

    Raises:
        MissingInput: the series has no ketamine that could drive the effect.

    Assumes: where the effect site follows total ketamine, the S part of it is the S part of the plasma at the same moment; tested
        to be within 1 percent of the largest value for infusions, because that share changes over hours and the effect site lags
        by minutes.
    """
    refuse_strangers(series=(series, Series))
    wanted = "" if definition.driver is None else definition.driver.substance
    given = _driver_of(series, book)
    ways = {
        ("s_ketamine", "s_ketamine"): _as_it_is,
        ("racemic_ketamine", "racemic_ketamine"): _as_it_is,
        ("s_ketamine", "racemic_ketamine"): _s_part,
        ("racemic_ketamine", "s_ketamine"): _as_if_racemic,
    }
    way = ways.get((wanted, given))
    if way is None:
        says = f"{series.parent!r} cannot stand for {wanted.replace('_', ' ')}, which drives {definition.title}"
        raise MissingInput([Problem(place="series.parent", says=says)])
    drive = way(series, book)
    return Drive(
        ng_per_ml=drive.ng_per_ml,
        low_ng_per_ml=drive.low_ng_per_ml,
        flags=(*wrong_site(series, definition), *drive.flags),
    )


def of_plasma(series: Series, substance: Substance, book: EffectBook) -> Floats | None:
    """Return a substance's plasma concentration, ng/mL, shaped as the series; None where the model does not have it."""
    for analyte in book.substances.get(substance, ()):
        if analyte in series.concentration_ng_per_ml:
            return np.asarray(series.concentration_ng_per_ml[analyte], dtype=np.float64)
    return None


def wrong_site(series: Series, definition: Definition) -> tuple[Flag, ...]:
    """Return the flag for a curve whose blood is not the blood that the effect was measured against."""
    driver = definition.driver
    if driver is None or driver.site is None or driver.site == series.site:
        return ()
    says = (
        f"{definition.title}: its numbers belong to {driver.site} concentrations; this curve is {_blood(series.site)}. "
        "Arterial blood runs above venous during an infusion and below it afterwards, so height and timing are off."
    )
    return (Flag(code="effect-site-mismatch", about="site", says=says),)


def _blood(site: str) -> str:
    return "of a site its source does not name" if site == "unspecified" else site


def is_all_s(series: Series) -> bool:
    """Whether what a model calls ketamine is S-ketamine alone, because nothing else was given."""
    return series.drug == "esketamine"


def _driver_of(series: Series, book: EffectBook) -> str:
    found = next((one for one, analytes in book.substances.items() if series.parent in analytes), "")
    return "s_ketamine" if found == "racemic_ketamine" and is_all_s(series) else found


def _as_it_is(series: Series, book: EffectBook) -> Drive:
    return Drive(ng_per_ml=series.effect_site_ng_per_ml, low_ng_per_ml=series.effect_site_ng_per_ml, flags=())


def _s_part(series: Series, book: EffectBook) -> Drive:
    """The S part of a racemic effect site: by the model's own S curve, else one half, said."""
    total, s_ketamine = (of_plasma(series, one, book) for one in ("racemic_ketamine", "s_ketamine"))
    if total is None or s_ketamine is None:
        part = book.fraction_s.value * series.effect_site_ng_per_ml
        return Drive(ng_per_ml=part, low_ng_per_ml=part, flags=(half_assumed(series, book),))
    share = np.full_like(total, book.fraction_s.value)
    np.divide(s_ketamine, total, out=share, where=total > 0)
    part = share * series.effect_site_ng_per_ml
    says = "The S part of the effect site is taken as the S part of the plasma at the same moment."
    return Drive(
        ng_per_ml=part, low_ng_per_ml=part, flags=(Flag(code="s-share-of-plasma", about=series.parent, says=says),)
    )


def half_assumed(series: Series, book: EffectBook, of: str = "ketamine") -> Flag:
    """Return the flag for a model that tells no enantiomers apart: a fixed share is assumed to be S."""
    percent = f"{100 * book.fraction_s.value:.0f}"
    given = "the racemate that is given" if series.drug else "a racemate; which ketamine is given was not said"
    says = f"The model does not tell S- from R-{of}: {percent} percent is assumed to be S, as in {given}."
    return Flag(code="s-share-assumed", about=series.model, says=says)


def _as_if_racemic(series: Series, book: EffectBook) -> Drive:
    """The racemate that has as much S-ketamine; at least the S-ketamine itself.

    R-ketamine was not found to act on the circulation (Kamp 2021), so S-ketamine is taken to do all the work of a racemate.
    """
    says = (
        "The numbers belong to racemic ketamine; this curve is S-ketamine alone and is taken as the racemate that holds as much of "
        "it. Lower edge: as if the racemate were no weaker."
    )
    return Drive(
        ng_per_ml=series.effect_site_ng_per_ml / book.fraction_s.value,
        low_ng_per_ml=series.effect_site_ng_per_ml,
        flags=(Flag(code="racemate-equivalent", about=series.parent, says=says),),
    )
