"""The definitions of the location ``discovery``: everything wired together, with overrides for tests."""

import os
from collections.abc import Mapping

import dagster as dg

from discovery_assets.jobs import JOBS
from discovery_assets.match.duplicate_tracks import (
    duplicate_tracks,
    one_name_one_track,
    what_is_apart_stays_apart,
)
from discovery_assets.match.library_tracks import library_tracks, no_duplicate_identity, plays_counted_right
from discovery_assets.match.standing import dead_letters, entries_pending_too_long
from discovery_assets.match.track_attributes import track_attributes
from discovery_assets.match.track_discoveries import every_entry_accounted_for, track_discoveries
from discovery_assets.raw.tracklist_entries import tracklist_entries
from discovery_assets.search.catalogue_candidates import catalogue_candidates
from discovery_assets.search.provider_results import provider_results
from discovery_assets.statistics.periods import daily, monthly, weekly
from discovery_assets.statistics.published import published_warehouse
from discovery_assets.statistics.summaries import all_time, conversion, trends
from discovery_assets.statistics.warehouse import warehouse, warehouse_checks
from discovery_assets.want.purchase_links import links_lead_somewhere, purchase_links
from discovery_assets.want.want_list import want_list
from resources.home import Home, OfflineCatalogue, OperationalStore, Warehouse
from resources.logs import log_as_mixtrove
from resources.providers import Providers
from sensors.abandoned import abandoned_runs
from sensors.discovery_jobs import discovery_jobs
from sensors.inbox import inbox
from sensors.messages import messages
from sensors.notifications import notifications
from sensors.provider_questions import provider_questions
from sensors.run_results import runs_failed, runs_succeeded
from sensors.schedules import schedules
from sensors.ticks import sensor_ticks
from sensors.watched_offers import watched_offers

ASSETS = (
    tracklist_entries,
    catalogue_candidates,
    provider_results,
    track_discoveries,
    library_tracks,
    track_attributes,
    duplicate_tracks,
    want_list,
    purchase_links,
    warehouse,
    daily,
    weekly,
    monthly,
    all_time,
    trends,
    conversion,
    published_warehouse,
)
SENSORS = (
    inbox,
    messages,
    discovery_jobs,
    provider_questions,
    watched_offers,
    notifications,
    runs_failed,
    runs_succeeded,
    abandoned_runs,
    sensor_ticks,
)
CHECKS = (
    every_entry_accounted_for,
    entries_pending_too_long,
    dead_letters,
    no_duplicate_identity,
    plays_counted_right,
    one_name_one_track,
    what_is_apart_stays_apart,
    links_lead_somewhere,
    warehouse_checks,
)


def build_definitions(
    *,
    home: Home | None = None,
    resources: Mapping[str, object] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """All definitions.

    Args:
        home: where everything is; by default what the environment says when a run starts.
        resources: resources to use instead of ours, by name.
        loggers: loggers that a run's config may name.
    """
    where = home or Home()
    given = where.model_dump()
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=JOBS,
        sensors=SENSORS,
        schedules=list(schedules()),
        resources={
            "home": where,
            "store": OperationalStore(**given),
            "catalogue": OfflineCatalogue(**given),
            "providers": Providers(**given),
            "warehouse": Warehouse(**given),
            "memory": dg.mem_io_manager,
            **(resources or {}),
        },
        loggers=loggers,
        executor=dg.in_process_executor,  # a process a step takes 7 to 9 s here, for a second of work
    )


if os.environ.get("MIXTROVE_LOG_FORMAT"):  # set by what starts Dagster's processes; others log as they do
    log_as_mixtrove()

defs = build_definitions()
