"""The record of a person in chapters, where each statement comes from, and entering measurements."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic import trail
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.record import actions, queries
from ketacare.record.forms import MeasureForm, ReconcileForm
from ketacare.record.reconciling import listed, reconciliations
from ketacare.science.facts.codes import code_book
from ketacare.science.facts.entries import EntryKind

SHOWN = 10  # of the times that the list of medicines was gone through
MEASURED = {queries.TITLES[kind] for kind in (EntryKind.VITAL, EntryKind.RESULT)}  # chapters whose entries have values


@require_GET
@needs("record.view")
def documents(request: Request, pk: int) -> HttpResponse:
    """What is known of this person, by kind, each with its source."""
    patient = fetch(request.actor, "record.view", Patient.objects.all(), pk=pk)
    shows(request, patient)
    now = timezone.now()
    page = {
        "header": queries.patient_header(patient, at=now),
        "chapters": [(title, title in MEASURED, rows) for title, rows in queries.entries_by_kind(patient)],
        "unused": queries.record_facts(patient, at=now).unused,
        "shows_all": request.GET.get("all") == "yes",
        "may_measure": may(request.actor, "record.measure", patient),
        "may_reconcile": may(request.actor, "record.reconcile", patient),
        "reconciled": reconciliations(patient)[:SHOWN],
    }
    return render(request, "record/documents.html", page)


@require_GET
@needs("record.view")
def source(request: Request, pk: int) -> HttpResponse:
    """One imported resource as it was, what was read from it, and its other versions."""
    row = fetch(request.actor, "record.view", queries.sources(), pk=pk)
    shows(request, row.patient)
    page = {
        "header": queries.patient_header(row.patient, at=timezone.now()),
        "source": row,
        "later": queries.later_version(row),
        "imported_by": trail.who(row.imported_by, trail.names_behind({row.imported_by})),
    }
    return render(request, "record/source.html", page)


@require_http_methods(["GET", "POST"])
@needs("record.measure")
@shows_refusals
def measure(request: Request, pk: int) -> HttpResponse:
    """Enter weight, height and vital signs."""
    patient = fetch(request.actor, "record.measure", Patient.objects.all(), pk=pk)
    shows(request, patient)
    now = timezone.now()
    header = queries.patient_header(patient, at=now)
    form = MeasureForm(request.POST or None, now=now, time_zone=header.time_zone)
    if request.method == "POST" and form.is_valid():
        actions.record_vitals(patient=patient, **form.measured(), by=request.actor, at=now)
        messages.success(request, "The measurements are in the record.")
        return redirect("record:documents", patient.pk)
    return render(request, "record/measure.html", {"header": header, "form": form, "mean": code_book().mean})


@require_http_methods(["GET", "POST"])
@needs("record.reconcile")
@shows_refusals
def reconcile(request: Request, pk: int) -> HttpResponse:
    """Go through the list of medicines with the patient."""
    patient, now = fetch(request.actor, "record.reconcile", Patient.objects.all(), pk=pk), timezone.now()
    shows(request, patient)
    form = ReconcileForm(request.POST or None, entries=list(listed(patient)))
    if form.is_valid():
        actions.reconcile_medicines(patient=patient, told=form.value(), by=request.actor, at=now)
        messages.success(request, "The list is kept. What it changes since the decision stands under Evaluation.")
        return redirect("record:documents", patient.pk)
    page = {"header": queries.patient_header(patient, at=now), "form": form, "last": reconciliations(patient).first()}
    return render(
        request, "record/reconcile.html", page, status=HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else None
    )
