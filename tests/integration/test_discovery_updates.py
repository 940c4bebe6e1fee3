"""A tracklist that changes between runs: library and warehouse follow, whatever moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mixtrove.discovery import discover
from mixtrove.library.store import Store
from mixtrove.library.tracklist_records import delete_tracklist, list_tracklists
from mixtrove.library.tracklists import import_tracklist
from mixtrove.settings import Settings
from mixtrove.tracklists import read_tracklist
from mixtrove.warehouse.read import open_published
from mixtrove.warehouse.refresh import refresh

HEAD = "Four Tet @ Printworks 2019-03-02\n\n"
VERSIONS = [
    "01. A - One\n02. ID - ID\n03. B - Two\n04. C - Three",
    "01. B - Two\n02. A - One\n03. D - Four (E Remix)",  # moved, moved, filled in, removed
    "01. D - Four (E Remix)\n02. ID - ID\n03. A - One w/ F - Six\n04. B - Two",
    "01. B - Two",
]


def plays(path: Path) -> list[tuple[Any, ...]]:
    with open_published(path) as connection:
        return connection.execute(
            "SELECT position, component, raw_line, status, artist, title FROM discoveries "
            "ORDER BY mix, position, component"
        ).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> tuple[Store, Settings]:
    settings = Settings(home=tmp_path)
    return Store.open(settings), settings


def test_every_version_of_a_tracklist_reaches_the_warehouse(home: tuple[Store, Settings]) -> None:
    store, settings = home
    for text in VERSIONS:
        lines = (HEAD + text).encode()
        assert import_tracklist(store, read_tracklist(lines)).outcome in ("new", "updated")
        discover(store, settings)
        followed = plays(settings.warehouse_path)
        refresh(store, settings, full=True)
        assert plays(settings.warehouse_path) == followed
    assert followed == [(1, 1, "01. B - Two", "provisional", "B", "Two")]
    with store.read() as connection:
        (mix,) = list_tracklists(connection)
    with store.write() as tx:
        delete_tracklist(tx, mix.id)
    refresh(store, settings)
    assert plays(settings.warehouse_path) == []
    store.close()
