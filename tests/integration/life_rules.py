"""What must hold of a library after every step of its life, whatever the step was.

Each function looks at the rows after a step, some also at those before it; see ``life_scene.py``. Not here:
what one kind of step must do (``test_library_life.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from mixtrove.library import schema
from mixtrove.library.corrections import BY_NAME
from mixtrove.library.credits import credit_of_track, entry_columns
from mixtrove.library.track_columns import NAMED, PERSON
from mixtrove.library.track_corrections import ONE_TRACK
from mixtrove.library.wants import LIMIT
from mixtrove.matching.verdict import compare
from tests.integration.life_scene import Row, Rows, current, holding

Make = Callable[..., Any]
STAGED = (
    "tracklist", "library_track", "tracklist_entry", "track_discovery", "want", "want_event", "owned_track",
)  # fmt: skip


def check(before: Rows, now: Rows, make: Make) -> None:
    """Everything in this file."""
    nothing_points_nowhere(now)
    every_line_is_an_entry(now, make)
    every_decided_entry_is_one_play(now)
    what_is_derived_is_right(now)
    people_win_about_lines(now)
    people_win_about_tracks(now)
    names_stand_for_one_track(now)
    wants_are_unique(now)
    ids_are_kept(before, now)
    versions_stay_apart(before, now)
    every_change_has_a_revision(before, now)


def nothing_points_nowhere(now: Rows) -> None:
    """No reference to a row that is gone, and no row that nothing needs."""
    for table in schema.metadata.sorted_tables:
        for key in table.foreign_keys:
            targets = {row[key.column.name] for row in now[key.column.table.name].values()}
            for row in now[table.name].values():
                value = row[key.parent.name]
                assert value is None or value in targets, (table.name, row)
    mixes = {row["id"] for row in now["tracklist"].values()}
    needed = {
        row["library_track_id"]
        for name in ("track_discovery", "want", "correction")
        for row in now[name].values()
    }
    for row in now["library_track"].values():
        assert row["discovered_from"] is None or row["discovered_from"] in mixes
        assert not row["provisional"] or row["id"] in needed, row
    corrections = {row["id"] for row in holding(now)}
    for row in now["artist_alias"].values():
        assert row["source"] == "person" or row["correction_id"] in corrections, row
    merges = {row["id"]: row for row in now["merge_log"].values()}
    for row in merges.values():
        if row["undone_at"] is None and not row["before"]["track"]["provisional"]:
            assert current(now, row["merged_id"]) is not None, row
    for row in holding(now, "merge"):
        assert merges[row["payload"]["merge_id"]]["undone_at"] is None


def every_line_is_an_entry(now: Rows, make: Make) -> None:
    """The entries of a mix are the lines of its newest version, each once."""
    newest: dict[str, Row] = {}
    for row in sorted(now["tracklist_version"].values(), key=lambda row: int(row["version"])):
        newest[row["tracklist_id"]] = row
    assert newest.keys() == {key for (key,) in now["tracklist"]}
    expected = sorted(
        (mix, line.position, one.component, line.raw, one.is_id, str(entry_columns(one.credit)))
        for mix, row in newest.items()
        for line in make(*row["lines"]).entries
        for one in line.components
    )
    names = ("artists", "featured", "title", "version", "mix_type", "cut", "remixers", "label",
             "catalog_number")  # fmt: skip
    found = sorted(
        (
            row["tracklist_id"], row["position"], row["component"], row["raw_line"], row["is_id"],
            str({name: row[name] for name in names}),
        )
        for row in now["tracklist_entry"].values()
    )  # fmt: skip
    assert found == expected


def every_decided_entry_is_one_play(now: Rows) -> None:
    """Identified and provisional entries have one play, of a track of that kind; skipped ones have none."""
    plays = Counter(row["entry_id"] for row in now["track_discovery"].values())
    tracks = {row["entry_id"]: row["library_track_id"] for row in now["track_discovery"].values()}
    for row in now["tracklist_entry"].values():
        known = {"identified": (1,), "provisional": (1,), "skipped": (0,), "pending": (0, 1)}[row["status"]]
        assert plays[row["id"]] in known, row
        if row["status"] in ("identified", "provisional"):
            track = now["library_track"][tracks[row["id"]],]
            assert track["provisional"] == (row["status"] == "provisional"), (row, track)
    for row in now["track_discovery"].values():
        entry = now["tracklist_entry"][row["entry_id"],]
        assert (row["tracklist_id"], row["track_position"], row["component"]) == (
            entry["tracklist_id"], entry["position"], entry["component"],
        )  # fmt: skip


def what_is_derived_is_right(now: Rows) -> None:
    """Counts and dates of tracks are those of their plays."""
    plays: dict[str, list[Row]] = {}
    for row in now["track_discovery"].values():
        plays.setdefault(row["library_track_id"], []).append(row)
    for row in now["library_track"].values():
        mine = sorted(
            plays.get(row["id"], []),
            key=lambda one: (one["discovery_date"], one["tracklist_id"], one["track_position"]),
        )
        dates = [one["discovery_date"] for one in mine]
        assert (
            row["discovery_count"], row["discovered_from"], row["first_discovered"], row["last_seen"],
        ) == (
            len(mine), mine[0]["tracklist_id"] if mine else None,
            min(dates, default=None), max(dates, default=None),
        ), row  # fmt: skip


def people_win_about_lines(now: Rows, *, after_a_run: bool = False) -> None:
    """A line that a person decided is that, or (until the next run) a line that came in just now."""
    by_line: dict[str, list[Row]] = {}
    for row in holding(now, "assign", "is_id", "not_a_track", "unreleased"):
        by_line.setdefault(row["line_key"], []).append(row)
    for key, rows in by_line.items():
        assert len(rows) == 1, f"two decisions hold for {key}"
    plays = {row["entry_id"]: row for row in now["track_discovery"].values()}
    rejected = _rejected(now)
    for row in now["tracklist_entry"].values():
        [said] = by_line.get(row["line_key"], [None])
        kind = said["kind"] if said else None
        play = plays.get(row["id"])
        if after_a_run:
            assert row["status"] != "pending", row
        if kind == "assign" and said is not None:
            if row["status"] == "identified":
                assert play is not None
                assert (play["library_track_id"], play["identification_method"]) == (
                    said["library_track_id"], "manual",
                )  # fmt: skip
            else:
                assert row["status"] in ("pending", "skipped"), row
                assert not after_a_run, row
        elif kind in ("is_id", "not_a_track"):
            assert row["status"] == "skipped" or (row["status"] == "pending" and not after_a_run), row
        elif play is not None and row["status"] != "pending":
            assert play["identification_method"] != "manual", row
            assert play["library_track_id"] not in rejected.get(row["line_key"], ()), row


def _rejected(now: Rows) -> dict[str, set[str | None]]:
    """By line, the tracks that a person said it is not."""
    found: dict[str, set[str | None]] = {}
    for row in holding(now):
        for one in row["payload"].get("rejected", ()) if row["line_key"] else ():
            mine = found.setdefault(row["line_key"], set())
            if one["source"] == "library":
                mine.add(current(now, one["candidate_id"]))
            elif one["source"] == BY_NAME:
                mine |= {
                    track["id"]
                    for track in now["library_track"].values()
                    if (track["identity_key"], track["disambiguator"]) == (one["candidate_id"], "")
                }
            else:
                provider, _, number = one["candidate_id"].rpartition(":")
                known = now["external_id"].get((provider or one["source"], number))
                mine |= {known["library_track_id"]} if known else set()
    return found


def people_win_about_tracks(now: Rows) -> None:
    """What a person set is there and marked as theirs; what they keep apart is, and nothing else is."""
    said: dict[tuple[str, str], list[Any]] = {}
    for row in holding(now, "edit"):
        own = row["payload"]["id"] == row["library_track_id"]
        for name, (_, after) in row["payload"]["changes"].items():
            if not own and name in NAMED:
                continue  # the name of a track that became part of this one
            said.setdefault((row["library_track_id"], name), []).append(after)
    marks = {
        (row["library_track_id"], row["name"]): row["value"]
        for row in now["track_attribute"].values()
        if row["provider"] == PERSON
    }
    assert marks.keys() == said.keys()
    for (track_id, name), values in said.items():
        value = now["library_track"][track_id,][name]
        assert value == marks[track_id, name], (name, value, marks[track_id, name])
        assert value in values, (name, value, values)
    apart = {
        tuple(sorted(str(current(now, one)) for one in row["payload"]["ids"]))
        for row in holding(now, "apart")
    }  # fmt: skip
    assert apart == {key for key, row in now["track_pair"].items() if row["kind"] == "apart"}
    for left, right in now["track_pair"]:
        assert left < right


def names_stand_for_one_track(now: Rows) -> None:
    """A former name is no present name of any track."""
    present = {(row["identity_key"], row["disambiguator"]) for row in now["library_track"].values()}
    assert present.isdisjoint(now["track_identity"])


def wants_are_unique(now: Rows) -> None:
    """One want a user and track, no more than a list holds, none of them also taken off the list."""
    keys = [(row["user"], row["library_track_id"]) for row in now["want"].values()]
    assert len(keys) == len(set(keys))
    assert all(count <= LIMIT for count in Counter(user for user, _ in keys).values())
    assert not set(keys) & now["want_removal"].keys()
    told = {row["want_id"] for row in now["want_event"].values()}
    assert told == {key for (key,) in now["want"]}


def what_is_owned_is_linked(now: Rows) -> None:
    """A file whose name is, or was, that of an identified track is linked; true after files were linked."""
    names = {
        row["identity_key"]
        for name in ("library_track", "track_identity")
        for row in now[name].values()
        if not row.get("provisional")
    }
    for row in now["owned_track"].values():
        assert row["library_track_id"] is not None or row["identity_key"] not in names, row


def ids_are_kept(before: Rows, now: Rows) -> None:
    """An id of a recording that was learnt stays known."""
    assert before["external_id"].keys() <= now["external_id"].keys()


def versions_stay_apart(before: Rows, now: Rows) -> None:
    """What became one track in this step are not two versions."""
    for (key,), merge in now["merge_log"].items():
        gone = merge["before"]["track"]
        if (key,) in before["merge_log"] or gone["provisional"]:
            continue
        rows = before if (merge["kept_id"],) in before["library_track"] else now
        kept = rows["library_track"].get((merge["kept_id"],))
        if kept is not None:
            left, right = (credit_of_track(row) for row in (kept, gone))  # type: ignore[arg-type]
            assert compare(left, right).gate >= ONE_TRACK, (left, right)


def every_change_has_a_revision(before: Rows, now: Rows) -> None:
    """The warehouse sees every change: a newer revision, or a tombstone for what is gone."""
    [then] = (row["value"] for row in before["counter"].values())
    graves = {(row["table_name"], row["row_id"]): row["revision"] for row in now["tombstone"].values()}
    for table in schema.metadata.sorted_tables:
        if "revision" not in table.c or table.name == "tombstone":
            continue
        for key, row in now[table.name].items():
            if row != before[table.name].get(key):
                assert row["revision"] > then, (table.name, before[table.name].get(key), row)
        if table.name in STAGED:
            assert not [key for key in now[table.name] if (table.name, *key) in graves], table.name
            for key in before[table.name].keys() - now[table.name].keys():
                assert graves.get((table.name, *key), -1) > then, (table.name, key)
