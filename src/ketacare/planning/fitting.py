"""Which protocols fit a course, and why the others do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.errors import Reason
from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course
from ketacare.clinic.routes import route_name
from ketacare.evaluation import queries as evaluation
from ketacare.planning.checks import SETTLES, WHO, requirement_judge, site_rules
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.orders import SiteRules, is_enabled
from ketacare.science.monitoring.protocol_files import Approval, Maintenance, Template
from ketacare.science.rules import load

APPROVAL = {"approved": "Approved", "off_label": "Off-label", "not_offered": "Not offered"}
CLEARANCE = "clearance."


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use that a template is for, with its approval and how strong the evidence is."""

    indication: str
    approval: Approval
    approval_words: str
    grade: str


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One thing a template requires before an order of it can be signed. None: not known."""

    name: str
    words: str
    is_met: bool | None


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A template beside a course: what it is for, what it requires, and what speaks against it."""

    template: Template
    route_words: str
    uses: tuple[Use, ...]
    requirements: tuple[Requirement, ...]
    against: tuple[Reason, ...]
    maintenance: tuple[tuple[str, Maintenance], ...]

    @property
    def fits(self) -> bool:
        """Whether a plan can be made from it."""
        return not self.against


def fits(course: Course, *, at: datetime) -> list[Fit]:
    """Every template beside a course: those that fit first, each other with its reasons."""
    rules, met = site_rules(course.site, at=at), requirement_judge(course, at=at)
    patterns = protocol.load().template_file.maintenance
    found = [
        Fit(
            template=template,
            route_words=route_name(template.route),
            uses=uses_of(template, course.indication),
            requirements=tuple(
                Requirement(name=name, words=requirement_words(name), is_met=met(name)) for name in template.requires
            ),
            against=(*reasons_of_indication(template, course), *reasons_against_template(template, rules)),
            maintenance=tuple((name, patterns[name]) for name in template.maintenance),
        )
        for template in protocol.load().templates.values()
    ]
    return sorted(found, key=lambda one: (not one.fits, len(one.against)))


def uses_of(template: Template, indication: str) -> tuple[Use, ...]:
    """The template's own use where it is for the course's indication, else every use it has."""
    names = [indication] if indication in template.indications else list(template.indications)
    known = protocol.load().indications
    return tuple(
        Use(
            indication=known[name].label,
            approval=known[name].approval_of(template.route),
            approval_words=APPROVAL[known[name].approval_of(template.route).status],
            grade=known[name].grade_of(template.route),
        )
        for name in names
    )


def reasons_of_indication(template: Template, course: Course) -> Iterator[Reason]:
    """Whether a template is for what the course is for."""
    if course.indication not in template.indications:
        names = ", ".join(indication_name(name) for name in template.indications)
        yield Reason(text=f"It is for another indication: {names}.", who=WHO["clin"])


def reasons_against_template(template: Template, rules: SiteRules) -> Iterator[Reason]:
    """Why no course of a template can be planned at a site."""
    if not is_enabled(template.route, rules):
        yield Reason(text=f"This site does not give ketamine this way: {route_name(template.route)}.", who=SETTLES)
    if template.course is None:
        yield Reason(text="This template says nothing about a course of sessions.", who=WHO["clin"])


def is_attested(name: str) -> bool:
    """Whether only the prescriber can answer a requirement: it is neither a question of the evaluation nor a letter."""
    return not name.startswith(CLEARANCE) and name not in load(evaluation.BOOK).fields


def requirement_words(name: str) -> str:
    """A requirement in words: ``clearance.crisis_psychiatry`` -> ``clearance: crisis psychiatry``."""
    said = name.removeprefix(CLEARANCE).removeprefix("psych.").replace("_", " ")
    return f"clearance: {said}" if name.startswith(CLEARANCE) else said
