"""Patient -> a person: names, birth date, sex at birth and the numbers that other systems know them by."""

from datetime import date

from ketacare.interop.element import Element
from ketacare.interop.errors import NotUnderstood
from ketacare.record.values import Identifier, ImportedPerson, ResourceSource

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
MAX_SYSTEM = 255
SEX_AT_BIRTH = {"M": "male", "F": "female"}
# Which of several names to use: lower first. A maiden or old name is only better than none.
NAME_USE = {"official": 0, "usual": 1, "": 2, "temp": 3, "nickname": 4, "anonymous": 5, "maiden": 6, "old": 7}


def from_fhir(resource: Element, source: ResourceSource) -> ImportedPerson:
    """Read a Patient. The administrative gender is not the sex at birth and is not used for it."""
    if any(link.string("type") == "replaced-by" for link in resource.children("link")):
        raise resource.refuse("link", "this record says that another record has replaced it")
    given, family = name(resource)
    return ImportedPerson(
        source=source,
        identifiers=identifiers(resource),
        given_name=given,
        family_name=family,
        born_on=birth_date(resource),
        sex_at_birth=sex_at_birth(resource),
        phone=telecom(resource, "phone")[:40],
        email=telecom(resource, "email"),
    )


def remarks(resource: Element) -> list[NotUnderstood]:
    """What a person should know before they treat this record as that of a patient in care."""
    found = []
    if resource.value.get("deceasedBoolean") is True or resource.has("deceasedDateTime"):
        found.append(resource.refuse("", "its source says that this person has died"))
    if resource.value.get("active") is False:
        found.append(resource.refuse("active", "its source does not use this record any more"))
    return found


def name(resource: Element) -> tuple[str, str]:
    names = sorted(resource.children("name"), key=lambda one: NAME_USE.get(one.string("use"), len(NAME_USE)))
    if not names:
        raise resource.refuse("name", "is missing")
    first = names[0]
    given = " ".join(one for one in _texts(first, "given") if one)
    family = first.string("family")
    if not (given or family):
        given, _, family = first.string("text").rpartition(" ")
    if not (given or family):
        raise first.refuse("family", "the name has no parts")
    return given[:120], family[:120]


def _texts(element: Element, key: str) -> list[str]:
    found = element.value.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def identifiers(resource: Element) -> tuple[Identifier, ...]:
    """Every identifier with a system and a value that is still in use."""
    found = [one for one in resource.children("identifier") if one.string("use") != "old"]
    pairs = [(one.string("system")[:MAX_SYSTEM], one.string("value")) for one in found]
    return tuple(Identifier(system=system, value=value) for system, value in dict.fromkeys(pairs) if system and value)


def birth_date(resource: Element) -> date:
    moment = resource.moment("birthDate")
    if moment is None:
        raise resource.refuse("birthDate", "is missing: nobody is registered without a date of birth")
    try:
        return date.fromisoformat(moment.given)
    except ValueError:
        raise resource.refuse("birthDate", f"{moment.given!r} is not a whole date") from None


def sex_at_birth(resource: Element) -> str:
    codes = [one.string("valueCode") for one in resource.children("extension") if one.string("url") == BIRTH_SEX]
    return SEX_AT_BIRTH.get(codes[0], "unknown") if len(codes) == 1 else "unknown"


def telecom(resource: Element, system: str) -> str:
    found = [
        one for one in resource.children("telecom") if one.string("system") == system and one.string("use") != "old"
    ]
    return next((one.string("value") for one in found if one.string("value")), "")
