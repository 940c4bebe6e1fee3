"""Slots shared by threads and processes, in SQLite and in Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtrove.database.opening import sqlite_url
from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.providers import slots as arithmetic
from mixtrove.providers.failures import ProviderBusy, ProviderDown, ProviderRefused
from mixtrove.providers.limiter import SharedLimiter
from mixtrove.providers.redis_slots import RedisSlots
from mixtrove.providers.slots import Slot, Slots, SqliteSlots
from mixtrove.providers.store import ProviderStore

ROOT = Path(__file__).parents[2]

WORKER = """
import sys, threading, time
from pathlib import Path
from mixtrove.database.opening import sqlite_url
from mixtrove.providers.limiter import SharedLimiter
from mixtrove.providers.redis_slots import RedisSlots
from mixtrove.providers.slots import SqliteSlots
from mixtrove.providers.store import ProviderStore

where, name, rate, seconds, threads = sys.argv[1:]
if where.startswith("redis"):
    slots = RedisSlots(where)
else:
    slots = SqliteSlots(ProviderStore.open_at(sqlite_url(Path(where))))
limiter = SharedLimiter(name, slots, float(rate))
print("ready", flush=True)
sys.stdin.readline()
end = time.time() + float(seconds)

def work():
    while time.time() < end:
        limiter.admit()
        limiter.try_acquire()
        print(f"{time.time():.6f}", flush=True)

running = [threading.Thread(target=work, daemon=True) for _ in range(int(threads))]
for thread in running: thread.start()
for thread in running: thread.join()
"""


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.redis)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where slots are: a path, or a URL of Redis."""
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return url
    return str(tmp_path / "providers.db")


@pytest.fixture
def shared(where: str, own_name: str) -> Iterator[Slots]:
    with ExitStack() as opened:
        yield _slots(where, opened)


def _slots(where: str, opened: ExitStack) -> Slots:
    if where.startswith("redis"):
        slots = RedisSlots(where)
        opened.callback(slots.close)
        return slots
    database = ProviderStore.open_at(sqlite_url(Path(where)))
    opened.callback(database.close)
    return SqliteSlots(database)


def test_threads_get_slots_an_interval_apart(shared: Slots, own_name: str) -> None:
    moments: list[float] = []

    def work() -> None:
        for _ in range(5):
            got = shared.reserve(own_name, 0.5, 30, "")
            moments.append(time.monotonic() + got.wait)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments.sort()
    assert len(moments) == 40
    assert shared.look(own_name)[0].requests == 40
    assert all(0.4 < later - earlier < 0.6 for earlier, later in pairwise(moments))


def test_a_block_is_seen_through_another_connection(shared: Slots, where: str, own_name: str) -> None:
    shared.block(own_name, "quota", "it said: tomorrow", 86_400)
    with ExitStack() as opened:
        other = _slots(where, opened)
        slot, now = other.look(own_name)
        block = arithmetic.blocked(slot, now)
        assert block is not None
        assert (block.by, block.why, round(block.seconds)) == ("quota", "it said: tomorrow", 86_400)
        limiter = SharedLimiter(own_name, other, 60)
        started = time.monotonic()
        with pytest.raises(ProviderBusy, match="it said: tomorrow; it is left alone for 86400 s") as caught:
            limiter.admit()
        assert round(caught.value.retry_in) == 86_400
        with pytest.raises(ProviderBusy):
            limiter.try_acquire()
        assert time.monotonic() - started < 2


def test_a_short_block_is_waited_for(shared: Slots, own_name: str) -> None:
    shared.block(own_name, "quota", "soon", 0.3)
    limiter = SharedLimiter(own_name, shared, 6000)
    started = time.monotonic()
    limiter.admit()
    assert time.monotonic() - started >= 0.29


def test_a_block_that_comes_while_somebody_waits_for_his_slot_stops_him(shared: Slots, own_name: str) -> None:
    limiter = SharedLimiter(own_name, shared, 60)
    limiter.admit()
    failures: list[ProviderBusy] = []

    def wait() -> None:
        try:
            limiter.admit()
        except ProviderBusy as failure:
            failures.append(failure)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.2)
    shared.block(own_name, "quota", "too often", 3600)
    thread.join()
    assert [failure.why for failure in failures] == ["too often; it is left alone for 3599 s"]


def test_five_failures_close_a_provider_for_all_and_a_success_opens_it(shared: Slots, own_name: str) -> None:
    limiter = SharedLimiter(own_name, shared, 60_000)
    for _ in range(4):
        shared.fail(own_name, "status 503")
        limiter.admit()
    shared.fail(own_name, "status 503")
    with pytest.raises(ProviderDown, match="status 503; it is left alone for") as caught:
        limiter.admit()
    assert 26 < caught.value.retry_in < 34
    shared.succeed(own_name)  # of a request that was under way
    with pytest.raises(ProviderDown):
        limiter.admit()


def test_refused_credentials_close_it_until_there_are_others(shared: Slots, own_name: str) -> None:
    limiter = SharedLimiter(own_name, shared, 60_000)
    limiter.credentials = "old"
    shared.block(own_name, "credentials", "401", 900, "old")
    with pytest.raises(ProviderRefused):
        limiter.admit()
    limiter.credentials = "new"
    limiter.admit()
    assert arithmetic.blocked(*shared.look(own_name)) is None


