"""The report as JSON and as a PDF: the same fields, worn differently."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from ketacare.followup.reporting import Report

PAGE = Path(__file__).parent / "typst/report.typ"


def as_json(report: Report) -> dict[str, Any]:
    """The report as values that JSON has."""
    return asdict(report)


def pdf(report: Report) -> bytes:
    """The report as an accessible PDF; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"report": json.dumps(as_json(report))}, pdf_standards=["a-2b"])
