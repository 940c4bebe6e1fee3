"""Rows written many at a time are what SQLAlchemy would have stored, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.database.bulk import among, insert_rows, update_rows
from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.store import Store, new_id, upsert

NOW = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
NAMES = ('Ä "quoted" \\ back', "tab\tand\nline", "日本語", "''; DROP TABLE want; --", "\\N")
track, event = schema.library_track, schema.outbox


def a_track(title: str, **values: Any) -> dict[str, Any]:
    """A row of a library track."""
    return {
        "id": new_id(), "artist": "Özgür", "title": title, "remix": None, "bpm": 128.25,
        "isrcs": ["A", title], "identity_key": title, "disambiguator": "", "provisional": False,
        "created_at": NOW, "updated_at": NOW, "revision": 7, **values,
    }  # fmt: skip


def test_rows_are_stored_as_one_by_one(store: Store) -> None:
    many = [a_track(name) for name in NAMES]
    single = [{**row, "id": new_id(), "disambiguator": "single"} for row in many]
    with store.write() as tx:
        insert_rows(tx.connection, track, many)
        tx.connection.execute(sa.insert(track), single)
    columns = [column for column in track.c if column.name not in ("id", "disambiguator")]
    with store.read() as connection:
        rows = connection.execute(sa.select(*columns).order_by(track.c.title, track.c.disambiguator)).all()
    assert len(rows) == 2 * len(NAMES)
    assert rows[::2] == rows[1::2]
    assert {row.title for row in rows} == set(NAMES)
    assert rows[0].created_at == NOW


def test_values_without_a_form_in_json(store: Store) -> None:
    mix = {
        "id": new_id(), "title": None, "dj": "A", "played_on": date(2026, 2, 28), "format": "text",
        "content_hash": "0", "edited": None, "imported_at": NOW, "updated_at": NOW, "revision": 1,
    }  # fmt: skip
    one = a_track("One")
    want = {
        "id": new_id(), "user": "ann", "library_track_id": one["id"], "priority": 3, "status": "purchased",
        "added_at": NOW, "purchased_at": NOW, "purchase_price": Decimal("1.29"), "currency": "EUR",
    }  # fmt: skip
    with store.write() as tx:
        insert_rows(tx.connection, schema.tracklist, [mix])
        insert_rows(tx.connection, track, [one])
        upsert(tx, schema.want, [want], on=("user", "library_track_id"))
        upsert(tx, schema.want, [{**want, "purchase_price": None}], on=("user", "library_track_id"))
        first = tx.connection.execute(sa.select(schema.want.c.purchase_price)).scalar_one()
        upsert(tx, schema.want, [{**want, "id": new_id()}], on=("user", "library_track_id"))
    with store.read() as connection:
        kept = connection.execute(sa.select(schema.want)).one()
        read = connection.execute(sa.select(schema.tracklist)).one()
        nulls = connection.execute(sa.select(sa.func.count()).where(schema.tracklist.c.edited.is_(None)))
        assert nulls.scalar_one() == 1  # no JSON null in its place
    assert (first, kept.id, kept.purchase_price) == (None, want["id"], Decimal("1.29"))
    assert (read.played_on, read.imported_at, read.title) == (date(2026, 2, 28), NOW, None)


def test_a_row_that_is_equal_keeps_its_revision(store: Store) -> None:
    one = a_track("One")
    row = {"provider": "x", "external_id": "1", "library_track_id": one["id"], "cut": None, "url": None}
    with store.write() as tx:
        insert_rows(tx.connection, track, [one])
        upsert(tx, schema.external_id, [row], on=("provider", "external_id"))
        first = tx.revision
    for url, changes in ((None, False), ("https://x.example/1", True)):
        with store.write() as tx:
            upsert(tx, schema.external_id, [{**row, "url": url}], on=("provider", "external_id"))
            kept = tx.connection.execute(sa.select(schema.external_id.c.revision)).scalar_one()
            assert (kept > first) is changes


def test_update_touches_what_it_names(store: Store) -> None:
    rows = [a_track(name) for name in NAMES]
    with store.write() as tx:
        insert_rows(tx.connection, track, rows)
        update_rows(
            tx.connection, track, [{"id": row["id"], "isrcs": [], "remix": "Dub"} for row in rows[1:]]
        )
        update_rows(tx.connection, track, [])
    with store.read() as connection:
        remixes = connection.execute(sa.select(track.c.remix, track.c.isrcs).order_by(track.c.id)).all()
    assert remixes[0] == (None, ["A", NAMES[0]])
    assert set(map(str, remixes[1:])) == {"('Dub', [])"}


def test_many_values_are_looked_up_as_one(store: Store) -> None:
    with store.write() as tx:
        insert_rows(tx.connection, track, [a_track(name) for name in NAMES])
    with store.read() as connection:
        dialect = connection.dialect.name
        for asked in ([], ["nothing"], list(NAMES), [*NAMES[:2], "nothing"]):
            found = connection.execute(sa.select(track.c.title).where(among(dialect, track.c.title, asked)))
            assert set(found.scalars()) == set(asked) & set(NAMES)


def test_a_key_twice_is_an_error_and_nothing_is_kept(store: Store) -> None:
    one = a_track("One")
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        insert_rows(tx.connection, track, [one, {**one, "title": "Two"}])
    with store.read() as connection:
        assert not connection.execute(sa.select(track.c.id)).all()


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = a_track("One", created_at=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"), store.write() as tx:
        insert_rows(tx.connection, track, [naive])
    with store.write() as tx:  # the connection is as good as before
        insert_rows(tx.connection, track, [a_track("One")])


@pytest.mark.postgres
def test_a_lost_server_is_a_sentence(postgres_url: str) -> None:
    store = Store.open(postgres_url)

    def write_while_the_server_goes() -> None:
        with store.write() as tx:
            pid = tx.connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            with store.engine.connect() as other:
                other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            insert_rows(tx.connection, track, [a_track("One")])

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        write_while_the_server_goes()
    with store.write() as tx:
        insert_rows(tx.connection, track, [a_track("One")])
    store.close()


@pytest.mark.postgres
def test_grown_tables_are_counted_before_the_server_does(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    with store.write() as tx:
        insert_rows(tx.connection, track, [a_track(f"T{number}") for number in range(2000)])
    store.engine.dispose()  # a session tells its counts at the latest when it ends
    store.recount()
    with store.read() as connection:
        counted = connection.execute(
            sa.text("SELECT reltuples FROM pg_class WHERE oid = 'library_track'::regclass")
        )
        assert counted.scalar_one() == 2000
    store.close()
