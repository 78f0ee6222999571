"""JSON from outside, read strictly: exact decimals, no key twice, no bottomless nesting, and the place of every fault."""

import json
import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import NoReturn

from ketacare.interop.errors import BadInput
from ketacare.science.errors import Problem

Json = dict[str, "Json"] | list["Json"] | str | Decimal | bool | None
JsonObject = dict[str, Json]

# FHIR R4 itself nests about ten levels; questionnaires and bundles of bundles a few tens.
MAX_DEPTH = 64
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def parse(raw: bytes, *, place: str) -> Json:
    """Return what a JSON text says, or raise BadInput with line and column."""
    text = _decoded(raw, place=place)
    try:
        value: Json = json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_constant, object_pairs_hook=_object
        )
    except RecursionError:
        _too_deep(text, place=place)
    except json.JSONDecodeError as error:
        raise BadInput([_fault(error, text, place=place)]) from error
    except _Refused as error:
        raise BadInput([Problem(place=place, says=str(error))]) from error
    if _deeper_than(value, MAX_DEPTH):
        _too_deep(text, place=place)
    if "\\u" in text and (says := _no_text(dump(value))):
        raise BadInput([Problem(place=place, says=says)])
    return value


class _Refused(ValueError):
    """Said by the hooks below, which do not know the place."""


def _no_text(dumped: str) -> str:
    """Why escaped characters make no text that can be stored, or nothing."""
    if "\\u0000" in dumped:
        return "holds the character NUL, which no text has"
    try:
        dumped.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return ""


def _decoded(raw: bytes, *, place: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput([Problem(place=f"{place}: byte {error.start}", says="is not UTF-8 text")]) from error


def _constant(word: str) -> NoReturn:
    raise _Refused(f"{word} is not a JSON number")


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"the key {twice!r} is given twice in one object")
    return found


def _fault(error: json.JSONDecodeError, text: str, *, place: str) -> Problem:
    where = f"{place}: line {error.lineno} column {error.colno}"
    if not text.strip():
        return Problem(place=place, says="the file is empty")
    if text.lstrip().startswith("<"):
        return Problem(place=place, says="this is XML; ketacare reads FHIR as JSON")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return Problem(place=where, says="the JSON text ends too early: the file is truncated")
    return Problem(place=where, says=f"not JSON: {error.msg}")


def _deeper_than(value: Json, limit: int) -> bool:
    level: list[Json] = [value]
    for _ in range(limit + 1):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep(text: str, *, place: str) -> NoReturn:
    depth = 0
    for token in _BRACKETS.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            before = text[: token.start()]
            where = f"line {before.count(chr(10)) + 1} column {token.start() - before.rfind(chr(10))}"
            raise BadInput([Problem(place=f"{place}: {where}", says=f"nested deeper than {MAX_DEPTH} levels")])
    raise BadInput([Problem(place=place, says=f"nested deeper than {MAX_DEPTH} levels")])


def dump(value: Json) -> str:
    """What a value says, in one line and one order: two texts that say the same give the same."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def pretty(value: Json, indent: str = "") -> str:
    """Write a value for people to read, decimals as they were given."""
    if isinstance(value, str):
        return encode_basestring(value)
    inner = indent + "  "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{encode_basestring(key)}: {pretty(one, inner)}" for key, one in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join([inner + pretty(one, inner) for one in value]) + f"\n{indent}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
