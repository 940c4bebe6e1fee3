"""What the rules would do, what they do, and why: the same decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.discovery import refresh_library
from mixtrove.errors import BadInput
from mixtrove.library import schema, wants
from mixtrove.library.discoveries import EntryDecision, TrackRecord, entries_to_identify, write_decisions
from mixtrove.library.owned import import_owned_csv
from mixtrove.library.rule_plan import WantPlan, apply_plan, plan_wants
from mixtrove.library.rule_reasons import explain_track, with_djs
from mixtrove.library.rules import load_rules, parse_rules, refresh_wants, summary_of
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.want_records import list_wants
from mixtrove.library.wants import add_want, remove_want, set_want
from mixtrove.matching import Credit
from mixtrove.settings import Settings

Make = Callable[..., Any]

RULES = parse_rules(
    b"""
    [[rule]]
    name = "twice"
    genres_not = ["Trance"]
    [[rule]]
    name = "hessle"
    min_mixes = 1
    labels = ["Hessle Audio"]
    priority = 5
    """,
    "rules.toml",
)


@pytest.fixture
def heard(store: Store, make_tracklist: Make) -> Store:
    """Two mixes: Both (on Hessle Audio), Trance, Removed, Owned and Bought in both, Once in one."""
    lines = ("A - Both", "A - Trance", "A - Removed", "A - Owned", "A - Bought")
    for dj, more in (("P", ("A - Once",)), ("Q", ())):
        import_tracklist(store, make_tracklist(*lines, *more, dj=dj))
    with store.read() as connection:
        todo = list(entries_to_identify(connection, None))
    write_decisions(
        store,
        [
            EntryDecision(one.entry_id, "identified", TrackRecord("catalogue", one.credit.title, one.credit))
            for one in todo
        ],
    )
    track = schema.library_track
    with store.write() as tx:
        for title, values in (("Both", {"label": "hessle audio"}), ("Trance", {"genre": "Trance"})):
            tx.connection.execute(sa.update(track).where(track.c.title == title).values(**values))
        remove_want(tx, add_want(tx, "dj", ids(tx.connection)["Removed"]), by="dj")
        bought = add_want(tx, "dj", ids(tx.connection)["Bought"], priority=1)
        set_want(tx, bought, {"status": "purchased"}, by="dj")
    import_owned_csv(store, b"artist,title\nA,Owned\n", "mine.csv")
    return store


def ids(connection: sa.Connection) -> dict[str, str]:
    track = schema.library_track
    return {row.title: row.id for row in connection.execute(sa.select(track.c.title, track.c.id))}


def planned(store: Store, plan: WantPlan) -> list[tuple[str, str, int, int | None, str | None]]:
    with store.read() as connection:
        titles = {track_id: title for title, track_id in ids(connection).items()}
    return [(one.action, titles[one.track_id], one.priority, one.before, one.rule) for one in plan.items]


def plan_of(store: Store) -> WantPlan:
    with store.read() as connection:
        return plan_wants(connection, RULES, "dj")


def state(store: Store) -> list[tuple[str, int, str]]:
    with store.read() as connection:
        return [(one.title, one.priority, one.status) for one in list_wants(connection, "dj")]


def test_a_plan_says_what_would_happen_and_why_and_changes_nothing(heard: Store) -> None:
    before = state(heard)
    plan = plan_of(heard)
    assert planned(heard, plan) == [
        ("add", "Both", 5, None, "hessle"),
        ("keep", "Bought", 3, 1, "twice"),
    ]
    assert plan.items[0].why == ("heard in 2 mixes", "on hessle audio")
    with heard.read() as connection:
        [first, *_] = with_djs(connection, RULES, plan.items)
    assert first.why == ("heard in 2 mixes by P, Q", "on hessle audio")
    assert plan.not_wanted == {
        "heard too seldom": 1,  # Once
        "of a genre that is left out": 1,
        "owned already": 1,
        "taken off the list by you": 1,
    }
    assert state(heard) == before == [("Bought", 1, "purchased")]


def test_doing_what_was_planned_is_what_a_run_does_and_then_nothing_is_left(heard: Store) -> None:
    plan = plan_of(heard)
    assert refresh_wants(heard, RULES, "dj") == summary_of(plan)
    assert state(heard) == [("Both", 5, "wanted"), ("Bought", 1, "purchased")]
    assert [one.action for one in plan_of(heard).items] == ["keep", "keep"]


def test_a_raise_names_the_priority_before(heard: Store) -> None:
    with heard.write() as tx:
        add_want(tx, "dj", ids(tx.connection)["Both"], priority=2)
    assert planned(heard, plan_of(heard))[0] == ("raise", "Both", 5, 2, "hessle")


def test_what_only_rules_wanted_and_is_owned_now_is_withdrawn_with_the_reason(heard: Store) -> None:
    refresh_wants(heard, RULES, "dj")
    import_owned_csv(heard, b"artist,title\nA,Both\n", "more.csv")
    plan = plan_of(heard)
    assert planned(heard, plan)[0] == ("withdraw", "Both", 5, 5, None)
    assert plan.items[0].why == ("it is owned now",)
    refresh_wants(heard, RULES, "dj")
    assert state(heard) == [("Bought", 1, "purchased")]


def test_what_does_not_fit_is_left_out_the_least_wanted_first(
    heard: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "LIMIT", 2)
    rules = parse_rules(b'[[rule]]\nname="all"\nmin_mixes=1\n', "r")
    with heard.read() as connection:
        plan = plan_wants(connection, rules, "dj")
    assert (plan.number("add"), plan.number("leave out")) == (1, 2)
    left = [one for one in plan.items if one.action == "leave out"]
    assert {one.why[-1] for one in left} == {"the list is full (2 wants)"}
    assert min(one.priority for one in plan.items if one.action == "add") >= left[0].priority
    assert refresh_wants(heard, rules, "dj").left_out == 2


def explained(store: Store, title: str) -> tuple[dict[str, tuple[int | None, str]], str]:
    with store.read() as connection:
        found = explain_track(connection, RULES, "dj", ids(connection)[title])
    said = {
        one.rule: (one.priority, ", ".join(one.why if one.priority else (no.phrase for no in one.why_not)))
        for one in found.judgements
    }
    return said, found.outcome


@pytest.mark.parametrize(
    ("title", "twice", "outcome"),
    [
        (
            "Both",
            (3, "heard in 2 mixes by P, Q, its genre is not known"),
            "the next run adds it with priority 5",
        ),
        ("Once", (None, "heard in 1 mix by P, the rule asks for 2"), "not on the list: no rule wants it"),
        ("Trance", (None, "its genre is Trance, which the rule leaves out"), "no rule wants it"),
        ("Owned", (None, "it is owned"), "no rule wants it"),
        ("Removed", (3, "heard in 2 mixes by P, Q, its genre is not known"), "you took it off"),
        (
            "Bought",
            (3, "heard in 2 mixes by P, Q, its genre is not known"),
            "on the list as purchased with priority 1; no rule changes that",
        ),
    ],
)
def test_one_track_is_explained_against_every_rule(
    heard: Store, title: str, twice: tuple[int | None, str], outcome: str
) -> None:
    said, what = explained(heard, title)
    assert said["twice"] == twice
    assert outcome in what


def test_a_track_on_the_list_is_explained_with_what_the_next_run_does(heard: Store) -> None:
    refresh_wants(heard, RULES, "dj")
    assert explained(heard, "Both")[1].endswith("priority 5; no rule changes that")
    import_owned_csv(heard, b"artist,title\nA,Both\n", "more.csv")
    assert "the next run withdraws it" in explained(heard, "Both")[1]
    with heard.read() as connection, pytest.raises(BadInput, match="there is no track 'nope'"):
        explain_track(connection, RULES, "dj", "nope")


def test_a_genre_that_may_not_stand_in_a_column_counts_and_a_persons_word_counts_alone(heard: Store) -> None:
    track, attribute = schema.library_track, schema.track_attribute
    with heard.write() as tx:
        tx.connection.execute(
            sa.insert(attribute),
            {
                "library_track_id": ids(tx.connection)["Bought"], "name": "genre", "provider": "beatport",
                "value": "TRANCE", "fetched_at": tx.now, "revision": tx.revision,
            },
        )  # fmt: skip
    assert explained(heard, "Bought")[0]["twice"][1] == "its genre is TRANCE, which the rule leaves out"
    with heard.write() as tx:
        tx.connection.execute(sa.update(track).where(track.c.title == "Bought").values(genre="House"))
    assert explained(heard, "Bought")[0]["twice"] == (3, "heard in 2 mixes by P, Q, its genre is House")


def test_a_genre_that_a_person_emptied_or_that_may_be_shown_no_longer_is_none_to_the_rules(
    heard: Store,
) -> None:
    with heard.write() as tx:
        named = ids(tx.connection)
        for title, until in (("Bought", None), ("Both", tx.now)):
            tx.connection.execute(
                sa.insert(schema.track_attribute),
                {
                    "library_track_id": named[title], "name": "genre", "provider": "itunes",
                    "value": "Trance", "fetched_at": tx.now, "expires_at": until, "revision": tx.revision,
                },
            )  # fmt: skip
        edit_track(tx, named["Bought"], {"genre": ""}, by="dj")
    wanted = {one[0] for one in planned(heard, plan_of(heard)) if one[4] == "twice"}
    assert "Both" in {*wanted, *explained(heard, "Both")[0]} or wanted
    assert explained(heard, "Both")[0]["twice"][0] is not None
    assert explained(heard, "Bought")[0]["twice"][0] is not None


def test_a_dry_run_links_what_is_owned_as_a_run_does_and_keeps_none_of_it(
    tmp_path: Path, make_tracklist: Make
) -> None:
    settings = Settings(home=tmp_path)
    store = Store.open(settings)
    import_owned_csv(store, b"artist,title\nA,One\n", "mine.csv")
    for dj in ("P", "Q"):
        import_tracklist(store, make_tracklist("A - One", "A - Two", dj=dj))
    with store.read() as connection:
        todo = list(entries_to_identify(connection, None))
    write_decisions(
        store,
        [
            EntryDecision(one.entry_id, "identified", TrackRecord("catalogue", one.credit.title, one.credit))
            for one in todo
        ],
    )
    with store.read() as connection:
        plan = plan_wants(connection, load_rules(settings.rules_path), "dj")
    assert planned(store, plan) == [("add", "Two", 3, None, "heard often")]
    with store.read() as connection:
        assert connection.execute(sa.select(schema.owned_track.c.library_track_id)).scalars().all() == [None]
        assert list_wants(connection, "dj") == []
    assert refresh_library(store, settings) == summary_of(plan)
    store.close()


def test_what_people_did_between_plan_and_run_holds(heard: Store) -> None:
    rules = parse_rules(b'[[rule]]\nname="all"\nmin_mixes=1\npriority=3\n', "r")
    with heard.read() as connection:
        plan = plan_wants(connection, rules, "dj")
        track = ids(connection)
    assert (plan.number("add"), plan.number("keep")) == (3, 1)
    with heard.write() as tx:
        remove_want(tx, add_want(tx, "dj", track["Both"]), by="dj")
        add_want(tx, "dj", track["Trance"], priority=5)
        tx.connection.execute(sa.delete(schema.track_discovery))
        tx.connection.execute(sa.delete(schema.library_track).where(schema.library_track.c.title == "Once"))
    done = apply_plan(heard, plan, "dj")
    assert [(one.action, one.track_id) for one in done.items] == [
        ("keep", track["Bought"]),
        ("keep", track["Trance"]),
    ]
    assert state(heard) == [("Trance", 5, "wanted"), ("Bought", 1, "purchased")]


def test_a_track_that_was_never_heard_can_be_explained(heard: Store) -> None:
    with heard.write() as tx:
        find_or_create_track(tx, Credit.parse("Z", "Never"))
    assert explained(heard, "Never")[0]["twice"] == (None, "heard in 0 mixes, the rule asks for 2")
