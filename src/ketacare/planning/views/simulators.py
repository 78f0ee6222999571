"""Regimens tried on virtual people: about no patient, and nothing is kept."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from ketacare.clinic.web import Request, needs
from ketacare.planning.curve_words import DECIDES_NOTHING
from ketacare.planning.simulator import EFFECT_SITE, PLASMA, Simulated, as_csv, as_svg, simulated
from ketacare.planning.simulator_sheet import Sheet

YAML = "yaml-"
SVG = {"svg": PLASMA, "svg-effect-site": EFFECT_SITE}


@needs("simulator.use")
@require_http_methods(["GET", "POST"])
def simulator(request: Request) -> HttpResponse:
    """A sheet of regimens, their curves beside each other, and files of them."""
    sheet = Sheet(request.POST if request.method == "POST" else None)
    found = simulated(sheet)
    answer = None if found is None else file_of(found, request.POST.get("act", ""))
    context = {"sheet": sheet, "found": found, "decides_nothing": DECIDES_NOTHING}
    return answer or render(request, "planning/simulator.html", context)


def file_of(found: Simulated, act: str) -> HttpResponse | None:
    """The file that was asked for; none where the page was."""
    if act == "csv":
        return download(as_csv(found), "text/csv", "simulation.csv")
    if act in SVG:
        return download(as_svg(found, SVG[act]), "image/svg+xml", f"simulation-{SVG[act]}.svg")
    for one in found.runs:
        if act == f"{YAML}{one.arm.letter}":
            return download(one.yaml, "application/yaml", f"simulation-{one.arm.letter}.yaml")
    return None


def download(text: str, kind: str, name: str) -> HttpResponse:
    """A file to keep."""
    return HttpResponse(
        text, content_type=f"{kind}; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
