"""What an effect is: a curve with its unit, its band where one is known, and how well it is known."""

from dataclasses import dataclass

from ketacare.science.pkpd.effects.book import EffectStatus
from ketacare.science.pkpd.series import Flag
from ketacare.science.pkpd.solving.arrays import Floats
from ketacare.science.reference import Reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One effect over time.

    Args:
        name: the effect, as in ``data/pharmacology/effects``.
        title: what to call it on a page.
        unit: the unit of ``value``.
        t_min: shape (t,), min.
        value: shape (t,), or (t, s) where the series holds s subjects.
        low: the lower edge of what the sources allow, shaped as ``value``; None: no range is known, which does not make it exact.
        high: the upper edge likewise.
        status: how well the effect's numbers are known.
        says: what it shows and what it must not be used for; always shown with the curve.
        drivers: the analytes it was computed from.
        flags: what had to be assumed, then the flags of the series.
        reference: the very data file of the numbers.
    """

    name: str
    title: str
    unit: str
    t_min: Floats
    value: Floats
    low: Floats | None
    high: Floats | None
    status: EffectStatus
    says: str
    drivers: tuple[str, ...]
    flags: tuple[Flag, ...]
    reference: Reference
