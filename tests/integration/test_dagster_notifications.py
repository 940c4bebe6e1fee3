"""The sensors that tell people, on a real instance: cursor, restart, duplicates, a week without a daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.execution.plan.objects import StepSuccessData

from discovery_assets.definitions import build_definitions
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.messaging.notifications import send_due
from mixtrove.messaging.outages import Condition, note_conditions, open_outages
from mixtrove.providers.slots import SqliteSlots
from mixtrove.providers.store import open_slots
from mixtrove.settings import load_settings
from resources.home import Home
from sensors.notifications import LAST, PROVIDERS_EVERY, looked_at, notifications
from sensors.run_results import WILL_RETRY, note_job, results_of, runs_failed, runs_succeeded
from tests.integration.notify_scene import SECRET, Scene, Service, service

_note = schema.notification


@pytest.fixture(autouse=True)
def one_read_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensors.notifications.LISTENS", 0.0)


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with service() as found:
        monkeypatch.setenv("MIXTROVE_NOTIFY_URLS", found.address())
        yield found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def home_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    opened = Store.open(load_settings())
    yield opened
    opened.close()


@pytest.fixture
def scene(home_store: Store, phone: Service, make_tracklist: Callable[..., Any]) -> Scene:
    return Scene(home_store, make_tracklist, phone.address())


def look(instance: dg.DagsterInstance, cursor: str | None = None) -> tuple[str, str | None]:
    """One look of the sensor: what it says, and the cursor after it."""
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, definitions=build_definitions(), resources={"home": Home()}
    ) as context:
        result = notifications(context)
    assert isinstance(result, dg.SensorResult)
    assert SECRET not in repr(result)
    said = result.skip_reason
    return (said.skip_message if isinstance(said, dg.SkipReason) else str(said)) or "", result.cursor


def older(scene: Scene, by: timedelta) -> None:
    """What waits was noted so much earlier."""
    with scene.store.write() as tx:
        for row in tx.connection.execute(sa.select(_note).where(_note.c.sent_at.is_(None))).all():
            tx.connection.execute(
                sa.update(_note).where(_note.c.id == row.id).values(happened_at=row.happened_at - by)
            )


def test_what_came_together_is_sent_once_it_has_settled(
    scene: Scene, phone: Service, instance: dg.DagsterInstance
) -> None:
    assert look(instance)[0] == "nothing is to be told"
    scene.discover(3)
    assert look(instance)[0] == "more may come"
    older(scene, timedelta(seconds=5))
    assert look(instance)[0] == f"sent json://me:****@127.0.0.1:{phone.port}/h…k: 3 new tracks"
    assert look(instance)[0] == "nothing is to be told"
    assert phone.titles == ["3 new tracks"]


def test_a_look_goes_on_until_what_is_held_back_may_leave(
    scene: Scene, phone: Service, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensors.notifications.LISTENS", 30.0)
    look(instance)
    scene.discover(3)
    assert look(instance)[0].startswith("sent ")
    assert phone.titles == ["3 new tracks"]


@pytest.mark.parametrize("cursor", [None, "", "nonsense", "{}", "[1]", "1e400", "NaN", "99999999999"])
def test_a_lost_or_edited_cursor_repeats_nothing(
    scene: Scene, phone: Service, instance: dg.DagsterInstance, cursor: str | None
) -> None:
    scene.discover(2)
    scene.note()
    older(scene, timedelta(minutes=1))
    look(instance, cursor)
    look(instance, cursor)
    assert phone.titles == ["2 new tracks"]


def test_the_cursor_only_says_when_providers_were_looked_at(
    scene: Scene, instance: dg.DagsterInstance
) -> None:
    _, first = look(instance)
    assert 0 <= datetime.now(UTC).timestamp() - looked_at(first) < PROVIDERS_EVERY
    assert look(instance, first)[1] == first


def test_after_a_week_without_the_daemon_there_is_one_message(
    scene: Scene, phone: Service, instance: dg.DagsterInstance
) -> None:
    for day in range(7):
        for track in scene.discover(30, start=100 * day):
            scene.want(track)
    scene.offer(track, "1.49")
    assert look(instance)[0] == "more may come"
    older(scene, timedelta(seconds=5))
    look(instance)
    assert phone.titles == ["1 wanted track can be bought, 210 new on the want list, 210 new tracks"]
    assert len(phone.text) < 4_000
    assert look(instance)[0] == "nothing is to be told"


def test_while_a_run_adds_more_tracks_wait_and_trouble_does_not(
    scene: Scene, phone: Service, instance: dg.DagsterInstance
) -> None:
    job = build_definitions().resolve_job_def("discover")
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    scene.discover(2)
    scene.note()
    older(scene, timedelta(minutes=1))
    with scene.store.write() as tx:
        failing = Condition("discogs", "Discogs", True, "x", "5 timeouts in a row")
        note_conditions(tx, [scene.channels[0].key], "provider", [failing])
    look(instance)
    assert phone.titles == ["Discogs fails"]
    assert look(instance)[0] == "a run is under way that may add more"
    older(scene, timedelta(minutes=15))
    look(instance)
    assert phone.titles[1:] == ["2 new tracks"]  # a long run is told in parts
    instance.report_run_canceled(run)


@pytest.mark.parametrize("name", ["discover", "ask_providers"])
def test_a_run_whose_wants_are_done_holds_nothing_back(
    scene: Scene, phone: Service, instance: dg.DagsterInstance, name: str
) -> None:
    job = build_definitions().resolve_job_def(name)
    assert LAST in {node.name for node in job.nodes}
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    scene.discover(2)
    scene.note()
    older(scene, timedelta(minutes=1))
    assert look(instance)[0] == "a run is under way that may add more"
    success = StepSuccessData(duration_ms=1.0)
    done = dg.DagsterEvent("STEP_SUCCESS", name, step_key=LAST, event_specific_data=success)
    instance.report_dagster_event(done, run.run_id)
    look(instance)
    assert phone.titles == ["2 new tracks"]
    instance.report_run_canceled(run)


def test_a_provider_that_fails_is_told_once_an_outage_and_once_when_it_is_back(
    scene: Scene, phone: Service, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_DISCOGS_TOKEN", "a-token-of-mine")
    monkeypatch.setenv("MIXTROVE_CONTACT", "me@example.org")
    file = open_slots(load_settings())
    slots = SqliteSlots(file)
    for _ in range(2):
        for _ in range(5):
            slots.fail("discogs", "Discogs answered 503")
        assert look(instance)[0].startswith("sent ")
        assert look(instance)[0] == "nothing is to be told"
        slots.lift("discogs")
        look(instance)
        look(instance)
    file.close()
    assert phone.titles == ["Discogs fails", "Discogs is back"] * 2
    assert "Discogs answered 503, since 20" in phone.got[0]["message"]
    assert "a-token-of-mine" not in phone.text
    assert [one["type"] for one in phone.got[:2]] == ["warning", "success"]


def test_an_outage_that_is_over_before_it_was_told_is_told_as_over(scene: Scene, phone: Service) -> None:
    key = scene.channels[0].key
    for failing in (True, False):
        with scene.store.write() as tx:
            note_conditions(tx, [key], "provider", [Condition("itunes", "iTunes", failing, "x", "503")])
    send_due(scene.store, scene.channels)
    assert phone.titles == ["iTunes is back"]
    with scene.store.read() as connection:
        assert open_outages(connection, key, "provider") == {}


def ended(instance: dg.DagsterInstance, *, ok: bool, tags: dict[str, str] | None = None) -> dg.DagsterRun:
    """A run of the job ``discover`` that has ended."""
    job = build_definitions().resolve_job_def("discover")
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags or {})
    if ok:
        success = dg.DagsterEvent("PIPELINE_SUCCESS", "discover", message="done")
        instance.run_storage.handle_run_event(run.run_id, success, datetime.now(UTC))
    else:
        instance.report_run_failed(run)
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def react(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """What the sensor of such runs says of one that ended."""
    event = dg.DagsterEvent("PIPELINE_SUCCESS" if run.is_success else "PIPELINE_FAILURE", run.job_name)
    with dg.build_run_status_sensor_context(
        sensor_name="runs", dagster_event=event, dagster_instance=instance, dagster_run=run,
        resources={"home": Home()},
    ) as context:  # fmt: skip
        result = runs_succeeded(context) if run.is_success else runs_failed(context.for_run_failure())
    assert isinstance(result, dg.SkipReason)
    return str(result.skip_message)


def test_a_job_that_fails_three_times_in_a_row_is_told_once_and_once_when_it_works(
    scene: Scene, phone: Service, instance: dg.DagsterInstance
) -> None:
    ended(instance, ok=True)
    said = [react(instance, ended(instance, ok=False)) for _ in range(4)]
    assert said == [
        "discover failed fewer than 3 times in a row",
        "discover failed fewer than 3 times in a row",
        "noted: discover fails",
        "discover fails, which was told",
    ]
    assert look(instance)[0].startswith("sent ")
    success = ended(instance, ok=True)
    assert [react(instance, success) for _ in range(2)] == ["noted: discover works again", "discover works"]
    look(instance)
    assert phone.titles == ["Job discover fails", "Job discover works again"]
    assert "3 runs in a row failed" in phone.got[0]["message"]
    assert look(instance)[0] == "nothing is to be told"


def test_runs_that_are_started_again_are_not_counted(scene: Scene, instance: dg.DagsterInstance) -> None:
    tries = [ended(instance, ok=False, tags={WILL_RETRY: "true"}) for _ in range(3)]
    assert [react(instance, one) for one in tries] == ["it is started again"] * 3
    assert results_of(instance, "discover") == []
    last = ended(instance, ok=False, tags={WILL_RETRY: "false"})
    assert [one.run_id for one in results_of(instance, "discover")] == [last.run_id]


def test_a_failure_is_told_with_a_sentence_of_ours_and_without_anything_else(
    scene: Scene, phone: Service, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_NOTIFY_RUN_FAILURES", "1")

    @dg.op
    def ours() -> None:
        raise dg.Failure(description="the store is locked: close the other program")

    @dg.op
    def another() -> None:
        raise ValueError(f"postgresql://me:{SECRET}@host/database")

    @dg.job(name="first")
    def first() -> None:
        ours()

    @dg.job(name="second")
    def second() -> None:
        another()

    for job in (first, second):
        assert not job.execute_in_process(instance=instance, raise_on_error=False).success
        note_job(instance, Home(), job.name)
    look(instance)
    assert phone.titles == ["Job first, Job second fail"]
    assert "the store is locked: close the other program" in phone.text
    assert SECRET not in phone.text


def test_without_a_channel_nothing_is_opened(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "elsewhere"))
    assert look(instance)[0] == "MIXTROVE_NOTIFY_URLS names no channel"
    assert react(instance, ended(instance, ok=False)) == "nobody is to be told of runs"
    assert not (tmp_path / "elsewhere").exists()


def test_an_address_that_cannot_be_used_is_a_sentence_of_the_tick(
    scene: Scene, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_NOTIFY_URLS", f"nonsense://{SECRET}")
    with pytest.raises(dg.Failure, match=r"address 1 \(nonsense://…\) is none that apprise understands"):
        look(instance)
