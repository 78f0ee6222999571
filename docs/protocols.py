"""The page about protocols: every template with its approval, evidence, dose, course, reviews and stop rules, from the data."""

from collections.abc import Iterator

from docs.tables import table
from ketacare.clinic.routes import route_name
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import CoursePattern, Template

STATUS = {"approved": "approved", "off_label": "off-label", "not_offered": "not offered"}


def page() -> str:
    """Indications, templates, maintenance patterns and titration rules."""
    return "\n\n".join(
        [
            "# Protocols",
            "Starting points a licensed prescriber edits and signs. No clinician has reviewed them yet.",
            "## Indications",
            indications(),
            "## Templates",
            *(template(one) for one in protocol.load().templates.values()),
            "## Maintenance",
            maintenance(),
            "## Titration",
            titration(),
        ]
    ) + "\n"  # fmt: skip


def indications() -> str:
    """Approval and evidence grade of each indication, by route."""
    known = protocol.load()
    authority = known.indication_file.authority
    rows = [
        [one.label, route_name(route), said(one.approval_of(route).status, one.approval_of(route).says), grade]
        for one in known.indications.values()
        for route in known.dosing.routes
        if (grade := one.grade_of(route))
    ]
    return f"Approval by the {authority}.\n\n" + table(["Indication", "Route", "Approval", "Evidence"], rows)


def said(status: str, more: str) -> str:
    """An approval in words."""
    return f"{STATUS[status]}: {more}" if more else STATUS[status]


def template(one: Template) -> str:
    """One template as a section."""
    lines = "\n".join(f"- {line}" for line in lines_of(one))
    return f"### {one.id}\n\n{one.label}. Route: {route_name(one.route)}.\n\n{lines}"


def lines_of(one: Template) -> Iterator[str]:
    """What a template says, line by line."""
    yield f"Dose: {dose(one)}"
    yield f"Course: {course(one.course) if one.course else 'none of sessions'}"
    for other in one.alternatives:
        yield f"Or: {course(other)}"
    if one.requires:
        yield f"Requires: {', '.join(one.requires)}"
    if one.review_after_session:
        yield f"Reviews after session {', '.join(map(str, one.review_after_session))}"
    if one.review_at_week:
        yield f"Review at the end of week {one.review_at_week}"
    yield f"Stop rules: {', '.join(one.stop_rules)}"
    if one.maintenance:
        yield f"Maintenance: {', '.join(one.maintenance)}"
    if one.asks:
        yield f"Asked of the prescriber, for our sources do not say: {', '.join(one.asks).replace('_', ' ')}"
    if one.note:
        yield f"Note: {one.note}"
    yield f"Sources: {', '.join(one.sources)} ({one.mark})"


def dose(one: Template) -> str:
    """The dose that a template proposes."""
    amount = one.dose
    if amount.mg_per_kg is not None:
        over = f" over {amount.duration_min} min" if amount.duration_min is not None else ""
        return f"{amount.mg_per_kg} mg/kg of dosing weight{over}"
    if amount.rate_mg_per_kg_h is not None:
        return f"{amount.rate_mg_per_kg_h} mg/kg/h, never above {amount.max_rate_mg_h} mg/h, {amount.duration_min} min"
    if amount.first_mg is not None:
        return f"{amount.first_mg} mg first, then {' or '.join(map(str, amount.usual_mg))} mg"
    return "none given"


def course(pattern: CoursePattern) -> str:
    """How many sessions, in how many days."""
    parts = [f"{span(pattern.sessions)} sessions" if pattern.sessions else "number of sessions not given"]
    if pattern.starts_with:
        parts.append(f"beginning with {pattern.starts_with}")
    if pattern.over_days:
        parts.append(f"in {span(pattern.over_days)} days")
    if pattern.per_week:
        parts.append(f"{span(pattern.per_week)} a week")
    return ", ".join([*parts, *(["daily"] if pattern.daily else []), *([pattern.note] if pattern.note else [])])


def span(limits: tuple[int, int]) -> str:
    """A range in words."""
    return str(limits[0]) if limits[0] == limits[1] else f"{limits[0]} to {limits[1]}"


def maintenance() -> str:
    """Every maintenance pattern."""
    rows = [
        [
            name,
            one.label,
            "; ".join(filter(None, [one.on_relapse, one.then, one.note])),
            ", ".join(one.sources),
            one.mark,
        ]
        for name, one in protocol.load().template_file.maintenance.items()
    ]
    return table(["Pattern", "What", "More", "Sources", "Mark"], rows)


def titration() -> str:
    """Every titration rule."""
    rows = [
        [name, one.up_when, one.down_when, ", ".join(one.rules), ", ".join(one.sources), one.mark]
        for name, one in protocol.load().template_file.titration.items()
    ]
    return table(["Rule", "Up", "Down", "Order checks", "Sources", "Mark"], rows)
