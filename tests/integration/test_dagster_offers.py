"""The sensor that asks for runs of ``refresh_offers``, and such a run: a real instance and the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
import sqlalchemy as sa

from discovery_assets.definitions import build_definitions
from mixtrove.library import schema
from mixtrove.library.purchase_links import links_of
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.wants import add_want
from mixtrove.matching import Credit
from resources.home import Home
from resources.providers import Providers
from sensors.watched_offers import watched_offers
from tests.integration.online_scene import Begin, Scene, recordings

_watch = schema.offer_watch


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def look(instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, definitions=build_definitions(),
        resources={"home": Home(), "providers": Providers()},
    ) as context:  # fmt: skip
        result = watched_offers(context)
    assert isinstance(result, dg.SensorResult)
    return result


def wanted(scene: Scene, *names: tuple[str, str]) -> list[str]:
    with scene.store.write() as tx:
        tracks = [find_or_create_track(tx, Credit.parse(*name)) for name in names]
        for track in tracks:
            add_want(tx, "dj", track)
    return tracks


def days_pass(scene: Scene, days: float) -> None:
    with scene.store.write() as tx:
        for row in tx.connection.execute(sa.select(_watch)).all():
            tx.connection.execute(
                sa.update(_watch)
                .where(_watch.c.library_track_id == row.library_track_id)
                .values(next_at=row.next_at - timedelta(days=days))
            )


def test_wanted_tracks_are_asked_about_once_and_again_when_their_time_has_come(
    begin: Begin, instance: dg.DagsterInstance
) -> None:
    rows = recordings(2)
    scene = begin(rows)
    scene.only("beatport")
    sold, unknown = wanted(scene, (rows[0]["artist"], rows[0]["title"]), ("Nobody Ever Heard", "Of This"))

    first = look(instance)
    [request] = first.run_requests or ()
    assert scene.server.received == []  # the sensor itself asks nobody
    assert not look(instance, first.cursor).run_requests  # asked for, and not taken yet
    run = (
        build_definitions()
        .resolve_job_def("refresh_offers")
        .execute_in_process(instance=instance, run_config=dict(request.run_config))
    )
    assert run.success
    with scene.store.read() as connection:
        offers = links_of(connection, [sold, unknown])
        pauses = {
            row.library_track_id: (row.next_at - row.asked_at).days
            for row in connection.execute(sa.select(_watch))
        }
    assert [link.store for link, _ in offers[sold] if link.kind == "offer"] == ["beatport"]
    assert pauses == {sold: 1, unknown: 1}

    idle = look(instance, first.cursor)
    assert (idle.run_requests, "no shop has to be asked now" in str(idle.skip_reason)) == ([], True)
    days_pass(scene, 1.01)
    again = look(instance, idle.cursor)
    [later] = again.run_requests or ()
    assert later.run_key != request.run_key
    assert build_definitions().resolve_job_def("refresh_offers").execute_in_process(instance=instance).success
    days_pass(scene, 1.01)
    after = look(instance, again.cursor)
    assert len(after.run_requests or ()) == 1  # the one that is sold; for the other it is two days
    with scene.store.read() as connection:
        rows = connection.execute(sa.select(_watch.c.library_track_id, _watch.c.times))
        times = {row.library_track_id: row.times for row in rows}
    assert times == {sold: 0, unknown: 2}


def test_without_a_shop_nothing_is_asked_for(begin: Begin, instance: dg.DagsterInstance) -> None:
    scene = begin(recordings(1))
    scene.only("musicbrainz")
    wanted(scene, ("A", "B"))
    result = look(instance)
    assert (result.run_requests, "no shop is set up" in str(result.skip_reason)) == ([], True)
