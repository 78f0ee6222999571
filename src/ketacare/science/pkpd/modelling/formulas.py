"""What a model file cannot say as compartments and flows: named formulas from its parameters to its derived values.

A formula takes the values (each shape (s,), minutes, litres) and returns the derived ones; it looks at nothing else and changes nothing,
so it can be computed again after an interaction has changed a value.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ketacare.science.pkpd.solving.arrays import Floats

Values = Mapping[str, Floats]
Formula = Callable[[Values], dict[str, Floats]]


def two_enantiomers(values: Values) -> dict[str, Floats]:
    """Return clearance of the R enantiomer and its share of the dose.

    Source: pharmacology.md 3.3: ratio of clearances by Wang 2019, shared distribution by Henthorn 2018.
    """
    return {"CL_R": values["CL"] / values["ratio_SR"], "frac_R": 1 - values["frac_S"]}


def gut_wall_and_liver(values: Values) -> dict[str, Floats]:
    """Return clearances and absorbed fractions of a drug that passes gut wall and liver at quasi-steady state.

    Of what leaves the depot ``F_parent`` reaches the parent's central compartment and ``F_metabolite``, formed in gut wall and
    liver, the metabolite's. Of the parent's hepatic clearance ``CL_h`` a fraction ``F_h`` reaches the metabolite's central compartment.

    Source: Ashraf 2018 (QGUT model of the gut wall, well-stirred liver, CYP2B6 activity), as pharmacology.md 3.5 writes it, with
        liver inflows J and Jn put in; checked against the equations integrated as they stand.
    """
    villi = values["QH"] * values["share_intestine"] * values["share_mucosa"] * values["share_villi"]
    gut = villi * values["CL_perm"] / (villi + values["CL_perm"])
    kept_gut = gut / (gut + values["CLint_GW"])
    kept_gut_n = villi / (villi + values["CLint_GW_n"])
    activity = values["cyp2b6_activity"] * values["fm_CYP2B6"] + 1 - values["fm_CYP2B6"]
    taken = extraction(values["CLint_H"] * activity * values["fu"] / values["blood_plasma_ratio"], values["QH"])
    taken_n = extraction(values["CLint_H_n"] * values["fu_n"] / values["blood_plasma_ratio_n"], values["QH"])
    return {
        "CL_h": values["QH"] * taken,
        "CL_h_n": values["QH"] * taken_n,
        "F_parent": kept_gut * (1 - taken),
        "F_metabolite": ((1 - kept_gut) * kept_gut_n + taken * kept_gut) * (1 - taken_n),
        "F_h": 1 - taken_n,
    }


def extraction(clearance: Floats, flow: Floats) -> Floats:
    """Return the fraction that a well-stirred organ takes out, from intrinsic clearance and blood flow."""
    return clearance / (flow + clearance)


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {"two_enantiomers": two_enantiomers, "gut_wall_and_liver": gut_wall_and_liver}
)
