"""Figures of an installation for Prometheus, read from a live server; alerts are about figures there are."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from mixtrove.api.installation import EVERY, Installation
from mixtrove.api.statistics_cache import StatisticsCache
from mixtrove.library.jobs import ask_for
from mixtrove.library.outbox import emit
from mixtrove.library.store import Store
from mixtrove.providers import schema as providers_schema
from mixtrove.providers.store import open_results, open_slots
from mixtrove.settings import Settings
from mixtrove.ticks import ticks_path, write_ticks
from tests.integration.api_scene import Served, served
from tests.integration.messages_scene import begin, request

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Served]:
    with served(tmp_path / "home", database_url) as found:
        yield found


def figures(api: Served) -> dict[str, float]:
    """What /metrics says now, by name and labels."""
    api.client.http.get("/api/v1/health")
    found = {}
    for family in text_string_to_metric_families(api.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_an_installation_that_did_nothing_yet_has_figures_all_the_same(tmp_path: Path) -> None:
    with served(tmp_path / "home") as api:
        found = figures(api)
        assert not (api.settings.home / "providers.db").exists()
    assert found["mixtrove_entries_pending"] == found["mixtrove_review_lines"] == 0
    assert found["mixtrove_dead_letters{kind=job}"] == found["mixtrove_dead_letters{kind=question}"] == 0
    assert not [name for name in found if "timestamp_seconds" in name and "oldest" in name]
    assert "mixtrove_warehouse_published_timestamp_seconds" not in found
    for part in ("store", "providers", "warehouse", "sensors"):
        assert found[f"mixtrove_collection_success{{part={part}}}"] == 1


def test_what_was_done_and_what_waits_is_in_the_figures(api: Served) -> None:
    begun = time.time() - 1
    tracklist_id = api.discovered()
    store = Store.open(api.settings)
    with store.write() as tx:
        ask_for(tx, tracklist_id, by="dj")
        emit(tx, "want.added", "w", {})
    store.close()
    own = open_results(api.settings) or open_slots(api.settings)
    use = providers_schema.provider_use
    with own.writing() as connection:
        connection.execute(
            sa.insert(use).values(
                provider="discogs", day=datetime.now(UTC).date(), requests=7, answered=4, misses=1,
                cache_hits=9, failures=2, refused=1, waited=12.5,
            )
        )  # fmt: skip
    own.close()
    slots = open_slots(api.settings)
    with slots.writing() as connection:
        connection.execute(
            sa.insert(providers_schema.slot).values(
                provider="discogs", tat=0, blocked_until=0, blocked_by="", blocked_why="", blocked_for="",
                refusals=0, failures=0, opened=0, failing_since=0,
                day=(datetime.now(UTC).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days, requests=8,
            )
        )  # fmt: skip
    slots.close()
    write_ticks(api.settings, {"inbox": begun})
    found = figures(api)
    assert found["mixtrove_jobs_waiting"] == 1
    assert begun < found["mixtrove_jobs_waiting_oldest_timestamp_seconds"] < time.time()
    assert found["mixtrove_entries_pending"] == 0
    assert found["mixtrove_review_lines"] == 1
    assert found["mixtrove_outbox_events_unpublished"] == 2  # ours, and that the job was done
    assert found["mixtrove_store_revision"] >= found["mixtrove_warehouse_revision"] > 0
    assert begun < found["mixtrove_warehouse_published_timestamp_seconds"] < time.time()
    assert found["mixtrove_sensor_last_tick_timestamp_seconds{sensor=inbox}"] == pytest.approx(begun)
    of_discogs = {
        name: found[f"mixtrove_provider_{name}_total{{provider=discogs}}"]
        for name in ("requests", "failures", "refusals", "wait_seconds", "cache_hits", "answers")
    }
    assert of_discogs == {
        "requests": 8, "failures": 2, "refusals": 1, "wait_seconds": 12.5, "cache_hits": 9, "answers": 4,
    }  # fmt: skip
    assert found["mixtrove_provider_state{provider=discogs,state=off}"] == 1
    assert found["mixtrove_provider_state{provider=discogs,state=failing}"] == 0


def test_names_are_those_of_prometheus_and_every_figure_is_explained(api: Served) -> None:
    api.discovered()
    for family in text_string_to_metric_families(api.get("/metrics").text):
        assert re.fullmatch(r"mixtrove_[a-z_]+", family.name), family.name
        assert family.documentation, family.name
        assert not re.search(r"_(ms|minutes|kb|count|sum)$", family.name), family.name
        if family.type == "counter":
            assert {sample.name for sample in family.samples} <= {
                f"{family.name}_total",
                f"{family.name}_created",
            }


def test_figures_are_read_once_in_a_while(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    store = Store.open(settings)
    statements: list[str] = []

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def note(*args: object) -> None:
        statements.append(str(args[2]))

    installation = Installation(settings, store, StatisticsCache(settings.warehouse_path))
    first = list(installation.collect())
    assert statements
    statements.clear()
    assert list(installation.collect()) == first
    assert statements == []
    assert EVERY >= 15
    store.close()


def value(families: list[Metric], name: str, **labels: str) -> float | None:
    for family in families:
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def test_what_cannot_be_read_is_said_and_the_rest_is_there(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    store = Store.open(settings)
    ticks_path(settings).parent.mkdir()
    ticks_path(settings).write_text("[]")
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE outbox RENAME TO away")
    installation = Installation(settings, store, StatisticsCache(settings.warehouse_path))
    with pytest.raises(sa.exc.OperationalError):  # a defect is no state of the installation
        list(installation.collect())
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO outbox")
    found = list(installation.collect())
    assert value(found, "mixtrove_collection_success", part="sensors") == 0
    assert value(found, "mixtrove_collection_success", part="store") == 1
    assert value(found, "mixtrove_entries_pending") == 0
    store.close()


@pytest.mark.rabbitmq
def test_queues_of_rabbitmq_are_counted_where_it_is_used(
    tmp_path: Path, rabbitmq_url: str, own_name: str
) -> None:
    with closing(
        begin(tmp_path / "home", f"sqlite:///{tmp_path / 'mixtrove.db'}", rabbitmq_url, own_name)
    ) as scene:
        warehouse = StatisticsCache(scene.settings.warehouse_path)
        before = list(Installation(scene.settings, scene.store, warehouse).collect())
        assert value(before, "mixtrove_collection_success", part="rabbitmq") == 1
        scene.send(b"no message")
        scene.pump()
        scene.send(request())
        found = list(Installation(scene.settings, scene.store, warehouse).collect())
    depths = {
        queue: value(found, "mixtrove_queue_messages", queue=queue)
        for queue in ("discovery-requested", "discovery-requested.retry", "dead-letters")
    }
    assert depths == {"discovery-requested": 1, "discovery-requested.retry": 0, "dead-letters": 1}


RULES = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]


def test_the_rules_have_the_form_that_prometheus_reads() -> None:
    assert set(RULES) == {"groups"}
    names = [group["name"] for group in RULES["groups"]]
    assert len(names) == len(set(names))
    for group in RULES["groups"]:
        assert set(group) <= {"name", "interval", "rules", "labels"}
    for rule in ALERTS:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
        assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
        assert re.fullmatch(r"(\d+[smhd])+", rule["for"])
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["labels"]["owner"] == "team:discovery"
        assert {"summary", "description"} <= set(rule["annotations"])
        for text in rule["annotations"].values():
            assert text.count("{{") == text.count("}}")
        for pair in ("()", "{}", "[]"):
            assert rule["expr"].count(pair[0]) == rule["expr"].count(pair[1])
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)


def test_every_alert_is_about_figures_that_the_server_gives(api: Served) -> None:
    api.discovered()
    write_ticks(api.settings, {"inbox": time.time()})
    open_slots(api.settings).close()
    text = api.get("/metrics").text
    known = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    absent_now = {  # nothing waits at the moment
        "mixtrove_entries_pending_oldest_timestamp_seconds",
        "mixtrove_jobs_waiting_oldest_timestamp_seconds",
        "mixtrove_queue_messages",  # no RabbitMQ here
    }
    for rule in ALERTS:
        used = set(re.findall(r"\bmixtrove_\w+", rule["expr"]))
        assert used or "up{" in rule["expr"], rule["alert"]
        assert used <= known | absent_now, (rule["alert"], used - known)
