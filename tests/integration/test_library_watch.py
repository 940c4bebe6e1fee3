"""Which lines providers are asked about and when again: on a real SQLite and a real Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.watch import (
    CEILING,
    FLOOR,
    Later,
    Watch,
    as_text,
    due_for_providers,
    forget_decided,
    pause,
    queue,
    queue_lengths,
    queued_for,
    queued_questions,
    watch,
    watched_lines,
)

_entry, _watch, _retry = schema.tracklist_entry, schema.line_watch, schema.retry_entry

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LINES = ("A - One", "B - Two", "C - Three")


@given(retry_in=st.floats(0, 1e6), attempts=st.integers(1, 10_000))
def test_a_pause_is_what_the_provider_asks_for_and_never_below_the_floor(
    retry_in: float, attempts: int
) -> None:
    found = pause(retry_in, attempts)
    assert found >= timedelta(seconds=retry_in)
    assert found >= FLOOR
    assert found <= max(timedelta(seconds=retry_in), CEILING)
    assert pause(retry_in, attempts + 1) >= found


def test_the_floor_doubles_with_every_attempt_up_to_half_a_day() -> None:
    seconds = [pause(0, attempts).total_seconds() for attempts in range(1, 14)]
    assert seconds[:5] == [30, 60, 120, 240, 480]
    assert seconds[-2:] == [43_200, 43_200]
    assert pause(86_400, 1) == DAY


@given(names=st.sets(st.sampled_from(["beatport", "beat", "port", "discogs", "itunes"])))
def test_a_provider_is_found_in_the_text_by_its_whole_name_only(names: set[str]) -> None:
    text = as_text(names)
    assert {one for one in ("beatport", "beat", "port", "discogs", "itunes") if f" {one} " in text} == names


class Backlog:
    """The entries of one tracklist, by their line."""

    def __init__(self, store: Store, make: Callable[..., Any], lines: Iterable[str] = LINES) -> None:
        self.store = store
        import_tracklist(store, make(*lines, dj="One"))
        with store.read() as connection:
            rows = connection.execute(sa.select(_entry.c.raw_line, _entry.c.id, _entry.c.line_key)).all()
        self.ids = {row.raw_line: row.id for row in rows}
        self.keys = {row.raw_line: row.line_key for row in rows}

    def due(self, *ready: str, at: datetime | None = None) -> list[str]:
        """The lines that are due."""
        condition = due_for_providers(ready, at or datetime.now(UTC))
        with self.store.read() as connection:
            return sorted(connection.execute(sa.select(_entry.c.raw_line).where(condition)).scalars())

    def asked(self, line: str, *providers: str) -> Watch:
        """Note that providers were asked about a line now."""
        key = self.keys[line]
        with self.store.write() as tx:
            watch(tx, key, providers)
            return watched_lines(tx.connection, [key])[key]

    def later(self, line: str, *later: Later, answered: Iterable[str] = ()) -> None:
        """Note that providers could not answer about a line."""
        with self.store.write() as tx:
            queue(tx, [self.ids[line]], set(answered), later)

    def status(self, line: str, status: str) -> None:
        """Set the status of an entry."""
        with self.store.write() as tx:
            tx.connection.execute(
                sa.update(_entry).where(_entry.c.id == self.ids[line]).values(status=status)
            )

    def time_comes(self, line: str) -> None:
        """Make the watch date of a line a past one."""
        with self.store.write() as tx:
            tx.connection.execute(
                sa.update(_watch).where(_watch.c.line_key == self.keys[line]).values(next_at=tx.now - SECOND)
            )


@pytest.fixture
def backlog(store: Store, make_tracklist: Callable[..., Any]) -> Backlog:
    """Three lines, in SQLite and in Postgres."""
    return Backlog(store, make_tracklist)


def test_what_was_never_asked_about_is_due_and_what_was_is_not(backlog: Backlog) -> None:
    assert backlog.due("beatport") == list(LINES)
    backlog.asked("A - One", "beatport")
    assert backlog.due("beatport") == ["B - Two", "C - Three"]


def test_a_line_is_due_again_when_its_date_has_come(backlog: Backlog) -> None:
    made = backlog.asked("A - One", "beatport")
    assert "A - One" not in backlog.due("beatport", at=made.next_at - SECOND)
    assert "A - One" in backlog.due("beatport", at=made.next_at)


def test_a_provider_that_was_not_asked_makes_a_line_due_and_one_less_does_not(backlog: Backlog) -> None:
    backlog.asked("A - One", "beatport", "discogs")
    assert "A - One" not in backlog.due("beatport")
    assert "A - One" in backlog.due("beatport", "itunes")


def test_decided_and_skipped_lines_are_never_due(backlog: Backlog) -> None:
    backlog.status("A - One", "identified")
    backlog.status("B - Two", "skipped")
    backlog.status("C - Three", "provisional")
    assert backlog.due("beatport", at=datetime.now(UTC) + 1000 * DAY) == ["C - Three"]


def test_lines_that_name_no_artist_or_no_title_are_never_due(
    sqlite_store: Store, make_tracklist: Callable[..., Any]
) -> None:
    backlog = Backlog(sqlite_store, make_tracklist, ["A - One", "ID - ID", "A - ID"])
    assert backlog.due("beatport") == ["A - One"]


def test_a_question_in_the_queue_makes_its_line_due_when_its_time_has_come_and_its_provider_is_ready(
    backlog: Backlog,
) -> None:
    backlog.asked("A - One", "beatport", "discogs")
    backlog.later("A - One", Later("discogs", 600.0, "busy"))
    now = datetime.now(UTC)
    assert "A - One" not in backlog.due("beatport", "discogs")
    assert "A - One" in backlog.due("beatport", "discogs", at=now + timedelta(seconds=601))
    assert "A - One" not in backlog.due("beatport", at=now + timedelta(seconds=601))


def test_with_no_provider_ready_only_dates_make_a_watched_line_due(backlog: Backlog) -> None:
    made = backlog.asked("A - One", "beatport")
    assert "A - One" not in backlog.due()
    assert "A - One" in backlog.due(at=made.next_at)


def test_rounds_are_1_2_4_and_up_to_32_days_apart(backlog: Backlog) -> None:
    found = []
    for times in range(1, 9):
        before = datetime.now(UTC)
        made = backlog.asked("A - One", "beatport")
        assert made.times == times
        found.append(round((made.next_at - before) / DAY))
        backlog.time_comes("A - One")
    assert found == [1, 2, 4, 8, 16, 32, 32, 32]


def test_a_provider_more_within_a_round_changes_neither_date_nor_count(backlog: Backlog) -> None:
    first = backlog.asked("A - One", "beatport")
    second = backlog.asked("A - One", "discogs")
    assert second == Watch(frozenset(("beatport", "discogs")), first.next_at, 1)


def test_a_new_round_forgets_who_was_asked_in_the_last_one(backlog: Backlog) -> None:
    backlog.asked("A - One", "beatport", "discogs")
    backlog.time_comes("A - One")
    assert backlog.asked("A - One", "beatport").asked == {"beatport"}
    assert "A - One" in backlog.due("beatport", "discogs")


def test_every_failure_counts_an_attempt_and_an_answer_ends_it(backlog: Backlog) -> None:
    for attempts in (1, 2, 3):
        before = datetime.now(UTC)
        backlog.later("A - One", Later("discogs", 0.0, f"reason {attempts}"))
        with backlog.store.read() as connection:
            [one] = queued_questions(connection)
        assert (one.attempts, one.why, one.line) == (attempts, f"reason {attempts}", "A - One")
        assert one.next_at - before >= FLOOR * 2 ** (attempts - 1)
    backlog.later("A - One", Later("itunes", 0.0, "busy"), answered=["discogs"])
    with backlog.store.read() as connection:
        assert [one.provider for one in queued_questions(connection)] == ["itunes"]


def test_the_queue_is_read_by_time_by_provider_and_by_entry(backlog: Backlog) -> None:
    backlog.later("A - One", Later("discogs", 7200.0, "busy"), Later("itunes", 100.0, "busy"))
    backlog.later("B - Two", Later("discogs", 3600.0, "busy"))
    now = datetime.now(UTC)
    with backlog.store.read() as connection:
        order = [(one.provider, one.line) for one in queued_questions(connection)]
        soon = [one.provider for one in queued_questions(connection, due_by=now + timedelta(seconds=200))]
        one = queued_questions(connection, limit=1)
        lengths = {name: length for name, (length, _) in queue_lengths(connection).items()}
        first = queue_lengths(connection)["discogs"][1]
        come = queued_for(connection, backlog.ids.values(), now + timedelta(seconds=4000))
    assert order == [("itunes", "A - One"), ("discogs", "B - Two"), ("discogs", "A - One")]
    assert (soon, len(one), lengths) == (["itunes"], 1, {"discogs": 2, "itunes": 1})
    assert timedelta(seconds=3590) < first - now <= timedelta(seconds=3600)
    assert come == {backlog.ids["A - One"]: {"itunes"}, backlog.ids["B - Two"]: {"discogs"}}


def test_questions_about_decided_lines_are_taken_off(backlog: Backlog) -> None:
    for line in LINES:
        backlog.later(line, Later("discogs", 0.0, "busy"))
    backlog.status("A - One", "identified")
    backlog.status("B - Two", "provisional")
    with backlog.store.write() as tx:
        assert forget_decided(tx) == 1
        assert [one.line for one in queued_questions(tx.connection)] == ["B - Two", "C - Three"]
