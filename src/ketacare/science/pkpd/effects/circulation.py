"""What ketamine at the effect site does to blood pressure and cardiac output: project calibrations, for planning only."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ketacare.science.errors import OutOfRange, Problem
from ketacare.science.pkpd.effects.book import book
from ketacare.science.pkpd.effects.curves import of_series
from ketacare.science.pkpd.effects.driving import of_effect_site
from ketacare.science.pkpd.effects.effect import Effect
from ketacare.science.pkpd.given import refuse_strangers, row
from ketacare.science.pkpd.series import Flag, Series


def blood_pressure(
    series: Series, *, pressure: Literal["systolic", "diastolic"] = "systolic", eta: ArrayLike = 0.0
) -> Effect:
    """Return the change of blood pressure from baseline, mmHg: the mean at each moment, not the mean of individual maxima.

    Args:
        series: curves with a racemic or an S-ketamine effect site, ng/mL.
        pressure: which pressure.
        eta: how a subject departs from the mean curve, log scale; a number, or shape (s,) for a series of s subjects.

    Returns:
        An effect in mmHg above baseline, shaped as the series' effect site, with the band of the slope.

    Raises:
        MissingInput: the series has no ketamine.
        OutOfRange: another pressure, an eta that is not a number.

    Assumes: linear in the venous racemic effect site; S-ketamine alone counts as the racemate that holds as much of it (flagged).
    Source: project calibration to Riva-Posse 2018 (PMID 29525051) and label averages; ``data/pharmacology/effects``.
    """
    table = book()
    shares = {"systolic": 1.0, "diastolic": table.parameter("blood_pressure", "diastolic_share").value}
    refuse_strangers(series=(series, Series), pressure=(pressure, str))
    departs = row(eta, place="eta")
    fits = departs.shape in ((), (1,), np.shape(series.effect_site_ng_per_ml)[1:])
    checks = {"pressure": pressure in shares, "eta": fits and bool(np.isfinite(departs).all())}
    if wrong := [place for place, is_right in checks.items() if not is_right]:
        given = {
            "pressure": f"{pressure!r} is none of {', '.join(shares)}",
            "eta": "is not a number, or one for each subject",
        }
        raise OutOfRange([Problem(place=place, says=given[place]) for place in wrong])
    drive = of_effect_site(series, table.effects["blood_pressure"], table)
    own = shares[pressure] * np.exp(departs)
    lowest, slope, highest = table.parameter("blood_pressure", "slope").band
    return of_series(
        "blood_pressure",
        series,
        value=slope * own * drive.ng_per_ml,
        low=lowest * own * drive.low_ng_per_ml,
        high=highest * own * drive.ng_per_ml,
        drivers=(series.parent,),
        flags=(_never_clears(), *drive.flags),
        title=f"{table.effects['blood_pressure'].title}, {pressure}",
    )


def _never_clears() -> Flag:
    says = "The mean over people at each moment, not each person's largest rise. It plans when to measure; it never clears a patient."
    return Flag(code="mean-over-time-points", about="blood_pressure", says=says)


def cardiac_output(series: Series) -> Effect:
    """Return the change of cardiac output, percent above baseline.

    Args:
        series: curves with an S-ketamine or a racemic effect site, ng/mL.

    Returns:
        An effect in percent, shaped as the series' effect site, with the band of the slope.

    Raises:
        MissingInput: the series has no ketamine.

    Assumes: linear in arterial S-ketamine; the lowering by S-norketamine is left out (its size was not seen); R-ketamine has no effect.
    Source: project calibration to Sigtermans 2009 (doi 10.1097/ALN.0b013e3181b437b1, abstract) and Kamp 2021 (PMID 33896589, abstract);
        ``data/pharmacology/effects``.
    """
    table = book()
    drive = of_effect_site(series, table.effects["cardiac_output"], table)
    low, value, high = (100 * one * drive.ng_per_ml for one in table.parameter("cardiac_output", "slope").band)
    return of_series(
        "cardiac_output", series, value=value, low=low, high=high, drivers=(series.parent,), flags=drive.flags
    )
