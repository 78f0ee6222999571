"""Numbers that name a clinic, and numbers that must never be stored."""

import re

NPI_PREFIX = "80840"  # health, United States: what stands before an NPI when its check digit is worked out
NPI_DIGITS, TIN_DIGITS = 10, 9
CARD = re.compile(r"(?<!\d)\d(?:[ ._/-]?\d){11,18}(?!\d)")  # 12 to 19 digits, with the usual signs between them
BASE = 10


def luhn(digits: str) -> bool:
    """Return whether the last digit is the Luhn check digit of those before it."""
    doubled = [int(one) * (2 if place % 2 else 1) for place, one in enumerate(reversed(digits))]
    return sum(one // BASE + one % BASE for one in doubled) % BASE == 0


def is_npi(text: str) -> bool:
    """Return whether a text is a National Provider Identifier: ten digits and a right check digit.

    Source: 45 CFR 162.406 (recalled); checked against the number that the standard prints, 1234567893.
    """
    return is_digits(text, NPI_DIGITS) and text[0] in "12" and luhn(NPI_PREFIX + text)


def is_tin(text: str) -> bool:
    """Return whether a text has the form of a United States tax number: nine digits, with or without its dashes."""
    plain = text.replace("-", "")
    return is_digits(plain, TIN_DIGITS) and set(plain) != {"0"}


def is_digits(text: str, count: int) -> bool:
    """Return whether a text is so many of the digits 0 to 9."""
    return len(text) == count and text.isascii() and text.isdecimal()


def holds_card_number(text: str) -> bool:
    """Return whether a text holds what may be the number of a payment card: 12 to 19 digits that pass the Luhn check.

    Source: ISO/IEC 7812-1 (recalled). One other number in ten passes too and is refused with it: shorten it.
    """
    western = "".join(str(int(one)) if one.isdecimal() else one for one in text)
    return any(luhn(re.sub(r"\D", "", found.group())) for found in CARD.finditer(western))
