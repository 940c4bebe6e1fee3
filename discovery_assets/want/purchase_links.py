"""Asset ``want/purchase_links``: where what is wanted can be bought or looked for."""

from datetime import UTC, datetime

import dagster as dg
import sqlalchemy as sa
from pydantic import Field

from discovery_assets.metadata import layer_asset, preview, store_table
from discovery_assets.want.accounting import useless_links
from mixtrove.library import schema
from mixtrove.library.facts import expire
from mixtrove.library.offer_watch import due_tracks
from mixtrove.providers.registry import attributions
from mixtrove.shopping import ask_shops, refresh_searches
from resources.home import OperationalStore
from resources.providers import Providers


class ShopsToAsk(dg.Config):
    """Whether shops are asked."""

    refresh: bool = Field(
        default=False, description="Ask every shop that is ready what the most wanted tracks cost now."
    )
    due: bool = Field(
        default=False, description="With refresh: only about tracks that nobody was asked about lately."
    )
    limit: int = Field(default=100, ge=1, description="With refresh: at most so many tracks.")


@layer_asset(
    "want",
    "purchase_links",
    "sql",
    deps=[dg.AssetKey(["want", "want_list"]), dg.AssetKey(["match", "track_attributes"])],
    description=(
        "Where wanted tracks can be bought: offers that shops made when they were asked, with price, "
        "currency and time, and for every want that is not bought a search in six shops, marked as such. "
        "What somebody called unavailable is searched and asked about like what is wanted: it may have come "
        "out since, its first offer is told, and its status stays theirs to change. Prices that a shop's "
        "terms let nobody show any longer are taken away; the offer stays. Nobody is asked unless the run "
        "is configured with refresh: true. The first offer of a wanted track, and a clearly "
        "lower price, are events in the outbox."
    ),
    code_version="1",
    metadata=store_table(schema.purchase_link),
)
def purchase_links(
    context: dg.AssetExecutionContext,
    config: ShopsToAsk,
    store: OperationalStore,
    providers: Providers,
) -> dg.MaterializeResult[None]:
    """Bring the links of open wants up to date."""
    link, track = schema.purchase_link, schema.library_track
    settings = store.settings()
    asked, failed = 0, {}
    with store.open() as opened:
        if config.refresh:
            with opened.read() as connection:
                wanted = (
                    list(due_tracks(connection, datetime.now(UTC), limit=config.limit))
                    if config.due
                    else _most_wanted(connection, config.limit)
                )
            with providers.open() as (online, why):
                if online is None:
                    failed = {"providers": why}
                else:
                    done = ask_shops(opened, online.providers, wanted, rule=settings.rule)
                    asked, failed = done.tracks, dict(done.failed)
        expired = expire(opened)
        searches = refresh_searches(opened)
        with opened.read() as connection:
            numbers = {
                row.kind: row.number
                for row in connection.execute(
                    sa.select(link.c.kind, sa.func.count().label("number")).group_by(link.c.kind)
                )
            }
            stores = connection.execute(
                sa.select(link.c.store).where(link.c.kind == "offer").distinct()
            ).scalars().all()  # fmt: skip
            newest = connection.execute(
                sa.select(
                    track.c.artist, track.c.title, track.c.remix, link.c.store, link.c.kind, link.c.price,
                    link.c.currency, link.c.fetched_at, link.c.url,
                )
                .join(track, track.c.id == link.c.library_track_id)
                .order_by(link.c.kind, link.c.fetched_at.desc(), link.c.library_track_id, link.c.store)
                .limit(10)
            ).all()  # fmt: skip
    sentence = (
        f"{searches.tracks:,} tracks wanted: {numbers.get('offer', 0):,} offers, "
        f"{numbers.get('search', 0):,} searches ({searches.changed:,} changed); {expired:,} values expired"
        + (f"; shops were asked about {asked:,} tracks" if config.refresh else "; no shop was asked")
    )
    context.log.info(sentence)
    for shop, why in failed.items():
        context.log.warning("%s did not answer: %s", shop, why)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(numbers.values()),
            "offers": numbers.get("offer", 0),
            "searches": numbers.get("search", 0),
            "searches_changed": searches.changed,
            "expired": expired,
            "tracks_asked_about": asked,
            "shops_without_answer": ", ".join(sorted(failed)) or "none",
            "attribution": " ".join(attributions(stores)) or "none",
            "preview": preview(
                ("artist", "title", "remix", "store", "kind", "price", "currency", "as of", "url"), newest
            ),
        }
    )


def _most_wanted(connection: sa.Connection, limit: int) -> list[str]:
    want = schema.want
    query = (
        sa.select(want.c.library_track_id)
        .where(want.c.status != "purchased")
        .order_by(want.c.priority.desc(), want.c.added_at, want.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


@dg.asset_check(
    asset=dg.AssetKey(["want", "purchase_links"]),
    name="links_lead_somewhere",
    description=(
        "Every link is of a track that is there and has the address of a page; a price has its currency, and "
        "a search has none. The basket adds prices up."
    ),
)
def links_lead_somewhere(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for links that nobody can buy by."""
    with store.open() as opened, opened.read() as connection:
        found = useless_links(connection)
    return dg.AssetCheckResult(
        passed=not found,
        metadata={
            "violations": len(found),
            "sample": preview(("store", "address", "what is wrong"), found),
        },
    )
