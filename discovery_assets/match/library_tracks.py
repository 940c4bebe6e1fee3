"""Asset ``match/library_tracks``: the library, linked to the files the DJ owns; its checks."""

import dagster as dg
import sqlalchemy as sa

from discovery_assets.match.accounting import duplicates, miscounted
from discovery_assets.metadata import layer_asset, preview, store_table
from mixtrove.library import schema
from mixtrove.library.owned import link_owned
from resources.home import OperationalStore

KEY = dg.AssetKey(["match", "library_tracks"])


@layer_asset(
    "match",
    "library_tracks",
    "sql",
    deps=[dg.AssetKey(["match", "track_discoveries"])],
    description=(
        "The library: one row for each version of a track, with how often and when it was heard. "
        "Files the DJ owns are linked to the tracks that arrived. Provisional tracks stand for lines "
        "that nobody could identify with certainty yet."
    ),
    code_version="1",
    metadata=store_table(schema.library_track),
)
def library_tracks(context: dg.AssetExecutionContext, store: OperationalStore) -> dg.MaterializeResult[None]:
    """Link owned files to the tracks that arrived, and count the library."""
    track, owned = schema.library_track, schema.owned_track
    with store.open() as opened:
        with opened.write() as transaction:
            linked = link_owned(transaction)
        with opened.read() as connection:
            rows, provisional, with_owned = connection.execute(
                sa.select(
                    sa.func.count(),
                    sa.func.count().filter(track.c.provisional),
                    sa.func.count().filter(sa.exists().where(owned.c.library_track_id == track.c.id)),
                ).select_from(track)
            ).one()
            most = connection.execute(
                sa.select(
                    track.c.artist, track.c.title, track.c.remix, track.c.label, track.c.discovery_count,
                    track.c.first_discovered,
                )
                .where(~track.c.provisional)
                .order_by(track.c.discovery_count.desc(), track.c.artist, track.c.title, track.c.id)
                .limit(10)
            ).all()  # fmt: skip
    sentence = f"{rows:,} library tracks, {provisional:,} of them provisional; {with_owned:,} are owned"
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "identified": rows - provisional,
            "provisional": provisional,
            "owned": with_owned,
            "owned_files_linked": linked,
            "preview": preview(("artist", "title", "remix", "label", "heard", "first discovered"), most),
        }
    )


@dg.asset_check(
    asset=KEY,
    name="no_duplicate_identity",
    description="One identity is one library track; otherwise plays and wants would be split between two.",
    blocking=True,
)
def no_duplicate_identity(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for two tracks with one identity."""
    with store.open() as opened, opened.read() as connection:
        found = duplicates(connection)
    return dg.AssetCheckResult(
        passed=not found,
        metadata={
            "violations": len(found),
            "sample": preview(("identity", "disambiguator", "tracks"), found),
        },
    )


@dg.asset_check(
    asset=KEY,
    name="plays_counted_right",
    description="How often a track was heard is the number of its discoveries; want rules depend on it.",
    blocking=True,
)
def plays_counted_right(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for tracks whose derived count is wrong."""
    with store.open() as opened, opened.read() as connection:
        found = miscounted(connection)
    return dg.AssetCheckResult(
        passed=not found,
        metadata={
            "violations": len(found),
            "sample": preview(("artist", "title", "stored", "counted"), found),
        },
    )
