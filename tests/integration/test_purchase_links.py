"""Where wants can be bought: links that are kept, who is told of the first one, what goes when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from discovery_assets.definitions import build_definitions
from discovery_assets.want.purchase_links import purchase_links
from mixtrove.library import schema
from mixtrove.library.facts import expire
from mixtrove.library.outbox import Event, unpublished
from mixtrove.library.purchase_links import Link, links_of, write_links
from mixtrove.library.store import Store
from mixtrove.library.tracks import find_or_create_track, provisional_track
from mixtrove.library.want_records import get_want
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit
from mixtrove.providers.store_links import SEARCHES
from mixtrove.settings import Settings
from mixtrove.shopping import LinkSummary, places, refresh_searches
from resources.home import Home
from tests.integration.online_scene import Begin, recordings

OPUS = Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")
_link = schema.purchase_link


def offer(store: str, price: str | None = "1.49", cut: str | None = None, hours: float = 2.0) -> Link:
    until = datetime.now(UTC) + timedelta(hours=hours)
    amount = None if price is None else Decimal(price)
    return Link(store, f"https://{store}.test/{cut}/1", "offer", amount, "EUR", cut, until)


def write(store: Store, track: str, *links: Link) -> None:
    with store.write() as tx:
        write_links(tx, track, [(link, tx.now) for link in links])


def told(store: Store) -> list[Event]:
    with store.read() as connection:
        return [one for one in unpublished(connection) if one.event == "want.available"]


@pytest.fixture
def opus(store: Store) -> str:
    """The id of a track that dj wants as an extended cut, mo in any, and that lu has bought."""
    with store.write() as tx:
        track = find_or_create_track(tx, OPUS)
        add_want(tx, "dj", track, cut="extended")
        set_want(tx, add_want(tx, "mo", track), {"status": "unavailable"}, by="mo")
        set_want(tx, add_want(tx, "lu", track), {"status": "purchased"}, by="lu")
    return track


def test_the_first_offer_is_an_event_for_everybody_who_still_wants_the_track(store: Store, opus: str) -> None:
    write(store, opus, Link("juno", "https://juno.test/?q=opus", "search"))
    assert told(store) == []
    write(store, opus, offer("itunes", "0.99"), offer("beatport", "2.49", "extended"))
    found = told(store)
    assert [(one.key, one.payload["user"], one.payload["store"]) for one in found] == [
        (opus, "dj", "beatport"),  # the cut that was asked for
        (opus, "mo", "itunes"),  # the cheapest
    ]
    payload = dict(found[0].payload)
    assert payload.pop("price_until") is not None
    with store.read() as connection:
        want = get_want(connection, payload.pop("want_id"))
    assert (want.library_track_id, want.cut) == (opus, "extended")
    assert payload == {
        "user": "dj", "track_id": opus, "artist": "Eric Prydz", "title": "Opus",
        "version": "Four Tet Remix", "store": "beatport", "url": "https://beatport.test/extended/1",
        "price": "2.49", "currency": "EUR", "cut": "extended",
    }  # fmt: skip


def test_further_offers_and_new_prices_are_no_event(store: Store, opus: str) -> None:
    write(store, opus, offer("beatport"))
    write(store, opus, offer("beatport", "1.29"), offer("itunes"))
    assert len(told(store)) == 2


def test_nobody_is_told_of_what_nobody_wants(store: Store) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, OPUS)
    write(store, track, offer("beatport"))
    assert told(store) == []


def test_an_event_keeps_a_price_for_no_longer_than_its_shop_allows(store: Store, opus: str) -> None:
    write(store, opus, offer("discogs", hours=-0.1), offer("beatport", "9.99"))
    with store.write() as tx:
        outbox = schema.outbox
        other = {"event": "want.added", "key": "k", "payload": {"price": "5"}, "created_at": tx.now}
        tx.connection.execute(sa.insert(outbox), other)
    before = [(one.payload["store"], one.payload["price"]) for one in told(store)]
    assert before == [("discogs", "1.49"), ("discogs", "1.49")]
    assert expire(store) == 1
    after = [(one.payload["store"], one.payload["price"], one.payload["currency"]) for one in told(store)]
    assert after == [("discogs", None, None), ("discogs", None, None)]
    with store.read() as connection:
        kept = {link.store: link.price for link, _ in links_of(connection, [opus])[opus]}
        assert unpublished(connection)[-1].payload == {"price": "5"}
    assert kept == {"discogs": None, "beatport": Decimal("9.99")}


def stored(store: Store) -> dict[str, set[str]]:
    """By track, where a search for it is stored."""
    with store.read() as connection:
        rows = connection.execute(
            sa.select(_link.c.library_track_id, _link.c.store).where(_link.c.kind == "search")
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row.library_track_id, set()).add(row.store)
        return found


def test_searches_follow_the_want_list(store: Store, opus: str) -> None:
    with store.write() as tx:
        line = provisional_track(tx, Credit.parse("Bicep", "Glue"))
        add_want(tx, "dj", line)
        nobody = provisional_track(tx, Credit.parse("ID", "ID"))
        add_want(tx, "dj", nobody)
    assert refresh_searches(store) == LinkSummary(3, 12)
    assert stored(store) == {opus: set(SEARCHES), line: set(SEARCHES)}
    assert refresh_searches(store) == LinkSummary(3, 0)
    with store.write() as tx:
        track, want = schema.library_track, schema.want
        tx.connection.execute(sa.update(track).where(track.c.id == opus).values(title="Opus II"))
        [bought] = tx.connection.execute(
            sa.select(want.c.id).where(want.c.library_track_id == line)
        ).scalars()
        set_want(tx, bought, {"status": "purchased"}, by="dj")
    assert refresh_searches(store) == LinkSummary(2, 6 + 12)  # those of Glue go, of Opus are renamed
    assert stored(store) == {opus: set(SEARCHES)}
    with store.read() as connection:
        urls = [link.url for link, _ in links_of(connection, [opus])[opus]]
        gone = connection.execute(
            sa.select(sa.func.count())
            .select_from(schema.tombstone)
            .where(schema.tombstone.c.table_name == "purchase_link")
        ).scalar()
    assert all("Opus+II" in url for url in urls)
    assert gone == 12


def test_an_offer_is_never_taken_away_with_the_searches(store: Store, opus: str) -> None:
    write(store, opus, offer("beatport"))
    refresh_searches(store)
    with store.write() as tx:
        tx.connection.execute(sa.delete(schema.want))
    refresh_searches(store)
    with store.read() as connection:
        assert [link.kind for link, _ in links_of(connection, [opus])[opus]] == ["offer"]


def test_places_are_offers_by_cut_and_a_search_where_there_is_none(store: Store, opus: str) -> None:
    write(store, opus, offer("itunes", "0.99", "radio"), offer("beatport", "2.49", "extended"))
    refresh_searches(store)
    with store.read() as connection:
        want = schema.want
        want_id = connection.execute(sa.select(want.c.id).where(want.c.user == "dj")).scalar_one()
        found = places(get_want(connection, want_id), links_of(connection, [opus])[opus])
    assert [(link.store, link.kind) for link, _ in found] == [
        ("beatport", "offer"), ("itunes", "offer"), ("traxsource", "search"), ("juno", "search"),
        ("bandcamp", "search"), ("discogs", "search"),
    ]  # fmt: skip
    assert [said is None for _, said in found] == [False, False, True, True, True, True]


def materialised(home: Path, **config: object) -> dict[str, object]:
    definitions = build_definitions(home=Home(path=str(home)))
    result = dg.materialize(
        [purchase_links],
        resources=definitions.resources or {},
        run_config={"ops": {"want__purchase_links": {"config": config}}},
    )
    [event] = result.asset_materializations_for_node("want__purchase_links")
    return {name: one.value for name, one in event.metadata.items()}


def test_the_asset_keeps_searches_and_asks_nobody(tmp_path: Path) -> None:
    store = Store.open(Settings(home=tmp_path))
    with store.write() as tx:
        track = find_or_create_track(tx, OPUS)
        add_want(tx, "dj", track)
        write_links(tx, track, [(offer("beatport", hours=-0.1), tx.now)])
    said = materialised(tmp_path)
    numbers = {name: said[name] for name in ("dagster/row_count", "offers", "searches", "searches_changed")}
    assert numbers == {"dagster/row_count": 7, "offers": 1, "searches": 6, "searches_changed": 6}
    assert (said["expired"], said["tracks_asked_about"], said["shops_without_answer"]) == (1, 0, "none")
    assert said["attribution"] == "Data and links from Beatport https://www.beatport.com"
    assert "https://beatport.test/None/1" in str(said["preview"])
    assert materialised(tmp_path)["searches_changed"] == 0
    store.close()


def test_the_asset_asks_shops_when_it_is_told_to(begin: Begin) -> None:
    [row] = recordings(1)
    scene = begin([row])
    scene.only("beatport")
    with scene.store.write() as tx:
        track = find_or_create_track(tx, Credit.parse(row["artist"], row["title"]))
        add_want(tx, "dj", track)
    assert materialised(scene.settings.home)["offers"] == 0
    said = materialised(scene.settings.home, refresh=True)
    assert (said["offers"], said["tracks_asked_about"]) == (1, 1)
    assert [one.payload["store"] for one in told(scene.store)] == ["beatport"]
