"""Question lists and their results."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.header import header_of
from ketacare.clinic.models import Course
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.outcomes import actions, queries
from ketacare.outcomes.crisis import crisis_help_after
from ketacare.outcomes.forms import AnswersForm
from ketacare.outcomes.licences import as_shown, others, statements
from ketacare.outcomes.looking_after import alerts_of, closed_alerts
from ketacare.outcomes.models import AnswerSet
from ketacare.science.scales import library

NOT_OFFERED = 409  # a statement is missing: no error of whoever asks


def open_course(request: Request, permission: str, course_id: int) -> Course:
    """The course of a page about its patient, for one who may."""
    course = fetch(request.actor, permission, Course.objects.select_related("patient", "site"), pk=course_id)
    shows(request, course.patient_id)
    return course


def page_after(made: AnswerSet) -> str:
    """Where a sitting leads: whoever answered on this screen is shown crisis help first, where it is asked for."""
    is_theirs = made.how == AnswerSet.How.BY_PATIENT and crisis_help_after(made) is not None
    return "outcomes:answers-help" if is_theirs else "outcomes:answers"


@needs("outcome.view")
@require_GET
def course(request: Request, course_id: int) -> HttpResponse:
    """What the patient answered so far, how it changed, and the alerts that wait."""
    row = open_course(request, "outcome.view", course_id)
    scales = queries.history(row)
    context = {
        "course": row,
        "header": header_of(row.patient, course=row, at=timezone.now()),
        "scales": scales,
        "others": others(row.site, {one.instrument.id for one in scales}),
        "alerts": alerts_of(row),
        "may": {act: may(request.actor, permission, row) for act, permission in queries.ACTS.items()},
    }
    return render(request, "outcomes/course.html", context)


@needs("outcome.record")
@require_http_methods(["GET", "POST"])
@shows_refusals
def answers_new(request: Request, course_id: int, instrument_id: str) -> HttpResponse:
    """Fill in a question list."""
    row, now = open_course(request, "outcome.record", course_id), timezone.now()
    if instrument_id not in library.shipped():
        raise NotAllowed("outcome.record", f"scale:{instrument_id}")
    shown = as_shown(library.load(instrument_id), statements(row.site))
    context = {"course": row, "header": header_of(row.patient, course=row, at=now), "why_not": shown.why_not}
    context |= {"instrument": shown.instrument, "texts": shown.wording}
    context["may_state"] = may(request.actor, "licence.state", row)
    if not shown.is_offered:
        return render(request, "outcomes/answers_not_shown.html", context, status=NOT_OFFERED)
    place = {"now": now, "zone": row.site.time_zone}
    form = AnswersForm(request.POST or None, instrument=shown.instrument, texts=shown.wording, **place)
    if form.is_valid():
        made = actions.record_answers(course_id=course_id, **form.value(), by=request.actor, at=now)
        return redirect(page_after(made), course_id, made.pk)
    return render(
        request,
        "outcomes/answers_new.html",
        context | {"form": form},
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else None,
    )


@needs("outcome.view")
@require_GET
def answers(request: Request, course_id: int, pk: int) -> HttpResponse:
    """One sitting: score, band, what it means, each answer."""
    row = open_course(request, "outcome.view", course_id)
    found = fetch(request.actor, "outcome.view", queries.answer_sets().filter(course=row), pk=pk)
    context = {
        "course": row,
        "header": header_of(row.patient, course=row, at=timezone.now()),
        "result": queries.result(found),
        "alerts": alerts_of(row, answer_set=found),
        "closed": closed_alerts(found),
        "crisis": crisis_help_after(found),
        "may": {act: may(request.actor, permission, row) for act, permission in queries.ACTS.items()},
    }
    return render(request, "outcomes/answers.html", context)


@needs("outcome.view")
@require_GET
def answers_help(request: Request, course_id: int, pk: int) -> HttpResponse:
    """What the patient sees after answering on this screen, where the answers ask for crisis help: that, and nothing of the score."""
    row = open_course(request, "outcome.view", course_id)
    found = fetch(request.actor, "outcome.view", queries.answer_sets().filter(course=row), pk=pk)
    return render(request, "outcomes/answers_help.html", {"answer_set": found, "crisis": crisis_help_after(found)})
