"""The page of the validation: every figure that simulations are held against, with what comes out."""

from collections.abc import Iterable
from itertools import groupby

from docs.tables import table
from ketacare.science.pkpd import targets, validation
from ketacare.science.pkpd.validation import Outcome

HEAD = ["Row", "What", "Expected", "Tolerance", "Got", "Off by", "Verdict", "Sources", "Note"]


def page() -> str:
    """All rows, case by case."""
    outcomes = validation.run(targets.load())
    sections = (section(list(rows)) for _, rows in groupby(outcomes, key=lambda one: one.row.id.partition(".")[0]))
    return "\n".join(
        [
            "# Validation of the pharmacology",
            "",
            "What `ketacare pkpd validate` prints. A *gate* outside its tolerance is a failure. Known misses stay where they can be seen.",
            "`V`: figures observed in people. `R`: outputs computed by another program from the same values. `I`: what must hold for any",
            "linear model; `X`: other medicines. None of this says that a curve is right for one patient.",
            "",
            *known_misses(outcomes),
            *sections,
        ]
    )


def known_misses(outcomes: Iterable[Outcome]) -> list[str]:
    """The misses, in words, before everything that agrees."""
    missed = [f"- {one.row.says}: {one.row.note}." for one in outcomes if one.row.kind == "known miss"]
    return ["## Known misses", "", *missed, ""]


def section(outcomes: list[Outcome]) -> str:
    """One case as a table."""
    row = outcomes[0].row
    given = f"`{row.given.model}`; {', '.join(row.given.doses)}." if row.given.model else "No model."
    rows = ([*validation.told(one), ", ".join(one.row.sources), one.row.note] for one in outcomes)
    return f"## {row.id.partition('.')[0]}\n\n{row.says}. {given}\n\n{table(HEAD, iter(rows))}"
