"""Asset ``match/track_discoveries``: the decision about every entry, and the check that none is lost."""

import dagster as dg
import sqlalchemy as sa

from discovery_assets.match.accounting import unaccounted
from discovery_assets.metadata import layer_asset, preview, store_table
from discovery_assets.search.due import DueEntries
from mixtrove.identify import match_entries
from mixtrove.library import schema
from resources.home import OperationalStore


@layer_asset(
    "match",
    "track_discoveries",
    "sql",
    deps=[
        dg.AssetKey(["raw", "tracklist_entries"]),
        dg.AssetKey(["search", "catalogue_candidates"]),
        dg.AssetKey(["search", "provider_results"]),
    ],
    description=(
        "What each entry was found to be: the library track with the exact version that was played, a "
        "confidence from 0 to 1, the method and the reasons. Corrections by people come first, then the "
        "library and the candidates are weighed together. What is close but not certain is provisional "
        "and waits in the review queue."
    ),
    code_version="1",
    metadata=store_table(schema.track_discovery),
)
def track_discoveries(
    context: dg.AssetExecutionContext, config: DueEntries, store: OperationalStore
) -> dg.MaterializeResult[None]:
    """Decide every pending entry."""
    with store.open() as opened:
        found = match_entries(opened, only=config.only, limit=config.limit, rule=store.settings().rule)
        play, entry, track = schema.track_discovery, schema.tracklist_entry, schema.library_track
        with opened.read() as connection:
            rows = connection.execute(sa.select(sa.func.count()).select_from(play)).scalar_one()
            methods = connection.execute(
                sa.select(play.c.identification_method, sa.func.count())
                .group_by(play.c.identification_method)
                .order_by(play.c.identification_method)
            ).all()
            newest = connection.execute(
                sa.select(
                    entry.c.raw_line, track.c.artist, track.c.title, track.c.remix, entry.c.status,
                    play.c.confidence, play.c.reasons,
                )
                .join(entry, entry.c.id == play.c.entry_id)
                .join(track, track.c.id == play.c.library_track_id, isouter=True)
                .order_by(play.c.discovery_date.desc(), play.c.id.desc())
                .limit(10)
            ).all()  # fmt: skip
    sentence = (
        f"{found.decided:,} entries decided: {found.identified:,} identified, "
        f"{found.provisional:,} provisional, {found.skipped:,} skipped; "
        f"{found.tracks_added:,} new tracks, {found.provisional_added:,} of them provisional"
    )
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "decided": found.decided,
            "identified": found.identified,
            "provisional": found.provisional,
            "skipped": found.skipped,
            "tracks_added": found.tracks_added,
            "provisional_added": found.provisional_added,
            "methods": preview(("method", "plays"), [tuple(row) for row in methods]),
            "preview": preview(
                ("line", "artist", "title", "remix", "status", "confidence", "reasons"), newest
            ),
        }
    )


@dg.asset_check(
    asset=dg.AssetKey(["match", "track_discoveries"]),
    name="every_entry_accounted_for",
    description=(
        "Each entry is identified or provisional with a discovery, skipped with a reason, or pending; "
        "identified ones have a library track. Nothing is computed on a library that lost an entry."
    ),
    blocking=True,
)
def every_entry_accounted_for(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for entries that are in no proper state."""
    with store.open() as opened, opened.read() as connection:
        wrong = unaccounted(connection)
        entries = connection.execute(
            sa.select(sa.func.count()).select_from(schema.tracklist_entry)
        ).scalar_one()
    return dg.AssetCheckResult(
        passed=not wrong,
        metadata={
            "entries": entries,
            "violations": len(wrong),
            "sample": preview(("entry", "line", "what is wrong"), wrong),
        },
    )
