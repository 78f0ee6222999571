"""What is said of a medicine in words: unknown, without an entry, a class warning, or an addition to sedation or blood pressure."""

from collections.abc import Iterable, Iterator

from ketacare.science.pkpd.interactions.book import Pair, book
from ketacare.science.pkpd.interactions.naming import Known
from ketacare.science.pkpd.regimen import Route
from ketacare.science.pkpd.series import Flag


def unknown(name: str) -> Flag:
    """Return the flag for a name that no table has: nothing can be said, which is no pass."""
    says = f"{name!r} is not known to the table of interactions: nothing can be said of it, and that is not a pass."
    return Flag(code="interaction-unknown", about=name, says=says)


def in_words(medicine: Known, routes: Iterable[Route], applied: Iterable[Pair]) -> Iterator[Flag]:
    """Yield what is said of a medicine beside the numbers that are applied.

    Args:
        medicine: from ``naming.known``.
        routes: how ketamine is given.
        applied: the pairs whose numbers are in the curve; their routes get no class warning.
    """
    table = book()
    listed = [table.classes[name] for name in medicine.classes if name in table.classes]
    counted = {one.route for one in applied if one.medicine == medicine.name}
    if not listed:
        says = f"{medicine.name} is known, but no interaction of it is in this table: nothing can be said, and that is not a pass."
        yield Flag(code="interaction-not-listed", about=medicine.name, says=says)
    for one in listed:
        if one.acts_on != "exposure":
            says = f"{medicine.name} {one.says}" if one.acts_on == "sedation" else f"{medicine.name}: {one.says}"
            yield Flag(code=f"interaction-{one.acts_on}", about=medicine.name, says=f"{says}.")
    exposure = " and ".join(one.says for one in listed if one.acts_on == "exposure")
    for route in routes:
        if exposure and route not in counted:
            yield Flag(code="interaction-class", about=medicine.name, says=_class_warning(medicine, exposure, route))


def _class_warning(medicine: Known, exposure: str, route: Route) -> str:
    table = book()
    recalled = any(
        (one.medicine, one.route) == (medicine.name, route) and not one.may_be_applied for one in table.pairs
    )
    because = (
        "a number is only recalled for this pair and route" if recalled else "none was read for this pair and route"
    )
    return f"{medicine.name}: {exposure}. {table.routes[route].says} No number is applied: {because}."
