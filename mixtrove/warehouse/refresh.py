"""All steps in order: from the operational store to the published file.

Dagster runs the steps one by one (an asset each); the command line and everybody else calls ``refresh``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixtrove.warehouse.buildfile import Build, BuildFileDamaged, open_build
from mixtrove.warehouse.marts import build_marts
from mixtrove.warehouse.models import fingerprint
from mixtrove.warehouse.publish import publish
from mixtrove.warehouse.read import Published, published
from mixtrove.warehouse.source import Readable
from mixtrove.warehouse.staging import StageResult, stage, stage_requests
from mixtrove.warehouse.statistics import (
    GRAINS,
    refresh_all_time,
    refresh_conversion,
    refresh_pending_statistics,
    refresh_trends,
)

if TYPE_CHECKING:
    from mixtrove.settings import Settings


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """What one refresh did."""

    staged: StageResult
    published: Published
    changed: bool  # False: the published file was up to date and was not touched


def refresh(store: Readable, settings: Settings, *, full: bool = False) -> RefreshResult:
    """Bring the published warehouse up to the store, computing only what is touched.

    Killed at any moment, the next call goes on from the last step that was finished.

    Args:
        store: the operational store.
        settings: for where the warehouse is.
        full: start from nothing instead.

    Raises:
        ChecksFailed: a check found violations; the published file is as it was.
        StoreUnavailable: store or warehouse cannot be used.
    """
    try:
        return _refresh(store, settings, full)
    except BuildFileDamaged as error:
        log.warning("%s", error)
        return _refresh(store, settings, full=False)  # the damaged file is gone: this starts anew


def _refresh(store: Readable, settings: Settings, full: bool) -> RefreshResult:
    with open_build(settings.warehouse_path) as build:
        if full:
            build.start_anew("asked for")
        staged = stage(build, store)
        if note := stage_requests(build, settings):
            log.warning("%s", note)
        current = published(settings.warehouse_path)
        if current is not None and _is_current(build, current):
            return RefreshResult(staged, current, changed=False)
        build_marts(build)
        for grain in GRAINS:
            refresh_pending_statistics(build, grain)
        behind = {row[0] for row in build.rows("SELECT step FROM work.pending")}
        for step, run in (
            ("all", refresh_all_time),
            ("trends", refresh_trends),
            ("conversion", refresh_conversion),
        ):
            if step in behind:
                run(build)
        return RefreshResult(staged, publish(build), changed=True)


def _is_current(build: Build, current: Published) -> bool:
    return (
        build.value("SELECT marts_built FROM work.state")
        and not build.value(
            "SELECT (SELECT count(*) FROM staging.changed) + (SELECT count(*) FROM work.pending)"
        )
        and current.source_revision == build.watermark
        and current.schema_version == fingerprint()
    )
