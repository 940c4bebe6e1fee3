"""What may happen to a library, one step after another; after each step everything must hold.

The world is ``life_scene.py``, what must hold after any step ``life_rules.py``; what one kind of step must do
beside is here. The tests are ``test_library_life.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from mixtrove.deep_pass import merge_duplicates
from mixtrove.errors import BadInput
from mixtrove.library.aliases import add_alias, remove_alias
from mixtrove.library.discoveries import EntryDecision, TrackRecord, write_decisions
from mixtrove.library.facts import learn
from mixtrove.library.line_decisions import LineDecision, decide_many
from mixtrove.library.merging import merge_tracks, unmerge_tracks
from mixtrove.library.owned import import_owned_csv, link_owned
from mixtrove.library.rules import refresh_wants
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import (
    edit_track,
    keep_apart,
    merge_by_person,
    refuse_versions,
    unmerge_by_person,
)
from mixtrove.library.tracklist_records import delete_tracklist
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.undoing import undo
from mixtrove.library.wants import add_want, remove_want, set_want
from mixtrove.matching import Credit
from tests.integration import life_rules
from tests.integration.life_replay import carry_over
from tests.integration.life_scene import (
    CATALOGUES,
    EDITS,
    FACTS,
    LINES,
    MIXES,
    OWNED,
    RECORDINGS,
    RULES,
    Row,
    Rows,
    current,
    decided_now,
    differences,
    discover,
    empty,
    holding,
    named,
    read_rows,
    search,
)

Make = Callable[..., Any]
T = TypeVar("T")
KINDS = ("assign", "reject", "is_id", "unreleased", "not_a_track")

which = st.integers(0, 11)
lines = st.lists(st.sampled_from(range(len(LINES))), min_size=1, max_size=4)
mixes = st.sampled_from(range(len(MIXES)))
people = st.sampled_from(("dj", "other"))
catalogues = st.sampled_from(sorted(CATALOGUES))


class Life(RuleBasedStateMachine):
    """One library and what may happen to it."""

    def __init__(self, store: Store, other: Store, make: Make) -> None:
        super().__init__()
        self.store, self.other, self.make = store, other, make
        empty(store)
        self.rows = read_rows(store)
        self.last: dict[int, list[int]] = {}  # by mix, the lines that were imported last
        self.runs: list[list[EntryDecision]] = []  # runs that have read and not written

    # what runs and imports do

    @initialize(mix=mixes, lines=lines, catalogue=catalogues)
    def begin(self, mix: int, lines: list[int], catalogue: str) -> None:
        self.import_lines(mix, lines)
        discover(self.store, catalogue)

    @rule(mix=mixes, lines=lines)
    def import_lines(self, mix: int, lines: list[int]) -> None:
        """A new mix, or a new version of it."""
        read = self.make(*(LINES[one] for one in lines), **MIXES[mix])
        import_tracklist(self.store, read)
        self.last[mix] = lines
        once = read_rows(self.store)
        assert import_tracklist(self.store, read).outcome == "unchanged"
        assert read_rows(self.store) == once

    @precondition(lambda self: self.last)
    @rule(which=which, at=which, line=st.sampled_from(range(len(LINES))), how=st.sampled_from("=+-~"))
    def update(self, which: int, at: int, line: int, how: str) -> None:
        """The same mix with a line that was filled in, added, removed or moved."""
        mix = pick(sorted(self.last), which)
        new = list(self.last[mix])
        at %= len(new)
        if how == "=":
            new[at] = line
        elif how == "+":
            new.insert(at, line)
        else:
            moved = new.pop(at)
            new += [moved] if how == "~" or not new else []
        self.import_lines(mix, new)

    @precondition(lambda self: self.last)
    @rule(which=which)
    def delete(self, which: int) -> None:
        [mix, *_] = [
            key for (key,), row in self.rows["tracklist"].items()
            if row["dj"] == MIXES[pick(sorted(self.last), which)]["dj"]
        ]  # fmt: skip
        with self.store.write() as tx:
            delete_tracklist(tx, mix)
        dj = self.rows["tracklist"][mix,]["dj"]
        self.last = {at: lines for at, lines in self.last.items() if MIXES[at]["dj"] != dj}

    @rule(catalogue=catalogues)
    def run(self, catalogue: str) -> None:
        """One run reaches every mix, earlier and later ones."""
        discover(self.store, catalogue)
        life_rules.people_win_about_lines(read_rows(self.store), after_a_run=True)

    @rule(catalogue=catalogues)
    def search(self, catalogue: str) -> None:
        search(self.store, catalogue)

    @precondition(lambda self: len(self.runs) < 2)
    @rule()
    def begin_run(self) -> None:
        """A run that stands still between reading and writing."""
        self.runs.append(decided_now(self.store))

    @precondition(lambda self: self.runs)
    @rule()
    def end_run(self) -> None:
        write_decisions(self.store, self.runs.pop(0))

    @rule(which=which, facts=st.sampled_from(range(len(FACTS))))
    def enrich(self, which: int, facts: int) -> None:
        """A provider says something of a track; an ISRC may make it one with another."""
        if track := pick(self.tracks(provisional=False), which):
            with self.store.write() as tx:
                learn(tx, track["id"], [FACTS[facts]])

    @rule()
    def deep_pass(self) -> None:
        """The whole library is looked through for tracks that are one; a second pass finds none."""
        merge_duplicates(self.store, processes=1)
        assert merge_duplicates(self.store, processes=1).merged == 0

    @rule(file=st.sampled_from(range(len(OWNED))))
    def own(self, file: int) -> None:
        """A file of the collection is linked to its track, whatever that is called by now."""
        import_owned_csv(self.store, OWNED[file], "owned.csv")
        life_rules.what_is_owned_is_linked(read_rows(self.store))

    @rule(user=people)
    def refresh(self, user: str) -> None:
        with self.store.write() as tx:
            link_owned(tx)
        refresh_wants(self.store, RULES, user)
        once = read_rows(self.store)
        done = refresh_wants(self.store, RULES, user)
        assert (done.added, done.raised, done.withdrawn) == (0, 0, 0)
        assert read_rows(self.store) == once

    # what people say of lines

    @rule(kind=st.sampled_from(KINDS), which=which, track=which, user=people, back=st.booleans())
    def decide(self, kind: Any, which: int, track: int, user: str, back: bool) -> None:
        if entry := pick(self.entries(), which):
            said = LineDecision(kind, entry_id=entry["id"], track=self.meant(track))
            done = self.attempt(lambda: decide_many(self.store, [said], by=user))
            if done and back:
                self.take_back(entry["line_key"], done[0].correction_id)

    @rule(kind=st.sampled_from(KINDS), which=which, track=which, user=people)
    def decide_in_bulk(self, kind: Any, which: int, track: int, user: str) -> None:
        keys = sorted({row["line_key"] for row in self.entries()[which % 3 :]})
        said = [LineDecision(kind, line_key=key, track=self.meant(track)) for key in keys]
        self.attempt(lambda: decide_many(self.store, said, by=user))

    def take_back(self, key: str, correction_id: str) -> None:
        """The last decision about a line is undone: the state before it, and what nobody decided is due."""
        before = self.rows
        life_rules.check(before, read_rows(self.store), self.make)
        undo(self.store, line_key=key)
        now = read_rows(self.store)
        assert now["correction"][correction_id,]["undone_at"] is not None
        assert [one["id"] for one in holding(now)] == [one["id"] for one in holding(before)]
        said = {one["kind"] for one in holding(before) if one["line_key"] == key}
        for entry_id, row in before["tracklist_entry"].items():
            after = now["tracklist_entry"][entry_id]
            if row["line_key"] != key:
                assert after["status"] in (row["status"], "pending"), (row, after)
            elif said - {"reject", "unreleased"}:
                assert after["status"] != "pending"
                if row["status"] != "pending":  # had come in since
                    found = after["status"], heard(now, row["id"])
                    assert found == (row["status"], heard(before, row["id"]))
            else:
                open_again = ("provisional",) if said else ("pending",)
                assert after["status"] in (*open_again, "skipped"), (row, after)
        assert wanted(now) == wanted(before)
        assert marked(now) == marked(before)

    # what people say of tracks

    @rule(which=which, changes=st.sampled_from(EDITS), user=people, back=st.booleans())
    def edit(self, which: int, changes: dict[str, Any], user: str, back: bool) -> None:
        if (track := pick(self.tracks(), which)) is None:
            return
        before = self.rows
        if self.attempt(lambda: self.written(edit_track, track["id"], changes, by=user)) is None or not back:
            return
        now = read_rows(self.store)
        life_rules.check(before, now, self.make)
        if new := [key for (key,) in now["correction"].keys() - before["correction"].keys()]:
            undo(self.store, correction_ids=new)
        left = differences(before, read_rows(self.store), without=("correction",))
        assert not left, left

    @rule(which=which, changes=st.sampled_from(EDITS), user=people)
    def edit_stale(self, which: int, changes: dict[str, Any], user: str) -> None:
        if track := pick(self.tracks(), which):
            with pytest.raises(BadInput), self.store.write() as tx:
                edit_track(tx, track["id"], changes, by=user, expected_version=track["version"] - 1)

    @rule(first=which, second=which, user=people)
    def merge(self, first: int, second: int, user: str) -> None:
        if tracks := self.tracks():
            kept, merged = pick(tracks, first), pick(tracks, second)
            assert kept is not None
            assert merged is not None
            self.attempt(lambda: self.written(merge_by_person, kept=kept["id"], merged=merged["id"], by=user))

    @rule(first=which, second=which)
    def merge_and_back(self, first: int, second: int) -> None:
        """A merge that is taken back leaves nothing behind."""
        tracks = self.tracks(provisional=False)
        kept, merged = pick(tracks, first), pick(tracks, second)
        if kept is None or merged is None or kept == merged:
            return
        try:
            refuse_versions(kept, merged)  # type: ignore[arg-type]
        except BadInput:
            return
        before = self.rows
        with self.store.write() as tx:
            merge_id = merge_tracks(tx, kept=kept["id"], merged=merged["id"], reason="the same")
        together = read_rows(self.store)
        for user, track, *_ in wants_by_id(before):
            assert (user, current(together, track)) in {one[:2] for one in wants_by_id(together)}
        assert len(together["track_discovery"]) == len(before["track_discovery"])
        with self.store.write() as tx:
            unmerge_tracks(tx, merge_id)
        left = differences(before, read_rows(self.store))
        assert not left, left

    @rule(which=which, user=people)
    def unmerge(self, which: int, user: str) -> None:
        merges = sorted(self.rows["merge_log"].values(), key=lambda row: str(row["id"]))
        if row := pick(merges, which):
            self.attempt(lambda: self.written(unmerge_by_person, row["merged_id"], by=user))

    @rule(first=which, second=which, user=people)
    def apart(self, first: int, second: int, user: str) -> None:
        if tracks := self.tracks():
            ends = [pick(tracks, one)["id"] for one in (first, second)]  # type: ignore[index]
            self.attempt(lambda: self.written(keep_apart, *ends, by=user))

    @rule(which=which)
    def undo(self, which: int) -> None:
        if row := pick(holding(self.rows), which):
            self.attempt(lambda: undo(self.store, correction_ids=[row["id"]]))

    @rule(which=which)
    def undo_batch(self, which: int) -> None:
        batches = sorted({row["batch_id"] for row in holding(self.rows) if row["batch_id"]})
        if batch := pick(batches, which):
            self.attempt(lambda: undo(self.store, batch_id=batch))

    @rule(names=st.sampled_from((("Bicp", "Bicep"), ("Floor Plan", "Robert Hood"))), add=st.booleans())
    def alias(self, names: tuple[str, str], add: bool) -> None:
        if add:
            self.written(add_alias, *names, by="dj")
        else:
            self.attempt(lambda: self.written(remove_alias, *names) or True)

    # what people want

    @rule(which=which, user=people, priority=st.integers(1, 5))
    def want(self, which: int, user: str, priority: int) -> None:
        if track := pick(self.tracks(), which):
            mine = [
                row["priority"]
                for row in self.rows["want"].values()
                if (row["user"], row["library_track_id"]) == (user, track["id"])
            ]
            want = self.written(add_want, user, track["id"], priority=priority)
            assert read_rows(self.store)["want"][want,]["priority"] == max(priority, *mine, 0)

    @rule(
        which=which,
        changes=st.sampled_from(
            ({"status": "purchased", "purchase_price": "1.99", "currency": "EUR"}, {"status": "wanted"},
             {"priority": 1}, {"notes": "the one with the organ"})
        ),
    )  # fmt: skip
    def change_want(self, which: int, changes: dict[str, Any]) -> None:
        if want := pick(sorted(key for (key,) in self.rows["want"]), which):
            self.written(set_want, want, changes, by="dj")

    @rule(which=which)
    def remove_want(self, which: int) -> None:
        if want := pick(sorted(key for (key,) in self.rows["want"]), which):
            self.written(remove_want, want, by="dj")

    # elsewhere

    @precondition(lambda self: holding(self.rows))
    @rule(catalogue=catalogues, first=st.booleans())
    def carry(self, catalogue: str, first: bool) -> None:
        """The decisions, carried to an empty library with the same mixes, hold there as they do here."""
        discover(self.store, catalogue)
        carry_over(self.store, self.other, self.make, catalogue, decisions_first=first)

    # what must hold

    @invariant()
    def holds(self) -> None:
        now = read_rows(self.store)
        life_rules.check(self.rows, now, self.make)
        self.rows = now

    # how it is done

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Do something that may be refused; then nothing of it is done."""
        try:
            return work()
        except BadInput:
            assert read_rows(self.store) == self.rows
            return None

    def written(self, work: Callable[..., T], *given: Any, **named: Any) -> T:
        with self.store.write() as tx:
            return work(tx, *given, **named)

    def entries(self) -> list[Row]:
        rows = self.rows["tracklist_entry"].values()
        return sorted(rows, key=lambda row: (str(row["tracklist_id"]), row["position"], row["component"]))

    def tracks(self, *, provisional: bool = True) -> list[Row]:
        rows = [row for row in self.rows["library_track"].values() if provisional or not row["provisional"]]
        return sorted(rows, key=lambda row: (row["provisional"], row["identity_key"], row["disambiguator"]))

    def meant(self, number: int) -> str | Credit | TrackRecord | None:
        """What a line is assigned to: a track that is there or was, a recording, or a text."""
        there = [row["id"] for row in self.tracks()]
        gone = sorted(row["merged_id"] for row in self.rows["merge_log"].values())
        return pick([*there, *RECORDINGS[3:], Credit.parse("Bicep", "Glue"), *gone, None], number)


def pick(options: Any, number: int) -> Any:
    """One of them; None when there is none."""
    return options[number % len(options)] if options else None


def heard(rows: Rows, entry_id: str) -> tuple[str, str, str | None] | None:
    """What a line is, by name."""
    plays = {row["entry_id"]: row["library_track_id"] for row in rows["track_discovery"].values()}
    return named(rows, plays.get(entry_id))


def wanted(rows: Rows) -> dict[tuple[str, Any], tuple[Any, ...]]:
    """By user and name, what is wanted and how."""
    return {
        (row["user"], named(rows, row["library_track_id"])): (row["priority"], row["status"], row["notes"])
        for row in rows["want"].values()
    }


def wants_by_id(rows: Rows) -> set[tuple[str, str]]:
    return {(row["user"], row["library_track_id"]) for row in rows["want"].values()}


def marked(rows: Rows) -> set[tuple[Any, ...]]:
    """Names of artists, pairs and fields that people set."""
    return {
        *rows["artist_alias"],
        *(key for key, row in rows["track_pair"].items() if row["kind"] == "apart"),
        *(key for key in rows["track_attribute"] if key[2] == "person"),
    }
