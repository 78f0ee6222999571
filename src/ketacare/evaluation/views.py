"""Pages: what is known, what it means, what is missing, and the decision."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.actor import user_id
from ketacare.clinic.decisions import repeated
from ketacare.clinic.models import Course, DecisionRecord
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.evaluation import actions, pages, queries
from ketacare.evaluation.forms import AnswersForm, ClearanceForm, DecisionForm
from ketacare.evaluation.models import PendingDecision
from ketacare.evaluation.outlook import outlook
from ketacare.record import queries as record
from ketacare.science import reference, rules
from ketacare.science.rules.disputes import by_rule, disputes


def course_of(request: Request, pk: int, permission: str = "evaluation.view") -> Course:
    """The course that an address names, if the reader may; the reply will name its patient."""
    course = fetch(request.actor, permission, Course.objects.select_related("site", "patient"), pk=pk)
    shows(request, course.patient_id)
    return course


def shown(request: Request, template: str, course: Course, **context: Any) -> HttpResponse:
    """A page about a course, under its patient's header."""
    header = record.patient_header(course.patient, course=course, at=timezone.now())
    return render(request, f"evaluation/{template}", {"course": course, "header": header, **context})


@require_GET
@needs("evaluation.view")
@shows_refusals
def course(request: Request, pk: int) -> HttpResponse:
    """The disposition, why, what is missing, what would clear it, and the decision to take."""
    course = course_of(request, pk)
    assessment = queries.assess(course, at=timezone.now())
    form = DecisionForm(assessment.obstacles, initial={"seen": assessment.digest})
    pending = queries.pending_decision(course)
    return shown(
        request,
        "course.html",
        course,
        page=pages.overview(assessment, form),
        contradictions=pages.contradictions_shown(assessment.known),
        outlook=outlook(*queries.what_would_help(course, at=timezone.now())),
        may_decide=may(request.actor, "evaluation.decide", course),
        may_answer=may(request.actor, "evaluation.answer", course),
        is_second=pending is not None and pending.decided_by_id != user_id(request.actor),
        pending=pending,
        decisions=course.decisions.filter(book_id=queries.BOOK).select_related("decided_by").order_by("-pk"),
    )


@require_http_methods(["GET", "POST"])
@needs("evaluation.answer")
@shows_refusals
def section(request: Request, pk: int, section: str) -> HttpResponse:
    """One section of the questions, with what the record says beside them."""
    course = course_of(request, pk, "evaluation.answer")
    asked = pages.section_called(section)
    known = queries.known(course, at=timezone.now())
    form = AnswersForm(asked, known, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if answers := form.answers():
            actions.record_answers(
                course_id=course.pk, answers=answers, settles=form.settles(), by=request.actor, at=timezone.now()
            )
        return redirect("evaluation:section", pk=course.pk, section=pages.section_after(asked).id)
    questions = pages.questions_shown(asked, form, known)
    evidence = record.evidence(course.patient)
    sections = pages.progress(known.facts)
    return shown(
        request, "section.html", course, section=asked, questions=questions, evidence=evidence, sections=sections
    )


@require_http_methods(["GET", "POST"])
@needs("evaluation.clear")
@shows_refusals
def clearance(request: Request, pk: int, clearance: str) -> HttpResponse:
    """File a specialist's letter."""
    course = course_of(request, pk, "evaluation.clear")
    assessment = queries.assess(course, at=timezone.now())
    form = ClearanceForm(clearance, assessment.evaluation, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.record_clearance(course_id=course.pk, letter=form.letter(), by=request.actor, at=timezone.now())
        messages.success(request, "The letter is on file.")
        return redirect("evaluation:course", pk=course.pk)
    return shown(request, "clearance.html", course, form=form, clearance=clearance)


@require_POST
@needs("evaluation.decide")
@shows_refusals
def decide(request: Request, pk: int) -> HttpResponse:
    """Take the decision."""
    course = course_of(request, pk, "evaluation.decide")
    assessment = queries.assess(course, at=timezone.now())
    form = DecisionForm(assessment.obstacles, request.POST)
    if not form.is_valid():
        return shown(
            request, "course.html", course, page=pages.overview(assessment, form), may_decide=True, may_answer=True
        )
    done = actions.decide(
        course_id=course.pk,
        decided=form.cleaned_data["decided"],
        reason=form.cleaned_data["reason"],
        seen=form.cleaned_data["seen"],
        overrides=form.overrides(),
        acknowledged=form.acknowledged(),
        by=request.actor,
        at=timezone.now(),
    )
    waits = isinstance(done, PendingDecision)
    messages.success(request, "A second prescriber must sign it." if waits else "The decision is recorded.")
    return redirect("evaluation:course", pk=course.pk)


@require_POST
@needs("evaluation.decide")
@shows_refusals
def confirm(request: Request, pk: int) -> HttpResponse:
    """Sign as the second prescriber."""
    pending = fetch(request.actor, "evaluation.decide", PendingDecision.objects.all(), pk=pk)
    actions.confirm_decision(pending_id=pending.pk, by=request.actor, at=timezone.now())
    return redirect("evaluation:course", pk=pending.course_id)


@require_POST
@needs("evaluation.decide")
@shows_refusals
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back a decision that waits."""
    pending = fetch(request.actor, "evaluation.decide", PendingDecision.objects.all(), pk=pk)
    actions.withdraw_decision(pending_id=pending.pk, by=request.actor, at=timezone.now())
    return redirect("evaluation:course", pk=pending.course_id)


@require_GET
@needs("evaluation.view")
def decision(request: Request, pk: int) -> HttpResponse:
    """A decision as it was taken: book, facts, findings, reasons."""
    rows = DecisionRecord.objects.select_related("course__site", "course__patient", "decided_by", "second_by")
    record_of = fetch(request.actor, "evaluation.view", rows, pk=pk)
    shows(request, record_of.course.patient_id)
    findings = pages.findings_then(record_of.findings)
    again = repeated(record_of)
    return shown(request, "decision.html", record_of.course, decision=record_of, findings=findings, again=again)


@require_GET
@needs("evaluation.view")
def source(request: Request, key: str) -> HttpResponse:
    """Where a number or a rule comes from, and how it was read."""
    if key not in reference.sources():
        raise Http404
    cited_by = pages.rules_that_cite(key)
    return render(
        request, "evaluation/source.html", {"key": key, "source": reference.sources()[key], "rules": cited_by}
    )


@require_GET
@needs("evaluation.view")
def rule(request: Request, rule: str) -> HttpResponse:
    """One rule as the newest version of its book that has it states it."""
    book = pages.book_with(rule)
    if book is None:
        raise Http404
    stated = book.rule(rule)
    context = {"book": book, "rule": stated, "disputes": by_rule().get(rule, ()), "when": pages.when_text(stated, book)}
    return render(request, "evaluation/rule.html", context)


@require_GET
@needs("evaluation.view")
def book(request: Request, name: str) -> HttpResponse:
    """A rulebook as a reader checks it: every rule with what it says, when, and its sources."""
    if name not in rules.names():
        raise Http404
    found = rules.load(name)
    context = {"book": found, "names": rules.names(), "groups": pages.book_shown(found)}
    return render(request, "evaluation/book.html", context)


@require_GET
@needs("evaluation.view")
def disputed(request: Request) -> HttpResponse:
    """Where sources disagree: our default, the stricter and looser readings, who holds them."""
    return render(request, "evaluation/disputes.html", {"disputes": disputes()})
