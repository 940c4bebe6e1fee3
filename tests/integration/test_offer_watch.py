"""Which price is news, and when shops are asked again about what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.facts import expire
from mixtrove.library.offer_watch import due_tracks, mark_below, note_asked
from mixtrove.library.outbox import unpublished
from mixtrove.library.purchase_links import Link, write_links
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track, provisional_track
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit

OPUS = Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")
_watch = schema.offer_watch


def offer(store: str, price: str | None, *, cut: str | None = None, currency: str = "EUR") -> Link:
    amount = None if price is None else Decimal(price)
    until = datetime.now(UTC) + timedelta(hours=2)
    return Link(store, f"https://{store}.test/{cut}", "offer", amount, currency, cut, until)


def write(store: Store, track: str, *links: Link) -> None:
    with store.write() as tx:
        write_links(tx, track, [(link, tx.now) for link in links])


def cheaper(store: Store) -> list[tuple[str, str, str]]:
    with store.read() as connection:
        return [
            (one.payload["user"], one.payload["store"], one.payload["price"])
            for one in unpublished(connection)
            if one.event == "want.cheaper"
        ]


@pytest.fixture
def opus(store: Store) -> str:
    """A track that dj wants in any cut, mo as an extended one, and lu has bought."""
    with store.write() as tx:
        track = find_or_create_track(tx, OPUS)
        add_want(tx, "dj", track)
        add_want(tx, "mo", track, cut="extended")
        set_want(tx, add_want(tx, "lu", track), {"status": "purchased"}, by="lu")
    return track


def test_less_than_nine_tenths_is_told_once_to_those_whom_it_suits(store: Store, opus: str) -> None:
    write(store, opus, offer("beatport", "2.00", cut="original"))
    assert cheaper(store) == []  # it is the first: available, not cheaper
    write(store, opus, offer("beatport", "1.90", cut="original"))
    assert cheaper(store) == []
    write(store, opus, offer("beatport", "1.49", cut="original"))
    write(store, opus, offer("beatport", "1.49", cut="original"))
    assert cheaper(store) == [("dj", "beatport", "1.49")]  # not mo: it is not the cut that is wanted
    write(store, opus, offer("beatport", "2.00", cut="original"))
    write(store, opus, offer("beatport", "1.49", cut="original"))
    assert len(cheaper(store)) == 1


def test_other_shops_and_other_currencies_are_compared_as_they_should(store: Store, opus: str) -> None:
    write(store, opus, offer("beatport", "2.00"))
    write(store, opus, offer("itunes", "0.50", currency="USD"))
    assert cheaper(store) == []
    write(store, opus, offer("bandcamp", "1.00"))
    assert cheaper(store) == [("dj", "bandcamp", "1.00"), ("mo", "bandcamp", "1.00")]
    write(store, opus, offer("discogs", None))
    assert len(cheaper(store)) == 2


def test_a_price_whose_time_is_over_is_gone_and_a_lower_one_is_still_told(store: Store, opus: str) -> None:
    write(store, opus, offer("beatport", "2.00"))
    with store.write() as tx:
        past = tx.now - timedelta(seconds=1)
        tx.connection.execute(sa.update(schema.purchase_link).values(expires_at=past))
    expire(store)
    with store.read() as connection:
        assert connection.execute(sa.select(schema.purchase_link.c.price)).scalars().all() == [None]
        marks = connection.execute(sa.select(_watch.c.marks)).scalar_one()
    assert marks == {"any EUR": "1.8", "extended EUR": "1.8"}
    write(store, opus, offer("beatport", "1.70"))
    assert [user for user, _, _ in cheaper(store)] == ["dj", "mo"]


def test_a_mark_is_below_the_price() -> None:
    marks = [mark_below(Decimal(price)) for price in ("1.49", "0.99", "10", "0.05")]
    assert marks == [Decimal("1.3"), Decimal("0.8"), Decimal("9.0"), Decimal("0.0")]


def test_what_nobody_has_is_asked_about_ever_more_seldom(store: Store, opus: str) -> None:
    pauses = []
    for _ in range(8):
        with store.write() as tx:
            note_asked(tx, opus, offered=False, answered=True)
            row = tx.connection.execute(sa.select(_watch)).one()
            pauses.append((row.next_at - row.asked_at).days)
    assert pauses == [1, 2, 4, 8, 16, 32, 32, 32]
    with store.write() as tx:
        note_asked(tx, opus, offered=False, answered=False)
        row = tx.connection.execute(sa.select(_watch)).one()
    assert (row.next_at - row.asked_at, row.times) == (timedelta(hours=1), 8)
    with store.write() as tx:
        note_asked(tx, opus, offered=True, answered=True)
        row = tx.connection.execute(sa.select(_watch)).one()
    assert (row.next_at - row.asked_at, row.times) == (timedelta(days=1), 0)


def test_the_most_wanted_are_due_first_and_what_is_bought_or_unknown_never(store: Store, opus: str) -> None:
    with store.write() as tx:
        other = find_or_create_track(tx, Credit.parse("Four Tet", "Baby"))
        add_want(tx, "dj", other, priority=5)
        add_want(tx, "dj", provisional_track(tx, Credit.parse("Somebody", "ID")), priority=5)
        bought = find_or_create_track(tx, Credit.parse("Four Tet", "Kool FM"))
        set_want(tx, add_want(tx, "dj", bought), {"status": "purchased"}, by="dj")
    now = datetime.now(UTC)
    with store.read() as connection:
        assert list(due_tracks(connection, now)) == [other, opus]
        assert list(due_tracks(connection, now, limit=1)) == [other]
    with store.write() as tx:
        note_asked(tx, other, offered=True, answered=True)
    with store.read() as connection:
        assert list(due_tracks(connection, now)) == [opus]
        assert list(due_tracks(connection, now + timedelta(days=1, minutes=1))) == [other, opus]


def test_a_line_that_gets_a_name_is_an_event(store: Store, make_tracklist: Callable[..., Any]) -> None:
    url = {"source_url": "https://mix.test/1"}
    import_tracklist(store, make_tracklist("Four Tet - ID", "ID - ID", "A - B (unreleased)", "C - D", **url))
    import_tracklist(store, make_tracklist("Four Tet - Baby", "ID - ID", "A - B", "C - E", **url))
    with store.read() as connection:
        found = [one.payload for one in unpublished(connection) if one.event == "id.named"]
    assert [(one["position"], one["was"], one["is"]) for one in found] == [
        (1, "Four Tet - ID", "Four Tet - Baby")
    ]
