"""What S-ketamine at the effect site does to a person's feeling and to pain in the laboratory."""

from ketacare.science.pkpd.effects.book import book, ng_per_ml
from ketacare.science.pkpd.effects.curves import of_series, saturating
from ketacare.science.pkpd.effects.driving import of_effect_site
from ketacare.science.pkpd.effects.effect import Effect
from ketacare.science.pkpd.series import Series


def drug_high(series: Series) -> Effect:
    """Return the felt effect ("drug high"), 0 to 10 points, of a typical person.

    Args:
        series: curves with an S-ketamine or a racemic effect site, ng/mL.

    Returns:
        An effect in points, shaped as the series' effect site; no band, because no range was seen.

    Raises:
        MissingInput: the series has no ketamine.

    Assumes: steepness 1; where the model gives total ketamine only, one half of it is S (flagged).
    Source: Simons 2022 part 2 (doi 10.3389/fpain.2022.946487, abstract): C50 0.3 nmol/mL; ``data/pharmacology/effects``.
    """
    table = book()
    drive = of_effect_site(series, table.effects["drug_high"], table)
    half = ng_per_ml(table.parameter("drug_high", "c50").value)
    share = saturating(drive.ng_per_ml, half, table.parameter("drug_high", "gamma").value)
    points = table.parameter("drug_high", "largest").value * share
    return of_series(
        "drug_high", series, value=points, low=None, high=None, drivers=(series.parent,), flags=drive.flags
    )


def antinociception(series: Series) -> Effect:
    """Return pain relief in the laboratory as a share of the largest effect, with the band of the three kinds of pain.

    Args:
        series: curves with an S-ketamine or a racemic effect site, ng/mL.

    Returns:
        An effect between 0 and 1, shaped as the series' effect site; ``low`` and ``high`` are the ends of the C50 band.

    Raises:
        MissingInput: the series has no ketamine.

    Assumes: a saturating form of steepness 1; where the model gives total ketamine only, one half of it is S (flagged).
    Source: Simons 2022 part 2 (doi 10.3389/fpain.2022.946487, abstract): C50 1.2 to 1.7 nmol/mL; ``data/pharmacology/effects``.
    """
    table = book()
    drive = of_effect_site(series, table.effects["antinociception"], table)
    exponent = table.parameter("antinociception", "gamma").value
    high, value, low = (
        saturating(drive.ng_per_ml, ng_per_ml(half), exponent)
        for half in table.parameter("antinociception", "c50").band
    )
    return of_series(
        "antinociception", series, value=value, low=low, high=high, drivers=(series.parent,), flags=drive.flags
    )
