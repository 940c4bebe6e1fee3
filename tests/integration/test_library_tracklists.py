"""Importing tracklists: new, again, changed; what is kept and how often a play counts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.discoveries import (
    Candidate,
    EntryDecision,
    TrackRecord,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.store import Store
from mixtrove.library.tracklist_records import (
    delete_tracklist,
    edit_tracklist,
    export_tracklist,
    get_tracklist,
    list_tracklists,
    list_versions,
)
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Credit, identity_key

Make = Callable[..., Any]
MIX = {"dj": "Ben UFO", "title": "Rinse FM", "played_on": date(2026, 5, 1)}


def identify_all(store: Store, known: tuple[str, ...] | None = None) -> None:
    """Decide every open entry: identified when its title is known, else provisional."""
    with store.read() as connection:
        todo = list(entries_to_identify(connection, "test"))
    write_decisions(
        store,
        [
            EntryDecision(
                one.entry_id,
                "identified",
                TrackRecord("catalogue", f"test:{identity_key(one.credit)}", one.credit),
                confidence=0.97,
                catalogue="test",
                sources=("catalogue",),
            )
            if not one.is_id and (known is None or one.credit.title in known)
            else EntryDecision(one.entry_id, "provisional", confidence=0.5, catalogue="test")
            for one in todo
        ],
    )


def tracks(store: Store) -> dict[str, int]:
    """Title → how often it was heard."""
    track = schema.library_track
    with store.read() as connection:
        rows = connection.execute(sa.select(track.c.title, track.c.discovery_count))
        return {row.title: row.discovery_count for row in rows}


def statuses(store: Store, tracklist_id: str) -> list[tuple[int, str, str]]:
    with store.read() as connection:
        _, entries = get_tracklist(connection, tracklist_id)
    return [(one.position, one.credit, one.status) for one in entries]


def revision(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(sa.select(schema.counter.c.value)).scalar_one())


def test_a_new_tracklist_has_its_entries_pending_and_unknown_ones_skipped(
    store: Store, make_tracklist: Make
) -> None:
    done = import_tracklist(
        store, make_tracklist("Hour one", "Four Tet - Opus [Text]", "ID - ID", "Joy O - ID", **MIX)
    )
    assert (done.outcome, done.entries, done.skipped, done.changes) == ("new", 3, 1, ())
    assert statuses(store, done.tracklist_id) == [
        (1, "Four Tet - Opus", "pending"),
        (2, "ID - ID", "skipped"),
        (3, "Joy O - ID", "pending"),
    ]


def test_equal_content_again_is_no_change_at_all(store: Store, make_tracklist: Make) -> None:
    mix = make_tracklist("A - One", "B - Two", **MIX)
    first = import_tracklist(store, mix)
    before = revision(store)
    again = import_tracklist(store, mix)
    assert (again.outcome, again.tracklist_id) == ("unchanged", first.tracklist_id)
    assert revision(store) == before


def test_equal_lines_get_the_metadata_that_was_unknown(store: Store, make_tracklist: Make) -> None:
    first = import_tracklist(store, make_tracklist("A - One", "B - Two"))
    again = import_tracklist(store, make_tracklist("A - One", "B - Two", **MIX))
    assert (again.outcome, again.tracklist_id) == ("updated", first.tracklist_id)
    assert again.changes == (
        "title: unknown → Rinse FM",
        "dj: unknown → Ben UFO",
        "played on: unknown → 2026-05-01",
    )
    other = import_tracklist(store, make_tracklist("A - One", "B - Two", dj="Somebody Else"))
    assert other.outcome == "new"


def test_an_update_keeps_what_was_known_and_counts_each_play_once(store: Store, make_tracklist: Make) -> None:
    first = import_tracklist(
        store,
        make_tracklist("1. A - One", "2. ID - ID", "3. C - Three", "4. D - Four", "5. E - Five", **MIX),
    )
    identify_all(store)
    with store.read() as connection:
        _, before = get_tracklist(connection, first.tracklist_id)
    ids = {one.credit: one.id for one in before}

    done = import_tracklist(
        store,
        make_tracklist("1. A - One", "2. Four Tet - Opus", "3. E - Five", "4. C - Three", **MIX),
    )
    assert done.outcome == "updated"
    assert done.changes == (
        "line 2: ID - ID → Four Tet - Opus",
        "line 3: E - Five moved here from line 5",
        "line 4: D - Four was removed",
    )
    with store.read() as connection:
        _, after = get_tracklist(connection, first.tracklist_id)
    assert [(one.position, one.credit, one.status) for one in after] == [
        (1, "A - One", "identified"),
        (2, "Four Tet - Opus", "pending"),
        (3, "E - Five", "identified"),
        (4, "C - Three", "identified"),
    ]
    assert {one.credit: one.id for one in after} == {
        "A - One": ids["A - One"],
        "Four Tet - Opus": ids["ID - ID"],
        "E - Five": ids["E - Five"],
        "C - Three": ids["C - Three"],
    }
    assert tracks(store) == {"One": 1, "Three": 1, "Four": 0, "Five": 1}
    play = schema.track_discovery
    with store.read() as connection:
        positions = connection.execute(
            sa.select(play.c.track_position).order_by(play.c.track_position)
        ).scalars().all()  # fmt: skip
        gone = connection.execute(
            sa.select(schema.tombstone.c.table_name).order_by("table_name")
        ).scalars().all()  # fmt: skip
    assert positions == [1, 3, 4]
    assert gone == ["track_discovery", "tracklist_entry"]
    identify_all(store)
    assert tracks(store)["Opus"] == 1


def test_every_version_stays_readable(store: Store, make_tracklist: Make) -> None:
    first = import_tracklist(store, make_tracklist("A - One", "ID", "x - ID", **MIX))
    import_tracklist(store, make_tracklist("A - One", "B - Two", "x - ID", **MIX))
    with store.read() as connection:
        assert export_tracklist(connection, first.tracklist_id) == "A - One\nB - Two\nx - ID\n"
        assert export_tracklist(connection, first.tracklist_id, 1) == "A - One\nID\nx - ID\n"
        changes = [found for _, _, found in list_versions(connection, first.tracklist_id)]
    assert changes[0] == ()
    assert len(changes) == 2


def test_a_filled_in_id_takes_the_wish_for_it_along(store: Store, make_tracklist: Make) -> None:
    from mixtrove.library.want_records import list_wants
    from mixtrove.library.wants import add_want

    import_tracklist(store, make_tracklist("A - One", "Four Tet - ID", **MIX))
    identify_all(store)
    track = schema.library_track
    with store.read() as connection:
        unknown = connection.execute(
            sa.select(track.c.id).where(track.c.provisional)
        ).scalar_one()  # fmt: skip
    with store.write() as tx:
        add_want(tx, "dj", unknown, priority=5)
    import_tracklist(store, make_tracklist("A - One", "Four Tet - Opus", **MIX))
    identify_all(store)
    assert tracks(store) == {"One": 1, "Opus": 1}
    with store.read() as connection:
        [want] = list_wants(connection, "dj")
        merged = connection.execute(sa.select(schema.merge_log.c.merged_id)).scalars().all()
    assert (want.title, want.priority, merged) == ("Opus", 5, [unknown])


def test_two_ids_by_one_artist_are_two_tracks(store: Store, make_tracklist: Make) -> None:
    import_tracklist(store, make_tracklist("Four Tet - ID", "A - One", "Four Tet - ID", **MIX))
    identify_all(store)
    track = schema.library_track
    with store.read() as connection:
        counts = connection.execute(
            sa.select(track.c.discovery_count).where(track.c.provisional)
        ).scalars().all()  # fmt: skip
    assert counts == [1, 1]


def test_a_persons_edit_survives_an_import(store: Store, make_tracklist: Make) -> None:
    url = "https://example.org/mix"
    first = import_tracklist(store, make_tracklist("A - One", dj="Ben UF0", source_url=url))
    with store.write() as tx:
        edit_tracklist(tx, first.tracklist_id, {"dj": "Ben UFO"})
    done = import_tracklist(
        store, make_tracklist("A - One", "B - Two", dj="Ben UF0", title="Rinse", source_url=url)
    )
    assert done.changes == ("title: unknown → Rinse", "line 2: B - Two was added")
    with store.read() as connection:
        [found] = list_tracklists(connection)
    assert (found.dj, found.title, found.version, found.entries) == ("Ben UFO", "Rinse", 2, 2)


def test_deleting_a_tracklist_takes_its_plays_and_lone_provisional_tracks(
    store: Store, make_tracklist: Make
) -> None:
    keep = import_tracklist(store, make_tracklist("A - One", "B - Two", **MIX))
    gone = import_tracklist(store, make_tracklist("A - One", "C - Odd", "B - Two", dj="Other"))
    identify_all(store, known=("One",))
    assert tracks(store) == {"One": 2, "Two": 2, "Odd": 1}
    with store.write() as tx:
        assert delete_tracklist(tx, gone.tracklist_id) == 3
    assert tracks(store) == {"One": 1, "Two": 1}
    with store.read() as connection:
        assert [one.id for one in list_tracklists(connection)] == [keep.tracklist_id]
        dead = sorted(connection.execute(sa.select(schema.tombstone.c.table_name)).scalars())
    assert dead == ["library_track"] + ["track_discovery"] * 3 + ["tracklist"] + ["tracklist_entry"] * 3
    with store.write() as tx, pytest.raises(BadInput, match="there is no tracklist"):
        delete_tracklist(tx, gone.tracklist_id)


def test_deciding_again_the_same_way_changes_nothing(store: Store, make_tracklist: Make) -> None:
    import_tracklist(store, make_tracklist("A - One", "B - Two", **MIX))
    with store.read() as connection:
        todo = list(entries_to_identify(connection, "cat-1"))
    offered = Candidate("catalogue", "x:1", Credit.parse("B", "Twoo"), 0.8, 0.7, "unsure", ("title differs",))
    decisions = [
        EntryDecision(
            todo[0].entry_id, "identified", TrackRecord("catalogue", "x:2", todo[0].credit),
            confidence=0.99, catalogue="cat-1", sources=("catalogue",), reasons=("same",),
        ),
        EntryDecision(
            todo[1].entry_id, "provisional", confidence=0.7, catalogue="cat-1", candidates=(offered,)
        ),
    ]  # fmt: skip
    first = write_decisions(store, decisions)
    assert (first.identified, first.provisional, first.tracks_added) == (1, 1, 2)
    before = revision(store)
    second = write_decisions(store, decisions)
    assert (second.identified, second.provisional, second.tracks_added) == (1, 1, 0)
    assert revision(store) == before
    with store.read() as connection:
        assert list(entries_to_identify(connection, "cat-1")) == []
        assert [one.entry_id for one in entries_to_identify(connection, "cat-2")] == [todo[1].entry_id]


def test_the_date_of_a_discovery_stays_when_the_track_becomes_known(
    store: Store, make_tracklist: Make
) -> None:
    import_tracklist(store, make_tracklist("A - One", **MIX))
    identify_all(store, known=())
    play = schema.track_discovery
    with store.read() as connection:
        first = connection.execute(sa.select(play.c.discovery_date)).scalar_one()
        [entry] = entries_to_identify(connection, "newer")
    write_decisions(
        store,
        [EntryDecision(entry.entry_id, "identified", TrackRecord("catalogue", "x:1", entry.credit))],
    )
    with store.read() as connection:
        assert connection.execute(sa.select(play.c.discovery_date)).scalar_one() == first
    assert tracks(store) == {"One": 1}


_LINES = st.lists(
    st.sampled_from(
        ["A - One", "B - Two", "C - Three (D Remix)", "ID - ID", "E - ID", "F - Six w/ G - Seven"]
    ),
    max_size=8,
)


@given(versions=st.lists(_LINES, min_size=1, max_size=4))
@example(versions=[["A - One", "E - ID"], ["A - One", "ID - ID"]])
@settings(max_examples=25, deadline=None)
def test_after_any_updates_each_line_is_one_play(versions: list[list[str]]) -> None:
    from mixtrove.tracklists.line import parse_line
    from mixtrove.tracklists.model import Line, Tracklist

    def read(lines: list[str]) -> Tracklist:
        parsed = []
        for number, raw in enumerate(lines, 1):
            line = parse_line(raw, number)
            parsed.append(Line(number, raw, line.kind, line.skip_reason, None, line.components, number))
        return Tracklist(format="text", lines=tuple(parsed), **MIX)

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'm.db'}")
        for lines in versions:
            done = import_tracklist(store, read(lines))
            identify_all(store)
            assert import_tracklist(store, read(lines)).outcome == "unchanged"
        final = versions[-1]
        play, entry, track = schema.track_discovery, schema.tracklist_entry, schema.library_track
        with store.read() as connection:
            raw = connection.execute(
                sa.select(entry.c.raw_line, entry.c.component, entry.c.status).order_by(
                    entry.c.position, entry.c.component
                )
            ).all()
            places = connection.execute(
                sa.select(entry.c.position, entry.c.component)
                .where(entry.c.status != "skipped")
                .order_by(entry.c.position, entry.c.component)
            ).all()
            plays = connection.execute(
                sa.select(play.c.track_position, play.c.component).order_by(
                    play.c.track_position, play.c.component
                )
            ).all()
            counted = connection.execute(sa.select(sa.func.sum(track.c.discovery_count))).scalar()
            text = export_tracklist(connection, done.tracklist_id)
        store.close()
    assert [row.raw_line for row in raw if row.component == 1] == final
    assert all(row.status in ("identified", "provisional") or row.raw_line == "ID - ID" for row in raw)
    assert places == plays
    assert (counted or 0) == len(plays)
    assert text == "".join(f"{line}\n" for line in final)
