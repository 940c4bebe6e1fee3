"""A person's decisions about lines: applied everywhere, kept by runs, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.correction_records import CorrectionFilter, list_corrections
from mixtrove.library.corrections import corrections_for
from mixtrove.library.discoveries import (
    Candidate,
    EntryDecision,
    TrackRecord,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.line_decisions import decide
from mixtrove.library.review_queue import offered_track, review_queue
from mixtrove.library.store import Store
from mixtrove.library.tracklist_records import get_tracklist
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.undoing import undo
from mixtrove.matching import Credit

Make = Callable[..., Any]
OFFER = Candidate(
    "catalogue", "musicbrainz:42", Credit.parse("Eric Prydz", "Opus (Four Tet Remix)"),
    0.8, 0.75, "unsure", ("the line names no version",), url="https://example.org/42",
)  # fmt: skip


@pytest.fixture
def waiting(store: Store, make_tracklist: Make) -> list[str]:
    """Two mixes with the line ``Eric Prydz - Opus``, provisional with one candidate; their ids."""
    ids = [
        import_tracklist(store, make_tracklist("Eric Prydz - Opus", other, dj=dj)).tracklist_id
        for dj, other in (("One", "A - X"), ("Two", "B - Y"))
    ]
    with store.read() as connection:
        todo = list(entries_to_identify(connection, "c"))
    write_decisions(
        store,
        [
            EntryDecision(
                one.entry_id,
                "provisional",
                candidates=(OFFER,) if one.credit.title == "Opus" else (),
                catalogue="c",
            )
            for one in todo
        ],
    )
    return ids


def first_lines(store: Store, ids: list[str]) -> list[tuple[str, str | None, str | None]]:
    with store.read() as connection:
        found = [get_tracklist(connection, one)[1][0] for one in ids]
    return [(one.status, one.track, one.method) for one in found]


def test_the_queue_shows_each_line_once_the_most_heard_first(store: Store, waiting: list[str]) -> None:
    with store.read() as connection:
        queue = review_queue(connection)
    assert [(one.line, one.heard) for one in queue] == [
        ("Eric Prydz - Opus", 2),
        ("A - X", 1),
        ("B - Y", 1),
    ]
    [offer] = queue[0].offers
    assert (offer.credit, offer.confidence) == ("Eric Prydz - Opus (Four Tet Remix)", 0.75)


def test_accepting_a_candidate_holds_for_every_mix_and_every_run(store: Store, waiting: list[str]) -> None:
    with store.read() as connection:
        item = review_queue(connection)[0]
        record = offered_track(connection, item.entry_id, 1)
    done = decide(store, kind="assign", by="dj", entry_id=item.entry_id, track=record)
    assert done.entries == 2
    expected = [("identified", "Eric Prydz - Opus (Four Tet Remix)", "manual")] * 2
    assert first_lines(store, waiting) == expected
    wrong = TrackRecord("catalogue", "x:9", Credit.parse("Eric Prydz", "Opus"))
    summary = write_decisions(store, [EntryDecision(item.entry_id, "identified", wrong)])
    assert (summary.stale, summary.identified) == (1, 0)
    assert first_lines(store, waiting) == expected
    with store.read() as connection:
        holds = corrections_for(connection, [item.line_key, "other"])
        track = schema.library_track
        left = connection.execute(
            sa.select(track.c.title, track.c.discovery_count).where(track.c.title == "Opus")
        ).all()
    assert list(holds) == [item.line_key]
    assert holds[item.line_key].kind == "assign"
    assert [tuple(row) for row in left] == [("Opus", 2)]


def test_a_correction_applies_to_mixes_that_come_later(
    store: Store, waiting: list[str], make_tracklist: Make
) -> None:
    with store.read() as connection:
        item = review_queue(connection)[0]
    decide(store, kind="assign", by="dj", entry_id=item.entry_id, track=Credit.parse("Eric Prydz", "Opus"))
    later = import_tracklist(store, make_tracklist("7. Eric Prydz - Opus", dj="Three"))
    with store.read() as connection:
        [entry] = entries_to_identify(connection, "c")
        decision = corrections_for(connection, [entry.line_key])[entry.line_key].decision(entry.entry_id)
    assert decision is not None
    write_decisions(store, [decision])
    assert first_lines(store, [later.tracklist_id]) == [("identified", "Eric Prydz - Opus", "manual")]


def test_a_rejection_is_remembered_with_what_was_offered(store: Store, waiting: list[str]) -> None:
    with store.read() as connection:
        item = review_queue(connection)[0]
    decide(store, kind="reject", by="dj", entry_id=item.entry_id)
    with store.read() as connection:
        held = corrections_for(connection, [item.line_key])[item.line_key]
        again = review_queue(connection)[0]
    assert held.kind is None
    assert held.rejected == {("catalogue", "musicbrainz:42")}
    assert again.offers == ()
    assert first_lines(store, waiting)[0][0] == "provisional"


def test_a_line_that_is_no_track_is_skipped_and_its_plays_go(store: Store, waiting: list[str]) -> None:
    with store.read() as connection:
        item = review_queue(connection)[0]
    decide(store, kind="not_a_track", by="dj", entry_id=item.entry_id)
    assert first_lines(store, waiting) == [("skipped", None, None)] * 2
    with store.read() as connection:
        titles = set(connection.execute(sa.select(schema.library_track.c.title)).scalars())
    assert titles == {"X", "Y"}


def test_undo_brings_back_the_decision_before_and_then_the_open_line(
    store: Store, waiting: list[str]
) -> None:
    with store.read() as connection:
        item = review_queue(connection)[0]
    decide(store, kind="assign", by="dj", entry_id=item.entry_id, track=OFFER.credit)
    decide(store, kind="not_a_track", by="dj", entry_id=item.entry_id)
    assert undo(store, line_key=item.line_key)[0].kind == "not_a_track"
    assert first_lines(store, waiting)[0][:2] == ("identified", "Eric Prydz - Opus (Four Tet Remix)")
    with store.read() as connection:
        assert [one.kind for one in list_corrections(connection, CorrectionFilter())] == ["assign"]
    assert undo(store, line_key=item.line_key)[0].entries == 2
    assert [status for status, _, _ in first_lines(store, waiting)] == ["pending", "pending"]
    with pytest.raises(BadInput, match="no such decision to take back"):
        undo(store, line_key=item.line_key)


def test_assigning_one_id_leaves_the_other_ids_alone(store: Store, make_tracklist: Make) -> None:
    mix = import_tracklist(store, make_tracklist("ID - ID", "ID - ID", dj="One")).tracklist_id
    with store.read() as connection:
        _, entries = get_tracklist(connection, mix)
    done = decide(store, kind="assign", by="dj", entry_id=entries[1].id, track=Credit.parse("A", "B"))
    assert done.entries == 1
    with store.read() as connection:
        assert [one.status for one in get_tracklist(connection, mix)[1]] == ["skipped", "identified"]
    undo(store, correction_ids=[done.correction_id])
    with store.read() as connection:
        assert [one.status for one in get_tracklist(connection, mix)[1]] == ["skipped", "skipped"]
