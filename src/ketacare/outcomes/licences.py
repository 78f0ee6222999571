"""Which scales a site may show, with which texts, and why not."""

from collections.abc import Mapping
from dataclasses import dataclass

from ketacare.clinic.models import Site
from ketacare.outcomes.models import LicenceStatement
from ketacare.science.scales import library, wording
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.wording import Wording

WHY_NOT: Mapping[str, str] = {
    "registration": "its wording is not shown here because nobody has stated this site's registration with its owner",
    "non_commercial": "it is not shown here because nobody has stated that this site's use is not commercial",
    "own_licence": "it is not shown here because nobody has stated that this site has its own licence for the form",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A scale as a site may show it."""

    instrument: Instrument
    wording: Wording | None = None  # the texts that lie apart
    is_offered: bool = True
    why_not: str = ""


def statements(site: Site) -> dict[str, LicenceStatement]:
    """The newest statement about each scale; one query."""
    rows = LicenceStatement.objects.filter(site=site).select_related("stated_by").order_by("pk")
    return {row.scale: row for row in rows}


def as_shown(instrument: Instrument, stated: Mapping[str, LicenceStatement]) -> Shown:
    """How a site shows a scale: what needs a statement and has none says so. Without a registration the structure is left, in our words."""
    needs = instrument.licence.needs
    if needs is None:
        return Shown(instrument=instrument)
    said = stated.get(instrument.id)
    if said is None or not said.holds or said.needs != needs:
        return Shown(instrument=instrument, is_offered=needs == "registration", why_not=WHY_NOT[needs])
    texts = wording.newest(instrument.id, instrument.version)
    return Shown(instrument=wording.worded(instrument, texts) if texts else instrument, wording=texts)


def others(site: Site, shown: set[str]) -> list[Shown]:
    """Every scale that we ship and that a page does not show yet, by name."""
    stated = statements(site)
    found = [as_shown(library.load(name), stated) for name in library.shipped() if name not in shown]
    return sorted(found, key=lambda one: one.instrument.name.casefold())


def in_need() -> list[Instrument]:
    """Every scale about which a site has something to state, by name."""
    found = [one for one in map(library.load, library.shipped()) if one.licence.needs]
    return sorted(found, key=lambda one: one.name.casefold())
