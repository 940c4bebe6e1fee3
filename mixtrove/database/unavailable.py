"""Why a database would not do what was asked, as a sentence with a remedy.

Only what a person can do something about is explained; any other database error is a defect of ours and
stays what it is.
"""

from __future__ import annotations

import sqlalchemy as sa

_AGAIN = "try again (MIXTROVE_BUSY_TIMEOUT sets how many seconds to wait)"

_SQLITE: tuple[tuple[str, str], ...] = (
    (
        "is locked",
        f"is in use by another program that kept it locked: wait for it or stop it and {_AGAIN}",
    ),
    ("readonly database", "is read-only: give write permission to the file and to its folder"),
    (
        "unable to open database file",
        "cannot be opened: check that its folder exists and that you may write to it",
    ),
    (
        "file is not a database",
        "is not a SQLite database: set MIXTROVE_HOME or MIXTROVE_DATABASE_URL to the right place",
    ),
    ("malformed", "is damaged: restore it from a backup"),
    (
        "disk is full",
        "cannot grow, the disk is full: make room and try again; nothing is half-written",
    ),
    ("disk i/o error", "cannot be read or written, the disk reports an error: check the disk"),
)

_POSTGRES = (
    (
        "55P03",
        f"is locked by another writer: wait for it and {_AGAIN}",
    ),
    ("40P01", "was busy with other writers: try again"),
    ("25006", "is read-only: connect to the primary server"),
    ("42501", "refuses this user: grant it the rights on the database's schema"),
    ("53100", "cannot grow, the server's disk is full: make room and try again"),
)


def explain(error: sa.exc.DBAPIError, name: str) -> str | None:
    """A sentence about the store ``name``, or None when the error is not about its availability."""
    cause = error.orig
    code = getattr(cause, "sqlstate", None)
    if code:
        for known, sentence in _POSTGRES:
            if code == known:
                return f"the store {name} {sentence}"
    text = str(cause).strip()
    lowered = text.lower()
    if not code:
        for known, sentence in _SQLITE:
            if known in lowered:
                return f"the store {name} {sentence}"
    lost = error.connection_invalidated or str(code or "")[:2] in ("08", "57", "28", "3D")
    unreachable = not code and "connection" in lowered and "postgresql" in name
    if lost or unreachable:
        first = text.splitlines()[0] if text else "connection lost"
        return (
            f"the store {name} cannot be reached: {first}; "
            "check that the server runs and MIXTROVE_DATABASE_URL is right"
        )
    return None
