"""A run whose process was killed is ended where its process can be judged, and its slot is free again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from discovery_assets.running import prepare_dagster_home
from mixtrove.settings import load_settings
from sensors.abandoned import LAUNCHED, end_abandoned_runs

KILLED = """
import os, signal, sys
import dagster as dg

@dg.op(pool="warehouse")
def dies():
    os.kill(os.getpid(), signal.SIGKILL)

@dg.job
def short():
    dies()

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    short.execute_in_process(instance=instance)
"""


def killed_run(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(folder)], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DAGSTER_PG_URL", raising=False)
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("DAGSTER_PG_URL", url.replace("postgresql://", "postgresql+psycopg2://", 1))
    folder = prepare_dagster_home(load_settings())
    killed_run(folder)
    with dg.DagsterInstance.from_config(str(folder)) as made:
        yield made


def test_the_code_server_ends_a_killed_run_that_it_launched(instance: dg.DagsterInstance) -> None:
    [run] = instance.get_runs()
    assert run.status == dg.DagsterRunStatus.STARTED
    instance.add_run_tags(run.run_id, {LAUNCHED: "{}"})
    assert end_abandoned_runs(instance, in_code_server=True) == [run.run_id]
    assert end_abandoned_runs(instance, in_code_server=True) == []
    [ended] = instance.get_runs()
    assert ended.status == dg.DagsterRunStatus.FAILURE


def test_a_process_that_may_be_of_another_machine_is_not_judged(instance: dg.DagsterInstance) -> None:
    embedded = "Sqlite" in type(instance.run_storage).__name__
    [run] = instance.get_runs()
    expected = [run.run_id] if embedded else []  # in SQLite every run is of this machine
    assert end_abandoned_runs(instance, in_code_server=True) == expected
    assert end_abandoned_runs(instance) == []
