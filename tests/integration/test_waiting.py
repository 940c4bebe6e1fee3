"""What waits and what failed for good, as figures, checks and lists see it; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

from discovery_assets.match.standing import dead_letters as dead_letters_check
from discovery_assets.match.standing import entries_pending_too_long
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.jobs import ask_for, claim, finish
from mixtrove.library.outbox import emit
from mixtrove.library.store import Store, new_id
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.waiting import GIVEN_UP, dead_letters, made_at, pending_since_before, what_waits
from mixtrove.library.watch import Later, queue
from mixtrove.settings import Settings
from mixtrove.ticks import read_ticks, ticks_path, write_ticks
from resources.home import OperationalStore
from sensors.ticks import last_looks
from tests.integration.messages_scene import begin

LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


def age(store: Store, entry_id: str, made: datetime) -> str:
    """Have an entry made at another time: its id says when."""
    digits = f"{int(made.timestamp() * 1000):012x}"
    older = f"{digits[:8]}-{digits[8:]}{entry_id[13:]}"
    with store.write() as tx:
        entry = schema.tracklist_entry
        tx.connection.execute(sa.update(entry).where(entry.c.id == entry_id).values(id=older))
    return older


def entries(store: Store) -> list[str]:
    entry = schema.tracklist_entry
    with store.read() as connection:
        return list(connection.execute(sa.select(entry.c.id).order_by(entry.c.position)).scalars())


def test_an_id_tells_when_its_row_was_made() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    assert before <= made_at(new_id()) <= datetime.now(UTC) + timedelta(milliseconds=2)


def test_an_empty_store_has_nothing_that_waits(store: Store) -> None:
    with store.read() as connection:
        found = what_waits(connection)
        assert dead_letters(connection) == []
    assert (found.entries, found.review, found.jobs, found.events, dict(found.questions)) == (0, 0, 0, 0, {})
    assert found.entry_since is found.job_since is found.event_since is None


def test_what_waits_is_counted_with_since_when(store: Store, make_tracklist: Callable[..., Any]) -> None:
    done = import_tracklist(store, make_tracklist("A - One", "B - Two", "C - Three", dj="One"))
    first, second, _ = entries(store)
    oldest = age(store, second, LONG_AGO)
    with store.write() as tx:
        [job] = ask_for(tx, done.tracklist_id, by="dj")
        emit(tx, "want.added", "k", {})
        queue(tx, [first], (), [Later("discogs", 60.0, "busy"), Later("itunes", 60.0, "busy")])
    with store.read() as connection:
        found = what_waits(connection)
        assert [one.id for one in pending_since_before(connection, LONG_AGO + timedelta(seconds=1))] == [
            oldest
        ]
        assert pending_since_before(connection, LONG_AGO) == []
    assert (found.entries, found.entry_since) == (3, LONG_AGO)
    assert (found.jobs, found.job_since) == (1, job.created_at)
    assert (found.events, dict(found.questions)) == (1, {"discogs": 1, "itunes": 1})
    assert found.event_since is not None
    match_entries(store)
    with store.read() as connection:
        found = what_waits(connection)
    assert (found.entries, found.entry_since, found.review) == (0, None, 3)


def test_an_entry_that_is_looked_at_again_is_no_old_one(
    store: Store, make_tracklist: Callable[..., Any]
) -> None:
    import_tracklist(store, make_tracklist("A - One", "B - Two", dj="One"))
    for entry_id in entries(store):
        age(store, entry_id, LONG_AGO)
    match_entries(store)
    entry = schema.tracklist_entry
    with store.write() as tx:
        tx.connection.execute(sa.update(entry).values(status="pending"))
    with store.read() as connection:
        assert what_waits(connection).entries == 2
        assert what_waits(connection).entry_since is None
        assert pending_since_before(connection, datetime.now(UTC)) == []


def test_a_decision_that_was_taken_back_waits_from_then_on(
    store: Store, make_tracklist: Callable[..., Any]
) -> None:
    import_tracklist(store, make_tracklist("A - One", "B - Two", dj="One"))
    first, second = (age(store, one, LONG_AGO) for one in entries(store))
    undone = LONG_AGO + timedelta(days=30)
    entry, correction = schema.tracklist_entry, schema.correction
    with store.write() as tx:
        key = sa.select(entry.c.line_key).where(entry.c.id == first)
        tx.connection.execute(
            sa.insert(correction).values(
                id=new_id(), line_key=tx.connection.execute(key).scalar_one(), kind="is_id", payload={},
                decided_by="dj", decided_at=LONG_AGO, undone_at=undone, revision=tx.revision,
            )
        )  # fmt: skip
    with store.read() as connection:
        found = {one.id: one.since for one in pending_since_before(connection, datetime.now(UTC))}
        assert found == {first: undone, second: LONG_AGO}
        assert what_waits(connection).entry_since == LONG_AGO


def test_the_oldest_is_found_behind_many_that_are_looked_at_again(
    store: Store, make_tracklist: Callable[..., Any], monkeypatch: Any
) -> None:
    monkeypatch.setattr("mixtrove.library.waiting._CHUNK", 2)
    import_tracklist(store, make_tracklist(*(f"A - N{n}" for n in range(7)), dj="One"))
    for at, entry_id in enumerate(entries(store)):
        age(store, entry_id, LONG_AGO + timedelta(hours=at))
    entry, correction = schema.tracklist_entry, schema.correction
    with store.write() as tx:
        rows = (
            tx.connection.execute(sa.select(entry.c.line_key).order_by(entry.c.id).limit(5)).scalars().all()
        )
        for at, key in enumerate(rows):  # the five oldest were taken back later than the sixth came
            tx.connection.execute(
                sa.insert(correction).values(
                    id=new_id(), line_key=key, kind="is_id", payload={}, decided_by="dj", decided_at=LONG_AGO,
                    undone_at=LONG_AGO + timedelta(days=1, hours=at), revision=tx.revision,
                )
            )  # fmt: skip
    with store.read() as connection:
        assert what_waits(connection).entry_since == LONG_AGO + timedelta(hours=5)


def failed_job(store: Store, tracklist_id: str, positions: tuple[int, ...] = (), error: str = "no") -> str:
    with store.write() as tx:
        [job] = ask_for(tx, tracklist_id, positions=positions, by="dj")
    claimed = claim(store)
    assert claimed is not None
    assert claimed.id == job.id
    finish(store, claimed, error or None)
    return job.id


def test_a_failed_job_is_a_dead_letter_until_its_lines_are_done(
    store: Store, make_tracklist: Callable[..., Any]
) -> None:
    one = import_tracklist(store, make_tracklist("A - One", "B - Two", dj="One")).tracklist_id
    other = import_tracklist(store, make_tracklist("C - Three", "D - Four", dj="Two")).tracklist_id
    failed = failed_job(store, one, error="the catalogue is damaged: build it again")
    failed_job(store, other, error="")
    with store.read() as connection:
        [letter] = dead_letters(connection)
    assert (letter.kind, letter.id, letter.about) == ("job", failed, one)
    assert letter.why == "the catalogue is damaged: build it again"
    failed_job(store, one, positions=(1,), error="")
    with store.read() as connection:
        assert [letter.id for letter in dead_letters(connection)] == [failed]  # the second line was not done
    failed_job(store, one, positions=(2,), error="")
    with store.read() as connection:
        assert dead_letters(connection) == []


def test_a_question_is_given_up_after_many_attempts(store: Store, make_tracklist: Callable[..., Any]) -> None:
    import_tracklist(store, make_tracklist("A - One", dj="One"))
    [entry_id] = entries(store)
    with store.write() as tx:
        queue(tx, [entry_id], (), [Later("discogs", 60.0, "it is down"), Later("itunes", 60.0, "busy")])
    retry = schema.retry_entry
    with store.write() as tx:
        tx.connection.execute(sa.update(retry).where(retry.c.provider == "discogs").values(attempts=GIVEN_UP))
    with store.read() as connection:
        [letter] = dead_letters(connection)
    assert (letter.kind, letter.about, letter.why) == ("question", "discogs: A - One", "it is down")


def test_the_standing_checks_name_what_is_wrong(
    database_url: str, store: Store, tmp_path: Path, make_tracklist: Callable[..., Any]
) -> None:
    resource = OperationalStore(path=str(tmp_path / "home"), database_url=database_url)
    for check in (entries_pending_too_long, dead_letters_check):
        assert check(resource).passed
    mix = import_tracklist(store, make_tracklist("A - One", "B - Two", dj="One")).tracklist_id
    assert entries_pending_too_long(resource).passed
    failed_job(store, mix, error="the catalogue is damaged: build it again")
    age(store, entries(store)[0], LONG_AGO)
    pending, dead = entries_pending_too_long(resource), dead_letters_check(resource)
    assert (pending.passed, pending.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert pending.description == "1 entries, the oldest since 2026-01-05 12:00 UTC"
    assert "A - One" in pending.metadata["sample"].value
    assert (dead.passed, dead.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert dead.description == "1 failed for good, the first: the catalogue is damaged: build it again"


@pytest.mark.rabbitmq
def test_the_standing_check_counts_messages_that_were_refused(
    tmp_path: Path, rabbitmq_url: str, own_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'mixtrove.db'}"
    monkeypatch.setenv("MIXTROVE_AMQP_URL", rabbitmq_url)
    monkeypatch.setenv("MIXTROVE_AMQP_NAME", own_name)
    resource = OperationalStore(path=str(tmp_path / "home"), database_url=url)
    with closing(begin(tmp_path / "home", url, rabbitmq_url, own_name)) as scene:
        assert dead_letters_check(resource).passed
        scene.send(b"no message")
        scene.pump()
        found = dead_letters_check(resource)
    assert not found.passed
    assert found.description == "1 messages were refused: `mixtrove dead-letters list`"
    monkeypatch.setenv("MIXTROVE_AMQP_URL", "amqp://127.0.0.1:1/")
    assert dead_letters_check(resource).passed  # that it is away is said by others


def test_sensors_that_fail_or_look_just_now_keep_their_last_look() -> None:
    before = {"inbox": 100.0, "failing": 50.0, "gone": 1.0}
    running = {"inbox": 105.0, "failing": None, "new": None, "other": 90.0}
    assert last_looks(running, before, 110.0) == {
        "inbox": 105.0,
        "failing": 50.0,
        "new": 110.0,
        "other": 90.0,
    }


def test_ticks_are_a_file_in_the_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert read_ticks(settings) == {}
    write_ticks(settings, {"inbox": 12.5})
    write_ticks(settings, {"inbox": 17.5, "abandoned_runs": 3.0})
    assert read_ticks(settings) == {"inbox": 17.5, "abandoned_runs": 3.0}
    assert [one.name for one in ticks_path(settings).parent.iterdir()] == ["ticks.json"]
