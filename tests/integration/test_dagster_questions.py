"""The sensor that asks for runs of ``ask_providers``, and such a run, on a real instance and the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest

from discovery_assets.definitions import build_definitions
from mixtrove.library.tracklists import import_tracklist
from mixtrove.providers.simulator import Faults
from resources.home import Home
from resources.providers import Providers
from sensors.provider_questions import provider_questions
from tests.integration.online_scene import UNKNOWN, Begin, Scene, line, recordings

Look = Callable[..., dg.SensorResult]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that forgets everything afterwards."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def look(instance: dg.DagsterInstance) -> Look:
    """``look(cursor)`` evaluates the sensor as the daemon does."""

    def evaluate(cursor: str | None = None) -> dg.SensorResult:
        resources = {"home": Home(), "providers": Providers()}
        with dg.build_sensor_context(
            instance=instance, cursor=cursor, definitions=build_definitions(), resources=resources
        ) as context:
            result = provider_questions(context)
            assert isinstance(result, dg.SensorResult)
            return result

    return evaluate


def metadata(result: dg.ExecuteInProcessResult, *key: str) -> dict[str, Any]:
    """The metadata of an asset's materialisation in this run, as plain values."""
    [event] = [
        event
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(list(key))
    ]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def logged(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> str:
    """Everything that the instance keeps of a run."""
    return "\n".join(str(entry) for entry in instance.all_logs(result.run_id))


def secrets(scene: Scene) -> list[str]:
    """The credentials of the stand-in."""
    words = ("TOKEN", "SECRET", "PASSWORD")
    found = [
        value
        for name, value in scene.server.environment().items()
        if any(name.endswith(word) for word in words)
    ]
    assert len(found) >= 5
    return found


def test_lines_that_are_due_are_asked_for_and_the_run_identifies_them(
    begin: Begin, look: Look, instance: dg.DagsterInstance
) -> None:
    rows = recordings(3)
    scene = begin(rows, *map(line, rows), UNKNOWN.format("One"))
    scene.only("beatport", "discogs")
    scene.server.faults = Faults(1.0, ("quota-day",), providers=("discogs",), persist=True)
    first = look()
    [request] = first.run_requests or ()
    assert look(first.cursor).run_requests == []  # asked for, and not taken yet

    run = (
        build_definitions()
        .resolve_job_def("ask_providers")
        .execute_in_process(instance=instance, run_config=dict(request.run_config), tags=request.tags)
    )
    assert run.success
    assert sorted(scene.statuses().values()) == ["identified"] * 3 + ["provisional"]
    told = metadata(run, "search", "provider_results")
    assert (told["entries"], told["lines_asked"], told["decided"], told["unknown"], told["queued"]) == (
        4, 4, 3, 1, 1,
    )  # fmt: skip
    states = {row.split("|")[1].strip(): row for row in told["providers"].splitlines()[2:]}
    assert list(states) == ["musicbrainz", "beatport", "spotify", "discogs", "itunes", "bandcamp"]
    assert " ready | 4 | " in states["beatport"]
    assert "waiting" in states["discogs"]
    assert told["queue"].splitlines()[2].startswith("| discogs | 1 | 20")
    assert UNKNOWN.format("One") in told["queued_next"]

    after = look(first.cursor)
    assert after.run_requests == []
    everything = logged(instance, run) + repr(told) + str(after.cursor)
    assert [one for one in secrets(scene) if one in everything] == []

    scene.server.faults = None
    scene.time_passes(1.01)  # the watched line and the queue are due
    again = look(after.cursor)
    assert len(again.run_requests or ()) == 1
    assert (again.run_requests or ())[0].run_key != request.run_key


def test_with_nothing_set_up_nothing_is_asked_for(begin: Begin, look: Look) -> None:
    scene = begin(recordings(1), line(recordings(1)[0]))
    scene.only()
    result = look()
    assert (result.run_requests, "no provider has to be asked now" in str(result.skip_reason)) == ([], True)
    assert scene.asked() == []


def test_before_anything_was_imported_nothing_is_made(
    begin: Begin, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = begin(recordings(1))
    home = scene.settings.home.parent / "elsewhere"
    monkeypatch.setenv("MIXTROVE_HOME", str(home))
    assert "nothing was imported yet" in str(look().skip_reason)
    assert not home.exists()


def test_the_sensor_itself_asks_no_provider(begin: Begin, look: Look) -> None:
    rows = recordings(2)
    scene = begin(rows)
    assert (look().run_requests or []) == []
    import_tracklist(scene.store, scene.make(*map(line, rows)))
    assert len(look().run_requests or ()) == 1
    assert scene.server.received == []


def test_without_redis_the_run_decides_what_it_can_and_says_why_without_a_secret(
    begin: Begin, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = begin(recordings(1), line(recordings(1)[0]))
    monkeypatch.setenv("MIXTROVE_REDIS_URL", "redis://me:hunter2@127.0.0.1:1/0")
    run = build_definitions().resolve_job_def("ask_providers").execute_in_process(instance=instance)
    told = run.asset_materializations_for_node("search__provider_results")[0].metadata
    assert "correct MIXTROVE_REDIS_URL" in str(told["not_asked_because"].value)
    assert set(scene.statuses().values()) == {"provisional"}
    assert scene.queue() == []
    everything = logged(instance, run)
    assert "hunter2" not in everything
    assert [one for one in secrets(scene) if one in everything] == []
