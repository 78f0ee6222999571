"""The page about permissions keeps up with the table."""

import re
from pathlib import Path

from ketacare.clinic.permissions import OPENED_BY_GRANT, PERMISSIONS

PAGE = Path(__file__).resolve().parents[2] / "docs/explanation/permissions.md"


def test_every_thing_that_has_permissions_is_explained():
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name.partition(".")[0] for name in PERMISSIONS} <= explained


def test_what_breaking_the_glass_opens_only_reads():
    assert {name.partition(".")[2] for name in OPENED_BY_GRANT} == {"view"}
    assert not any(name.startswith(("access", "people", "device")) for name in OPENED_BY_GRANT)
