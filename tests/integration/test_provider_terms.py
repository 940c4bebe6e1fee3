"""What the providers' terms allow, looked for in everything that a run over all providers leaves behind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from mixtrove.discovery import discover
from mixtrove.library import schema
from mixtrove.library.facts import expire
from mixtrove.library.track_columns import COLUMNS
from mixtrove.providers.registry import PROVIDERS, attributions
from mixtrove.providers.schema import provider_result
from mixtrove.providers.simulator.songs import Songs
from tests.integration.online_scene import UNKNOWN, Begin, Scene, line, recordings

TERMS = {kind.name: kind.terms for kind in PROVIDERS}
ROWS = recordings(12)
NAMES = {"isrcs": "isrc"}  # the field of a column
_track, _attribute, _link = schema.library_track, schema.track_attribute, schema.purchase_link
_external = schema.external_id


@pytest.fixture
def scene(begin: Begin) -> Scene:
    """A home after a whole run over all providers, each of which knows some of the lines."""
    shares = {"beatport": 0.3, "spotify": 0.6, "discogs": 0.6, "itunes": 0.6, "musicbrainz": 0.6}
    made = begin(ROWS, *(line(row).lower() for row in ROWS), UNKNOWN.format("One"), coverage=shares)
    with made.online() as online:
        assert set(online.ready) >= {"musicbrainz", "beatport", "spotify", "discogs", "itunes"}
        done = discover(made.store, made.settings, online=online)
    assert done.matched.identified > 6
    assert done.published
    return made


def rows_of(scene: Scene, table: sa.Table) -> list[dict[str, Any]]:
    with scene.store.read() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def warehouse(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    """Every table and view of the published warehouse with its rows."""
    found: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect(str(scene.settings.warehouse_path), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
        ).fetchall()
        for name in map(".".join, names):
            result = connection.table(name)
            found[name] = [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
    assert found
    return found


def test_every_provider_was_asked(scene: Scene) -> None:
    assert {"beatport", "spotify", "discogs", "itunes", "musicbrainz"} <= set(scene.asked())
    assert {"spotify", "beatport"} <= {one["provider"] for one in rows_of(scene, _external)}


def test_nothing_but_ids_and_links_of_spotify_is_kept_for_good_or_published(scene: Scene) -> None:
    assert not [
        one for one in rows_of(scene, _attribute) if one["provider"] == "spotify" and not one["expires_at"]
    ]
    candidates = [one for one in rows_of(scene, schema.entry_candidate) if one["source"] == "spotify"]
    assert None not in {one["expires_at"] for one in candidates}
    sources: dict[str, set[str]] = {}
    for one in rows_of(scene, _external):
        sources.setdefault(one["library_track_id"], set()).add(one["provider"])
    only = {track_id for track_id, names in sources.items() if names == {"spotify"}}
    tracks = [one for one in rows_of(scene, _track) if one["id"] in only]
    assert tracks
    for one in tracks:  # named as the DJ wrote it, and with nothing that only Spotify said
        assert (one["artist"], one["title"]) == (one["artist"].lower(), one["title"].lower())
        assert [one[name] for name in COLUMNS if one[name]] == []
    isrcs = {song.isrc for song in Songs(ROWS, other_versions=0.0).all}
    allowed = {code for one in rows_of(scene, _track) for code in one["isrcs"]}
    published = repr(warehouse(scene))
    assert [code for code in isrcs - allowed if code in published] == []


def test_columns_hold_only_what_a_source_said_that_may_enter_the_warehouse(scene: Scene) -> None:
    said = rows_of(scene, _attribute)
    for track in rows_of(scene, _track):
        for name in COLUMNS:
            if not track[name] or track["provisional"]:
                continue
            field = NAMES.get(name, name)
            sources = [
                one["provider"]
                for one in said
                if (one["library_track_id"], one["name"], one["value"]) == (track["id"], name, track[name])
                and field in TERMS[one["provider"]].warehouse
            ]
            assert sources, (name, track[name])


def test_the_warehouse_has_no_value_that_only_an_attribute_may_hold(scene: Scene) -> None:
    tracks = {one["id"]: one for one in rows_of(scene, _track)}
    hidden = [
        one
        for one in rows_of(scene, _attribute)
        if NAMES.get(one["name"], one["name"]) not in TERMS[one["provider"]].warehouse
    ]
    assert {"bpm", "key", "genre"} <= {one["name"] for one in hidden}
    for one in hidden:
        if one["name"] in COLUMNS:
            kept = tracks[one["library_track_id"]][one["name"]]
            others = [
                other
                for other in rows_of(scene, _attribute)
                if (other["library_track_id"], other["name"]) == (one["library_track_id"], one["name"])
                and NAMES.get(other["name"], other["name"]) in TERMS[other["provider"]].warehouse
            ]
            assert not kept or others, one
    published = warehouse(scene)
    columns = {name for rows in published.values() for row in rows[:1] for name in row}
    assert columns.isdisjoint({"preview_url", "artwork_url", "popularity", "price"})


def test_what_is_kept_for_good_is_what_the_terms_list(scene: Scene) -> None:
    said = rows_of(scene, _attribute)
    assert {one["provider"] for one in said} >= {"beatport", "spotify"}
    for one in said:
        terms = TERMS[one["provider"]]
        name = one["name"].removesuffix("_details")
        name = NAMES.get(name, name)
        if one["expires_at"] is None:
            assert name in terms.kept | terms.warehouse, one
        else:
            assert terms.ceiling is not None
            assert one["expires_at"] <= one["fetched_at"] + terms.ceiling
    for one in rows_of(scene, schema.entry_candidate):
        if one["source"] in TERMS and "name" not in TERMS[one["source"]].kept:
            assert one["expires_at"] is not None


def test_every_price_has_its_currency_and_the_time_it_may_be_shown(scene: Scene) -> None:
    found = rows_of(scene, _link)
    priced = [one for one in found if one["price"] is not None]
    assert {one["store"] for one in priced} >= {"beatport"}
    for one in priced:
        assert len(one["currency"]) == 3
        assert one["kind"] == "offer"
        assert one["fetched_at"] < one["expires_at"]
        assert one["expires_at"] <= one["fetched_at"] + TERMS[one["store"]].offers_for
    assert not [one for one in found if one["price"] is None and (one["currency"] or one["expires_at"])]


def test_every_store_with_an_offer_has_an_attribution(scene: Scene) -> None:
    stores = {one["store"] for one in rows_of(scene, _link) if one["kind"] == "offer"}
    assert stores
    for store in stores:
        [sentence] = attributions({store})
        assert TERMS[store].attribution_url in sentence


def test_no_answer_is_kept_past_its_providers_ceiling(scene: Scene) -> None:
    with sa.create_engine(f"sqlite:///{scene.settings.home / 'providers.db'}").connect() as connection:
        kept = connection.execute(sa.select(provider_result)).mappings().all()
    assert {one["provider"] for one in kept} >= {"spotify", "beatport", "discogs"}
    for one in kept:
        ceiling = TERMS[one["provider"]].ceiling
        assert ceiling is not None
        assert one["fetched_at"] <= datetime.now(UTC)
        if one["payload"] is not None:
            assert one["deleted_at"] == one["fetched_at"] + ceiling


def test_a_month_later_only_what_may_stay_is_left(scene: Scene) -> None:
    scene.time_passes(31)
    expire(scene.store)
    for one in rows_of(scene, _attribute):
        assert NAMES.get(one["name"], one["name"]) in TERMS[one["provider"]].kept | {"label_details"}
    assert not [one for one in rows_of(scene, schema.entry_candidate) if one["source"] == "spotify"]
    assert {one["price"] for one in rows_of(scene, _link)} <= {None}
    with scene.online() as online:
        done = discover(scene.store, scene.settings, online=online)
    assert done.asked is not None
    assert done.matched.decided <= 1  # the line that nobody knows