def test_a_person_lifts_whatever_closes_it(shared: Slots, own_name: str) -> None:
    limiter = SharedLimiter(own_name, shared, 60_000)
    for by in ("quota", "failing", "credentials"):
        shared.block(own_name, by, "tomorrow", 86_400, "mine")
        shared.lift(own_name)
        limiter.admit()
    slot, now = shared.look(own_name)
    assert arithmetic.blocked(slot, now) is None
    assert (slot.failures, slot.opened, slot.refusals, slot.requests) == (0, 0, 0, 3)


def test_a_slot_that_was_given_up_is_no_request(shared: Slots, own_name: str) -> None:
    for _ in range(3):
        assert shared.reserve(own_name, 0.001, 10, "").taken
    shared.unused(own_name)
    slot, _ = shared.look(own_name)
    assert slot.requests == 2


def test_a_backlog_is_not_added_to_beyond_what_is_admitted(
    shared: Slots, own_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shared.reserve(own_name, 20, 0, "").taken
    got = shared.reserve(own_name, 20, 10, "")
    assert not got.taken
    assert 19 < got.wait <= 20
    assert shared.look(own_name)[0].requests == 1


changes = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.sampled_from([0.5, 3, 40]), st.sampled_from([0, 5, 30]),
                  st.sampled_from(["", "old", "new"])),
        st.tuples(st.just("block"), st.sampled_from(["quota", "failing", "credentials"]), st.just("why"),
                  st.sampled_from([0, 100.0, 1e7, 1e300]), st.sampled_from(["", "old"])),
        st.tuples(st.just("refuse"), st.just("ünder 'quotes'"), st.sampled_from([60.0, 3000.0])),
        st.tuples(st.just("fail"), st.just("status 503")),
        st.tuples(st.just("succeed")),
    ),
    max_size=25,
)  # fmt: skip


@pytest.mark.redis
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_redis_does_the_same_arithmetic(redis_url: str, own_name: str, told: list[Any]) -> None:
    slots = RedisSlots(redis_url)
    slots._redis.delete(f"slot:{own_name}")
    expected = Slot()
    for name, *given_ in told:
        got = getattr(slots, name)(own_name, *given_)
        found, now = slots.look(own_name)
        if name == "reserve":
            interval, at_most, credentials = given_
            expected, wanted = arithmetic.reserved(
                expected, now, round(interval * 1e6), round(at_most * 1e6), credentials
            )
            assert (got.taken, got.troubled) == (wanted.taken, wanted.troubled)
            assert (got.block and got.block.by) == (wanted.block and wanted.block.by)
            assert got.wait == pytest.approx(wanted.wait, abs=1)
        elif name == "block":
            by, why, seconds, credentials = given_
            expected = arithmetic.after_block(expected, now, by, why, seconds, credentials)
        elif name == "refuse":
            expected = arithmetic.after_refusal(expected, now, *given_)
        elif name == "fail":
            expected = arithmetic.after_failure(expected, now, *given_, 1.0)
        else:
            expected = arithmetic.after_success(expected, now)
        for field in Slot.__dataclass_fields__:
            ours, theirs = getattr(expected, field), getattr(found, field)
            if field in ("tat", "blocked_until", "failing_since"):
                assert theirs == pytest.approx(ours, abs=100_000_000), field  # jitter, and time goes by
            else:
                assert theirs == ours, field
    slots.close()


def _workers(where: str, name: str, *, rate: float, seconds: float, processes: int = 4) -> list[Any]:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, where, name, str(rate), str(seconds), "4"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    return running


def _most(moments: list[float], window: float) -> int:
    """Most moments in any window."""
    return max(sum(start <= moment < start + window for moment in moments) for start in moments)


def test_four_processes_with_four_threads_keep_the_quota(where: str, own_name: str) -> None:
    """60 a minute, times 20: 60 in any 3 s."""
    running = _workers(where, own_name, rate=1200, seconds=4)
    moments = sorted(float(line) for process in running for line in process.communicate()[0].split())
    assert [process.returncode for process in running] == [0] * 4
    assert _most(moments, 3.0) <= 60
    assert len(moments) >= 60


def test_after_a_kill_the_others_go_on_within_two_seconds(where: str, own_name: str) -> None:
    running = _workers(where, own_name, rate=300, seconds=3)
    time.sleep(1)
    killed_at = time.time()
    os.kill(running[0].pid, signal.SIGKILL)
    running[0].wait()
    moments = sorted(float(line) for process in running[1:] for line in process.communicate()[0].split())
    running[0].stdout.close()
    running[0].stdin.close()
    after = [killed_at, *(moment for moment in moments if moment > killed_at)]
    assert len(after) > 3
    assert max(later - earlier for earlier, later in pairwise(after)) < 2
    assert _most(moments, 3.0) <= 15
    with ExitStack() as opened:
        assert _slots(where, opened).look(own_name)[0].requests >= len(moments)


def test_without_redis_there_is_a_sentence_without_the_password() -> None:
    with pytest.raises(
        StoreUnavailable, match=r"127.0.0.1:9/0.*cannot be reached.*MIXTROVE_REDIS_URL"
    ) as caught:
        RedisSlots("redis://me:hush@127.0.0.1:9/0")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://x", "redis://me:hush@x:hush/0", ""])
def test_what_is_no_url_of_redis(url: str) -> None:
    with pytest.raises(BadInput, match="no URL of Redis") as caught:
        RedisSlots(url)
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None
