"""Dagster's records in Postgres: a run and its events are stored and read by another process's instance."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
import yaml

from discovery_assets.definitions import build_definitions
from discovery_assets.old_runs import Deleted, delete_old_runs
from discovery_assets.running import ON_POSTGRES, TEMPLATE, prepare_dagster_home
from mixtrove.errors import BadInput
from mixtrove.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DAGSTER_PG_URL", raising=False)
    return load_settings()


@pytest.fixture
def dagster_url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    url = postgres_url.replace("postgresql://", "postgresql+psycopg2://", 1)
    monkeypatch.setenv("DAGSTER_PG_URL", url)
    return url


@pytest.mark.postgres
def test_a_run_and_its_events_are_stored_and_read_again(settings: Settings, dagster_url: str) -> None:
    folder = prepare_dagster_home(settings)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__
        done = build_definitions().get_job_def("maintenance").execute_in_process(instance=instance)
        assert done.success
    with dg.DagsterInstance.from_config(str(folder)) as other:
        [record] = other.get_run_records()
        assert (record.dagster_run.run_id, record.dagster_run.job_name) == (done.run_id, "maintenance")
        assert record.dagster_run.status == dg.DagsterRunStatus.SUCCESS
        stored = [one.dagster_event for one in other.all_logs(done.run_id) if one.dagster_event]
        [compacted] = [
            one for one in stored if one.event_type_value == "STEP_OUTPUT" and one.step_key == "compact"
        ]
        assert compacted.step_output_data.metadata["said"].value == "nothing was imported yet"
        after = record.create_timestamp.replace(year=record.create_timestamp.year + 1)
        assert delete_old_runs(other, after) == Deleted(1, 0)
        assert other.get_run_records() == []
    assert not list((folder).glob("history*"))


@pytest.mark.postgres
def test_an_asset_on_postgres_is_materialised_and_its_partitions_are_known(
    settings: Settings, dagster_url: str
) -> None:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
    def partitioned() -> None:
        """An asset with partitions."""

    with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings))) as instance:
        for key in ("a", "a", "b"):
            done = dg.materialize([partitioned], instance=instance, partition_key=key)
        later = instance.get_run_record_by_id(done.run_id)
        assert later is not None
        after = later.create_timestamp.replace(year=later.create_timestamp.year + 1)
        assert delete_old_runs(instance, after) == Deleted(1, 2)
        assert instance.get_materialized_partitions(partitioned.key) == {"a", "b"}


def test_a_plain_url_is_refused_before_the_first_event(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_PG_URL", "postgresql://me:secret-word@host/dagster")
    with pytest.raises(BadInput, match=r"must begin with postgresql\+psycopg2://") as caught:
        prepare_dagster_home(settings)
    assert "secret-word" not in str(caught.value)


def test_the_settings_are_those_of_the_embedded_home_and_the_storage(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = yaml.safe_load((prepare_dagster_home(settings) / "dagster.yaml").read_text(encoding="utf-8"))
    assert "storage" not in embedded
    (settings.dagster_home / "dagster.yaml").unlink()
    monkeypatch.setenv("DAGSTER_PG_URL", "postgresql+psycopg2://me:secret-word@host/dagster")
    text = (prepare_dagster_home(settings) / "dagster.yaml").read_text(encoding="utf-8")
    assert text == TEMPLATE.read_text(encoding="utf-8") + ON_POSTGRES.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == embedded | {
        "storage": {"postgres": {"postgres_url": {"env": "DAGSTER_PG_URL"}}}
    }
    assert "secret-word" not in text
