"""Library and wants as files: what is in them, what is not, and that they are written as they are read."""

from __future__ import annotations

import csv
import gc
import io
import json
import tracemalloc
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.cli.output import write_text
from mixtrove.library import schema
from mixtrove.library.exports import TRACK_COLUMNS, WANT_COLUMNS, Form, export_tracks, export_wants
from mixtrove.library.facts import Facts, learn
from mixtrove.library.owned import import_owned_csv
from mixtrove.library.purchase_links import Link
from mixtrove.library.store import Store, new_id
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.track_filter import TrackFilter
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.want_imports import import_wants
from mixtrove.library.want_records import WantRecord, list_wants
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit
from mixtrove.providers.registry import attributions

NOW = datetime(2026, 5, 1, tzinfo=UTC)
BEATPORT = "Data and links from Beatport https://www.beatport.com"


def facts(provider: str, **more: Any) -> Facts:
    return Facts(
        provider=provider, external_id=f"{provider}-1", url=None, cut=None, duration=None, fetched_at=NOW,
        named=False, **more,
    )  # fmt: skip


@pytest.fixture
def library(store: Store) -> dict[str, str]:
    """Three tracks by title; what is known of Opus is Beatport's, partly for a while only."""
    ids = {}
    with store.write() as tx:
        for artist, title in (("Eric Prydz", "Opus (Four Tet Remix)"), ("=A", "@B"), ("C", "Third")):
            credit = replace(Credit.parse(artist, title), duration=401.4)
            ids[credit.title] = find_or_create_track(tx, credit, key="Gmin" if title == "Third" else None)
        until = datetime.now(UTC) + timedelta(days=1)
        offer = Link("beatport", "https://www.beatport.com/track/opus/1", "offer", Decimal("1.99"), "EUR")
        said = {"key": ("8A", None), "genre": ("House", until)}
        learn(
            tx,
            ids["Opus"],
            [
                facts("beatport", attributes=said, links=(offer,)),
                facts("itunes", attributes={"preview_url": ("https://preview", until)}),
            ],
        )
    return ids


def written(store: Store, form: Form, which: TrackFilter = TrackFilter()) -> str:  # noqa: B008
    with store.read() as connection:
        return "".join(export_tracks(connection, form, which, order="artist", attributions=attributions))


def test_the_library_as_csv(store: Store, library: dict[str, str]) -> None:
    [evil, third, opus] = csv.DictReader(io.StringIO(written(store, "csv")))
    assert list(opus) == list(TRACK_COLUMNS)
    assert (evil["artist"], evil["title"]) == ("'=A", "'@B")
    assert (third["key"], third["classical"], third["camelot"]) == ("Gmin", "G minor", "6A")
    assert (opus["artist"], opus["title"], opus["remix"]) == ("Eric Prydz", "Opus", "Four Tet Remix")
    assert (opus["key"], opus["camelot"], opus["provisional"], opus["id"]) == (
        "8A", "8A", "false", library["Opus"],
    )  # fmt: skip
    assert (opus["attribution"], third["attribution"]) == (BEATPORT, "")


def test_what_a_person_emptied_is_empty_in_every_file(store: Store, library: dict[str, str]) -> None:
    with store.write() as tx:
        edit_track(tx, library["Opus"], {"key": "", "duration": ""}, by="dj")
    [*_, opus] = csv.DictReader(io.StringIO(written(store, "csv")))
    assert (opus["key"], opus["camelot"], opus["duration"], opus["attribution"]) == ("", "", "", "")
    [*_, as_json] = json.loads(written(store, "json"))
    assert (as_json["key"], as_json["camelot"], as_json["duration"]) == (None, None, None)
    assert "#EXTINF:-1,Eric Prydz - Opus (Four Tet Remix)" in written(store, "m3u8")


def test_what_may_be_kept_for_a_while_only_is_in_no_file(store: Store, library: dict[str, str]) -> None:
    forms: tuple[Form, ...] = ("csv", "json", "txt", "m3u8")
    for form in forms:
        text = written(store, form)
        assert "House" not in text
        assert "https://preview" not in text


def test_the_library_as_json(store: Store, library: dict[str, str]) -> None:
    found = json.loads(written(store, "json"))
    assert [one["title"] for one in found] == ["@B", "Third", "Opus"]
    assert list(found[0]) == list(TRACK_COLUMNS)
    assert (found[2]["key"], found[2]["isrcs"], found[2]["attribution"]) == ("8A", [], BEATPORT)
    assert json.loads(written(store, "json", TrackFilter(words="nobody"))) == []


def test_the_library_as_text(store: Store, library: dict[str, str]) -> None:
    lines = "=A - @B\nC - Third\nEric Prydz - Opus (Four Tet Remix)\n"
    assert written(store, "txt") == f"{lines}\n# {BEATPORT}\n"
    assert written(store, "txt", TrackFilter(title="third")) == "C - Third\n"


def test_the_library_as_a_playlist(store: Store, library: dict[str, str]) -> None:
    import_owned_csv(store, b"artist,title,location\nC,Third,#1 third.mp3\n", "owned.csv")
    assert written(store, "m3u8") == (
        "#EXTM3U\n#PLAYLIST:mixtrove library\n"
        "# =A - @B: no file and no link\n"
        "#EXTINF:401,C - Third\n./#1 third.mp3\n"
        "#EXTINF:401,Eric Prydz - Opus (Four Tet Remix)\nhttps://www.beatport.com/track/opus/1\n"
        f"# {BEATPORT}\n"
    )


