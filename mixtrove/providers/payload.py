"""What bodies of providers are made of, and how far they are trusted.

A body is read by a pydantic model of only what we use: other fields are ignored, a wrong type is an error
(then the body is no answer). Texts are cleaned and cut, ISRCs and dates checked, addresses only taken when
they are the provider's own. Not here: what a single provider sends.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")

LONGEST = 500
"""Signs of a text that are kept; the longest titles of real catalogues have fewer than 300."""
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")  # ISO 3901
_DATE = re.compile(r"((?:19|20)\d\d)(?:-(\d\d)(?:-(\d\d))?)?(?!\d)")
_CURRENCY = re.compile(r"[A-Z]{3}")  # ISO 4217
_MOST_EXPENSIVE = 1_000_000
_DAY = 24 * 3600 * 1000  # ms; nothing that is played is longer


class Payload(BaseModel):
    """A part of a body."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


def clean(text: str) -> str:
    """The text on one line, without control signs and those that turn the direction of writing."""
    kept = "".join(
        " "
        if (kind := unicodedata.category(sign)) in ("Cc", "Zl", "Zp")
        else ""
        if kind in ("Cf", "Cs")
        else sign
        for sign in text[: 4 * LONGEST]
    )
    return " ".join(kept.split())[:LONGEST].strip()


def joint(text: str) -> str:
    """What stands between two names: cleaned, with the blank before and after it."""
    before, after = text[:1].isspace(), text[1:] and text[-1:].isspace()
    return f"{' ' * bool(before)}{clean(text)}{' ' * bool(after)}"


Text = Annotated[str, AfterValidator(clean)]
Joint = Annotated[str, AfterValidator(joint)]
Id = Annotated[int, Field(ge=0, lt=10**15)]
"""An id that is a number; the largest real ones have eleven digits."""
Several = Annotated[list[T], BeforeValidator(lambda value: [] if value is None else value)]
"""A list; null is an empty one."""


def isrc(text: str | None) -> str | None:
    """An ISRC in capital letters without hyphens, None when it is none."""
    plain = (text or "").replace("-", "").replace(" ", "").upper()
    return plain if _ISRC.fullmatch(plain) else None


def is_number(text: str) -> bool:
    """Whether it is an id of digits, as most shops have."""
    return text.isascii() and text.isdigit() and len(text) <= 15


def release_date(text: str | None) -> str | None:
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, as much of it as makes sense (``1994-00-00`` → ``1994``)."""
    found = _DATE.match((text or "").strip())
    if found is None:
        return None
    year, month, day = found.groups()
    if month is None or not 1 <= int(month) <= 12:
        return year
    if day is None or not 1 <= int(day) <= 31:
        return f"{year}-{month}"
    return f"{year}-{month}-{day}"


def year_of(date: str | None) -> int | None:
    """The year of a date that ``release_date`` made."""
    return int(date[:4]) if date else None


def seconds(milliseconds: int | None) -> float | None:
    """A length in seconds; None when it is not said, or is none."""
    return milliseconds / 1000 if milliseconds is not None and 0 < milliseconds < _DAY else None


def price(value: float | None) -> Decimal | None:
    """A price, None when there is none: not said, negative (iTunes: not sold singly), or no number."""
    if value is None or not math.isfinite(value) or not 0 <= value < _MOST_EXPENSIVE:
        return None
    return Decimal(str(value))


def currency(text: str | None) -> str | None:
    """The three letters of ISO 4217, None when it is none."""
    return text if text and _CURRENCY.fullmatch(text) else None


def link(text: str | None, *hosts: str) -> str | None:
    """An address for people, only if it is https, of one of these hosts (or below it) and plain."""
    if (
        not text
        or len(text) > 1000
        or not text.isascii()
        or not text.isprintable()
        or set(text) & set(' "<>\\')
    ):
        return None
    try:
        parts = urlsplit(text)
        plain = parts.port is None and parts.username is None
    except ValueError:
        return None
    host = parts.hostname or ""
    own = any(host == one or host.endswith(f".{one}") for one in hosts)
    return text if parts.scheme == "https" and plain and own else None
