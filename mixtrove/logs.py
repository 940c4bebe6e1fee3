"""How this process logs: one configuration for commands, servers, workers and Dagster's processes.

``MIXTROVE_LOG_FORMAT`` is ``text`` (for people) or ``json`` (a line an object, for programs, with the names
of Dagster's own JSON lines); ``MIXTROVE_LOG_LEVEL`` is ``debug``, ``info``, ``warning`` or ``error``.
Everything goes to stderr. Records carry the ``fields`` that are bound around them, in Dagster also run and
step, and no secret.

Here: the handler, the forms, the fields. Not here: what is said (the modules that log), finding secrets in a
text (``secrets_hidden.py``), what commands print for people (``cli``).
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, ParamSpec, TextIO, TypeVar

from mixtrove.errors import BadInput
from mixtrove.secrets_hidden import hide, secrets_of

P = ParamSpec("P")
R = TypeVar("R")

FORMATS = ("text", "json")
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_bound: ContextVar[Mapping[str, str]] = ContextVar("mixtrove_log_fields", default={})  # noqa: B039 - never changed


@contextmanager
def fields(
    *,
    batch: str | None = None,
    job: str | None = None,
    tracklist: str | None = None,
    provider: str | None = None,
    message: str | None = None,
) -> Iterator[None]:
    """Have every record of the block carry these, in this thread; those that are None stay as they are."""
    given = {"batch": batch, "job": job, "tracklist": tracklist, "provider": provider, "message": message}
    token = _bound.set(
        {**_bound.get(), **{name: value for name, value in given.items() if value is not None}}
    )
    try:
        yield
    finally:
        _bound.reset(token)


def carried(work: Callable[P, R]) -> Callable[P, R]:
    """The same function for another thread, with the fields that are bound here."""
    here = _bound.get()

    def there(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _bound.set(here)
        try:
            return work(*args, **kwargs)
        finally:
            _bound.reset(token)

    return there


def log_format() -> str:
    """How records are written: ``text`` or ``json``.

    Raises:
        BadInput: ``MIXTROVE_LOG_FORMAT`` is neither.
    """
    return _setting("MIXTROVE_LOG_FORMAT", FORMATS, "text")


def log_level(default: str = "info") -> str:
    """From which level on records are written.

    Raises:
        BadInput: ``MIXTROVE_LOG_LEVEL`` is no level.
    """
    return _setting("MIXTROVE_LOG_LEVEL", tuple(LEVELS), default)


def configure(*, service: bool = False) -> None:
    """Have this process log as the environment says; a second time replaces the first.

    A command at a terminal says warnings as bare sentences. A service says what it does, with the time.

    Args:
        service: whether this process is one: a server or a worker.

    Raises:
        BadInput: a variable has a value that cannot be used.
    """
    form, level = log_format(), LEVELS[log_level("info" if service else "warning")]
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _Stderr):
            root.removeHandler(handler)
    handler = _Stderr()
    handler.setFormatter(json_form() if form == "json" else Text(secrets_of(os.environ), bare=not service))
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))  # what libraries say of their insides helps nobody
    for name in ("mixtrove", *(("uvicorn",) if service else ())):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # warns of SQL that it reads well
    logging.setLogRecordFactory(_factory(secrets_of(os.environ)))


def json_form() -> logging.Formatter:
    """The form of ``MIXTROVE_LOG_FORMAT=json``, without the secrets of this process's environment."""
    return Json(secrets_of(os.environ))


class Text(logging.Formatter):
    """A line for people: time, level, logger, sentence, and the fields in brackets."""

    def __init__(self, secrets: frozenset[str], *, bare: bool = False) -> None:
        """Without these secrets; ``bare``: the sentence alone."""
        super().__init__()
        self._secrets = secrets
        self._bare = bare

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback under it."""
        line = record.getMessage()
        if not self._bare:
            at = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%d %H:%M:%S}"
            about = " ".join(f"{name}={value}" for name, value in fields_of(record).items())
            line = f"{at} {record.levelname} {record.name}: {line}" + (f" [{about}]" if about else "")
        return hide("\n".join([line, *_traceback(record)]), self._secrets)


class Json(logging.Formatter):
    """One JSON object a line: timestamp, level, logger, event, the fields, and the traceback."""

    def __init__(self, secrets: frozenset[str]) -> None:
        """Without these secrets."""
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        # Dagster keeps the sentence alone beside the one that it put its own fields in front of
        said = getattr(record, "dagster_meta", {}).get("orig_message") or record.getMessage()
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": said,
            **fields_of(record),
        }
        if trace := _traceback(record):
            line["exception"] = "\n".join(trace)
        return json.dumps({name: hide(value, self._secrets) for name, value in line.items()})


def fields_of(record: logging.LogRecord) -> dict[str, str]:
    """The fields of a record: those that are bound where it is written, and what Dagster says of it."""
    meta: Mapping[str, Any] = getattr(record, "dagster_meta", None) or {}
    of_dagster = {"run": meta.get("run_id"), "step": meta.get("step_key")}
    return {**{name: value for name, value in of_dagster.items() if value}, **_bound.get()}


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what is stderr at the moment; leaves out what Dagster took over, and writes itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not hasattr(record, "dagster_meta") and bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _traceback(record: logging.LogRecord) -> list[str]:
    if record.exc_text is None and record.exc_info:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    return record.exc_text.split("\n") if record.exc_text else []


def _factory(secrets: frozenset[str]) -> Callable[..., logging.LogRecord]:
    """Makes records without secrets, whoever's handler they reach: Dagster's event log has its own."""

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        try:
            said = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: the handler says so
            return record
        if (hidden := hide(said, secrets)) != said:
            record.msg, record.args = hidden, ()
        if record.exc_info:
            record.exc_text = hide("\n".join(_traceback(record)), secrets)  # formatters take it as it is
        return record

    return make


def _setting(name: str, allowed: tuple[str, ...], default: str) -> str:
    given = os.environ.get(name, "").strip().lower() or default
    if given not in allowed:
        raise BadInput(f"{name} is set to {given!r}, which cannot be used: use {', '.join(allowed)}")
    return given