def test_an_owned_row_without_a_place_is_no_file(store: Store, library: dict[str, str]) -> None:
    import_owned_csv(store, b"artist,title\nC,Third\n", "owned.csv")
    assert "# C - Third: no file and no link\n" in written(store, "m3u8", TrackFilter(title="third"))


def test_no_text_breaks_out_of_its_line(store: Store) -> None:
    with store.write() as tx:
        track_id = find_or_create_track(tx, Credit.parse("A", "B"))
        table = schema.library_track
        tx.connection.execute(
            sa.update(table).where(table.c.id == track_id).values(title="B\nhttps://evil\r\n#EXTM3U")
        )
    name = "A - B https://evil #EXTM3U"
    assert written(store, "txt") == f"{name}\n"
    assert written(store, "m3u8").endswith(f"# {name}: no file and no link\n")


def wants_written(store: Store, form: Form, user: str = "dj") -> str:
    with store.read() as connection:
        wants = list_wants(connection, user)
        return "".join(export_wants(connection, wants, form, attributions=attributions))


@pytest.mark.parametrize("form", ["csv", "json"])
def test_wants_come_back_as_they_were(store: Store, library: dict[str, str], form: Form) -> None:
    with store.write() as tx:
        add_want(tx, "dj", library["Opus"], priority=5, cut="extended", notes='  \'=1 two\nlines, "quoted"')
        bought = {
            "status": "purchased", "purchased_at": NOW, "purchase_price": "1,99", "currency": "EUR",
            "store": "@Shop",
        }  # fmt: skip
        set_want(tx, add_want(tx, "dj", library["@B"]), bought, by="dj")
        set_want(tx, add_want(tx, "dj", library["Third"], priority=1), {"status": "unavailable"}, by="dj")
    done = import_wants(store, wants_written(store, form).encode(), f"wants.{form}", user="other")
    assert (done.rows, done.added, done.refused) == (3, 3, ())

    def said(one: WantRecord) -> WantRecord:
        return replace(
            one, id="", version=0, source_tracklist_id=None, added_at=NOW, notes=(one.notes or "").strip()
        )

    with store.read() as connection:
        ours, theirs = list_wants(connection, "dj"), list_wants(connection, "other")
    assert [said(one) for one in theirs] == [said(one) for one in ours]
    assert [one.added_at for one in theirs] == [one.added_at.replace(microsecond=0) for one in ours]


def test_wants_as_files_say_what_providers_terms_want(store: Store, library: dict[str, str]) -> None:
    with store.write() as tx:
        learn(tx, library["Third"], [facts("discogs", columns={"label": "Text"})])
        for title in ("Opus", "Third"):
            add_want(tx, "dj", library[title])
    [opus, third] = csv.DictReader(io.StringIO(wants_written(store, "csv")))
    assert list(third) == list(WANT_COLUMNS)
    assert (opus["attribution"], third["label"]) == ("", "Text")  # nothing of a want is Beatport's
    assert third["attribution"].startswith("Data provided by Discogs.")
    assert json.loads(wants_written(store, "json"))[0]["attribution"] is None
    text = wants_written(store, "txt").splitlines()
    assert text[:3] == ["Eric Prydz - Opus (Four Tet Remix)", "C - Third [Text]", ""]
    assert text[3].startswith("# Data provided by Discogs.")
    assert wants_written(store, "m3u8").splitlines()[1:4] == [
        "#PLAYLIST:mixtrove wanted",
        "#EXTINF:401,Eric Prydz - Opus (Four Tet Remix)",
        "https://www.beatport.com/track/opus/1",
    ]


def fill(store: Store, count: int) -> None:
    """So many tracks more, each with some hundred letters."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": new_id(), "artist": f"Artist {number}", "title": "T" * 200, "isrcs": [],
            "identity_key": f"t|{number}|{new_id()}", "provisional": False, "created_at": now,
            "updated_at": now, "revision": 1,
        }
        for number in range(count)
    ]  # fmt: skip
    with store.write() as tx:
        tx.connection.execute(sa.insert(schema.library_track), rows)


@pytest.mark.parametrize("form", ["csv", "json", "txt", "m3u8"])
def test_a_library_of_any_size_is_written_in_the_memory_of_a_part(sqlite_store: Store, form: Form) -> None:
    def peak() -> tuple[int, int]:
        """(most bytes held, letters written)."""
        letters = 0
        gc.collect()
        tracemalloc.start()
        with sqlite_store.read() as connection:
            for piece in export_tracks(connection, form, attributions=attributions):
                letters += len(piece)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most, letters

    fill(sqlite_store, 2_000)
    peak()  # what is loaded once
    small, few = peak()
    fill(sqlite_store, 8_000)
    large, many = peak()
    assert many > 4.9 * few
    assert large < 1.25 * small


def test_a_file_is_complete_or_not_there(tmp_path: Path) -> None:
    def pieces() -> Any:
        yield "first"
        raise ValueError("the store is gone")

    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(ValueError, match="gone"):
        write_text(pieces(), target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    write_text(iter(["a\n", "ü\n"]), target)
    assert target.read_bytes() == "a\nü\n".encode()


def test_progress_is_told_in_tracks(sqlite_store: Store) -> None:
    fill(sqlite_store, 1_200)
    told: list[int] = []

    def nothing(names: Collection[str]) -> list[str]:
        return []

    with sqlite_store.read() as connection:
        list(export_tracks(connection, "txt", attributions=nothing, progress=told.append))
    assert told == [1_000, 1_200]
