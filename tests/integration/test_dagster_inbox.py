"""The inbox on a real disk: what is seen, imported and moved, and the sensor that looks at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from discovery_assets.definitions import build_definitions
from mixtrove.inbox import content_digest, dropped_files, settled, take
from mixtrove.library.store import Store
from resources.home import Home
from sensors.inbox import inbox as inbox_sensor

MIX = "Four Tet - Essential Mix 2014-06-13\n\n1. Bicep - Glue\n2. Eric Prydz - Opus (Four Tet Remix)\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The empty inbox of a home."""
    folder = tmp_path / "home" / "inbox"
    folder.mkdir(parents=True)
    return folder


def drop(inbox: Path, name: str, text: str = MIX, *, age: float = 10.0) -> Path:
    """Write a file that was changed ``age`` seconds ago."""
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_hidden_partial_done_and_failed_files_are_not_seen(inbox: Path) -> None:
    for name in ("mix.txt", "sets/other.cue", ".hidden", "big.txt.part", "done/old.txt", "failed/bad.txt"):
        drop(inbox, name)
    assert [file.name for file in dropped_files(inbox)] == ["mix.txt", "sets/other.cue"]


def test_an_inbox_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert dropped_files(tmp_path / "nowhere") == []


def test_a_file_has_settled_two_seconds_after_its_last_change(inbox: Path) -> None:
    changed = drop(inbox, "mix.txt").stat().st_mtime
    (file,) = dropped_files(inbox)
    assert not settled(file, changed + 1.9)
    assert settled(file, changed + 2.001)
    assert settled(file, changed - 3600)  # the clock of another machine


def test_good_files_move_to_done_and_bad_ones_to_failed_with_the_reason(
    inbox: Path, sqlite_store: Store
) -> None:
    drop(inbox, "sets/mix.txt")
    drop(inbox, "empty.txt", "")
    drop(inbox, "photo.jpg", "\xff\xd8\xff")
    drop(inbox, "notes.txt", "buy milk\n")
    taken = {one.name: one.outcome for one in take(sqlite_store, inbox, dropped_files(inbox))}
    assert taken["sets/mix.txt"] == "new"
    assert set(taken.values()) == {"new", "failed"}
    assert names(inbox / "done") == ["sets/mix.txt"]
    assert names(inbox / "failed") == [
        "empty.txt", "empty.txt.txt", "notes.txt", "notes.txt.txt", "photo.jpg", "photo.jpg.txt",
    ]  # fmt: skip
    assert "is empty" in (inbox / "failed" / "empty.txt.txt").read_text(encoding="utf-8")
    assert dropped_files(inbox) == []


def test_a_second_file_of_a_name_does_not_replace_the_first(inbox: Path, sqlite_store: Store) -> None:
    for text in (MIX, MIX + "3. Burial - Archangel\n"):
        drop(inbox, "mix.txt", text)
        list(take(sqlite_store, inbox, dropped_files(inbox)))
    assert names(inbox / "done") == ["mix (2).txt", "mix.txt"]
    assert (inbox / "done" / "mix.txt").read_text(encoding="utf-8") == MIX


def test_a_file_that_was_imported_but_not_moved_is_unchanged_the_next_time(
    inbox: Path, sqlite_store: Store
) -> None:
    drop(inbox, "mix.txt")
    assert [one.outcome for one in take(sqlite_store, inbox, dropped_files(inbox))] == ["new"]
    (inbox / "done" / "mix.txt").rename(inbox / "mix.txt")
    assert [one.outcome for one in take(sqlite_store, inbox, dropped_files(inbox))] == ["unchanged"]


def test_a_file_with_other_content_than_asked_for_is_left(inbox: Path, sqlite_store: Store) -> None:
    drop(inbox, "mix.txt")
    drop(inbox, "other.txt")
    files = dropped_files(inbox)
    expected = {"mix.txt": content_digest(inbox, files[0]) or "", "other.txt": "0" * 64}
    assert [one.name for one in take(sqlite_store, inbox, files, expected=expected)] == ["mix.txt"]
    assert [file.name for file in dropped_files(inbox)] == ["other.txt"]


def test_a_file_that_was_taken_away_meanwhile_is_no_failure(inbox: Path, sqlite_store: Store) -> None:
    path = drop(inbox, "mix.txt")
    files = dropped_files(inbox)
    path.unlink()
    assert list(take(sqlite_store, inbox, files)) == []
    assert names(inbox) == []


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that forgets everything afterwards."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def test_the_sensor_asks_for_a_run_and_the_run_takes_the_file(
    inbox: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(path=str(inbox.parent))
    definitions = build_definitions(home=home)
    drop(inbox, "mix.txt")
    pauses: list[float] = []
    clock = SimpleNamespace(time=lambda: 1000.0 + sum(pauses), sleep=pauses.append)
    monkeypatch.setattr("sensors.inbox.time", clock)

    def look(cursor: str | None) -> dg.SensorResult:
        with dg.build_sensor_context(
            instance=instance, cursor=cursor, definitions=definitions, resources={"home": home}
        ) as context:
            result = inbox_sensor(context)
            assert isinstance(result, dg.SensorResult)
            return result

    found = look(None)
    assert 2 <= sum(pauses) < 3  # it was seen twice, as long apart as it takes to say that it does not grow
    (request,) = found.run_requests or ()
    assert look(found.cursor).run_requests == []
    config = request.run_config
    assert list(config["ops"]["raw__tracklist_entries"]["config"]["files"]) == ["mix.txt"]

    run = definitions.resolve_job_def("discover").execute_in_process(
        instance=instance, run_config=dict(config), tags=request.tags
    )
    assert run.success
    assert names(inbox) == ["done/mix.txt"]


def test_links_are_refused_and_a_name_that_is_no_utf8_is_taken(tmp_path: Path, sqlite_store: Store) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secret.txt").write_text("A - One\n")
    (inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inbox / "nowhere.txt").symlink_to(tmp_path / "absent.txt")
    (inbox / os.fsdecode(b"caf\xe9.txt")).write_text("B - Two\n")

    files = dropped_files(inbox)
    taken = {one.name: one.outcome for one in take(sqlite_store, inbox, files)}

    assert taken == {"caf\\xe9.txt": "new", "link.txt": "failed", "nowhere.txt": "failed"}
    assert sorted(path.name for path in (inbox / "failed").iterdir()) == [
        "link.txt", "link.txt.txt", "nowhere.txt", "nowhere.txt.txt",
    ]  # fmt: skip
    assert "is a link" in (inbox / "failed" / "link.txt.txt").read_text()
    assert dropped_files(inbox) == []
