"""The page about alerts: who is called after how many minutes, which changes raise one, and the crisis lines by country."""

from collections.abc import Iterator

from docs.tables import table
from ketacare.science.scales import alerting

LEVELS = {1: "before the next session", 2: "today, and before any dose", 3: "now"}
TELLS = {
    "next": "the next person is named",
    "prescriber": "the course's prescriber is told",
    "everyone": "everybody is told",
}


def page() -> str:
    """The ladder, the rises, the screens without a result, crisis help and crisis lines, each with its mark."""
    file = alerting.load()
    return "\n\n".join(
        [
            "# Alerts",
            "What the data says about alerts beside [the scales' own rules](scales.md). No clinician has reviewed it yet; nearly every number is our own choice.",
            "## Who is called when",
            table(["Urgency", "Waits for", "After", "Then", "Mark"], ladder()),
            "## A score that is worse",
            table(["Alert", "Scale", "Points worse than the first or the previous", "Urgency", "Nobody can tell", "Mark"], rises()),
            "## Screens that may not stay without a result",
            table(["Alert", "Scale", "Urgency", "Mark"], ([one.id, one.scale, LEVELS[one.level], one.mark] for one in file.unscored)),
            "## After these the patient is shown whom to call",
            ", ".join(f"`{name}`" for name in file.crisis_help.alerts),
            "## Crisis lines",
            "Numbers change: a site calls each before it opens, and once a year.",
            table(["Country", "Emergency", "Line", "How", "When", "Mark", "Sources"], lines()),
        ]
    )  # fmt: skip


def ladder() -> Iterator[list[object]]:
    """Every rung, most urgent level first."""
    for one in alerting.load().ladder:
        for waits_for, steps in (
            ("somebody to take it", one.until_taken),
            ("a contact with the patient", one.until_contact),
        ):
            for step in steps:
                yield [LEVELS[one.level], waits_for, f"{step.after_min} min", TELLS[step.tell], one.mark]


def rises() -> Iterator[list[object]]:
    """Every change that raises an alert."""
    for one in alerting.load().rises:
        yield [one.id, one.scale, one.points, LEVELS[one.level], one.unknown.id, one.mark]


def lines() -> Iterator[list[object]]:
    """Every crisis line."""
    for country in alerting.crisis_lines().countries.values():
        for line in country.lines:
            yield [
                country.name,
                country.emergency,
                line.name,
                line.reach,
                line.hours,
                country.mark,
                ", ".join(country.sources),
            ]
