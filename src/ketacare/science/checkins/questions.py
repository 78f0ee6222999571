"""One question after the other: which are shown so far, which is next, and when a scale is answered."""

from collections.abc import Mapping

from ketacare.science.checkins.plan import SAME_DAY, tripwires
from ketacare.science.scales.conditions import ItemIs, Known, holds, leaves
from ketacare.science.scales.definition import Instrument, Item


def shown_items(instrument: Instrument, answers: Mapping[str, object]) -> tuple[Item, ...]:
    """Return the questions that the answers so far let appear, in the scale's order.

    Args:
        instrument: the scale.
        answers: item id -> answer; null where the patient chose to leave it open.

    Returns:
        Every question without a condition, and those whose condition holds.

    Source: the scale's `show_when` conditions.
    """
    known = _known(instrument, answers)
    return tuple(item for item in instrument.items if item.show_when is None or holds(item.show_when, known))


def next_item(instrument: Instrument, answers: Mapping[str, object]) -> Item | None:
    """Return the first question shown that is neither answered nor left open; None: the scale is answered."""
    return next((item for item in shown_items(instrument, answers) if item.id not in answers), None)


def needs_somebody(instrument: Instrument, answers: Mapping[str, object]) -> bool:
    """Return whether an answer already given asks for somebody the same day, whatever is answered next.

    Args:
        instrument: the scale.
        answers: item id -> answer so far.

    Returns:
        True when an alert of level 2 or more that looks at single answers alone holds. What is not answered yet alerts
        when the scale is recorded, not before.

    Source: the scale's own alert rules.
    """
    watched = tripwires(instrument)
    if not watched & set(answers):
        return False
    known = _known(instrument, answers)
    rules = (rule for rule in instrument.alerts if rule.level >= SAME_DAY)
    return any(holds(rule.when, known) for rule in rules if all(isinstance(leaf, ItemIs) for leaf in leaves(rule.when)))


def _known(instrument: Instrument, answers: Mapping[str, object]) -> Known:
    points = {item.id: instrument.points(item) for item in instrument.items}
    given = {name: value for name, value in answers.items() if isinstance(value, int | str)}
    return Known(items={name: points[name][value] for name, value in given.items() if value in points.get(name, {})})
