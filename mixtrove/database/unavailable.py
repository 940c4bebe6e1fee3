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

VARIABLE = "MIXTROVE_DATABASE_URL"

_REFUSED: tuple[tuple[str, str, str], ...] = (
    # what the server or libpq says, in lower case; the sentence; the remedy
    ("password authentication failed", "refuses the password", "correct user and password in {variable}"),
    ("no password supplied", "asks for a password", "write it into {variable} or ~/.pgpass"),
    ("no pg_hba.conf entry", "lets nobody in from here", "add this machine and user to its pg_hba.conf"),
    ("does not exist", "knows no such user or database", "create it with createdb, or correct {variable}"),
    ("too many clients", "has no connection left", "raise its max_connections or stop other clients"),
    ("starting up", "is still starting", "wait a moment and try again"),
)

_AWAY: tuple[tuple[str, str], ...] = (
    ("refused", "nothing listens there"),
    ("timeout", "no answer in time"),
    ("timed out", "no answer in time"),
    ("resolve", "there is no machine of this name"),
    ("not known", "there is no machine of this name"),
    ("translate host", "there is no machine of this name"),
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
    if not code:
        for known, sentence in _SQLITE:
            if known in text.lower():
                return f"the store {name} {sentence}"
    lost = error.connection_invalidated or str(code or "").startswith(("08", "57", "28", "3D", "53300"))
    if lost or (not code and _is_of_libpq(cause)):
        return f"the store {name} {refused(text)}"
    return None


def refused(text: str, variable: str = VARIABLE) -> str:
    """Why a Postgres server cannot be used, as the end of a sentence that begins with its name.

    Args:
        text: what the server or libpq said to a connection.
        variable: names the server.
    """
    lowered = text.lower()
    for known, sentence, remedy in _REFUSED:
        if known in lowered:
            return f"{sentence}: {remedy.format(variable=variable)}"
    for known, reason in _AWAY:
        if known in lowered:
            return f"cannot be reached ({reason}): start the server, or correct {variable}"
    said = (text.strip().splitlines() or ["the connection failed"])[0].rpartition("failed: ")[2]
    return f"cannot be reached ({said}): start the server, or correct {variable}"


def wrong_encoding(encoding: str) -> str | None:
    """Why a database of this encoding cannot hold a store, as the end of a sentence; None when it can."""
    if encoding == "UTF8":
        return None
    return (
        f"has the encoding {encoding}, which cannot hold every title: make the database anew with "
        "ENCODING 'UTF8' TEMPLATE template0"
    )


def _is_of_libpq(cause: BaseException | None) -> bool:
    """Whether the way to the server failed: what the server itself refuses has a code."""
    import psycopg

    return isinstance(cause, psycopg.OperationalError)
