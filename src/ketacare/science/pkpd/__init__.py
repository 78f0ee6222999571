"""Ketamine pharmacology: cited models, exact simulation, effects; usable alone, without Django or a database.

Where to find what: ``models.load``, ``models.default_for`` · ``regimen.Dose``, ``regimen.Regimen``, ``regimen.target`` · ``subject.Subject`` ·
``simulate.simulate`` · ``noncompartmental.noncompartmental`` · ``population.simulate_population`` · ``effects`` · ``interactions.apply`` ·
``posterior.posterior``.
Minutes, mg of free base, litres and ng/mL everywhere.

Example:
    >>> from ketacare.science.pkpd.noncompartmental import noncompartmental
    >>> from ketacare.science.pkpd.regimen import Regimen
    >>> from ketacare.science.pkpd.simulate import simulate
    >>> from ketacare.science.pkpd.subject import Subject
    >>> given = Regimen.infusion(35, 40, drug="racemic_ketamine")
    >>> curve = simulate("kamp2020_iv", given, Subject(70, age_years=40), range(0, 1441))
    >>> found = noncompartmental(curve)
    >>> round(found.cmax_ng_per_ml), found.tmax_min, round(found.auc_inf_ng_h_per_ml)
    (253, 40.0, 417)
    >>> curve.site, curve.status
    ('arterial', 'transcription')
"""
