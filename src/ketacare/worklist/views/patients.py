"""The list of patients, a new patient, a new course, one patient's summary."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic import actions
from ketacare.clinic.models import Patient
from ketacare.clinic.permissions import fetch, may
from ketacare.clinic.web import Request, needs, shows, shows_refusals
from ketacare.record.queries import patient_header
from ketacare.worklist.forms import NewCourseForm, NewPatientForm, PatientFilterForm
from ketacare.worklist.queries import patients as queries
from ketacare.worklist.queries.summary import summary

FILTER = "patients-filter"  # kept in the log-in, never in an address: a name in a URL ends up in logs and histories


@needs("patient.view")
@require_GET
def patients(request: Request) -> HttpResponse:
    """Who is in our care?"""
    sites = queries.sites_of(request.actor, "patient.view")
    kept = request.session.get(FILTER, {})
    narrow = PatientFilterForm(kept, sites=sites).value()
    found = queries.patient_page(request.actor, narrow, number=request.GET.get("page", "1"), at=timezone.now())
    shows(request, *(row.patient_id for row in found.rows))
    form = PatientFilterForm(kept, sites=sites, counts=found.counts)
    page = {"found": found, "form": form, "is_narrowed": any(kept.values()), "one_site": len(sites) == 1}
    return render(request, "worklist/patients.html", page)


@needs("patient.view")
@require_POST
def patients_filter(request: Request) -> HttpResponse:
    """Keep what the list is narrowed to."""
    request.session[FILTER] = {name: request.POST.get(name, "") for name in ("person", "status", "site")}
    return redirect("worklist:patients")


@needs("patient.create")
@require_http_methods(["GET", "POST"])
@shows_refusals
def patient_new(request: Request) -> HttpResponse:
    """Register a person; a namesake of the same birthday is shown first."""
    sites = queries.sites_of(request.actor, "patient.create")
    form = NewPatientForm(request.POST or None, sites=sites)
    same: list[Patient] = []
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        same = list(
            queries.already_registered(request.actor, family_name=values["family_name"], born_on=values["born_on"])
        )
        if not same or request.POST.get("another") == "yes":
            made = actions.add_patient(**values, by=request.actor, at=timezone.now())
            return redirect("worklist:patient", made.pk)
    shows(request, *same)
    return render(request, "worklist/patient_new.html", {"form": form, "same": same})


@needs("course.open")
@require_http_methods(["GET", "POST"])
@shows_refusals
def course_new(request: Request, pk: int) -> HttpResponse:
    """Open a course for a patient."""
    patient = fetch(request.actor, "course.open", Patient.objects.all(), pk=pk)
    sites = queries.sites_of(request.actor, "course.open").filter(patients=patient)
    form = NewCourseForm(request.POST or None, sites=sites)
    if request.method == "POST" and form.is_valid():
        actions.open_course(patient=patient, **form.cleaned_data, by=request.actor, at=timezone.now())
        return redirect("worklist:patient", patient.pk)
    shows(request, patient)
    page = {"form": form, "header": patient_header(patient, at=timezone.now())}
    return render(request, "worklist/course_new.html", page)


@needs("patient.view")
@require_GET
def patient(request: Request, pk: int) -> HttpResponse:
    """Where does this person stand?"""
    found = fetch(request.actor, "patient.view", Patient.objects.all(), pk=pk)
    shows(request, found)
    told = summary(found, by=request.actor, at=timezone.now())
    page = {"header": told.header, "summary": told, "may_open_course": may(request.actor, "course.open", found)}
    return render(request, "worklist/patient.html", page)
