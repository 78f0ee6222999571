"""Finding what a reference points to among the resources of one unit."""

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import unquote

from ketacare.interop.element import Element
from ketacare.interop.errors import NotUnderstood
from ketacare.interop.reading import Located

Target = Located | None


class Index:
    """Every resource of a unit by full URL, by type and id, and by identifier. Two that share a name are no answer."""

    def __init__(self, resources: Iterable[Located]) -> None:
        self._by_url: dict[str, list[Located]] = defaultdict(list)
        self._by_identifier: dict[tuple[str, str, str], list[Located]] = defaultdict(list)
        for one in resources:
            for name in {one.full_url, f"{one.kind}/{one.id}" if one.id else ""} - {""}:
                self._by_url[name].append(one)
            for key in _identifiers(one):
                self._by_identifier[key].append(one)

    def find(self, reference: Element, *, frm: Located) -> Target:
        """What a Reference element points to; raise NotUnderstood when that is nothing or not one thing."""
        given = reference.string("reference")
        found = self._candidates(given, frm) if given else self._by_logical(reference)
        if len(found) > 1:
            found = [one for one in found if one.file == frm.file] or found
        if not found:
            raise reference.refuse("reference", f"{given or 'the identifier'} is not in these files")
        if len({id(one.resource.value) for one in found}) > 1:
            raise reference.refuse("reference", f"{given} could be any of {len(found)} resources in these files")
        return found[0]

    def _candidates(self, given: str, frm: Located) -> list[Located]:
        if given.startswith("#"):
            return self._contained(given[1:], frm)
        if "?" in given:
            return self._conditional(given)
        name = given.split("/_history/")[0]
        if name.startswith("urn:"):
            return self._by_url.get(name, [])
        tail = "/".join(name.split("/")[-2:])
        server = _server(name) or _server(frm.full_url)
        if server and (exact := self._by_url.get(server + tail)):
            return exact
        return [one for one in self._by_url.get(tail, []) if not server or not _server(one.full_url)]

    def _contained(self, name: str, frm: Located) -> list[Located]:
        inside = [one for one in frm.resource.children("contained") if one.string("id") == name]
        return [Located(resource=one, file=frm.file, file_sha256=frm.file_sha256, full_url="") for one in inside]

    def _conditional(self, given: str) -> list[Located]:
        """``Patient?identifier=SYSTEM|VALUE``, as transactions write it."""
        kind, _, query = given.partition("?")
        name, _, token = query.partition("=")
        system, bar, value = unquote(token).partition("|")
        return self._by_identifier.get((kind, system, value), []) if name == "identifier" and bar else []

    def _by_logical(self, reference: Element) -> list[Located]:
        identifier = reference.child("identifier")
        if identifier is None:
            return []
        key = (reference.string("type") or "Patient", identifier.string("system"), identifier.string("value"))
        return self._by_identifier.get(key, [])


def _server(url: str) -> str:
    """The base of the server in an address like http://server/fhir/Patient/1, else nothing."""
    return url.rsplit("/", 2)[0] + "/" if url.startswith("http") else ""


def _identifiers(one: Located) -> list[tuple[str, str, str]]:
    """A patient's identifiers; what cannot be read is complained about when the patient is mapped."""
    if one.kind != "Patient":
        return []
    try:
        found = one.resource.children("identifier")
        return [(one.kind, each.string("system"), each.string("value")) for each in found]
    except NotUnderstood:
        return []
