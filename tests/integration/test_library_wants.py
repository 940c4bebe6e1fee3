"""Wants, rules and owned files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema, wants
from mixtrove.library.credits import shown
from mixtrove.library.discoveries import EntryDecision, TrackRecord, entries_to_identify, write_decisions
from mixtrove.library.exports import export_wants
from mixtrove.library.owned import import_owned_csv
from mixtrove.library.rules import load_rules, parse_rules, refresh_wants
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track, provisional_track
from mixtrove.library.want_imports import import_wants
from mixtrove.library.want_records import list_wants
from mixtrove.library.wants import add_want, remove_want, set_want
from mixtrove.matching import Credit

Make = Callable[..., Any]


@pytest.fixture
def heard(store: Store, make_tracklist: Make) -> Store:
    """Four mixes: One was heard in 4, Two in 2, Three in 1."""
    for dj, lines in (
        ("P", ["A - One", "B - Two", "C - Three"]),
        ("Q", ["A - One", "B - Two"]),
        ("R", ["A - One"]),
        ("S", ["A - One"]),
    ):
        import_tracklist(store, make_tracklist(*lines, dj=dj))
    with store.read() as connection:
        todo = list(entries_to_identify(connection, None))
    write_decisions(
        store,
        [
            EntryDecision(one.entry_id, "identified", TrackRecord("catalogue", one.credit.title, one.credit))
            for one in todo
        ],
    )
    return store


def wanted(store: Store) -> list[tuple[str, int, str]]:
    with store.read() as connection:
        return [(one.title, one.priority, one.status) for one in list_wants(connection, "dj")]


def want_id(store: Store, title: str) -> str:
    with store.read() as connection:
        return next(one.id for one in list_wants(connection, "dj") if one.title == title)


def test_the_default_rules_want_what_was_heard_in_two_mixes_by_count(heard: Store, tmp_path: Path) -> None:
    rules = load_rules(tmp_path / "rules.toml")
    first = refresh_wants(heard, rules, "dj")
    assert (first.added, first.raised, first.unchanged) == (2, 0, 0)
    assert wanted(heard) == [("One", 5, "wanted"), ("Two", 3, "wanted")]
    second = refresh_wants(heard, load_rules(tmp_path / "rules.toml"), "dj")
    assert (second.added, second.raised, second.unchanged) == (0, 0, 2)
    with heard.read() as connection:
        by = connection.execute(sa.select(schema.want_event.c.by).distinct()).scalars().all()
    assert by == ["rule:heard often"]


def test_a_rule_raises_and_never_lowers_or_brings_back(heard: Store) -> None:
    rules = parse_rules(b'[[rule]]\nname = "all"\nmin_mixes = 1\npriority = 4', "rules.toml")
    refresh_wants(heard, rules, "dj")
    with heard.write() as tx:
        set_want(tx, want_id(heard, "One"), {"priority": 5}, by="dj")
        set_want(tx, want_id(heard, "Two"), {"priority": 2}, by="dj")
        remove_want(tx, want_id(heard, "Three"), by="dj")
    done = refresh_wants(heard, rules, "dj")
    assert (done.added, done.raised, done.unchanged) == (0, 1, 1)
    assert wanted(heard) == [("One", 5, "wanted"), ("Two", 4, "wanted")]


def test_a_person_may_want_again_what_was_removed(heard: Store) -> None:
    track = schema.library_track
    with heard.write() as tx:
        three = tx.connection.execute(sa.select(track.c.id).where(track.c.title == "Three")).scalar_one()
        remove_want(tx, add_want(tx, "dj", three), by="dj")
        add_want(tx, "dj", three, priority=1)
        assert wants.removed_tracks(tx.connection, "dj") == set()
    assert wanted(heard) == [("Three", 1, "wanted")]


def test_what_was_bought_is_left_alone_by_rules(heard: Store) -> None:
    refresh_wants(heard, parse_rules(b'[[rule]]\nname="a"\npriority=1', "r"), "dj")
    with heard.write() as tx:
        bought = set_want(
            tx, want_id(heard, "One"),
            {"status": "purchased", "purchase_price": "1.99", "currency": "eur"}, by="dj",
        )  # fmt: skip
    assert (str(bought.purchase_price), bought.currency, bought.version) == ("1.99", "EUR", 2)
    assert bought.purchased_at is not None
    refresh_wants(heard, parse_rules(b'[[rule]]\nname="a"\npriority=5', "r"), "dj")
    assert wanted(heard) == [("Two", 5, "wanted"), ("One", 1, "purchased")]
    with heard.write() as tx:
        returned = set_want(tx, bought.id, {"status": "wanted"}, by="dj")
    assert (returned.purchased_at, returned.purchase_price, returned.currency) == (None, None, None)


def test_adding_again_raises_and_never_lowers(store: Store) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, Credit.parse("A", "B"))
        first = add_want(tx, "dj", track, priority=3)
        assert add_want(tx, "dj", track, priority=2) == first
        assert add_want(tx, "dj", track) == first
        add_want(tx, "dj", track, priority=4)
    assert wanted(store) == [("B", 4, "wanted")]


def test_an_edit_of_an_old_version_is_refused(store: Store) -> None:
    with store.write() as tx:
        want = add_want(tx, "dj", find_or_create_track(tx, Credit.parse("A", "B")))
        set_want(tx, want, {"priority": 5}, by="dj", expected_version=1)
        with pytest.raises(BadInput, match="was changed since version 1 was read"):
            set_want(tx, want, {"priority": 1}, by="dj", expected_version=1)


def test_a_full_list_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wants, "LIMIT", 1)
    with store.write() as tx:
        add_want(tx, "dj", find_or_create_track(tx, Credit.parse("A", "B")))
        with pytest.raises(BadInput, match="want list of dj is full"):
            add_want(tx, "dj", find_or_create_track(tx, Credit.parse("A", "C")))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[rule]]\nname = "x"\nmin_mix = 3', "r.toml, rule 1 .'x'.: unknown key 'min_mix': a rule has name"),
        ("[[rule]]\nmin_mixes = 3", "r.toml, rule 1: give the rule a name"),
        ('[[rule]]\nname = "x"\npriority = 9', "priority must be 1 to 5 or"),
        ('[[rule]]\nname = "x"\nmin_mixes = "two"', "min_mixes must be a whole number"),
        ("rules = 1", "unknown key 'rules'"),
        ("[[rule", "r.toml cannot be read"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_rules(text.encode(), "r.toml")


def test_owned_tracks_are_not_wanted_and_come_in_once(heard: Store, tmp_path: Path) -> None:
    data = b"Artist;Title;Location\nA;One (Original Mix);/m/1.flac\nZ;Later;/m/2.flac\n;No;/m/3.flac\n"
    done = import_owned_csv(heard, data, "mine.csv")
    assert (done.rows, done.added, done.linked) == (2, 2, 1)
    assert done.skipped == ("mine.csv, line 4: no artist",)
    again = import_owned_csv(heard, data, "mine.csv")
    assert (again.rows, again.added, again.linked) == (2, 0, 1)
    refresh_wants(heard, load_rules(tmp_path / "rules.toml"), "dj")
    assert wanted(heard) == [("Two", 3, "wanted")]


def test_what_only_rules_wanted_is_withdrawn_once_it_is_owned(heard: Store, tmp_path: Path) -> None:
    rules = load_rules(tmp_path / "rules.toml")
    refresh_wants(heard, rules, "dj")
    gone = want_id(heard, "One")
    with heard.write() as tx:
        set_want(tx, want_id(heard, "Two"), {"notes": "the vinyl"}, by="dj")
    import_owned_csv(heard, b"artist,title,location\nA,One,/1\nB,Two,/2\n", "mine.csv")
    with heard.read() as connection:
        assert [one.owned for one in list_wants(connection, "dj")] == [True, True]
    though_owned = parse_rules(b'[[rule]]\nname="all"\nnot_owned=false\npriority=1', "r")
    assert refresh_wants(heard, (*rules, *though_owned), "dj").withdrawn == 0
    assert refresh_wants(heard, rules, "dj").withdrawn == 1
    assert wanted(heard) == [("Two", 3, "wanted")]
    assert refresh_wants(heard, rules, "dj").withdrawn == 0
    tombstone, owned = schema.tombstone, schema.owned_track
    with heard.write() as tx:
        assert gone in tx.connection.execute(
            sa.select(tombstone.c.row_id).where(tombstone.c.table_name == "want")
        ).scalars().all()  # fmt: skip
        tx.connection.execute(sa.delete(owned).where(owned.c.location == "/1"))
    again = refresh_wants(heard, rules, "dj")
    assert (again.added, again.withdrawn) == (1, 0)
    assert wanted(heard) == [("One", 5, "wanted"), ("Two", 3, "wanted")]


def test_what_a_person_wanted_stays_when_it_is_owned(heard: Store, tmp_path: Path) -> None:
    refresh_wants(heard, load_rules(tmp_path / "rules.toml"), "dj")
    with heard.write() as tx:
        set_want(tx, want_id(heard, "Two"), {"priority": 4}, by="dj")
        add_want(tx, "dj", find_or_create_track(tx, Credit.parse("C", "Three")))
    import_owned_csv(heard, b"artist,title\nA,One\nB,Two\nC,Three\n", "mine.csv")
    assert refresh_wants(heard, load_rules(tmp_path / "rules.toml"), "dj").withdrawn == 1
    assert wanted(heard) == [("Two", 4, "wanted"), ("Three", 3, "wanted")]


def test_an_owned_file_is_linked_when_its_track_arrives(store: Store) -> None:
    data = b"artist,title\nZ,Later\n"
    assert import_owned_csv(store, data, "mine.csv").linked == 0
    with store.write() as tx:
        find_or_create_track(tx, Credit.parse("Z", "Later"))
    assert import_owned_csv(store, data, "mine.csv").linked == 1


def test_an_export_can_be_imported_and_runs_no_formula(store: Store) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, Credit.parse("=cmd|' /C calc'!A0", "@Evil (Dub)"))
        add_want(tx, "dj", track, priority=5, notes="+1")
    with store.read() as connection:
        wants = list_wants(connection, "dj")
        text = "".join(export_wants(connection, wants, "csv", attributions=lambda _: []))
    assert "'=cmd|" in text
    assert ",'@Evil," in text
    assert f",'+1,{track},\n" in text
    done = import_wants(store, text.encode(), "wants.csv", user="other")
    assert (done.rows, done.added, done.refused) == (1, 1, ())
    with store.read() as connection:
        [copy] = list_wants(connection, "other")
        tracks = connection.execute(sa.select(sa.func.count()).select_from(schema.library_track)).scalar()
    assert (copy.artist, copy.title, copy.remix, copy.priority, copy.notes, tracks) == (
        "=cmd|' /C calc'!A0", "@Evil", "Dub", 5, "+1", 1,
    )  # fmt: skip


def test_a_line_whose_artist_was_not_read_is_no_id(store: Store) -> None:
    with store.write() as tx:
        for title in ("Opus", "ID"):
            provisional_track(tx, Credit.parse("", title), filed_under=title)
        track = schema.library_track
        rows = tx.connection.execute(sa.select(track.c.artist, track.c.title).order_by(track.c.title)).all()
    assert [tuple(row) for row in rows] == [("ID", "ID"), ("?", "Opus")]
    assert [shown(Credit.parse("", title)) for title in ("Opus", "ID")] == ["? - Opus", "ID - ID"]
