"""What a validation found, as text: tables with units, and what each number means."""

from collections.abc import Iterator
from typing import Any

Told = dict[str, Any]
MEANS = """How to read it:
  ranks        people are drawn from the model itself; p is the chance of ranks as uneven as these if the filter is right. One in twenty lies
               below 0.05 by chance; a wrong filter gives 0.000.
  CRPS         how far off the forecast of the next score was, its spread counted in, in points; less is better. +- is one standard error,
               people being independent.
  log score    mean of minus the logarithm of the chance that was given to what came; less is better.
  50 to 95 %   share of the scores that lay in the band of that name, in percent, and its standard error.
  even         chance of a histogram of the probability integral transform as uneven as this one if the forecast were calibrated.
  Brier        mean square of chance minus outcome, weighted by the inverse of the chance of being still seen: 0 is right.
  scaled       share of what knowing only the rate leaves unexplained: 1 is right, 0 no better than the rate.
  intercept    in log odds: 0 as many relapses as foretold, above 0 more. slope: 1 right, below 1 too bold. Of fewer than ten relapses nothing is said.
Nobody who is judged was learnt from. A simulated person is not a patient, and nobody in the real records was given ketamine."""


def text(head: Told, found: list[Told]) -> str:
    """Everything, part by part."""
    parts = [line for one in found for line in ("", *(_ranks(one) if one["part"] == "ranks" else _group(one)))]
    files = ", ".join(f"{name} {digest[:12]}" for name, digest in head["files"].items())
    lines = [
        f"ketacare {head['software']}, seed {head['seed']}, cohorts of {head['cohort']}; {files}",
        *([] if head["is_whole"] else ["Stopped before the end: this is what was done."]),
        *parts,
        "",
        MEANS,
    ]
    return "\n".join(lines)


def _ranks(one: Told) -> Iterator[str]:
    yield f"Simulation-based calibration, {one['preset']} preset, {one['people']} people drawn from it"
    yield "  " + ", ".join(f"{each['name']} p {each['p']:.3f}" for each in one["quantities"])


def _group(one: Told) -> Iterator[str]:
    yield f"{one['group']}: {one['title']}"
    yield f"  {one['judged']} people judged, {one['learnt_from']} others learnt from; {one['preset']} preset; {one['unit']}"
    if one["note"]:
        yield f"  ({one['note']})"
    if "remitted" in one:
        yield f"  at or below {one['remitted']['at_most']:g} points after the series: {100 * one['remitted']['share']:.0f} %"
    yield f"  {'the next score foretold by':40}{'CRPS':>12}{'log score':>11}{'50 %':>12}{'80 %':>12}{'90 %':>12}{'95 %':>12}{'even':>8}"
    for way in one["ways"]:
        yield f"  {way['name']:40}{_numbers(way) if 'crps' in way else '  ' + way['says']}"
    if one["relapse"]:
        yield f"  {'relapse within':20}{'people':>8}{'relapses':>10}{'lost':>6}{'Brier':>8}{'scaled':>8}{'intercept':>11}{'slope':>7}"
    for horizon in one["relapse"]:
        yield (
            f"  {horizon['horizon_days']:>3} days{horizon['people']:>20}{horizon['relapses']:>10}{horizon['lost']:>6}{horizon['brier']:>8.3f}"
            f"{_or_none(horizon['scaled']):>8}{_or_none(horizon['intercept']):>11}{_or_none(horizon['slope']):>7}"
        )


def _numbers(way: Told) -> str:
    bands = "".join(
        f"{100 * share:>7.1f} +-{100 * error:3.1f}"
        for share, error in zip(way["coverage"].values(), way["coverage_error"].values(), strict=True)
    )
    return f"{way['crps']:>7.2f} +-{way['crps_error']:.2f}{way['log_score']:>10.3f}{bands}{way['even_p']:>8.3f}"


def _or_none(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"
