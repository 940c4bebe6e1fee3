"""What a run read may be old when it writes: edits, rejections and deletions that come between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.discoveries import (
    EntryDecision,
    EntryToIdentify,
    TrackRecord,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.line_decisions import decide as correct
from mixtrove.library.offers import offer_rows, read_offers, write_offers
from mixtrove.library.store import Store
from mixtrove.library.tracklist_records import delete_tracklist
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Candidate, Credit, decide

Make = Callable[..., Any]
OPUS = Candidate("x:1", Credit.parse("Eric Prydz", "Opus"))
NEAR = Candidate("x:2", Credit.parse("Eric Prydz", "Opus (Four Tet Remix)"))


def due(store: Store, catalogue: str | None = "c1") -> list[EntryToIdentify]:
    with store.read() as connection:
        return list(entries_to_identify(connection, catalogue))


def statuses(store: Store) -> dict[str, str]:
    entry = schema.tracklist_entry
    with store.read() as connection:
        rows = connection.execute(sa.select(entry.c.raw_line, entry.c.status))
        return {row.raw_line: row.status for row in rows}


def opus(entry: EntryToIdentify) -> EntryDecision:
    record = TrackRecord("catalogue", "x:1", OPUS.credit)
    return EntryDecision(
        entry.entry_id, "identified", record, confidence=1.0, catalogue="c1", revision=entry.revision
    )


def test_a_decision_about_an_edited_line_is_stale(store: Store, make_tracklist: Make) -> None:
    import_tracklist(store, make_tracklist("Eric Prydz - Opus", "A - One", title="mix"))
    read = due(store)
    import_tracklist(store, make_tracklist("Gamma Ray - Another", "A - One", title="mix"))

    written = write_decisions(store, [opus(read[0])])

    assert (written.identified, written.stale) == (0, 1)
    assert statuses(store) == {"Gamma Ray - Another": "pending", "A - One": "pending"}


def test_a_rejection_that_comes_during_a_run_is_not_overwritten(store: Store, make_tracklist: Make) -> None:
    import_tracklist(store, make_tracklist("Eric Prydz - Opus"))
    write_offers(store, [(due(store)[0], offer_rows(decide(OPUS.credit, [OPUS]).ranked))], "c1")
    read = due(store, None)
    correct(store, kind="reject", by="dj", entry_id=read[0].entry_id)

    assert write_decisions(store, [opus(read[0])]).stale == 1
    match_entries(store)
    assert statuses(store) == {"Eric Prydz - Opus": "provisional"}


def test_a_rejected_recording_does_not_come_back_as_a_library_track(
    store: Store, make_tracklist: Make
) -> None:
    import_tracklist(store, make_tracklist("Eric Prydz - Opus", title="one"))
    write_offers(store, [(due(store)[0], offer_rows(decide(OPUS.credit, [OPUS]).ranked))], "c1")
    correct(store, kind="reject", by="dj", entry_id=due(store, None)[0].entry_id)
    match_entries(store)
    import_tracklist(store, make_tracklist("Prydz, Eric - Opus (Original Mix)", title="two"))
    write_decisions(store, [opus(due(store, None)[0])])  # another line makes it a library track

    import_tracklist(store, make_tracklist("Eric Prydz - Opus", title="three"))
    match_entries(store)

    assert statuses(store)["Eric Prydz - Opus"] == "provisional"


def test_offers_for_entries_that_are_gone_or_edited_are_dropped(store: Store, make_tracklist: Make) -> None:
    gone = import_tracklist(store, make_tracklist("Eric Prydz - Opus", title="one")).tracklist_id
    import_tracklist(store, make_tracklist("Eric Prydz - Opus", "A - One", title="two"))
    read = due(store)
    with store.write() as tx:
        delete_tracklist(tx, gone)
    import_tracklist(store, make_tracklist("Gamma Ray - Another", "A - One", title="two"))

    ranked = offer_rows(decide(OPUS.credit, [OPUS]).ranked)
    assert write_offers(store, [(entry, ranked) for entry in read], "c1") == 1  # of the line that stayed
    assert {entry.credit.title: entry.catalogue for entry in due(store)} == {"Another": None, "One": "c1"}


def test_a_line_keeps_its_candidates_when_only_its_neighbour_is_offered_something(
    store: Store, make_tracklist: Make
) -> None:
    import_tracklist(store, make_tracklist("Eric Prydz - Opus", "A - One"))
    first, second = due(store)
    write_offers(store, [(first, offer_rows(decide(first.credit, [NEAR]).ranked)), (second, ())], "c1")
    match_entries(store)
    first, second = due(store, "c2")
    offered = offer_rows(decide(second.credit, [Candidate("x:9", Credit.parse("A", "One"))]).ranked)
    same = offer_rows(decide(first.credit, [NEAR]).ranked)
    write_offers(store, [(first, same), (second, offered)], "c2")
    with store.read() as connection:
        kept = read_offers(connection, [first.entry_id])
    assert [one.id for one in kept[first.entry_id]] == ["x:2"]
    assert statuses(store) == {"Eric Prydz - Opus": "provisional", "A - One": "pending"}


def test_an_edit_of_a_mix_without_dj_or_date_is_an_update(store: Store, make_tracklist: Make) -> None:
    lines = ["A - One", "B - Two", "ID - ID", "C - Three"]
    import_tracklist(store, make_tracklist(*lines, dj=None, played_on=None, title="Late Show 12"))
    edited = [*lines[:2], "D - Four", lines[3]]
    done = import_tracklist(store, make_tracklist(*edited, dj=None, played_on=None, title="Late Show 12"))
    assert done.outcome == "updated"
    other = ["X - One", "Y - Two", "Z - Three"]
    done = import_tracklist(store, make_tracklist(*other, dj=None, played_on=None, title="Late Show 12"))
    assert done.outcome == "new"
