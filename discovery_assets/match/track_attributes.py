"""Asset ``match/track_attributes``: what providers know of the tracks in the library, with its source."""

import dagster as dg
import sqlalchemy as sa
from pydantic import Field

from discovery_assets.metadata import layer_asset, preview, store_table
from discovery_assets.search.uses import uses
from mixtrove.enrichment import BATCH, enrich_tracks
from mixtrove.library import schema
from mixtrove.library.facts import expire
from resources.home import OperationalStore
from resources.providers import Providers


class TracksToFillIn(dg.Config):
    """How many tracks a run looks up."""

    limit: int = Field(default=BATCH, ge=0, description="At most so many tracks, the most heard first.")


@layer_asset(
    "match",
    "track_attributes",
    "sql",
    deps=[dg.AssetKey(["match", "library_tracks"])],
    description=(
        "Label, release date, genre, bpm, key, ISRC and links to buy, each with the provider it came from "
        "and how long its terms let us keep it. Providers are asked about identified tracks that lack "
        "something they could know, the most heard first, each once. What holds for one recording only (bpm, "
        "key, duration, ISRC) is not taken from an edit of another length; what a person set stays. What has "
        "expired is deleted here."
    ),
    code_version="1",
    metadata=store_table(schema.track_attribute),
)
def track_attributes(
    context: dg.AssetExecutionContext,
    config: TracksToFillIn,
    store: OperationalStore,
    providers: Providers,
) -> dg.MaterializeResult[None]:
    """Fill in what is not known of identified tracks."""
    with store.open() as opened, providers.open() as (online, why):
        known = online.providers if online else {}
        found = enrich_tracks(opened, known, limit=config.limit, rule=store.settings().rule)
        gone = expire(opened)
        spent = uses(online, why or found.trouble)
        attribute, track = schema.track_attribute, schema.library_track
        with opened.read() as connection:
            rows = connection.execute(sa.select(sa.func.count()).select_from(attribute)).scalar_one()
            newest = connection.execute(
                sa.select(
                    track.c.artist, track.c.title, track.c.remix, attribute.c.name, attribute.c.value,
                    attribute.c.provider, attribute.c.expires_at,
                )
                .join(track, track.c.id == attribute.c.library_track_id)
                .order_by(attribute.c.fetched_at.desc(), attribute.c.library_track_id, attribute.c.name)
                .limit(10)
            ).all()  # fmt: skip
    sentence = f"{found.tracks:,} tracks looked up, {found.filled:,} know more now; {gone:,} rows expired"
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "tracks_looked_up": found.tracks,
            "tracks_filled": found.filled,
            "tracks_later": found.later,
            "expired": gone,
            **spent,
            "preview": preview(
                ("artist", "title", "remix", "name", "value", "provider", "expires at"), newest
            ),
        }
    )
