"""Corrections carried to another library: the same decisions for the same lines, whatever came first."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.aliases import add_alias
from mixtrove.library.correction_files import export_corrections, import_corrections
from mixtrove.library.discoveries import TrackRecord
from mixtrove.library.line_decisions import LineDecision, decide, decide_many
from mixtrove.library.store import Store, new_id
from mixtrove.library.track_corrections import edit_track, keep_apart, merge_by_person
from mixtrove.library.tracklist_records import get_tracklist
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.undoing import undo
from mixtrove.matching import Credit

Make = Callable[..., Any]
AT = "2026-01-01T00:00:00+00:00"
MIXES = (
    ("One", ("Bicp - Gleu", "Floorplan - Never Grow Old", "ID - ID", "Talk - Over")),
    ("Two", ("Floor Plan - Never Grow Olde", "Bicp - Gleu", "Call Super - Fluo", "Joy O - Ellipsis")),
)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    yield opened
    opened.close()


def bring(store: Store, make: Make) -> None:
    for dj, lines in MIXES:
        import_tracklist(store, make(*lines, dj=dj, source_url=f"https://example.org/{dj}"))


def state(store: Store) -> list[tuple[str, str, str | None, str | None]]:
    """(line, status, track, label) of every entry, and the tracks beside."""
    track = schema.library_track
    with store.read() as connection:
        labels = {row.id: row.label for row in connection.execute(sa.select(track.c.id, track.c.label))}
        ids = connection.execute(sa.select(schema.tracklist.c.id).order_by(schema.tracklist.c.dj)).scalars()
        return [
            (one.raw_line, one.status, one.track, labels.get(one.library_track_id))
            for tracklist_id in ids.all()
            for one in get_tracklist(connection, tracklist_id)[1]
        ]


def key_of(store: Store, line: str) -> str:
    entry = schema.tracklist_entry
    with store.read() as connection:
        found: str = connection.execute(
            sa.select(entry.c.line_key).where(entry.c.raw_line == line).limit(1)
        ).scalar_one()
    return found


@pytest.fixture
def corrected(store: Store, make_tracklist: Make) -> str:
    """A library in which a person decided everything there is to decide; its corrections as a file."""
    bring(store, make_tracklist)
    match_entries(store)
    glue = TrackRecord("beatport", "beatport:9", Credit.parse("Bicep", "Glue"), "https://example.org/9")
    decide(store, kind="assign", by="dj", line_key=key_of(store, "Bicp - Gleu"), track=glue)
    decide_many(
        store,
        [
            LineDecision("assign", key_of(store, line), track=Credit.parse(*line.split(" - ")))
            for line in ("Floorplan - Never Grow Old", "Floor Plan - Never Grow Olde")
        ],
        by="dj",
    )
    decide(store, kind="not_a_track", by="dj", line_key=key_of(store, "Talk - Over"))
    decide(store, kind="is_id", by="dj", line_key=key_of(store, "ID - ID"))
    decide(store, kind="unreleased", by="dj", line_key=key_of(store, "Call Super - Fluo"))
    wrong = decide(store, kind="not_a_track", by="dj", line_key=key_of(store, "Joy O - Ellipsis"))
    undo(store, correction_ids=[wrong.correction_id])
    with store.write() as tx:
        plan, old = (
            find_or_create_track(tx, Credit.parse(*name))
            for name in (("Floorplan", "Never Grow Old"), ("Floor Plan", "Never Grow Olde"))
        )
        edit_track(tx, plan, {"label": "M-Plant", "title": "Never Grow Old!"}, by="dj")
        merge_by_person(tx, kept=plan, merged=old, by="dj")
        keep_apart(tx, plan, find_or_create_track(tx, Credit.parse("Bicep", "Glue")), by="dj")
        add_alias(tx, "Peter O Grady Nobody", "Joy O", by="dj")
    match_entries(store)
    with store.read() as connection:
        return "".join(export_corrections(connection))


def test_replayed_on_an_empty_library_they_give_the_same_state(
    store: Store, other: Store, corrected: str, make_tracklist: Make
) -> None:
    bring(other, make_tracklist)
    done = import_corrections(other, corrected.encode(), "corrections.jsonl")
    assert (done.read, done.taken, done.known, done.refused) == (10, 10, 0, ())
    match_entries(other)
    assert state(other) == state(store)
    with other.read() as connection:
        assert "".join(export_corrections(connection)) == corrected


def test_replayed_before_the_tracklists_came_in_they_hold_all_the_same(
    store: Store, other: Store, corrected: str, make_tracklist: Make
) -> None:
    first = import_corrections(other, corrected.encode(), "c.jsonl")
    [refused] = first.refused
    assert refused.startswith("c.jsonl, line 9: its line 'ID - ID' is in no mix here: import that tracklist")
    bring(other, make_tracklist)
    again = import_corrections(other, corrected.encode(), "c.jsonl")
    assert (again.taken, again.known, again.refused) == (1, 9, ())
    match_entries(other)
    assert state(other) == state(store)


def test_importing_twice_is_importing_once(other: Store, corrected: str, make_tracklist: Make) -> None:
    bring(other, make_tracklist)
    import_corrections(other, corrected.encode(), "c.jsonl")
    match_entries(other)
    before = state(other)
    again = import_corrections(other, corrected.encode(), "c.jsonl")
    assert (again.taken, again.known) == (0, 10)
    assert state(other) == before


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "c.jsonl, line 2: no JSON"),
        ('{"kind": "assign"}', "c.jsonl, line 2: no decision of form 1"),
        ('{"form": 1, "kind": "edit", "id": "x", "by": "dj"}', "line 2: no decision as .*KeyError"),
        (
            '{"form": 1, "kind": "edit", "id": "'
            + "x" * 99
            + '", "by": "d", "at": "2026-01-01T00:00:00+00:00"}',
            "is no id",
        ),
        ("[" * 100_000, "line 2: no JSON"),
    ],
)
def test_a_file_that_is_none_changes_nothing(other: Store, corrected: str, line: str, why: str) -> None:
    damaged = corrected.splitlines()[0] + "\n" + line + "\n"
    with pytest.raises(BadInput, match=why):
        import_corrections(other, damaged.encode(), "c.jsonl")
    with other.read() as connection:
        assert connection.execute(sa.select(sa.func.count(schema.correction.c.id))).scalar() == 0


def test_a_decision_that_cannot_be_followed_leaves_the_others(other: Store, corrected: str) -> None:
    edit = json.loads(next(line for line in corrected.splitlines() if '"edit"' in line))
    edit["changes"] = {"bpm": [None, 9000]}
    done = import_corrections(
        other, (json.dumps(edit) + "\n" + corrected.splitlines()[1]).encode(), "c.jsonl"
    )
    assert done.refused == ("c.jsonl, line 1: bpm must be a number from 20 to 400",)
    assert done.taken == 1


def decide_lines(store: Store, count: int) -> None:
    with store.write() as tx:
        rows = [
            {
                "id": new_id(), "line_key": f"{number}|{'x' * 200}", "kind": "is_id", "payload": {},
                "decided_by": "dj", "decided_at": tx.now, "revision": tx.revision,
            }
            for number in range(count)
        ]  # fmt: skip
        tx.connection.execute(sa.insert(schema.correction), rows)


def test_any_number_of_decisions_is_written_whole_and_in_order(store: Store) -> None:
    decide_lines(store, 1_201)
    with store.read() as connection:
        lines = [json.loads(one)["line_key"] for one in export_corrections(connection)]
    assert lines == [f"{number}|{'x' * 200}" for number in range(1_201)]


def test_decisions_are_written_in_the_memory_of_a_part(sqlite_store: Store) -> None:
    def peak() -> tuple[int, int]:
        """(most bytes held, lines written)."""
        gc.collect()
        tracemalloc.start()
        with sqlite_store.read() as connection:
            lines = sum(1 for _ in export_corrections(connection))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most, lines

    decide_lines(sqlite_store, 1_500)
    peak()  # what is loaded once
    small, few = peak()
    decide_lines(sqlite_store, 6_000)
    large, many = peak()
    assert (few, many) == (1_500, 7_500)
    assert large < 1.25 * small
