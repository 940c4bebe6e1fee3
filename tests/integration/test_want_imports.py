"""Wants from files: what is taken, what is refused and why, and that an export comes back equal."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.errors import BadInput
from mixtrove.library import schema, wants
from mixtrove.library.exports import export_wants
from mixtrove.library.outbox import unpublished
from mixtrove.library.store import Store
from mixtrove.library.tracks import find_or_create_track, provisional_track
from mixtrove.library.want_imports import WantImport, import_wants
from mixtrove.library.want_records import WantRecord, list_wants
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit


def brought(store: Store, text: str, name: str = "wants.csv", **options: Any) -> WantImport:
    return import_wants(store, text.encode(), name, user="dj", **options)


def numbers(done: WantImport) -> tuple[int, int, int, int, int]:
    return done.rows, done.added, done.raised, done.unchanged, len(done.refused)


def sentences(done: WantImport) -> list[str]:
    return [one.sentence for one in done.refused]


def listed(store: Store, user: str = "dj") -> list[WantRecord]:
    with store.read() as connection:
        return list_wants(connection, user)


def exported(store: Store, form: Literal["csv", "json"]) -> str:
    with store.read() as connection:
        wanted = list_wants(connection, "dj")
        return "".join(export_wants(connection, wanted, form, attributions=lambda _: []))


def counted(store: Store, table: sa.Table) -> int:
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_csv_may_say_everything_about_a_want(store: Store) -> None:
    done = brought(
        store,
        "artist;title;version;label;catalog_number;cut;priority;status;added_at;purchased_at;purchase_price;"
        "currency;store;notes;heard\n"
        "Eric Prydz;Opus;Four Tet Remix;Pryda;PRY1;extended;5;purchased;2025-01-02T03:04:05+00:00;2026-05-01;"
        "1,99;eur;Bandcamp;\"two\nlines\";7\n",
    )  # fmt: skip
    assert numbers(done) == (1, 1, 0, 0, 0)
    [want] = listed(store)
    assert (want.artist, want.title, want.remix, want.label, want.catalog_number) == (
        "Eric Prydz", "Opus", "Four Tet Remix", "Pryda", "PRY1",
    )  # fmt: skip
    assert (want.cut, want.priority, want.status, want.notes, want.heard) == (
        "extended", 5, "purchased", "two\nlines", 0,
    )  # fmt: skip
    assert (want.added_at, want.purchased_at) == (
        datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC),
    )  # fmt: skip
    assert (str(want.purchase_price), want.currency, want.store) == ("1.99", "EUR", "Bandcamp")


def test_a_json_array_of_artists_and_titles_is_enough(store: Store) -> None:
    text = '[{"artist": "A", "title": "One", "priority": 4}, {"artist": "A", "title": "Two (Dub)", "x": 9}]'
    assert numbers(brought(store, text, "w.json")) == (2, 2, 0, 0, 0)
    assert [(one.title, one.remix, one.priority) for one in listed(store)] == [
        ("One", None, 4),
        ("Two", "Dub", 3),
    ]
    assert numbers(brought(store, '{"wants": ' + text + "}", "w.json")) == (2, 0, 0, 2, 0)


def test_the_same_file_again_only_raises(store: Store) -> None:
    brought(store, "artist,title,priority,notes\nA,One,3,first\nA,Two,3,\n")
    before = {one.title: one for one in listed(store)}
    done = brought(store, "artist,title,priority,status,notes\nA,One,5,purchased,second\nA,Two,1,,\n")
    assert numbers(done) == (2, 0, 1, 1, 0)
    after = {one.title: one for one in listed(store)}
    assert (after["One"].priority, after["One"].status, after["One"].notes) == (5, "wanted", "first")
    assert after["Two"] == before["Two"]
    assert numbers(brought(store, "artist,title,priority\nA,One,5\nA,Two,1\n")) == (2, 0, 0, 2, 0)


def test_a_track_that_is_named_twice_is_one_want_with_the_higher_priority(store: Store) -> None:
    assert numbers(brought(store, "artist,title,priority\nA,One,2\na,ONE,4\nA,One,3\n")) == (3, 1, 0, 2, 0)
    assert [(one.title, one.priority) for one in listed(store)] == [("One", 4)]


def test_every_row_that_cannot_be_used_is_named_with_its_column_and_the_others_are_taken(
    store: Store,
) -> None:
    rows = {
        "A,One,9,,": "line 2, priority: priority 9 is not one of 1 to 5 (5 is most wanted)",
        "A,Two,high,,": "line 3, priority: priority 'high' is not one of 1 to 5 (5 is most wanted)",
        ",Three,,,": "line 4, artist: nothing is written there, and a want needs artist and title",
        "A,,,,": "line 5, title: nothing is written there, and a want needs artist and title",
        "A,Five,,gone,": "line 6, status: status 'gone' is not one of wanted, purchased, unavailable",
        "A,Six,,wanted,1.99": "line 7, purchase_price: it is of a purchase: set status to purchased, or "
        "leave it empty",
        "A,Seven,,purchased,free": "line 8, purchase_price: price 'free' is not an amount such as 1.99",
        "A,Eight,,,,more": "line 9: 'more' has no column: put quotes around a text with a comma in it",
        "ID,ID,,,": "line 10: ID - ID names no track: give an artist and a title, or the id of a track",
        f"A,{'x' * 1001},,,": "line 11, title: it has 1,001 signs: nothing is called that",
        "A,Good,4,purchased,2.50": None,
    }
    done = brought(store, "artist,title,priority,status,purchase_price\n" + "\n".join(rows) + "\n")
    assert sentences(done) == [f"wants.csv, {why}" for why in rows.values() if why]
    assert numbers(done) == (11, 1, 0, 0, 10)
    assert [one.title for one in listed(store)] == ["Good"]
    assert counted(store, schema.library_track) == 1


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"artist,title\n" + b"A,One\n" * 15 + b'A,"Two', "w.csv", "w.csv, line 17: unexpected end of data"),
        (b"artist,title\nA,One\nA,\xff\n", "w.csv", "w.csv, line 3: not UTF-8 text; save it as CSV UTF-8"),
        (b"name,title\nA,One\n", "w.csv", "w.csv, line 1: no column 'artist'; the first line must name"),
        (b'[{"artist": "A",\n "title" "One"}]', "w.json", "w.json, line 2, column 10: Expecting ':'"),
        (b'[{"artist": "A", "title": "One"}, 5]', "w.json", "w.json, item 2: write it as an object:"),
        (b'{"artist": "A"}', "w.json", "w.json is no array of wants"),
        (b'["\xff"]', "w.json", "w.json, line 1: not UTF-8 text; save it as UTF-8"),
        (b"[" * 100_000, "w.json", "w.json cannot be read as JSON"),
        (b'[{"artist": "A", "title": "B", "priority": ' + b"9" * 5000 + b"}]", "w.json", "cannot be read as"),
    ],
)  # fmt: skip
def test_a_file_that_is_broken_changes_nothing(store: Store, data: bytes, name: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        import_wants(store, data, name, user="dj")
    assert says in str(caught.value)
    assert (counted(store, schema.want), counted(store, schema.library_track)) == (0, 0)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"artist": 5, "title": "B"}, "w.json, item 1, artist: 5 is not text"),
        ({"artist": "A\x00", "title": "B"}, "item 1, artist: it has signs that cannot be kept"),
        ({"artist": "A", "title": "\ud800"}, "item 1, title: it has signs that cannot be kept"),
        ({"artist": "A", "title": "B", "priority": 4.5}, "item 1, priority: priority 4.5 is not one of"),
        ({"artist": "A", "title": "B", "priority": True}, "priority True is not one of 1 to 5"),
        ({"artist": "A", "title": "B", "added_at": "2999-01-01"}, "added_at: date 2999-01-01 lies in"),
        ({"artist": "A", "title": "B", "notes": ["x"]}, "item 1, notes: ['x'] is not text"),
    ],
)  # fmt: skip
def test_json_values_of_a_wrong_kind_are_refused_by_item_and_column(
    store: Store, item: dict[str, Any], says: str
) -> None:
    done = brought(store, json.dumps([item, {"artist": "A", "title": "Good"}]), "w.json")
    [sentence] = sentences(done)
    assert says in sentence
    assert [one.title for one in listed(store)] == ["Good"]


def test_what_does_not_fit_is_refused_and_leaves_no_track_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "LIMIT", 2)
    done = brought(store, "artist,title,priority\nA,One,1\nA,Two,1\nA,Three,1\nA,One,5\n")
    assert sentences(done) == [
        "wants.csv, line 4: the want list of dj is full (2 wants): remove some with `mixtrove want remove`"
    ]
    assert sorted((one.title, one.priority) for one in listed(store)) == [("One", 5), ("Two", 1)]
    assert counted(store, schema.library_track) == 2


@pytest.mark.parametrize("limit", [10_000, 2])
def test_a_dry_run_says_what_a_run_does_and_changes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(wants, "LIMIT", limit)
    text = "artist,title,priority\nA,One,2\nA,Two,\nA,one,4\nA,,1\nA,Three,5\n"
    told = brought(store, text, dry_run=True)
    assert [counted(store, table) for table in (schema.want, schema.library_track, schema.outbox)] == [
        0,
        0,
        0,
    ]
    assert brought(store, text) == told
    with store.read() as connection:
        assert len(unpublished(connection)) == told.added


def test_a_dry_run_waits_for_nobody_who_writes(store: Store, database_url: str) -> None:
    reader = Store.open(database_url, busy_timeout=0.2)
    with store.write() as tx:
        assert tx.revision
        told = brought(reader, "artist,title\nA,One\nA,Two\nA,one\n", dry_run=True)
    reader.close()
    assert numbers(told) == (3, 2, 0, 1, 0)


def test_what_every_row_says_of_its_purchase_is_kept(store: Store) -> None:
    brought(
        store,
        "artist,title,status,purchase_price,currency,notes\n"
        "A,One,purchased,1.99,EUR,\nA,Two,,,,later\nA,Three,unavailable,,,\nA,one,purchased,5,USD,\n",
    )
    said = {one.title: (one.status, one.purchase_price, one.currency, one.notes) for one in listed(store)}
    assert said == {
        "One": ("purchased", Decimal("1.99"), "EUR", None),
        "Two": ("wanted", None, None, "later"),
        "Three": ("unavailable", None, None, None),
    }


def test_an_import_of_many_rows_is_written_in_shares_and_is_complete(store: Store) -> None:
    text = "artist,title\n" + "".join(f"Artist {at},Title {at}\n" for at in range(450))
    assert numbers(brought(store, text)) == (450, 450, 0, 0, 0)
    assert numbers(brought(store, text)) == (450, 0, 0, 450, 0)
    assert counted(store, schema.want) == 450


def test_a_line_nobody_identified_comes_back_as_that_line(store: Store) -> None:
    with store.write() as tx:
        line = provisional_track(tx, Credit.parse("Eric Prydz", "Opus"))
        add_want(tx, "dj", line)
    forms: tuple[Literal["csv", "json"], ...] = ("csv", "json")
    for form in forms:
        text = exported(store, form)
        assert numbers(import_wants(store, text.encode(), form, user=form)) == (1, 1, 0, 0, 0)
        assert [one.library_track_id for one in listed(store, form)] == [line]


def test_two_tracks_of_one_name_are_told_apart_by_the_id_that_json_has(store: Store) -> None:
    with store.write() as tx:
        for which in ("", "2"):
            track = find_or_create_track(tx, Credit.parse("A", "Untitled"), disambiguator=which)
            add_want(tx, "dj", track, priority=4)
    text = exported(store, "json")
    import_wants(store, text.encode(), "w.json", user="other")
    assert {one.library_track_id for one in listed(store, "other")} == {
        one.library_track_id for one in listed(store)
    }


def test_an_id_of_another_track_is_not_believed(store: Store) -> None:
    with store.write() as tx:
        other = find_or_create_track(tx, Credit.parse("A", "Other"))
    brought(store, json.dumps([{"artist": "A", "title": "One", "library_track_id": other}]), "w.json")
    assert [one.title for one in listed(store)] == ["One"]


_TEXT = st.text(
    st.sampled_from("aZé09 =+-@\t',;\"|/&()[]\n.💿"), min_size=1, max_size=12
).filter(lambda text: any(map(str.isalnum, text)))  # fmt: skip
_NAMES = st.sampled_from(
    ["Eric Prydz", "Four Tet", "Ben UFO & Joy O", "=cmd", "@Night", "-Ziq", "'Em", "A, B"]
)
_WANTS = st.lists(
    st.fixed_dictionaries(
        {
            "artist": _NAMES,
            "title": st.sampled_from(["Opus", "+1", "Glue; Two", 'The "Thing"', "50% Off", "Untitled"]),
            "version": st.sampled_from([None, "Dub", "Four Tet Remix", "VIP"]),
            "label": st.none() | st.sampled_from(["Text", "=Label"]),
            "cut": st.sampled_from([None, "original", "extended", "radio"]),
            "priority": st.integers(1, 5),
            "status": st.sampled_from(schema.WANT_STATUSES),
            "notes": st.none() | _TEXT,
            "day": st.dates(date(2000, 1, 1), date(2026, 1, 1)),
            "price": st.none() | st.decimals("0.00", "99.99", places=2),
            "currency": st.sampled_from([None, "EUR", "USD"]),
            "store": st.sampled_from([None, "Bandcamp", "+Shop"]),
        }
    ),
    max_size=5,
)


@given(rows=_WANTS, form=st.sampled_from(["csv", "json"]))
@settings(max_examples=50, deadline=None)
def test_an_export_comes_back_equal(rows: Sequence[dict[str, Any]], form: Literal["csv", "json"]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = (Store.open(f"sqlite:///{Path(folder) / name}") for name in ("1.db", "2.db"))
        with first.write() as tx:
            for row in rows:
                title = f"{row['title']} ({row['version']})" if row["version"] else row["title"]
                track = find_or_create_track(tx, Credit.parse(row["artist"], title, label=row["label"]))
                want = add_want(
                    tx, "dj", track, priority=row["priority"], cut=row["cut"], notes=row["notes"],
                    added_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                )  # fmt: skip
                bought = {
                    "purchased_at": row["day"], "purchase_price": row["price"], "currency": row["currency"],
                    "store": row["store"],
                }  # fmt: skip
                more = bought if row["status"] == "purchased" else {}
                set_want(tx, want, {"status": row["status"], **more}, by="dj")
        text = exported(first, form)
        done = import_wants(second, text.encode(), f"wants.{form}", user="dj")
        assert done.refused == ()
        assert sorted(map(_said, listed(second))) == sorted(map(_said, listed(first)))
        again = import_wants(first, text.encode(), f"wants.{form}", user="dj")
        assert (again.added, again.raised, again.refused) == (0, 0, ())
        first.close()
        second.close()


def _said(want: WantRecord) -> str:
    own = ("id", "library_track_id", "source_tracklist_id", "version")
    return repr({name: value for name, value in asdict(want).items() if name not in own})
