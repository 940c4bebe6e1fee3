"""Backup while others write, and restore: consistent, verified, refused when damaged, the old one kept."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.library import outbox, schema
from mixtrove.library.store import Store
from mixtrove.providers.schema import metadata as providers_metadata
from mixtrove.providers.store import open_results, open_slots
from mixtrove.settings import Settings
from mixtrove.upkeep.archive import MANIFEST, read_archive
from mixtrove.upkeep.backup import back_up, backups_in
from mixtrove.upkeep.moving import copy_home
from mixtrove.upkeep.restore import check_backup, restore
from tests.integration.test_home_copy import ROWS, all_contents, file, make_home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An embedded home with rows in every table, rules, and something in the inbox."""
    folder = make_home(tmp_path / "home", ROWS)
    (folder / "rules.toml").write_text("# mine\n")
    for name in (
        "new mix.txt",
        "failed/bad.txt",
        "failed/bad.txt.txt",
        "done/old.txt",
        ".hidden",
        "half.part",
    ):
        (folder / "inbox" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "inbox" / name).write_text(f"1. A - {name}\n")
    (folder / "inbox" / os.fsdecode(b"caf\xe9.txt")).write_text("1. A - B\n")
    return folder


def settings(home: Path, url: str | None = None) -> Settings:
    return Settings(home=home, database_url=url, busy_timeout=2.0)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def write_event(home: Path, key: str, url: str | None = None) -> None:
    store = Store.open(settings(home, url))
    with store.write() as tx:
        outbox.emit(tx, "want.added", key, {})
    store.close()


def keys(url: str) -> set[str]:
    store = Store.open(url)
    with store.read() as connection:
        found = set(connection.execute(sa.select(schema.outbox.c.key)).scalars())
    store.close()
    return found


def answers(home: Path, url: str | None = None) -> tuple[int, int, int]:
    """Rows of provider_result, provider_use and, in the home, slot."""
    slots = open_slots(settings(home))
    results = open_results(settings(home, url)) or slots
    counts = []
    for store, name in ((results, "provider_result"), (results, "provider_use"), (slots, "slot")):
        with store.read() as connection:
            query = sa.select(sa.func.count()).select_from(providers_metadata.tables[name])
            counts.append(connection.execute(query).scalar_one())
    results.close()
    slots.close()
    return counts[0], counts[1], counts[2]


