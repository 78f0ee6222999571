"""Scores of real people as other projects publish them: each folder by a reader of its own, read where it lies."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ketacare.config.texts import text_of
from ketacare.science.errors import BadFacts, Problem
from ketacare.science.trajectory.course import Course, course
from ketacare.science.trajectory.presets import Prior, prior, scaled
from ketacare.science.trajectory.validating import cohorts
from ketacare.science.trajectory.validating.report import People

Row = Mapping[str, str]
MONTH_DAYS = 30.4375
BDI_DAYS = {
    f"bdi.{name}": round(months * MONTH_DAYS)
    for name, months in (("pre", 0), ("2m", 2), ("3m", 3), ("5m", 5), ("8m", 8))
}
ASSUMED_APART_DAYS = 14  # between the four times of the inpatients, whose days are not told
TENTHS, LOWEST = 10, -3.0  # of the mood items
LEARNT_FROM = 80  # days of the one man's, a third of them


def _hamd17(rows: list[Row]) -> list[Course]:
    by_person: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if not by_person[row["PATIENT"]]:
            by_person[row["PATIENT"]].append((0.0, float(row["BASVAL"])))
        by_person[row["PATIENT"]].append((float(row["RELDAYS"]), float(row["HAMDTL17"])))
    return _courses(by_person.values())


def _beat_the_blues(rows: list[Row]) -> list[Course]:
    return _courses([(day, float(row[name])) for name, day in BDI_DAYS.items() if row[name]] for row in rows)


def _inpatients(scale: str) -> Callable[[list[Row]], list[Course]]:
    def read(rows: list[Row]) -> list[Course]:
        by_person: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for row in rows:
            if row[scale]:
                by_person[row["id"]].append(((float(row["time"]) - 1) * ASSUMED_APART_DAYS, float(row[scale])))
        return _courses(by_person.values())

    return read


def _low_mood(rows: list[Row]) -> list[Course]:
    days = [
        (float(row["study_day"]), round(TENTHS * (float(row["mood_down"]) - LOWEST)))
        for row in rows
        if row["mood_down"]
    ]
    first = [one for one in days if one[0] < LEARNT_FROM]
    rest = [(day - LEARNT_FROM, score) for day, score in days if day >= LEARNT_FROM]
    return _courses([first, rest])


READERS: dict[str, tuple[str, Callable[[list[Row]], list[Course]]]] = {
    "hamd17_antidepressant_trial": ("hamd17_antidepressant_trial/antidepressant_data.csv", _hamd17),
    "bdi_beat_the_blues": ("bdi_beat_the_blues/btheb.csv", _beat_the_blues),
    "bdi_hamd_inpatients_claus2020_bdi": ("bdi_hamd_inpatients_claus2020/claus_2020.csv", _inpatients("bdi")),
    "bdi_hamd_inpatients_claus2020_hamd": ("bdi_hamd_inpatients_claus2020/claus_2020.csv", _inpatients("hamd")),
    "ema_single_patient_relapse": ("ema_single_patient_relapse/daily_mood.csv", _low_mood),
}


def _courses(each: Iterable[list[tuple[float, float]]]) -> list[Course]:
    return [course([], scores) for scores in each if scores]


def there(folder: Path) -> list[str]:
    """The records that lie in a folder; BadFacts where there are none."""
    found = [name for name, (file, _) in READERS.items() if (folder / file).is_file()]
    if not found:
        wanted = ", ".join(sorted({file for file, _ in READERS.values()}))
        raise BadFacts([Problem(place=str(folder), says=f"none of these files is there: {wanted}")])
    return found


def people(folder: Path, name: str, *, seed: int) -> People:
    """One folder's people: half to learn from and half to judge, by chance; of one man the first days and the rest."""
    file, read = READERS[name]
    about = cohorts.file().records[name]
    try:
        found = read(list(csv.DictReader(text_of(folder / file).splitlines())))
    except (KeyError, ValueError) as error:
        raise BadFacts([Problem(place=str(folder / file), says=f"is not the table it was: {error}")]) from error
    order = np.random.default_rng(seed).permutation(len(found)) if len(found) > 2 else np.arange(2)
    half = len(found) // 2
    known, judged = ([found[at] for at in sorted(some)] for some in (order[:half], order[half:]))
    return People(
        name=name,
        title=about.title,
        prior=_prior(name, known),
        unit="points",
        smallest=0.0,
        largest=about.largest,
        known=tuple(known),
        judged=tuple(judged),
        note=about.note,
        is_refitted=len(known) > 2,
    )


def _prior(name: str, known: list[Course]) -> Prior:
    """The published prior in points of the scale, its set-point where these people began: nobody here is a clinic's usual patient."""
    about = cohorts.file().records[name]
    before = scaled(prior("madrs", "community"), about.factor, noise_sd=about.noise_sd, scale=name)
    began = [one.scores[0][1] for one in known] if len(known) > 1 else [score for _, score in known[0].scores]
    mean, sd = float(np.mean(began)), float(np.std(began, ddof=1))
    return replace(before, mean=(mean, *before.mean[1:]), sd=(sd, *before.sd[1:]))
