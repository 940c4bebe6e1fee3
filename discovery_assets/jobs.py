"""The jobs: everything in one go, a share of a long search, the statistics of a period up to publishing."""

from __future__ import annotations

import dagster as dg

from discovery_assets.maintenance import maintenance
from discovery_assets.match.standing import dead_letters, entries_pending_too_long
from discovery_assets.requested import discovery_jobs
from discovery_assets.statistics.partitions import ASSETS
from mixtrove.warehouse.statistics import GRAINS, Grain

DEEP_PASS = dg.AssetSelection.assets(["match", "duplicate_tracks"])
UNPARTITIONED = (
    dg.AssetSelection.groups("raw", "search", "match", "want", "statistics")
    - dg.AssetSelection.assets(*ASSETS.values())
    - DEEP_PASS
)

discover = dg.define_asset_job(
    "discover",
    selection=UNPARTITIONED,
    description=(
        "Import the inbox, identify every entry that is due, refresh want list and warehouse, publish it. "
        "Days, weeks and months that it touches are computed within. Running it again changes nothing; "
        "killed at any moment, the next run goes on."
    ),
)

ask_providers = dg.define_asset_job(
    "ask_providers",
    selection=UNPARTITIONED
    - dg.AssetSelection.assets(["raw", "tracklist_entries"], ["search", "catalogue_candidates"]),
    tags={"mixtrove/stage": "providers"},
    description=(
        "Ask online providers about at most 100 entries that library and catalogue left open, decide them, "
        "fill in what is not known of tracks, then bring want list, statistics and the published warehouse "
        "up to date. The sensor provider_questions asks for as many runs as there are questions, one by one."
    ),
)

search_backlog = dg.define_asset_job(
    "search_backlog",
    selection=dg.AssetSelection.assets(["search", "catalogue_candidates"]),
    tags={"mixtrove/stage": "search"},
    description=(
        "Ask the catalogue about the entries that are due, and nothing else. Launch it as often as there are "
        "cores or machines for it: the runs share one backlog, each takes batches that nobody else has, and "
        "all end when it is done. Then run discover once: it decides."
    ),
)


merge_duplicates = dg.define_asset_job(
    "merge_duplicates",
    selection=DEEP_PASS,
    description=(
        "Look through the whole library for tracks that are one, merge what is certain and keep the pairs "
        "that a person should look at: the deep pass, for a quiet hour. Every merge can be taken back. "
        "Want list and statistics follow with the next discover."
    ),
)

refresh_offers = dg.define_asset_job(
    "refresh_offers",
    selection=dg.AssetSelection.assets(["want", "purchase_links"]),
    config={"ops": {"want__purchase_links": {"config": {"refresh": True, "due": True}}}},
    tags={"mixtrove/stage": "providers"},
    description=(
        "Ask shops about at most 100 wanted tracks that nobody was asked about lately, the most wanted "
        "first. A first offer and a clearly lower price are told. The sensor watched_offers asks for as many "
        "runs as are needed, one by one."
    ),
)


standing_checks = dg.define_asset_job(
    "standing_checks",
    selection=dg.AssetSelection.checks(entries_pending_too_long, dead_letters),
    description=(
        "Look whether entries wait for longer than a day, or something failed for good. Asks and changes "
        "nothing."
    ),
)


def _statistics(grain: Grain) -> dg.UnresolvedAssetJobDefinition:
    name = ASSETS[grain].path[-1]
    others = [ASSETS[other] for other in GRAINS if other != grain]
    return dg.define_asset_job(
        f"{name}_statistics",
        selection=dg.AssetSelection.groups("statistics") - dg.AssetSelection.assets(*others),
        description=(
            f"Bring the warehouse up to the store, compute a {grain} anew and publish; also what was edited "
            "since the last discovery appears then."
        ),
    )


daily_statistics = _statistics("day")
weekly_statistics = _statistics("week")
monthly_statistics = _statistics("month")

STATISTICS_JOBS = {"day": daily_statistics, "week": weekly_statistics, "month": monthly_statistics}
JOBS = (
    discover, ask_providers, discovery_jobs, search_backlog, merge_duplicates, refresh_offers,
    standing_checks, *STATISTICS_JOBS.values(), maintenance,
)  # fmt: skip
