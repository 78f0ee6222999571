"""What the concentrations are thought to do: felt effect, blood pressure, cardiac output, pain relief, receptors, and the calendar.

Each function takes a series (its arrays may hold several subjects, shape (t, s)) and answers with an Effect that carries its unit,
its band, its status and its flags. There is no dissociation score (CADSS) here: no exposure-response model of it was found.
"""

from ketacare.science.pkpd.effects.book import EffectStatus, book
from ketacare.science.pkpd.effects.calendar import antidepressant
from ketacare.science.pkpd.effects.circulation import blood_pressure, cardiac_output
from ketacare.science.pkpd.effects.effect import Effect
from ketacare.science.pkpd.effects.felt import antinociception, drug_high
from ketacare.science.pkpd.effects.receptors import nmda_occupancy

# Every effect that follows from a series of concentrations, in the order in which to show them.
OF_A_SERIES = (drug_high, blood_pressure, cardiac_output, antinociception, nmda_occupancy)

__all__ = [
    "OF_A_SERIES",
    "Effect",
    "EffectStatus",
    "antidepressant",
    "antinociception",
    "blood_pressure",
    "book",
    "cardiac_output",
    "drug_high",
    "nmda_occupancy",
]
