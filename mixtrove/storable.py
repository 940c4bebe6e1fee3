"""What can be kept and counted with: signs that a database takes, days on which a mix can have been."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Signs that no database keeps: NUL, halves of surrogate pairs."""

FIRST_DAY = date(1900, 1, 1)
"""Nothing was played or bought from a mix before it."""


def why_no_day(day: date) -> str | None:
    """Why a mix cannot have been played, or a record bought, on this day; None when it can."""
    if day < FIRST_DAY:
        return f"{day} is before {FIRST_DAY.year}"
    if day > datetime.now(UTC).date() + timedelta(days=1):  # a day begins earlier in the east
        return f"{day} lies in the future"
    return None
