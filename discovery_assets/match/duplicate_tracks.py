"""Asset ``match/duplicate_tracks``: the deep pass, which makes tracks that are one into one."""

import dagster as dg

from discovery_assets.match.accounting import duplicates, merged_and_apart, names_of_two
from discovery_assets.metadata import layer_asset, preview, store_table
from mixtrove.deep_pass import merge_duplicates
from mixtrove.library import schema
from mixtrove.library.merging import list_merges
from mixtrove.library.track_pairs import count_pairs, list_pairs
from resources.home import OperationalStore

KEY = dg.AssetKey(["match", "duplicate_tracks"])


@layer_asset(
    "match",
    "duplicate_tracks",
    "sql",
    deps=[dg.AssetKey(["match", "library_tracks"])],
    description=(
        "The whole library looked through for tracks that are one: what is certain is merged, with every "
        "play, want, link, id and correction; what a person should look at is kept as a pair. Two versions "
        "of a track are never merged, nor what a person keeps apart, and every merge can be taken back with "
        "`mixtrove library unmerge`. A pair that shares an ISRC and is not alike is a conflict: one of the "
        "two ISRCs is wrong."
    ),
    code_version="1",
    metadata=store_table(schema.track_pair),
)
def duplicate_tracks(
    context: dg.AssetExecutionContext, store: OperationalStore
) -> dg.MaterializeResult[None]:
    """Merge what is certainly one, keep the pairs that may be."""
    with store.open() as opened:
        done = merge_duplicates(opened, rule=store.settings().rule)
        with opened.read() as connection:
            pairs = list_pairs(connection, limit=10)
            merges = list_merges(connection, limit=10)
            rows = count_pairs(connection, ("unsure", "conflict", "apart"))
    sentence = f"{done.tracks:,} tracks looked through, {done.merged:,} merged, {done.unsure:,} to look at"
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "tracks": done.tracks,
            "merged": done.merged,
            "unsure": done.unsure,
            "conflicts": done.conflicts,
            "left_to_the_next_pass": done.left,
            "preview": preview(
                ("kind", "score", "track", "other", "why"),
                [(one.kind, one.score, one.left, one.right, one.reason) for one in pairs],
            ),
            "last_merges": preview(
                ("track", "took in", "why", "by", "at"),
                [(one.kept, one.merged, one.reason, one.by, one.merged_at) for one in merges],
            ),
        }
    )


@dg.asset_check(
    asset=KEY,
    name="one_name_one_track",
    description=(
        "No two tracks have one identity, and no track has the name by which another one is found since a "
        "merge or an edit: a line would be now the one and now the other."
    ),
)
def one_name_one_track(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for names that stand for two tracks."""
    with store.open() as opened, opened.read() as connection:
        twice = duplicates(connection)
        shared = names_of_two(connection)
    return dg.AssetCheckResult(
        passed=not twice and not shared,
        metadata={
            "violations": len(twice) + len(shared),
            "sample": preview(("identity", "disambiguator", "track", "found under it, too"), shared),
        },
    )


@dg.asset_check(
    asset=KEY,
    name="what_is_apart_stays_apart",
    description="No merge made one track of two that a person keeps apart, also not by way of a third.",
)
def what_is_apart_stays_apart(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for pairs that are both merged and kept apart."""
    with store.open() as opened, opened.read() as connection:
        found = merged_and_apart(connection)
    return dg.AssetCheckResult(
        passed=not found,
        metadata={
            "violations": len(found),
            "sample": preview(("track", "first", "second", "kept apart by"), found),
        },
    )
