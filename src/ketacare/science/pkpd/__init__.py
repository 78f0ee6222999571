"""Ketamine pharmacology: cited models, exact simulation, effects; usable alone, without Django or a database.

Minutes, mg of free base, litres and ng/mL everywhere. Pictures are in ``plots`` (extra ``research``), texts that give a simulation
again in ``scenario``, published figures beside ours in ``validation``.

Example:
    >>> from ketacare.science.pkpd import Regimen, Subject, noncompartmental, simulate
    >>> given = Regimen.infusion(35, 40, drug="racemic_ketamine")
    >>> curve = simulate("kamp2020_iv", given, Subject(70, age_years=40), range(0, 1441))
    >>> found = noncompartmental(curve)
    >>> round(found.cmax_ng_per_ml), found.tmax_min, round(found.auc_inf_ng_h_per_ml)
    (253, 40.0, 417)
    >>> curve.site, curve.status
    ('arterial', 'transcription')
"""

from ketacare.science.pkpd import effects, interactions, models, regimen
from ketacare.science.pkpd.noncompartmental import NonCompartmental, noncompartmental
from ketacare.science.pkpd.population import Population, simulate_population
from ketacare.science.pkpd.posterior import Observation, Posterior, posterior
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.trial import Arm, Trial, simulate_trial

__all__ = [
    "Arm",
    "Dose",
    "Flag",
    "NonCompartmental",
    "Observation",
    "Population",
    "Posterior",
    "Regimen",
    "Series",
    "Subject",
    "Trial",
    "effects",
    "interactions",
    "models",
    "noncompartmental",
    "posterior",
    "regimen",
    "simulate",
    "simulate_population",
    "simulate_trial",
]
