"""What may stand in a want: its fields, and a sentence for every value that cannot.

Values to values. Not here: the rows (``wants.py``), files (``exports.py``, ``want_imports.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.storable import UNSTORABLE, why_no_day

DEFAULT_PRIORITY = 3
CUTS = ("original", "extended", "radio")
PURCHASE_FIELDS = ("purchased_at", "purchase_price", "currency", "store")
EDITABLE = ("priority", "status", "cut", "notes", "source_tracklist_id", *PURCHASE_FIELDS)

_LONGEST_TEXT = 10_000
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}")  # 1,99; not 1,999, which may be a thousand
_CURRENCY = re.compile(r"[A-Za-z]{3}")


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a want as they are stored: prices with two places, currencies in capitals, no empty text.

    Raises:
        BadInput: a field that a want does not have, or a value that it cannot have.
    """
    return {name: _checked(name, value) for name, value in values.items()}


def moment(value: Any) -> datetime:
    """A time that is over: a day is its beginning, text is read as ISO 8601; in UTC where no zone is named.

    Raises:
        BadInput: it is no time, lies in the future or before 1900.
    """
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise BadInput(f"date {value!r} is not a day such as 2026-05-01") from error
    elif isinstance(value, date) and not isinstance(value, datetime):
        found = datetime.combine(value, time(), UTC)
    if not isinstance(found, datetime):
        raise BadInput(f"date {value!r} is not a day such as 2026-05-01")
    if why := why_no_day(found.date()):
        raise BadInput(f"date {why}: give the day on which it was")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def text_or_none(value: Any) -> str | None:
    """Text without outer spaces; None when nothing is left.

    Raises:
        BadInput: it is no text, has signs that no database keeps, or is too long to be read by anybody.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadInput(f"{value!r} is not text")
    if UNSTORABLE.search(value):
        raise BadInput("it has signs that cannot be kept (NUL, half a surrogate pair): take them out")
    if len(value) > _LONGEST_TEXT:
        raise BadInput(f"it has {len(value):,} signs, {_LONGEST_TEXT:,} is the most: shorten it")
    return value.strip() or None


def _checked(name: str, value: Any) -> Any:
    if name not in EDITABLE:
        raise BadInput(f"a want has no field {name!r}: there are {', '.join(EDITABLE)}")
    if name == "priority":
        if type(value) is not int or not 1 <= value <= 5:
            raise BadInput(f"priority {value!r} is not one of 1 to 5 (5 is most wanted)")
        return value
    if name == "status":
        if value not in schema.WANT_STATUSES:
            raise BadInput(f"status {value!r} is not one of {', '.join(schema.WANT_STATUSES)}")
        return value
    if value is None or value == "":
        return None
    return _READ[name](value)


def _cut(value: Any) -> str:
    if value not in CUTS:
        raise BadInput(f"cut {value!r} is not one of {', '.join(CUTS)}")
    return str(value)


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise BadInput(f"currency {value!r} is not a code of three letters such as EUR")
    return value.upper()


def _price(value: Any) -> Decimal:
    text = str(value).strip()
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        price = Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:
        price = Decimal(-1)
    if not (price.is_finite() and 0 <= price < 10**8):
        raise BadInput(f"price {value!r} is not an amount such as 1.99")
    return price


_READ: Mapping[str, Any] = {
    "cut": _cut,
    "notes": text_or_none,
    "source_tracklist_id": text_or_none,
    "purchased_at": moment,
    "purchase_price": _price,
    "currency": _currency,
    "store": text_or_none,
}
