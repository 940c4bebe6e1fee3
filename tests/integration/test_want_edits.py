"""Wants changed by people: one or many, all of them or none, and what is kept of it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.errors import BadInput, StaleEdit
from mixtrove.library import schema, wants
from mixtrove.library.outbox import unpublished
from mixtrove.library.store import Store, Transaction
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track, provisional_track
from mixtrove.library.want_records import WantFilter, get_wants, list_wants, mix_of, want_history
from mixtrove.library.wanted_tracks import names_of, tracks_named, wanted_track
from mixtrove.library.wants import (
    Wish,
    add_want,
    add_wants,
    remove_wants,
    set_want,
    set_wants,
)
from mixtrove.matching import Credit

Make = Callable[..., Any]


def tracks(tx: Transaction, *titles: str) -> list[str]:
    return [find_or_create_track(tx, Credit.parse("A", title, label=f"{title} Records")) for title in titles]


@pytest.fixture
def three(store: Store) -> list[str]:
    """The ids of three wants, of the titles One, Two and Three."""
    with store.write() as tx:
        return add_wants(tx, "dj", [Wish(one, priority=2) for one in tracks(tx, "One", "Two", "Three")])


def shown(store: Store) -> dict[str, tuple[int, str, int]]:
    with store.read() as connection:
        return {one.title: (one.priority, one.status, one.version) for one in list_wants(connection, "dj")}


def test_many_are_changed_together_and_only_those_that_differ_get_a_version(
    store: Store, three: list[str]
) -> None:
    with store.write() as tx:
        set_want(tx, three[0], {"priority": 5}, by="dj")
        done = set_wants(tx, three, {"priority": 5}, by="dj")
    assert [one.title for one in done] == ["One", "Two", "Three"]
    assert shown(store) == {"One": (5, "wanted", 2), "Two": (5, "wanted", 2), "Three": (5, "wanted", 2)}
    with store.read() as connection:
        assert [[one.new_priority for one in want_history(connection, each)] for each in three] == [
            [2, 5]
        ] * 3


def test_one_bad_id_among_many_changes_nothing(store: Store, three: list[str]) -> None:
    before = shown(store)
    for change in (
        lambda tx: set_wants(tx, [*three, "nope"], {"priority": 5}, by="dj"),
        lambda tx: remove_wants(tx, [*three, "nope"], by="dj"),
    ):
        with pytest.raises(BadInput, match="there is no want 'nope'"), store.write() as tx:
            change(tx)
    with pytest.raises(BadInput, match="there is no track 'nope'"), store.write() as tx:
        add_wants(tx, "dj", [Wish(tracks(tx, "Four")[0]), Wish("nope")])
    assert shown(store) == before


def test_a_stale_edit_shows_both_versions_and_changes_none_of_many(store: Store, three: list[str]) -> None:
    with store.read() as connection:
        seen = {one.id: one.version for one in get_wants(connection, three)}
    with store.write() as tx:
        set_want(tx, three[1], {"priority": 4, "notes": "the vinyl"}, by="other")
    with pytest.raises(StaleEdit) as caught, store.write() as tx:
        set_wants(tx, three, {"priority": 1, "notes": "mine"}, by="dj", versions=seen)
    assert (caught.value.expected, caught.value.found) == (1, 2)
    assert caught.value.given == {"priority": 1, "notes": "mine"}
    assert caught.value.there == {"priority": 4, "notes": "the vinyl"}
    assert str(caught.value) == (
        f'want {three[1]} was changed since version 1 was read: yours says priority 1, notes "mine"; version '
        '2, which is there now, says priority 4, notes "the vinyl": look at it again and repeat your change '
        "with version 2"
    )
    with pytest.raises(StaleEdit, match='yours says status "removed"'), store.write() as tx:
        remove_wants(tx, three, by="dj", versions=seen)
    assert shown(store) == {"One": (2, "wanted", 1), "Two": (4, "wanted", 2), "Three": (2, "wanted", 1)}


def test_of_two_who_edit_the_same_version_one_is_refused(store: Store, three: list[str]) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def edit(priority: int) -> None:
        ready.wait(10)
        try:
            with store.write() as tx:
                set_want(tx, three[0], {"priority": priority}, by=f"dj{priority}", expected_version=1)
            outcomes.append(f"set {priority}")
        except StaleEdit as refused:
            outcomes.append(f"refused {refused.given['priority']}, there is {refused.there['priority']}")

    threads = [threading.Thread(target=edit, args=(priority,)) for priority in (4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    kept, version = shown(store)["One"][0], shown(store)["One"][2]
    assert version == 2
    assert sorted(outcomes) == [f"refused {9 - kept}, there is {kept}", f"set {kept}"]


def test_a_purchase_has_day_price_currency_and_store_and_goes_with_its_status(
    store: Store, three: list[str]
) -> None:
    bought = {
        "status": "purchased", "purchased_at": date(2026, 5, 1), "purchase_price": "1,99", "currency": "eur",
        "store": " Bandcamp ",
    }  # fmt: skip
    with store.write() as tx:
        done = set_want(tx, three[0], bought, by="dj")
    assert (done.purchased_at, done.purchase_price, done.currency, done.store) == (
        datetime(2026, 5, 1, tzinfo=UTC), Decimal("1.99"), "EUR", "Bandcamp",
    )  # fmt: skip
    with store.write() as tx:
        done = set_want(tx, three[0], {"purchase_price": "2.49"}, by="dj")
        assert (done.purchased_at, done.purchase_price) == (
            datetime(2026, 5, 1, tzinfo=UTC),
            Decimal("2.49"),
        )
        done = set_want(tx, three[0], {"status": "unavailable"}, by="dj")
    assert (done.purchased_at, done.purchase_price, done.currency, done.store) == (None,) * 4
    with store.write() as tx:
        assert set_want(tx, three[1], {"status": "purchased"}, by="dj").purchased_at == tx.now


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"priority": 9}, "priority 9 is not one of 1 to 5"),
        ({"priority": True}, "priority True is not one of 1 to 5"),
        ({"status": "gone"}, "status 'gone' is not one of wanted, purchased, unavailable"),
        ({"cut": "long"}, "cut 'long' is not one of original, extended, radio"),
        ({"colour": "red"}, "a want has no field 'colour': there are priority, status"),
        ({"purchase_price": "1.99"}, "is wanted, and purchase_price is of a purchase: set its status"),
        ({"status": "purchased", "purchase_price": "1,999"}, "price '1,999' is not an amount such as 1.99"),
        ({"status": "purchased", "purchase_price": "-1"}, "price '-1' is not an amount"),
        ({"status": "purchased", "purchase_price": "NaN"}, "price 'NaN' is not an amount"),
        ({"status": "purchased", "currency": "€"}, "currency '€' is not a code of three letters"),
        ({"status": "purchased", "currency": "ÄÖÜ"}, "currency 'ÄÖÜ' is not a code of three letters"),
        ({"status": "purchased", "purchased_at": "1 May"}, "date '1 May' is not a day such as 2026-05-01"),
        ({"status": "purchased", "purchased_at": date(2999, 1, 1)}, "date 2999-01-01 lies in the future"),
        ({"source_tracklist_id": "nope"}, "there is no tracklist 'nope': `mixtrove tracklist list`"),
        ({"notes": "a\x00b"}, "signs that cannot be kept"),
        ({"notes": "x" * 10_001}, "10,000 is the most: shorten it"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_and_nothing_is_changed(
    store: Store, three: list[str], changes: dict[str, Any], says: str
) -> None:
    before = shown(store)
    with pytest.raises(BadInput, match=says), store.write() as tx:
        set_wants(tx, three, changes, by="dj")
    assert shown(store) == before


def test_what_does_not_fit_on_the_list_is_refused_as_a_whole(
    store: Store, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "LIMIT", 4)
    with pytest.raises(BadInput, match=r"full \(4 wants\): remove some"), store.write() as tx:
        add_wants(tx, "dj", [Wish(one) for one in tracks(tx, "Four", "Five")])
    assert len(shown(store)) == 3
    with store.write() as tx:
        one, *_, four = tracks(tx, "One", "Two", "Three", "Four")
        add_wants(tx, "dj", [Wish(four), Wish(one, priority=5), Wish(four, priority=4)])
    assert (shown(store)["Four"], shown(store)["One"]) == ((4, "wanted", 1), (5, "wanted", 2))
    with store.write() as tx:
        add_want(tx, "dj", four, priority=5)  # raising needs no room


def test_wants_are_chosen_by_dj_label_words_status_and_priority(
    store: Store, three: list[str], make_tracklist: Make
) -> None:
    import_tracklist(store, make_tracklist("A - One", dj="Ben UFO"))
    with store.write() as tx:
        lines = tx.connection.execute(sa.select(schema.tracklist_entry)).mappings().one()
        one = find_or_create_track(tx, Credit.parse("A", "One"))
        tx.connection.execute(
            sa.insert(schema.track_discovery),
            {
                "id": "p", "tracklist_id": lines["tracklist_id"], "track_position": 1, "component": 1,
                "entry_id": lines["id"], "library_track_id": one, "discovery_date": tx.now, "confidence": 1.0,
                "identification_method": "manual", "metadata_sources": [], "reasons": [],
                "revision": tx.revision,
            },
        )  # fmt: skip
        set_want(tx, three[1], {"status": "unavailable", "notes": "white label only"}, by="dj")

    def titles(**which: Any) -> list[str]:
        with store.read() as connection:
            return [one.title for one in list_wants(connection, "dj", WantFilter(**which))]

    assert titles(dj="BEN UFO") == ["One"]
    assert titles(dj="Nobody") == []
    assert titles(label="three  records") == ["Three"]
    assert titles(search="WHITE two") == ["Two"]
    assert titles(search="100%") == []
    assert titles(status="wanted") == ["One", "Three"]
    assert titles(min_priority=3) == []


def test_a_want_remembers_the_mix_that_was_named(
    store: Store, three: list[str], make_tracklist: Make
) -> None:
    mix = import_tracklist(store, make_tracklist("X - Y", dj="Ben UFO", title="Rinse")).tracklist_id
    with store.write() as tx:
        done = set_want(tx, three[0], {"source_tracklist_id": mix}, by="dj")
        assert mix_of(tx.connection, done) == "Ben UFO · Rinse"
        [four] = tracks(tx, "Four")
        add_want(tx, "dj", four, source_tracklist_id=mix)
        with pytest.raises(BadInput, match="there is no tracklist 'nope'"):
            add_want(tx, "dj", four, source_tracklist_id="nope")
    with store.read() as connection:
        assert [one.title for one in list_wants(connection, "dj") if mix_of(connection, one)] == [
            "Four",
            "One",
        ]


def test_a_new_want_is_an_event_and_a_raised_one_is_none(store: Store) -> None:
    with store.write() as tx:
        [one] = tracks(tx, "One")
        want = add_want(tx, "dj", one, priority=2, cut="extended")
        add_want(tx, "dj", one, priority=5)
    with store.read() as connection:
        [event] = unpublished(connection)
    assert (event.event, event.key) == ("want.added", one)
    assert event.payload == {
        "want_id": want, "user": "dj", "track_id": one, "artist": "A", "title": "One", "version": None,
        "priority": 2, "cut": "extended", "by": "dj",
    }  # fmt: skip


def test_a_refused_change_leaves_no_event(store: Store) -> None:
    with pytest.raises(BadInput), store.write() as tx:
        add_wants(tx, "dj", [Wish(one) for one in (*tracks(tx, "One"), "nope")])
    with store.read() as connection:
        assert unpublished(connection) == []


def test_a_name_means_the_identified_track_before_the_line_nobody_identified(store: Store) -> None:
    credit = Credit.parse("Eric Prydz", "Opus")
    with store.write() as tx:
        line = provisional_track(tx, credit)
        assert wanted_track(tx, credit) == line
        track = find_or_create_track(tx, credit)
        assert wanted_track(tx, credit) == track
        assert tracks_named(tx.connection, names_of(Credit.parse("Nobody", "Nothing"))) == {}
        with pytest.raises(BadInput, match="ID - ID names no track"):
            wanted_track(tx, Credit.parse("ID", "ID"))


_PRIORITIES = st.integers(1, 5)
_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"), st.lists(st.tuples(st.integers(0, 4), st.none() | _PRIORITIES), max_size=5)
        ),
        st.tuples(
            st.just("set"),
            st.tuples(
                st.sets(st.integers(0, 4)),
                st.fixed_dictionaries(
                    {},
                    optional={
                        "priority": _PRIORITIES,
                        "status": st.sampled_from(schema.WANT_STATUSES),
                        "cut": st.sampled_from([None, "original", "extended", "radio"]),
                        "notes": st.sampled_from([None, "", "a", "b"]),
                    },
                ),
            ),
        ),
        st.tuples(st.just("remove"), st.sets(st.integers(0, 4))),
    ),
    max_size=8,
)


@given(steps=_STEPS)
@settings(max_examples=40, deadline=None)
def test_in_bulk_or_one_by_one_the_list_and_its_history_are_the_same(steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bulk, single = (Store.open(f"sqlite:///{Path(folder) / name}") for name in ("b.db", "s.db"))
        for kind, what in steps:
            for store, together in ((bulk, True), (single, False)):
                _step(store, kind, what, together=together)
            assert _state(bulk) == _state(single)
        for store in (bulk, single):
            store.close()


def _step(store: Store, kind: str, what: Any, *, together: bool) -> None:
    with store.write() as tx:
        known = tracks(tx, "0", "1", "2", "3", "4")
        present = {one.library_track_id: one for one in list_wants(tx.connection, "dj")}
        if kind == "add":
            before = {track: one.priority for track, one in present.items()}
            wishes = [Wish(known[at], priority=priority) for at, priority in what]
            for some in [wishes] if together else [[one] for one in wishes]:
                add_wants(tx, "dj", some)
            for one in list_wants(tx.connection, "dj"):
                assert one.priority >= before.get(one.library_track_id, 1)  # never lowered
            return
        which, changes = what if kind == "set" else (what, None)
        ids = [present[known[at]].id for at in sorted(which) if known[at] in present]
        for these in [ids] if together else [[one] for one in ids]:
            if changes is None:
                remove_wants(tx, these, by="dj")
            else:
                set_wants(tx, these, changes, by="dj")


def _state(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        found = sorted(list_wants(connection, "dj"), key=lambda one: one.title)
        state = []
        for one in found:
            history = want_history(connection, one.id)
            steps = [(step.old_status, step.old_priority) for step in history]
            after = [(step.new_status, step.new_priority) for step in history]
            assert steps == [(None, None), *after[:-1]]  # each change begins where the one before ended
            assert after[-1] == (one.status, one.priority)
            assert (one.purchased_at is not None) == (one.status == "purchased")
            state.append((one.title, one.priority, one.status, one.cut, one.notes))
        removed = len(wants.removed_tracks(connection, "dj"))
        return [*state, ("removed", removed)]
