"""The definitions of the location ``discovery``: everything wired together, with overrides for tests."""

from collections.abc import Mapping

import dagster as dg

from discovery_assets.jobs import JOBS
from discovery_assets.match.duplicate_tracks import (
    duplicate_tracks,
    one_name_one_track,
    what_is_apart_stays_apart,
)
from discovery_assets.match.library_tracks import library_tracks, no_duplicate_identity, plays_counted_right
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
from resources.providers import Providers
from sensors.abandoned import abandoned_runs
from sensors.inbox import inbox
from sensors.provider_questions import provider_questions
from sensors.schedules import schedules

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
CHECKS = (
    every_entry_accounted_for,
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
        sensors=[inbox, provider_questions, abandoned_runs],
        schedules=list(schedules()),
        resources={
            "home": where,
            "store": OperationalStore(**given),
            "catalogue": OfflineCatalogue(**given),
            "providers": Providers(**given),
            "warehouse": Warehouse(**given),
            **(resources or {}),
        },
        loggers=loggers,
        executor=dg.in_process_executor,  # a process a step takes 7 to 9 s here, for a second of work
    )


defs = build_definitions()
