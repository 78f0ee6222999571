"""How much of the NMDA receptors the free drug in plasma would hold: an illustration, and a band."""

import numpy as np

from ketacare.science.errors import MissingInput, Problem
from ketacare.science.pkpd.effects.book import EffectBook, Substance, book, ng_per_ml
from ketacare.science.pkpd.effects.curves import of_series, saturating
from ketacare.science.pkpd.effects.driving import half_assumed, is_all_s, of_plasma
from ketacare.science.pkpd.effects.effect import Effect
from ketacare.science.pkpd.given import refuse_strangers
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.solving.arrays import Floats

NAME = "nmda_occupancy"


def nmda_occupancy(series: Series) -> Effect:
    """Return the share of NMDA receptors held, as a band between two binding studies that disagree fourfold.

    Args:
        series: curves with the plasma concentration of ketamine (either enantiomer or the total) and, where the model has it,
            norketamine, ng/mL.

    Returns:
        An effect between 0 and 1, shaped as the series' plasma curves. ``value`` = ``low`` is the one study (Ebert 1997), ``high``
        the other; neither is the better guess.

    Raises:
        MissingInput: the series has no ketamine.

    Assumes: ``X = sum fu C / Ki`` (molar), occupancy ``X / (1 + X)``. The other study tells one Ki, of the racemate: at the upper edge
        ketamine's part of X is scaled by the ratio of the two racemic Ki, so the enantiomers keep their ratio.
    Source: Ebert 1997 (PMID 9311667, abstract); racemic Ki 0.119 uM (secondary); fu from Ashraf 2018 Table 1;
        ``data/pharmacology/effects``. Checked by hand: 160 ng/mL racemate gives 49 percent.
    """
    refuse_strangers(series=(series, Series))
    table = book()
    ketamine, ketamine_flags = _bound(series, table, "ketamine")
    if ketamine is None:
        raise MissingInput(
            [Problem(place="series.concentration_ng_per_ml", says="there is no ketamine among the analytes")]
        )
    metabolite, metabolite_flags = _bound(series, table, "norketamine")
    rest = np.zeros_like(ketamine) if metabolite is None else metabolite
    low = saturating(ketamine + rest, 1)
    high = saturating(_disagreement(table) * ketamine + rest, 1)
    drivers = tuple(name for name in series.concentration_ng_per_ml if _takes_part(name, table))
    flags = (*ketamine_flags, *metabolite_flags)
    return of_series(NAME, series, value=low, low=low, high=high, drivers=drivers, flags=flags)


def _takes_part(analyte: str, table: EffectBook) -> bool:
    return any(analyte in analytes for analytes in table.substances.values())


def _disagreement(table: EffectBook) -> float:
    """How many times stronger the other study has the racemate bind: about 4."""
    s_part = table.fraction_s.value
    per_um = s_part / table.parameter(NAME, "ki_s").value + (1 - s_part) / table.parameter(NAME, "ki_r").value
    return 1 / per_um / table.parameter(NAME, "ki_racemate_other_study").value


def _bound(series: Series, table: EffectBook, moiety: str) -> tuple[Floats | None, tuple[Flag, ...]]:
    """X of ketamine or of norketamine: free molar concentration over Ki, summed over the enantiomers."""
    s_part, r_part, flags = _enantiomers(series, table, moiety)
    if s_part is None and r_part is None:
        return None, ()
    suffix = "" if moiety == "ketamine" else "_norketamine"
    free_um_per_ng_per_ml = table.parameter(NAME, f"fu{suffix}").value / ng_per_ml(
        1, of="ketamine" if moiety == "ketamine" else "norketamine"
    )
    parts = [
        free_um_per_ng_per_ml * part / table.parameter(NAME, f"ki_{letter}{suffix}").value
        for letter, part in (("s", s_part), ("r", r_part))
        if part is not None
    ]
    return np.sum(parts, axis=0), flags


def _enantiomers(
    series: Series, table: EffectBook, moiety: str
) -> tuple[Floats | None, Floats | None, tuple[Flag, ...]]:
    """The S and the R part in plasma, ng/mL; of a total that is not told apart, the assumed shares with their flag."""
    names: dict[str, tuple[Substance, Substance, Substance]] = {
        "ketamine": ("s_ketamine", "r_ketamine", "racemic_ketamine"),
        "norketamine": ("s_norketamine", "r_norketamine", "racemic_norketamine"),
    }
    s_part, r_part, total = (of_plasma(series, name, table) for name in names[moiety])
    if total is None or (s_part is not None and r_part is not None):
        return s_part, r_part, ()
    if is_all_s(series):
        return total, None, ()
    share = table.fraction_s.value
    return share * total, (1 - share) * total, (half_assumed(series, table, moiety),)