def test_a_backup_restores_everything_that_cannot_be_made_again(home: Path, tmp_path: Path) -> None:
    made = back_up(settings(home))
    assert made.path.parent == home / "backups"
    assert made.path.stat().st_mode & 0o077 == 0
    assert made.manifest.rows["mixtrove.db"]["want"] == ROWS
    assert sorted(part.name for part in made.manifest.parts) == [
        "inbox/caf%xe9.txt", "inbox/failed/bad.txt", "inbox/failed/bad.txt.txt", "inbox/new mix.txt",
        "mixtrove.db", "providers.db", "rules.toml",
    ]  # fmt: skip
    assert [path.name for path in (home / "backups").iterdir() if not path.name.endswith(".lock")] == [
        made.path.name
    ]
    new = tmp_path / "new"
    done = restore(settings(new), made.path)
    assert done.old is None
    assert all_contents(file(new)) == all_contents(file(home))
    assert answers(new) == (0, 20, 20)
    assert (new / "rules.toml").read_text() == "# mine\n"
    assert (new / "inbox" / "new mix.txt").read_text() == "1. A - new mix.txt\n"
    assert not (new / "inbox" / "done").exists()
    assert not list(new.glob(".mixtrove-restore/*"))
    with sqlite3.connect(new / "mixtrove.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_providers_answered_is_kept_when_asked_for(home: Path, tmp_path: Path) -> None:
    restore(settings(tmp_path / "new"), back_up(settings(home), with_cache=True).path)
    assert answers(tmp_path / "new") == (20, 20, 20)


_WRITER = """
import sys
from pathlib import Path
from mixtrove.library import outbox, schema
from mixtrove.library.store import Store, new_id
from mixtrove.settings import Settings
import sqlalchemy as sa

store = Store.open(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2] or None))
number = 0
while True:
    number += 1
    with store.write() as tx:  # two rows that belong together
        outbox.emit(tx, "want.added", f"pair-{number}", {"half": 1})
        tx.connection.execute(
            sa.insert(schema.tombstone).values(table_name="pair", row_id=str(number), revision=tx.revision)
        )
    if number == 1:
        print("writing", flush=True)
"""


@pytest.mark.parametrize("where", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_backup_taken_while_somebody_writes_is_of_one_moment(
    home: Path, tmp_path: Path, where: str, request: pytest.FixtureRequest
) -> None:
    url = None
    if where == "postgres":
        url = request.getfixturevalue("postgres_url")
        copy_home(settings(home), url)
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(home), url or ""], stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        made = [back_up(settings(home, url), tmp_path / "backups").path for _ in range(4)]
    finally:
        writer.kill()
        writer.wait()
        writer.stdout and writer.stdout.close()
    pairs = []
    for number, path in enumerate(made):
        new = tmp_path / f"new{number}"
        restore(settings(new), path)
        store = Store.open(settings(new))
        with store.read() as connection:
            events = connection.execute(
                sa.select(schema.outbox.c.key).where(schema.outbox.c.key.like("pair-%"))
            ).scalars()
            gone = connection.execute(
                sa.select(schema.tombstone).where(schema.tombstone.c.table_name == "pair")
            ).all()
            revision = connection.execute(sa.select(schema.counter.c.value)).scalar_one()
        found = {int(key.removeprefix("pair-")) for key in events}
        assert found == {int(row.row_id) for row in gone} == set(range(1, len(found) + 1))
        assert revision == max(row.revision for row in gone)
        pairs.append(len(found))
        store.close()
    assert pairs == sorted(pairs)
    assert pairs[-1] > pairs[0] > 0


@pytest.mark.postgres
def test_a_backup_of_postgres_restores_there_and_into_files(
    home: Path, postgres_url: str, tmp_path: Path
) -> None:
    restore(settings(home, postgres_url), back_up(settings(home), with_cache=True).path)  # files → Postgres
    assert all_contents(postgres_url) == all_contents(file(home))
    assert answers(home, postgres_url)[:2] == (20, 20)
    made = back_up(settings(home, postgres_url), with_cache=True)
    assert made.manifest.kept_in == "postgresql"
    restore(settings(tmp_path / "new"), made.path)  # Postgres → files
    assert all_contents(file(tmp_path / "new")) == all_contents(postgres_url)

    write_event(home, "afterwards", postgres_url)
    with pytest.raises(
        BadInput, match=r"is not empty: its table .* --replace puts the backup in their place"
    ):
        restore(settings(home, postgres_url), made.path)
    assert "afterwards" in keys(postgres_url)
    done = restore(settings(home, postgres_url), made.path, replace=True)
    assert all_contents(postgres_url) == all_contents(file(home))
    assert done.old is not None
    restore(settings(tmp_path / "before"), done.old)
    assert "afterwards" in keys(file(tmp_path / "before"))


@pytest.mark.postgres
def test_what_is_written_while_postgres_is_replaced_is_in_the_old_or_in_the_new(
    home: Path, postgres_url: str, tmp_path: Path
) -> None:
    made = back_up(settings(home))
    restore(settings(home, postgres_url), made.path)
    written: list[str] = []
    ended = threading.Event()

    def write_on() -> None:
        store = Store.open(postgres_url)
        while not ended.is_set():
            key = f"meanwhile {len(written)}"
            with store.write() as tx:
                outbox.emit(tx, "want.added", key, {})
            written.append(key)
        store.close()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        done = restore(Settings(home=home, database_url=postgres_url), made.path, replace=True)
    finally:
        ended.set()
        writer.join()
    assert done.old is not None
    restore(settings(tmp_path / "before"), done.old)
    old, new = keys(file(tmp_path / "before")), keys(postgres_url)
    assert {key for key in written if key not in old | new} == set()
    assert not old & new & set(written)


_OPENED = """
import sys
from mixtrove.library.store import Store
store = Store.open(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
store.close()
"""


@pytest.mark.postgres
def test_a_store_on_postgres_that_another_process_has_open_is_not_replaced(
    home: Path, postgres_url: str
) -> None:
    made = back_up(settings(home))
    restore(settings(home, postgres_url), made.path)
    write_event(home, "goes on", postgres_url)
    with subprocess.Popen(
        [sys.executable, "-c", _OPENED, postgres_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(
            StoreUnavailable, match=rf"is in use by another program \([^ ]+:{other.pid}\): stop"
        ):
            restore(settings(home, postgres_url), made.path, replace=True)
        assert "goes on" in keys(postgres_url)
    restore(settings(home, postgres_url), made.path, replace=True)
    assert "goes on" not in keys(postgres_url)


def test_a_home_with_a_store_is_replaced_only_when_told_and_is_kept_beside(home: Path) -> None:
    made = back_up(settings(home))
    before = all_contents(file(home))
    write_event(home, "afterwards")
    (home / "rules.toml").write_text("# changed\n")
    (home / "warehouse.duckdb").write_bytes(b"published")
    (home / "warehouse.build.duckdb").write_bytes(b"built")
    with pytest.raises(BadInput, match=r"mixtrove\.db is there already: --replace"):
        restore(settings(home), made.path)
    assert "afterwards" in keys(file(home))
    done = restore(settings(home), made.path, replace=True)
    assert all_contents(file(home)) == before
    assert (home / "rules.toml").read_text() == "# mine\n"
    assert not (home / "warehouse.duckdb").exists()  # it may hold what the restored store does not
    assert not (home / "warehouse.build.duckdb").exists()
    assert done.old is not None
    assert "afterwards" in keys(file(done.old))
    assert (done.old / "rules.toml").read_text() == "# changed\n"
    assert {path.name for path in done.old.iterdir()} >= {"providers.db", "warehouse.duckdb"}


def test_a_store_that_somebody_has_open_is_not_replaced(home: Path) -> None:
    made = back_up(settings(home))
    store = Store.open(settings(home))
    with store.read() as connection:
        connection.execute(sa.select(schema.counter)).all()
        with pytest.raises(StoreUnavailable, match=r"mixtrove\.db is in use by another program: stop"):
            restore(settings(home), made.path, replace=True)
    store.close()
    write_event(home, "goes on")
    assert "goes on" in keys(file(home))
    restore(settings(home), made.path, replace=True)
    assert "goes on" not in keys(file(home))


def test_a_damaged_store_can_be_replaced(home: Path) -> None:
    made = back_up(settings(home))
    before = all_contents(file(home))
    (home / "mixtrove.db").write_bytes(b"no database at all" * 1000)
    (home / "mixtrove.db-wal").write_bytes(b"of the damaged one")
    with pytest.raises(StoreUnavailable):
        back_up(settings(home))
    restore(settings(home), made.path, replace=True)
    assert all_contents(file(home)) == before


def test_damage_anywhere_in_the_file_is_found_before_anything_changes(home: Path, tmp_path: Path) -> None:
    made = back_up(settings(home), tmp_path / "one.tar.gz").path
    whole = made.read_bytes()
    broken = tmp_path / "broken.tar.gz"
    size = len(whole)
    for position in (0, 2, size // 4, size // 2, size - 300, size - 6):
        broken.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        with pytest.raises(BadInput, match=r"is damaged|no backup"):
            restore(settings(tmp_path / "new"), broken)
    for length in (0, 100, size // 2, size - 1):
        broken.write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"is damaged|no backup"):
            check_backup(broken)
    broken.write_bytes(gzip.compress(b"hello" * 1000))
    with pytest.raises(BadInput, match=r"is damaged, or no backup|is no backup of mixtrove"):
        check_backup(broken)
    with pytest.raises(BadInput, match="there is no file"):
        check_backup(tmp_path / "none.tar.gz")
    assert not (tmp_path / "new" / "mixtrove.db").exists()
    assert check_backup(made) == read_archive(made)


def rewritten(path: Path, change: Callable[[dict[str, object]], object], **members: bytes) -> Path:
    """The backup with another manifest, and more members."""
    out = path.with_name("other.tar.gz")
    with tarfile.open(path) as old, tarfile.open(out, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            data = content.read()
            if member.name == MANIFEST:
                told = json.loads(data)
                change(told)
                data = json.dumps(told).encode()
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return out


def test_a_newer_schema_a_newer_form_and_foreign_files_are_refused(home: Path, tmp_path: Path) -> None:
    made = back_up(settings(home), tmp_path / "one.tar.gz").path
    new = settings(tmp_path / "new")

    def newer_schema(told: dict[str, object]) -> None:
        told["schemas"] = {"mixtrove.db": "9999", "providers.db": "0001"}

    with pytest.raises(
        StoreUnavailable, match=r"written by a newer mixtrove \(schema 9999; .*install the newer"
    ):
        restore(new, rewritten(made, newer_schema))
    with pytest.raises(BadInput, match=r"in a form this version does not know: install that version"):
        restore(new, rewritten(made, lambda told: told.update(format=2, rows="other")))
    with pytest.raises(BadInput, match=r"holds other rows than its manifest says"):
        restore(new, rewritten(made, lambda told: told["rows"]["mixtrove.db"].update(want=1)))  # type: ignore[index]
    with pytest.raises(BadInput, match=r"'\.\./evil' is not what its manifest says"):
        restore(new, rewritten(made, lambda told: None, **{"../evil": b"x"}))

    def escape(told: dict[str, object]) -> None:
        told["parts"].append({"name": "inbox/../../evil", "size": 1, "sha256": ""})  # type: ignore[attr-defined]

    with pytest.raises(BadInput, match="is no backup of mixtrove: it names the file"):
        restore(new, rewritten(made, escape, **{"inbox/../../evil": b"x"}))
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "new" / "mixtrove.db").exists()


def test_a_backup_of_an_older_schema_is_brought_up_to_date(home: Path, tmp_path: Path) -> None:
    from alembic import command

    from mixtrove.database.migrating import configuration
    from mixtrove.library.store import CHAIN, HEAD

    store = Store.open(settings(tmp_path / "older"))
    with store.engine.begin() as connection:
        command.downgrade(configuration(CHAIN, connection), "0006")
    store.close()
    made = back_up(settings(tmp_path / "older"))  # the new version's backup, before it migrates
    assert made.manifest.schemas["mixtrove.db"] == "0006"
    restore(settings(tmp_path / "new"), made.path)
    with sqlite3.connect(tmp_path / "new" / "mixtrove.db") as plain:
        assert plain.execute("SELECT version_num FROM mixtrove_schema_version").fetchone() == (HEAD,)


def test_the_oldest_backups_go_and_other_files_stay(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "mixtrove-20990101T000000Z.tar.gz.txt").write_text("a note")
    names = [f"mixtrove-2020010{day}T000000Z.tar.gz" for day in range(1, 5)]
    for name in names:
        (folder / name).write_bytes(b"old")
    first = back_up(settings(home), folder, keep=3)
    assert [path.name for path in first.dropped] == [names[1], names[0]]
    second, third = (back_up(settings(home), folder, keep=3) for _ in range(2))
    assert set(backups_in(folder)) == {first.path, second.path, third.path}
    assert backups_in(folder)[0] == third.path
    assert (folder / "mixtrove-20990101T000000Z.tar.gz.txt").exists()
    with pytest.raises(BadInput, match="--keep is about a folder"):
        back_up(settings(home), tmp_path / "one.tar.gz", keep=3)


@pytest.mark.parametrize("size", [20_000, 300_000, 700_000])
def test_a_full_disk_leaves_the_older_backups_and_no_rubbish(home: Path, tmp_path: Path, size: int) -> None:
    folder = tmp_path / "backups"
    older = back_up(settings(home), folder).path
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
    code = limited + "from mixtrove.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "backup", str(folder), "--keep", "1"],
        env={**os.environ, "MIXTROVE_HOME": str(home)}, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("mixtrove: ")
    assert "Traceback" not in done.stderr
    assert backups_in(folder) == [older]
    assert sorted(path.name for path in folder.iterdir()) == [".mixtrove-backup.lock", older.name]


def test_a_folder_that_cannot_be_made_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(
        StoreUnavailable, match=r"taken/backups cannot be written: Not a directory; make room"
    ):
        back_up(settings(home), tmp_path / "taken" / "backups")


_KILLED = """
import os, signal, sys
from pathlib import Path
from mixtrove.settings import Settings
from mixtrove.upkeep import restore as module

at, count = int(sys.argv[3]), [0]
for name in ("_keep", "_move", "_restore_inbox"):
    def wrapped(*given, do=getattr(module, name), **more):
        count[0] += 1
        if count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*given, **more)
    setattr(module, name, wrapped)
module.restore(Settings(home=Path(sys.argv[1])), Path(sys.argv[2]), replace=True)
"""


def test_a_restore_that_is_killed_leaves_the_old_or_the_new_store(home: Path, tmp_path: Path) -> None:
    made = back_up(settings(home), tmp_path / "one.tar.gz").path
    restored = all_contents(file(home))
    write_event(home, "afterwards")
    old = all_contents(file(home))
    steps = 0
    while True:
        steps += 2
        done = subprocess.run([sys.executable, "-c", _KILLED, str(home), str(made), str(steps)], check=False)
        found = all_contents(file(home))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        assert found == old
    assert found == restored
    assert steps > 6


def test_the_commands_say_what_they_did(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(home))
    monkeypatch.setenv("MIXTROVE_BACKUP_DIR", str(tmp_path / "usb"))
    done = run("backup")
    assert done.exit_code == 0, done.output
    [path] = backups_in(tmp_path / "usb")
    assert done.stdout.startswith(f"{path}: ")
    assert "read again and compared" in done.stdout
    assert json.loads(run("backup", "--keep", 1, "--json").stdout)["dropped"] == [str(path)]
    [path] = backups_in(tmp_path / "usb")
    assert f"{path} is whole: " in run("restore", path, "--check").stdout
    refused = run("restore", path)
    assert refused.exit_code == 2
    assert "--replace puts the backup in its place" in refused.stderr
    replaced = run("restore", path, "--replace")
    assert replaced.exit_code == 0, replaced.output
    assert "What was there before is in" in replaced.stdout
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "none"))
    assert "there is nothing to back up" in run("backup").stderr
