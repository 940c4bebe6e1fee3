"""Asset ``match/duplicate_tracks``: the deep pass, which makes tracks that are one into one."""

import dagster as dg

from discovery_assets.metadata import layer_asset, preview, store_table
from mixtrove.deep_pass import merge_duplicates
from mixtrove.library import schema
from mixtrove.library.merging import list_merges
from mixtrove.library.track_pairs import count_pairs, list_pairs
from resources.home import OperationalStore


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
