"""The checks of what people read in the store, on stores that are wrong."""

from __future__ import annotations

import sqlalchemy as sa

from discovery_assets.match.accounting import merged_and_apart, names_of_two
from discovery_assets.want.accounting import useless_links
from mixtrove.library import schema
from mixtrove.library.merging import merge_tracks
from mixtrove.library.store import Store, new_id
from mixtrove.library.track_corrections import keep_apart
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit


def tracks(store: Store, *titles: str) -> list[str]:
    with store.write() as tx:
        return [find_or_create_track(tx, Credit.parse("A", one)) for one in titles]


def test_links_that_nobody_can_buy_by_are_named(store: Store) -> None:
    [track] = tracks(store, "One")
    good = {"kind": "offer", "price": 1, "currency": "EUR", "url": "https://a.example/1"}
    wrong = {
        "a price without a currency": {"currency": None},
        "a currency without a price": {"price": None},
        "a price below nothing": {"price": -1},
        "a search with a price": {"kind": "search"},
        "no address of a page": {"url": "a.example"},
    }
    with store.write() as tx:
        rows = [
            {
                "id": new_id(), "library_track_id": track, "store": f"shop{at}", "fetched_at": tx.now,
                "revision": tx.revision, **good, **one,
            }
            for at, one in enumerate([{}, {"price": None, "currency": None}, *wrong.values()])
        ]  # fmt: skip
        tx.connection.execute(sa.insert(schema.purchase_link), rows)
    with store.read() as connection:
        assert [one[2] for one in useless_links(connection)] == list(wrong)


def test_what_a_third_track_made_one_although_it_is_kept_apart_is_named(store: Store) -> None:
    first, second, third = tracks(store, "One", "Uno", "Eins")
    with store.write() as tx:
        keep_apart(tx, first, second, by="dj")
    with store.read() as connection:
        assert merged_and_apart(connection) == []
    with store.write() as tx:
        for one in (first, second):
            merge_tracks(tx, kept=third, merged=one, reason="a mistake")
    with store.read() as connection:
        assert merged_and_apart(connection) == [(third, first, second, "dj")]


def test_a_name_by_which_two_tracks_are_found_is_named(store: Store) -> None:
    first, second, third = tracks(store, "One", "Uno", "Eins")
    with store.write() as tx:
        merge_tracks(tx, kept=first, merged=second, reason="the same")
    with store.read() as connection:
        assert names_of_two(connection) == []
        former = connection.execute(sa.select(schema.track_identity.c.identity_key)).scalar_one()
    with store.write() as tx:
        tx.connection.execute(
            sa.update(schema.library_track)
            .where(schema.library_track.c.id == third)
            .values(identity_key=former)
        )
    with store.read() as connection:
        assert names_of_two(connection) == [(former, "", third, first)]
