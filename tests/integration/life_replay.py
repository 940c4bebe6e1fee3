"""The decisions of one library, carried to another one with the same mixes: they hold there as well.

What runs alone decided may differ, because it depends on what came before what; what people said does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mixtrove.library.correction_files import export_corrections, import_corrections
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from tests.integration import life_rules
from tests.integration.life_scene import MIXES, Rows, discover, empty, holding, read_rows

Make = Callable[..., Any]
DECIDING = ("assign", "is_id", "not_a_track")


def carry_over(store: Store, other: Store, make: Make, catalogue: str, *, decisions_first: bool) -> None:
    """Carry all decisions over, before or after the mixes came in and were looked up there, and compare.

    Args:
        store: a library in which everything is looked up.
        other: another one; it is emptied.
        make: makes a tracklist of lines.
        catalogue: what the runs there search.
        decisions_first: whether the decisions are there before the mixes are.
    """
    here = read_rows(store)
    with store.read() as connection:
        decisions = "".join(export_corrections(connection)).encode()
    empty(other)
    if decisions_first:
        import_corrections(other, decisions, "decisions")
    bring_mixes(here, other, make)
    if not decisions_first:
        discover(other, catalogue)
    done = import_corrections(other, decisions, "decisions")
    discover(other, catalogue)
    there = read_rows(other)
    life_rules.check(there, there, make)
    life_rules.people_win_about_lines(there, after_a_run=True)
    deleted = [one for one in done.refused if one.endswith("it is about a line that was deleted")]
    assert list(done.refused) == deleted
    left = {row["id"] for row in holding(here)} ^ {row["id"] for row in holding(there)}
    assert len(left) == len(deleted), [here["correction"].get((one,)) for one in left]
    assert said_of_lines(there, like=here) == said_of_lines(here, like=here)
    assert said_of_tracks(there) >= said_of_tracks(here)
    assert import_corrections(other, decisions, "decisions").taken == 0


def bring_mixes(here: Rows, other: Store, make: Make) -> None:
    """Import the newest versions of the mixes, the first one first."""
    for (mix,), row in sorted(here["tracklist"].items()):
        [lines] = (
            one["lines"]
            for one in here["tracklist_version"].values()
            if (one["tracklist_id"], one["version"]) == (mix, row["version"])
        )
        [metadata] = (one for one in MIXES if one["dj"] == row["dj"])
        import_tracklist(other, make(*lines, **metadata))


def said_of_lines(rows: Rows, *, like: Rows) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """By place, what the lines are that people decided in ``like``."""
    keys = {row["line_key"] for row in holding(like, *DECIDING)}
    places = {
        _place(like, row) for row in like["tracklist_entry"].values() if row["line_key"] in keys
    }  # fmt: skip
    plays = {row["entry_id"]: row["library_track_id"] for row in rows["track_discovery"].values()}
    return {
        _place(rows, row): (row["status"], _identity(rows, plays.get(row["id"])))
        for row in rows["tracklist_entry"].values()
        if _place(rows, row) in places
    }


def said_of_tracks(rows: Rows) -> set[tuple[Any, ...]]:
    """The fields of identified tracks that people set, and the pairs that they keep apart."""
    tracks = rows["library_track"]
    moved = {row["library_track_id"] for row in holding(rows, "edit") if not _own(row)}
    return {
        (_identity(rows, row["library_track_id"]), name, tracks[row["library_track_id"],][name])
        for row in holding(rows, "edit")
        for name in row["payload"]["changes"]
        if row["library_track_id"] not in moved and not tracks[row["library_track_id"],]["provisional"]
    } | {
        tuple(sorted((_identity(rows, left), _identity(rows, right)), key=str))
        for (left, right), row in rows["track_pair"].items()
        if row["kind"] == "apart"
    }


def _own(row: Any) -> bool:
    """Whether an edit is still about the track that it was made of."""
    return bool(row["payload"]["id"] == row["library_track_id"])


def _place(rows: Rows, row: Any) -> tuple[Any, ...]:
    return rows["tracklist"][row["tracklist_id"],]["dj"], row["position"], row["component"]


def _identity(rows: Rows, track_id: str | None) -> tuple[str, str] | None:
    if track_id is None:
        return None
    row = rows["library_track"][track_id,]
    return row["identity_key"], row["disambiguator"]
