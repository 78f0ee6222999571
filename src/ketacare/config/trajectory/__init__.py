"""The work behind `ketacare trajectory`: records read, forecasts judged and told; apart from the arguments, so that --help needs no numerical library."""

HELP = """
validate judges the forecasts: ranks of people drawn from the model among what the filter believes of them (simulation-based calibration);
the next score of simulated people of both presets, and of real ones, beside the last value carried forward, the mean of other people
and a mixed model (needs ketacare[research]); relapse within 7, 14 and 28 days, with weights for people who were lost.

--data FOLDER holds folders as they are published: hamd17_antidepressant_trial, bdi_beat_the_blues, bdi_hamd_inpatients_claus2020,
ema_single_patient_relapse; each that is there is judged, and read where it lies.

refit fits the priors to two thirds of a clinic's own people, mixed with the published ones while people are few, and says what that changed for the
other third. It refuses fewer than 40 people with three scores, and what is no better. FILE.csv has the columns person,day,kind,value; kind is infusion
(value: dose as a share of the planned one) or score (value: points). The file it writes is in force nowhere.

propose brings such a file before a site, in the name of somebody who may (a prescriber, the medical director). It is in force once another
such person has approved it on the page "What forecasts rest on"; either may take it back there.

Exit code 0: done. 1: refused, or what was asked for cannot be had (a package is not installed). 2: bad input. 130: stopped by Ctrl-C; what was done is printed.
The same seed, the same numbers. No database is needed but for refit --site and propose.
"""
