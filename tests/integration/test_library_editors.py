"""Two people and a run write at the same time: nothing is lost, and who comes second is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.errors import StaleEdit
from mixtrove.library import discoveries, schema
from mixtrove.library.discoveries import EntryDecision, TrackRecord, entries_to_identify, write_decisions
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit

Make = Callable[..., Any]
MIXES, LINES, ROUNDS = 12, 10, 15
_entry, _play, _track = schema.tracklist_entry, schema.track_discovery, schema.library_track


def test_two_editors_and_a_run_lose_nothing(
    database_url: str, make_tracklist: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discoveries, "CHUNK", 5)
    store = Store.open(database_url)
    with store.write() as tx:
        shared = find_or_create_track(tx, Credit.parse("Artist 0", "Title"))
    for mix in range(MIXES):
        lines = [f"Artist {(mix * line) % 17} - Title" for line in range(LINES)]
        import_tracklist(store, make_tracklist(*lines, dj=f"DJ {mix}"))
    with store.read() as connection:
        todo = list(entries_to_identify(connection, None))
    decided = [
        EntryDecision(
            one.entry_id,
            "identified",
            TrackRecord("catalogue", f"x:{one.credit.artist}", one.credit),
            revision=one.revision,
        )
        for one in todo
    ]
    both_read = threading.Barrier(2)
    accepted: list[tuple[int, str]] = []  # (version that it became, genre)
    refused: list[StaleEdit] = []

    def editor(name: str) -> None:
        own = Store.open(database_url)
        for number in range(ROUNDS):
            with own.read() as connection:
                version = connection.execute(
                    sa.select(_track.c.version).where(_track.c.id == shared)
                ).scalar_one()
            both_read.wait(60)
            genre = f"{name} {number}"
            try:
                with own.write() as tx:
                    became = edit_track(tx, shared, {"genre": genre}, by=name, expected_version=version)
                accepted.append((became, genre))
            except StaleEdit as error:
                refused.append(error)
            both_read.wait(60)
        own.close()

    def run() -> None:
        own = Store.open(database_url)
        write_decisions(own, decided)
        own.close()

    with ThreadPoolExecutor(3) as pool:
        at_work = [pool.submit(run), pool.submit(editor, "ann"), pool.submit(editor, "bob")]
    for one in at_work:
        one.result()

    assert sorted(version for version, _ in accepted) == list(range(2, ROUNDS + 2))
    assert [(one.expected, one.found) for one in refused] == [(at, at + 1) for at in range(1, ROUNDS + 1)]
    with store.read() as connection:
        row = connection.execute(sa.select(_track).where(_track.c.id == shared)).one()
        kept = sa.select(sa.func.count()).where(schema.correction.c.kind == "edit")
        assert (row.version, row.genre) == max(accepted)
        assert connection.execute(kept).scalar_one() == ROUNDS
        statuses = connection.execute(sa.select(_entry.c.status).distinct()).scalars().all()
        assert statuses == ["identified"]
        plays = sa.select(_play.c.library_track_id, sa.func.count()).group_by(_play.c.library_track_id)
        counted = dict(map(tuple, connection.execute(plays)))
        derived = map(tuple, connection.execute(sa.select(_track.c.id, _track.c.discovery_count)))
        assert sum(counted.values()) == MIXES * LINES
        assert dict(derived) == counted
    store.close()
