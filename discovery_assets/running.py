"""Run the job ``discover`` in this process and say what happens, in a line or two a step.

Here: Dagster's folder, the run and its progress. The run is recorded under the home, so a UI on the same home
shows it. Not here: what the job does (``jobs.py``).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import dagster as dg

from discovery_assets.definitions import ASSETS, build_definitions
from mixtrove.database.dagster_url import PG_URL, is_on_postgres
from mixtrove.errors import StoreUnavailable
from mixtrove.settings import Settings
from resources.home import Home
from sensors.abandoned import end_abandoned_runs

TEMPLATE = Path(__file__).resolve().parents[1] / "deploy" / "dagster.yaml"
ON_POSTGRES = TEMPLATE.with_name("dagster-postgres.yaml")
LOGGER = "progress"

_STEPS = {"__".join(asset.key.path): asset.key.to_user_string() for asset in ASSETS}


def prepare_dagster_home(settings: Settings) -> Path:
    """Make Dagster's folder with its ``dagster.yaml``, and the inbox, unless they are there.

    Returns:
        The absolute path of Dagster's folder, for ``DAGSTER_HOME``.

    Raises:
        BadInput: ``DAGSTER_PG_URL`` is none that Dagster can use, or its package is missing.
        StoreUnavailable: it cannot be written.
    """
    on_postgres = is_on_postgres(os.environ.get(PG_URL))
    folder = settings.dagster_home.resolve()
    config = folder / "dagster.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings.inbox.mkdir(parents=True, exist_ok=True)
        if not config.exists():
            parts = (TEMPLATE, ON_POSTGRES) if on_postgres else (TEMPLATE,)
            config.write_text("".join(part.read_text(encoding="utf-8") for part in parts), encoding="utf-8")
    except OSError as error:
        raise StoreUnavailable(
            f"{folder} cannot be written: {error.strerror}; set MIXTROVE_HOME to a folder you may write to"
        ) from error
    return folder


def run_discovery(
    settings: Settings, *, files: Mapping[str, str] | None = None, out: TextIO | None = None
) -> bool:
    """Execute the job ``discover`` in this process; True when every step and blocking check passed.

    Args:
        settings: the home to work on.
        files: of the inbox, name → SHA-256; by default all that are ready.
        out: where the progress is written, by default standard output.

    Raises:
        StoreUnavailable: Dagster's folder cannot be written.
    """
    stream = out or sys.stdout
    home = Home(
        path=str(settings.home.resolve()),
        user=settings.user,
        database_url=settings.database_url,
        catalogue=None if settings.catalogue is None else str(settings.catalogue.resolve()),
    )
    job = build_definitions(home=home, loggers={LOGGER: _progress(stream)}).resolve_job_def("discover")
    config: dict[str, object] = {"loggers": {LOGGER: {}}}
    if files:
        config["ops"] = {"raw__tracklist_entries": {"config": {"files": dict(files)}}}
    with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings))) as instance:
        end_abandoned_runs(instance)
        result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
    print(f"run {result.run_id} {'succeeded' if result.success else 'failed'}", file=stream)
    return result.success


class _Lines(logging.Handler):
    """Writes the events of a run that people care about; Dagster's own DEBUG lines are left out."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        line = _line(record)
        if line is not None:
            print(line, file=self._stream, flush=True)


def _line(record: logging.LogRecord) -> str | None:
    """The line for a log record; None when it is of no interest. ``dagster_meta`` is Dagster's addition."""
    meta = getattr(record, "dagster_meta", None)
    if meta is None:
        return None
    event: dg.DagsterEvent | None = meta["dagster_event"]
    if event is None:
        if record.levelno < logging.INFO:
            return None
        return f"  {'! ' if record.levelno >= logging.WARNING else ''}{meta['orig_message']}"
    if event.event_type == dg.DagsterEventType.STEP_START:
        return _STEPS.get(str(event.step_key))
    if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        check = event.asset_check_evaluation_data
        said = "passed" if check.passed else f"FAILED{f': {check.description}' if check.description else ''}"
        return f"  check {check.check_name}: {said}"
    if event.event_type == dg.DagsterEventType.STEP_FAILURE:
        failure = event.step_failure_data
        told = failure.user_failure_data
        why = told.description if told is not None else (failure.error and failure.error.message.strip())
        return f"{_STEPS.get(str(event.step_key), event.step_key)} failed: {why}"
    return None


def _progress(stream: TextIO) -> dg.LoggerDefinition:
    def progress(_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("mixtrove.progress", level=logging.DEBUG)
        logger.addHandler(_Lines(stream))
        return logger

    return dg.LoggerDefinition(progress, description="A line or two a step, for people who watch the run.")
