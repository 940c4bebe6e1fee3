"""What the REST API was asked to discover, done by Dagster: the sensor and its run, on a real instance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from discovery_assets.definitions import build_definitions
from mixtrove.library.jobs import ATTEMPTS, claim
from mixtrove.library.store import Store
from resources.home import Home
from sensors.discovery_jobs import discovery_jobs
from tests.integration.api_scene import MIX, Served, served


@pytest.fixture(autouse=True)
def one_read_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensors.discovery_jobs.LISTENS", 0.0)


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    with served(tmp_path / "home") as found:
        yield found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def look(instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, definitions=build_definitions(), resources={"home": Home()}
    ) as context:
        result = discovery_jobs(context)
    assert isinstance(result, dg.SensorResult)
    return result


def test_jobs_of_the_api_become_one_run_that_does_them_all(api: Served, instance: dg.DagsterInstance) -> None:
    assert str(look(instance).skip_reason) == "SkipReason(skip_message='no job waits')"
    mixes = [api.client.import_tracklist(MIX + f"5. A - {n}", dj=f"DJ {n}").tracklist_id for n in range(3)]
    jobs = [job.id for mix in mixes for job in api.client.discover_tracks(mix, wait=0).jobs]

    asked = look(instance)
    assert len(asked.run_requests or ()) == 1
    assert not look(instance, asked.cursor).run_requests  # asked for already

    done = build_definitions().get_job_def("discovery_jobs").execute_in_process(instance=instance)
    assert done.success
    assert {api.client.job(one).status for one in jobs} == {"done"}
    assert {
        event.asset_key.path[-1] for event in done.get_asset_materialization_events() if event.asset_key
    } == {
        "track_discoveries",
        "published",
    }
    [ever] = api.client.statistics().periods
    assert (ever.mixes, ever.identified) == (3, 6)
    assert not look(instance, asked.cursor).run_requests


def test_a_job_whose_worker_died_is_asked_for_again_and_given_up_in_the_end(
    api: Served, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = api.client.import_tracklist(MIX).tracklist_id
    [job] = api.client.discover_tracks(mix, wait=0).jobs
    store = Store.open(api.settings)
    keys = set()
    for attempt in range(1, ATTEMPTS + 1):
        [request] = look(instance).run_requests or ()
        keys.add(request.run_key)
        taken = claim(store)
        assert taken is not None
        assert taken.attempts == attempt
        with store.write() as tx:  # its process is gone
            tx.connection.exec_driver_sql("UPDATE discovery_job SET pid = 999999999, until = '2000-01-01'")
    assert claim(store) is None
    store.close()
    assert len(keys) == ATTEMPTS
    found = api.client.job(job.id)
    assert found.status == "failed"
    assert "ended 3 times before it was done" in str(found.error)
