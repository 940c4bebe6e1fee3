"""Dagster's old runs are deleted: its event log grows for ever otherwise.

A run that tells the newest materialisation of an asset, or of one of its partitions, stays: Dagster reads
from its events which partitions there are, and those of a deleted run look as if they were never computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many old runs went, and how many stay because something newest is told in them."""

    runs: int
    kept: int


def delete_old_runs(instance: dg.DagsterInstance, before: datetime, *, at_most: int = 5_000) -> Deleted:
    """Delete finished runs that were created before a moment, with their events and output.

    Args:
        instance: Dagster's records.
        before: runs created from then on stay.
        at_most: how many are deleted; the next call goes on.
    """
    newest = _tell_what_is_newest(instance, before)
    old = list(_old_runs(instance, before))
    going = [run_id for run_id in old if run_id not in newest][:at_most]
    for run_id in going:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return Deleted(len(going), sum(run_id in newest for run_id in old))


def _old_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    filters = dg.RunsFilter(statuses=FINISHED, created_before=before)
    cursor = None
    while page := instance.get_run_records(filters, limit=_PAGE, cursor=cursor):
        cursor = page[-1].dagster_run.run_id
        yield from (record.dagster_run.run_id for record in page)


def _tell_what_is_newest(instance: dg.DagsterInstance, before: datetime) -> set[str]:
    """The old runs that tell the newest of an asset, of a partition, or of what was observed."""
    runs: set[str] = set()
    materialised = dg.DagsterEventType.ASSET_MATERIALIZATION
    for key in instance.all_asset_keys():
        latest = instance.get_latest_materialization_event(key)
        if latest is not None:
            runs.add(latest.run_id)
        ids = list(instance.event_log_storage.get_latest_storage_id_by_partition(key, materialised).values())
        for start in range(0, len(ids), _PAGE):
            records = instance.fetch_materializations(
                dg.AssetRecordsFilter(
                    asset_key=key,
                    storage_ids=ids[start : start + _PAGE],
                    before_timestamp=before.timestamp(),
                ),
                limit=_PAGE,
            ).records
            runs.update(record.run_id for record in records)
    return runs
