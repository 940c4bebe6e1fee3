"""What random sequences of a library's life (``test_library_life.py``) found, each as a short story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.correction_files import export_corrections, import_corrections
from mixtrove.library.discoveries import TrackRecord
from mixtrove.library.line_decisions import decide
from mixtrove.library.merging import merge_tracks, unmerge_tracks
from mixtrove.library.owned import import_owned_csv
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track, keep_apart, merge_by_person
from mixtrove.library.tracklist_records import delete_tracklist, get_tracklist
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track, provisional_track
from mixtrove.library.undoing import undo
from mixtrove.library.wants import add_want, remove_want
from mixtrove.matching import Credit
from tests.integration.life_scene import differences, discover, holding, read_rows

Make = Callable[..., Any]
GLUE, OPUS = Credit.parse("Bicep", "Glue"), Credit.parse("Eric Prydz", "Opus")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    yield opened
    opened.close()


def tracks(store: Store, *credits: Credit) -> list[str]:
    with store.write() as tx:
        return [find_or_create_track(tx, one) for one in credits]


def wanted(store: Store) -> list[tuple[str, bool]]:
    """(title, provisional) of the tracks that are wanted."""
    rows = read_rows(store)
    found = [rows["library_track"][row["library_track_id"],] for row in rows["want"].values()]
    return [(row["title"], row["provisional"]) for row in found]


def kinds(store: Store) -> list[str]:
    return [row["kind"] for row in holding(read_rows(store))]


@pytest.fixture
def unknown(store: Store, make_tracklist: Make) -> str:
    """The key of a line that nobody knows; its provisional track is wanted."""
    import_tracklist(store, make_tracklist("Bicp - Gleu", dj="One"))
    match_entries(store)
    with store.write() as tx:
        [track] = tx.connection.execute(sa.select(schema.library_track.c.id)).scalars()
        add_want(tx, "dj", track, priority=4)
    [row] = read_rows(store)["tracklist_entry"].values()
    return str(row["line_key"])


def test_the_want_of_a_line_goes_where_a_person_says_the_line_is_and_comes_back(
    store: Store, unknown: str
) -> None:
    decide(store, kind="assign", by="dj", line_key=unknown, track=GLUE)
    assert wanted(store) == [("Glue", False)]
    decide(store, kind="assign", by="dj", line_key=unknown, track=OPUS)
    assert wanted(store) == [("Opus", False)]
    undo(store, line_key=unknown)
    assert wanted(store) == [("Glue", False)]
    undo(store, line_key=unknown)
    assert wanted(store) == [("Gleu", True)]


def test_the_want_of_a_line_comes_back_although_its_track_was_part_of_another_one_for_a_while(
    store: Store, unknown: str
) -> None:
    decide(store, kind="assign", by="dj", line_key=unknown, track=GLUE)
    [glue] = (key for (key,) in read_rows(store)["library_track"])
    [glew] = tracks(store, Credit.parse("Bicep", "Glew"))
    with store.write() as tx:
        merge_id = merge_tracks(tx, kept=glew, merged=glue, reason="the same")
    decide(store, kind="is_id", by="dj", line_key=unknown)  # the line cannot be parted from Glue now
    assert wanted(store) == [("Glew", False)]
    with store.write() as tx:
        unmerge_tracks(tx, merge_id)
    undo(store, line_key=unknown)
    assert wanted(store) == [("Glue", False)]
    undo(store, line_key=unknown)
    assert wanted(store) == [("Gleu", True)]


def test_an_unknown_track_that_was_heard_nowhere_goes_with_its_last_want(store: Store, unknown: str) -> None:
    [mix] = (key for (key,) in read_rows(store)["tracklist"])
    with store.write() as tx:
        delete_tracklist(tx, mix)
    [want] = (key for (key,) in read_rows(store)["want"])
    with store.write() as tx:
        remove_want(tx, want, by="dj")
    assert read_rows(store)["library_track"] == {}


def test_decisions_that_are_taken_back_out_of_order_leave_one_that_holds(store: Store, unknown: str) -> None:
    decide(store, kind="is_id", by="dj", line_key=unknown)
    rejected = decide(store, kind="reject", by="dj", line_key=unknown)
    decide(store, kind="not_a_track", by="dj", line_key=unknown)
    undo(store, correction_ids=[rejected.correction_id])
    assert kinds(store) == ["not_a_track"]
    undo(store, line_key=unknown)
    assert kinds(store) == ["is_id"]


def test_another_name_of_an_artist_goes_with_the_decision_that_gave_way(store: Store, unknown: str) -> None:
    decide(store, kind="assign", by="dj", line_key=unknown, track=Credit.parse("Robert Hood", "Gleu"))
    assert len(read_rows(store)["artist_alias"]) == 1
    decide(store, kind="is_id", by="dj", line_key=unknown)
    assert read_rows(store)["artist_alias"] == {}
    undo(store, line_key=unknown)
    assert len(read_rows(store)["artist_alias"]) == 1


def test_what_a_person_said_of_a_place_holds_when_its_line_loses_its_artist(
    store: Store, make_tracklist: Make
) -> None:
    mix = import_tracklist(store, make_tracklist("Bicep - ID", "A - One", dj="One", title="Mix"))
    match_entries(store)
    with store.read() as connection:
        entry = get_tracklist(connection, mix.tracklist_id)[1][0]
    decide(store, kind="assign", by="dj", entry_id=entry.id, track=GLUE)
    import_tracklist(store, make_tracklist("ID - ID", "A - One", dj="One", title="Mix"))
    match_entries(store)
    with store.read() as connection:
        after = get_tracklist(connection, mix.tracklist_id)[1][0]
    assert (after.id, after.status, after.track) == (entry.id, "identified", "Bicep - Glue")


def test_a_rejected_track_is_rejected_by_every_recording_of_that_name(
    store: Store, make_tracklist: Make
) -> None:
    import_tracklist(store, make_tracklist("Bicep - Glue", dj="One"))
    discover(store, "third")
    [row] = read_rows(store)["tracklist_entry"].values()
    assert row["status"] == "identified"
    decide(store, kind="reject", by="dj", entry_id=row["id"])
    import_tracklist(store, make_tracklist("Bicep - Glue", dj="Two"))
    discover(store, "second")
    assert {row["status"] for row in read_rows(store)["tracklist_entry"].values()} == {"provisional"}


def test_taking_back_a_merge_takes_back_that_one_and_not_a_later_one(store: Store) -> None:
    kept, first, second = tracks(store, *(Credit.parse("A", f"Song {one}") for one in ("One", "Uno", "Ein")))
    for gone in (first, second):
        with store.write() as tx:
            merge_by_person(tx, kept=kept, merged=gone, by="dj")
    undo(store, correction_ids=[holding(read_rows(store), "merge")[0]["id"]])
    assert {key for (key,) in read_rows(store)["library_track"]} == {kept, first}


def test_a_merge_can_be_taken_back_when_the_mix_that_a_want_came_from_was_deleted(
    store: Store, make_tracklist: Make
) -> None:
    mix = import_tracklist(store, make_tracklist("A - One", dj="One")).tracklist_id
    kept, gone = tracks(store, GLUE, Credit.parse("Bicep", "Gleu"))
    with store.write() as tx:
        add_want(tx, "dj", kept)
        add_want(tx, "dj", gone, source_tracklist_id=mix)
        merge_id = merge_tracks(tx, kept=kept, merged=gone, reason="the same")
    with store.write() as tx:
        delete_tracklist(tx, mix)
    with store.write() as tx:
        unmerge_tracks(tx, merge_id)
    assert {row["library_track_id"] for row in read_rows(store)["want"].values()} == {kept, gone}


def test_what_is_kept_apart_follows_a_merge_and_its_end(store: Store) -> None:
    kept, gone, third = tracks(store, GLUE, Credit.parse("Bicep", "Gleu"), OPUS)
    with store.write() as tx:
        keep_apart(tx, gone, third, by="dj")
    before = read_rows(store)
    with store.write() as tx:
        merge_id = merge_tracks(tx, kept=kept, merged=gone, reason="the same")
    assert set(read_rows(store)["track_pair"]) == {tuple(sorted((kept, third)))}
    with store.write() as tx:
        unmerge_tracks(tx, merge_id)
    assert differences(before, read_rows(store)) == {}
    with store.write() as tx:
        keep_apart(tx, gone, third, by="dj")
    assert kinds(store) == ["apart"]
    with store.write() as tx:
        merge_tracks(tx, kept=kept, merged=gone, reason="the same")
    undo(store, correction_ids=[holding(read_rows(store))[0]["id"]])
    assert read_rows(store)["track_pair"] == {}


def test_an_edit_of_a_track_that_became_part_of_another_is_not_taken_back_there(store: Store) -> None:
    kept, gone = tracks(store, GLUE, Credit.parse("Bicep", "Gleu"))
    with store.write() as tx:
        edit_track(tx, gone, {"genre": "House"}, by="dj")
        merge_by_person(tx, kept=kept, merged=gone, by="dj")
    before = read_rows(store)
    edit, merge = (row["id"] for row in holding(before))
    with pytest.raises(BadInput, match=f"became part of track {kept}"):
        undo(store, correction_ids=[edit])
    assert read_rows(store) == before
    undo(store, correction_ids=[merge])
    undo(store, correction_ids=[edit])
    assert read_rows(store)["library_track"][gone,]["genre"] is None


def test_a_second_edit_that_is_taken_back_leaves_the_first_as_it_was(store: Store) -> None:
    [track] = tracks(store, GLUE)
    for title in ("Glue One", "Glue"):
        with store.write() as tx:
            edit_track(tx, track, {"title": title, "genre": title}, by="dj")
        before = read_rows(store)
    with store.write() as tx:
        edit_track(tx, track, {"title": "Glue One", "genre": ""}, by="dj")
    undo(store, correction_ids=[holding(read_rows(store))[-1]["id"]])
    assert differences(before, read_rows(store), without=("correction",)) == {}


def test_a_line_that_nobody_identified_is_named_and_kept_apart_as_a_line(store: Store) -> None:
    [glue] = tracks(store, GLUE)
    with store.write() as tx:
        unknown = provisional_track(tx, OPUS)
    with pytest.raises(BadInput, match="say what it is, with `mixtrove review assign"), store.write() as tx:
        edit_track(tx, unknown, {"title": "Opal"}, by="dj")
    with pytest.raises(BadInput, match="say what it is not"), store.write() as tx:
        keep_apart(tx, glue, unknown, by="dj")


def test_a_file_is_linked_to_its_track_by_the_name_that_it_had(store: Store) -> None:
    [glue] = tracks(store, GLUE)
    with store.write() as tx:
        edit_track(tx, glue, {"title": "Glue One"}, by="dj")
    import_owned_csv(store, b"artist,title\nBicep,Glue\n", "owned.csv")
    assert [row["library_track_id"] for row in read_rows(store)["owned_track"].values()] == [glue]


def test_decisions_about_tracks_that_a_run_made_one_elsewhere_hold_there(store: Store, other: Store) -> None:
    kept, gone = tracks(store, GLUE, Credit.parse("Bicep", "Gleu"))
    with store.write() as tx:
        keep_apart(tx, kept, gone, by="dj")
        edit_track(tx, kept, {"label": "Ninja Tune"}, by="dj")
    with store.read() as connection:
        decisions = "".join(export_corrections(connection)).encode()
    first, second = tracks(other, GLUE, Credit.parse("Bicep", "Gleu"))
    with other.write() as tx:
        merge_tracks(tx, kept=first, merged=second, reason="a run")
        tx.connection.execute(sa.update(schema.library_track).values(label="Ninja Tune"))
    assert import_corrections(other, decisions, "decisions").refused == ()
    there = read_rows(other)
    assert set(there["track_pair"]) == {tuple(sorted((first, second)))}
    assert [row["kind"] for row in holding(there)] == kinds(store)
    assert (first, "label", "person") in there["track_attribute"]


def test_an_edit_is_carried_by_the_name_its_track_has_without_what_was_taken_back(
    store: Store, other: Store
) -> None:
    [track] = tracks(store, GLUE)
    with store.write() as tx:
        edit_track(tx, track, {"title": "Glue One"}, by="dj")
        edit_track(tx, track, {"label": "Ninja Tune"}, by="dj")
    undo(store, correction_ids=[holding(read_rows(store))[0]["id"]])
    with store.read() as connection:
        import_corrections(other, "".join(export_corrections(connection)).encode(), "decisions")
    [row] = read_rows(other)["library_track"].values()
    assert (row["title"], row["label"]) == ("Glue", "Ninja Tune")


def test_a_rejected_track_that_was_merged_since_is_carried_by_the_name_it_has_now(
    store: Store, other: Store, make_tracklist: Make
) -> None:
    import_tracklist(store, make_tracklist("Bicp - Gleu", dj="One"))
    [row] = read_rows(store)["tracklist_entry"].values()
    record = TrackRecord("catalogue", "discogs:8", Credit.parse("Bicp", "Gleu"))
    done = decide(store, kind="assign", by="dj", entry_id=row["id"], track=record)
    decide(store, kind="reject", by="dj", entry_id=row["id"])
    [glue] = tracks(store, GLUE)
    with store.write() as tx:
        merge_tracks(tx, kept=glue, merged=done.library_track_id or "", reason="the same")
    with store.read() as connection:
        decisions = "".join(export_corrections(connection))
    assert '{"candidate_id": "glue|bicep||", "source": "identity"}' in decisions
