"""The page about effects and interactions: what concentrations are thought to do, and what other medicines do to them."""

from collections.abc import Iterator

from docs.models import cited, span
from docs.tables import table
from ketacare.science.pkpd import effects, interactions
from ketacare.science.pkpd.effects.book import Definition
from ketacare.science.pkpd.interactions import Pair

STATUS = {
    "published_in_part": "published in part: its main number was read in a paper, the rest is ours",
    "calibration": "calibration: chosen by this project from reported averages",
    "illustration": "illustration: laboratory numbers, no effect measured in people",
    "described": "described: nothing is computed",
}
EFFECTS = (
    "What a concentration, or a day of the calendar, is thought to do. An effect never decides a dose, a discharge or safety; no clinician has reviewed "
    "these numbers yet. **There is no predicted CADSS** (dissociation score): no model of it against concentration was found; the felt effect is shown "
    "instead. A curve whose blood is not the blood that an effect was measured against carries a flag.",
)
INTERACTIONS = (
    "A number is applied for the very pair and route in which it was read. Everything else is said in words: the class of the medicine, what is known of "
    "the route, and no number. Two medicines with a number for one route: none is applied, because nobody saw them together. A name that is not known, or "
    "a medicine without an entry, is never a pass.",
    "An AUC ratio changes how much of an oral dose enters, and no more than the whole dose reaches the blood; a metabolite is scaled with it, which was "
    "not measured and is flagged. Where a model has a form of its own (CYP2B6 in `ashraf2018_s_ketamine`), that is used. A ratio of clearance changes the "
    "parameter that a model's `cleared_by` names; a model without one takes no number. The medicine counts as at its full effect throughout.",
)


def page() -> str:
    """Every effect, then every interaction."""
    parts = ["# Effects and interactions", *EFFECTS]
    parts += [effect(name, one) for name, one in effects.book().effects.items()]
    parts += ["## Interactions", *INTERACTIONS, "### Pairs that were studied", pairs()]
    parts += ["### Classes", classes(), "### What a class warning says of each route", routes()]
    return "\n\n".join(parts) + "\n"


def effect(name: str, one: Definition) -> str:
    """One effect with its numbers."""
    lines = [f"Status: {STATUS[one.status]}", f"Equation: `{one.equation}`; unit: {one.unit}"]
    if one.driver:
        place = "effect site" if one.driver.acts_from == "effect_site" else "plasma"
        site = f"{one.driver.site} " if one.driver.site else ""
        lines.append(f"Driven by: {one.driver.substance.replace('s_', 'S-').replace('_', ' ')}, {site}{place}")
    lines.append(f"Sources: {cited(one.sources)}")
    rows: Iterator[list[object]] = (
        [f"`{key}`", f"{number.value:g}", span(number.range), "" if number.unit == "1" else number.unit, number.mark, cited(number.sources), number.basis]
        for key, number in one.parameters.items()
    )  # fmt: skip
    numbers = table(["Number", "Value", "Range", "Unit", "Mark", "Sources", "Why"], rows) if one.parameters else ""
    return "\n\n".join(filter(None, [f"## {one.title}", one.says, f"In code: `{name}`", "\n".join(f"- {line}" for line in lines), numbers]))  # fmt: skip


def pairs() -> str:
    """One line for each pair and route; a number that is only recalled is not shown."""
    rows = (
        [one.medicine, one.says, one.route, changed(one), one.mechanism, one.mark, cited(one.sources)]
        for one in interactions.book().pairs
    )
    return table(["Medicine", "Given", "Route", "With against without it", "Mechanism", "Mark", "Sources"], rows)


def changed(one: Pair) -> str:
    """What changes, where it was read."""
    if not one.may_be_applied:
        return "recalled only: not shown, not applied"
    if one.auc_ratio is not None:
        own = " (or the model's own form)" if one.sets else ""
        return f"AUC x {one.auc_ratio:g}{f' ({span(one.auc_ratio_range)})' if one.auc_ratio_range else ''}{own}"
    return ", ".join(f"clearance of {molecule} x {ratio:g}" for molecule, ratio in one.clearance_ratio.items())


def classes() -> str:
    """What each class is said to do."""
    rows = (
        [f"`{name}`", one.acts_on, one.says, one.mark, cited(one.sources)]
        for name, one in interactions.book().classes.items()
    )
    return table(["Class", "Acts on", "Says", "Mark", "Sources"], rows)


def routes() -> str:
    """What is said of each route."""
    rows = ([name, one.says, one.mark, cited(one.sources)] for name, one in interactions.book().routes.items())
    return table(["Route", "Says", "Mark", "Sources"], rows)
