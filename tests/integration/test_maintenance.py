"""The nightly maintenance, on the command line and in Dagster: each step, and a step that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from discovery_assets.definitions import build_definitions
from discovery_assets.old_runs import Deleted, delete_old_runs
from mixtrove.cli import main
from mixtrove.database.compacting import compact
from mixtrove.library import schema
from mixtrove.library.dead_rows import forget_old_requests, forget_published_events
from mixtrove.library.store import Store
from mixtrove.upkeep.backup import backups_in
from mixtrove.upkeep.maintenance import summary
from tests.integration.test_home_copy import make_home

LONG_AGO = datetime.now(UTC) - timedelta(days=40)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    return make_home(tmp_path / "home", 40)


def event(key: str, published: datetime | None) -> dict[str, Any]:
    return {
        "event": "want.added",
        "key": key,
        "payload": {},
        "created_at": LONG_AGO,
        "published_at": published,
    }


def test_only_events_published_long_ago_and_answers_of_yesterday_are_deleted(store: Store) -> None:
    now = datetime.now(UTC)
    with store.write() as tx:
        old = [event(f"old {number}", LONG_AGO) for number in range(2_500)]
        kept = [event("never published", None), event("lately", now - timedelta(days=29))]
        tx.connection.execute(sa.insert(schema.outbox), [*old, *kept])
        for key, moment in (("old", now - timedelta(days=2)), ("new", now)):
            tx.connection.execute(
                sa.insert(schema.idempotent_request).values(
                    user="dj", key=key, fingerprint="", started_at=moment
                )
            )
    assert forget_published_events(store) == 2_500
    assert forget_old_requests(store) == 1
    with store.read() as connection:
        assert set(connection.execute(sa.select(schema.outbox.c.key)).scalars()) == {
            "never published",
            "lately",
        }
        assert connection.execute(sa.select(schema.idempotent_request.c.key)).scalars().all() == ["new"]
    assert forget_published_events(store) == 0


def test_a_database_gives_back_its_room_and_keeps_its_rows(store: Store) -> None:
    with store.write() as tx:
        rows = [event("x" * 60, None) | {"payload": {"text": "y" * 900}} for _ in range(4_000)]
        tx.connection.execute(sa.insert(schema.outbox), rows)
    compact(store)
    with store.write() as tx:
        tx.connection.execute(sa.delete(schema.outbox).where(schema.outbox.c.id > 100))
    done = compact(store)
    assert done.rewritten == (store.engine.dialect.name == "sqlite")
    assert done.after < done.before
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.outbox)).scalar() == 100


def test_the_command_does_every_step_and_says_what_it_did(home: Path) -> None:
    done = run("maintain")
    assert done.exit_code == 0, done.output
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", name] for name in ("backup", "answers", "offers", "old_rows", "compact")
    ]
    assert len(backups_in(home / "backups")) == 1
    steps = json.loads(run("maintain", "--json", "--no-backup").stdout)
    assert [step["step"] for step in steps] == ["answers", "offers", "old_rows", "compact"]
    assert steps[-1]["figures"]["bytes after"] > 0
    assert len(backups_in(home / "backups")) == 1


def test_a_new_home_needs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "none"))
    done = run("maintain")
    assert done.exit_code == 0
    assert done.stdout.count("nothing was imported yet") == 4
    assert not (tmp_path / "none" / "mixtrove.db").exists()


def test_a_step_that_fails_stops_no_other(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MIXTROVE_BACKUP_DIR", str(tmp_path / "file"))
    done = run("maintain")
    assert done.exit_code == 1
    assert [line[:2] for line in done.stdout.splitlines()] == ["!!", "ok", "ok", "ok", "ok"]
    assert done.stderr.startswith("mixtrove: 1 of 5 steps of the maintenance failed: backup: ")
    assert "cannot be written" in done.stderr


def test_what_went_wrong_is_one_sentence() -> None:
    assert summary({"a": "", "b": ""}) is None
    assert summary({"a": "no room", "b": "", "c": "gone"}) == (
        "2 of 3 steps of the maintenance failed: a: no room; c: gone"
    )


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    folder = tmp_path / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as made:
        yield made


def execute(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = build_definitions().get_job_def("maintenance")
    return job.execute_in_process(instance=instance, raise_on_error=False)


def test_the_job_tells_in_metadata_what_each_step_did(home: Path, instance: dg.DagsterInstance) -> None:
    done = execute(instance)
    assert done.success
    told = {
        one.step_key: one.step_output_data.metadata
        for one in done.all_events
        if one.event_type_value == "STEP_OUTPUT" and one.step_output_data.metadata
    }
    assert set(told) == {"backup", "answers", "offers", "old_rows", "compact", "old_runs"}
    [backup] = backups_in(home / "backups")
    assert told["backup"]["path"].value == str(backup)
    assert told["old_runs"]["deleted"].value == 0
    assert told["compact"]["bytes before"].value > 0  # type: ignore[operator]


def test_the_job_fails_at_its_end_with_one_sentence(
    home: Path, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MIXTROVE_BACKUP_DIR", str(tmp_path / "file"))
    done = execute(instance)
    assert not done.success
    ended = {one.step_key for one in done.all_events if one.event_type_value == "STEP_SUCCESS"}
    assert ended == {"backup", "answers", "offers", "old_rows", "compact", "old_runs"}
    [failure] = [one for one in done.all_events if one.event_type_value == "STEP_FAILURE"]
    why = failure.step_failure_data.user_failure_data
    assert why is not None
    assert str(why.description).startswith("1 of 6 steps of the maintenance failed: backup: ")


@dg.asset
def unpartitioned() -> None:
    """An asset."""


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
def partitioned() -> None:
    """An asset with partitions."""


@dg.job
def nothing() -> None:
    """A job that materialises nothing."""


def test_old_runs_go_but_those_that_tell_what_is_newest(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    runs = {
        "first": dg.materialize([unpartitioned], instance=instance),
        "second": dg.materialize([unpartitioned], instance=instance),
        "a": dg.materialize([partitioned], instance=instance, partition_key="a"),
        "a again": dg.materialize([partitioned], instance=instance, partition_key="a"),
        "b": dg.materialize([partitioned], instance=instance, partition_key="b"),
        "nothing": nothing.execute_in_process(instance=instance),
    }
    ids = {name: result.run_id for name, result in runs.items()}
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert delete_old_runs(instance, datetime.now(UTC) - timedelta(days=90)) == Deleted(0, 0)
    assert delete_old_runs(instance, soon, at_most=1).runs == 1
    assert delete_old_runs(instance, soon) == Deleted(2, 3)
    left = {record.dagster_run.run_id for record in instance.get_run_records()}
    assert left == {ids["second"], ids["a again"], ids["b"]}
    assert instance.get_materialized_partitions(partitioned.key) == {"a", "b"}
    assert not (Path(instance.storage_directory()) / ids["first"]).exists()
    assert delete_old_runs(instance, soon) == Deleted(0, 3)
