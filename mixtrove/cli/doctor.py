"""``mixtrove doctor``: is this installation sound, and what is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.settings import Settings

_OK, _ABSENT, _WRONG = "ok", "--", "!!"
_KEPT_ON = {"postgres": ("store", "notify", "providers"), "redis": ("providers",)}
"""What looks into a server: where that is wrong already, its lines would only say so again."""

_Check = Callable[["Settings"], tuple[str, str]]


@click.command()
def doctor() -> None:
    """Check this installation: home, servers, store, catalogue, warehouse, want rules, channels, providers.

    Servers that are configured (Postgres, Redis, RabbitMQ, Dagster's Postgres) get a real round trip:
    something is written, read and taken back.

    Each line says ok, -- (not there yet, with the command that makes it) or !! (wrong, with what to do).
    A provider is ok when it is ready, -- when it is off or told us to wait, !! when it fails. The exit code
    is 1 when anything is wrong.

    \b
    For example:
      mixtrove doctor
    """
    from mixtrove.settings import load_settings

    settings = load_settings()
    wrong = False
    for sign, name, sentence in _findings(settings):
        wrong = wrong or sign == _WRONG
        click.echo(f"{sign}  {name:11} {sentence}")
    if wrong:
        click.get_current_context().exit(1)


def _findings(settings: Settings) -> Iterator[tuple[str, str, str]]:
    from mixtrove import __version__

    version = ".".join(map(str, sys.version_info[:3]))
    yield _OK, "mixtrove", f"{__version__} on Python {version}"
    checks: tuple[tuple[str, _Check], ...] = (
        ("home", _home),
        *_servers(settings),
        ("store", _store),
        ("catalogue", _catalogue),
        ("rules", _rules),
        ("warehouse", _warehouse),
        ("rabbitmq", _rabbitmq),
        ("notify", _notify),
    )
    from mixtrove.errors import MixtroveError, StoreUnavailable

    said: set[str] = set()  # what would fail once more of a server that is wrong
    for name, check in checks:
        try:
            sign, sentence = check(settings)
        except MixtroveError as error:
            sign, sentence = _WRONG, str(error)
            if name in said and isinstance(error, StoreUnavailable):
                continue
        if sign == _WRONG:
            said.update(_KEPT_ON.get(name, ()))
        yield sign, name, sentence
    try:
        yield from _providers(settings)
    except MixtroveError as error:
        if "providers" not in said or not isinstance(error, StoreUnavailable):
            yield _WRONG, "providers", str(error)


def _servers(settings: Settings) -> Iterator[tuple[str, _Check]]:
    """The servers that this installation uses: an embedded one has none."""
    import os

    from mixtrove.database.dagster_url import PG_URL
    from mixtrove.database.opening import database_url

    try:
        url = None if settings.database_url is None else database_url(settings.database_url)
    except BadInput:
        url = None  # the store says so
    if url is not None and url.get_backend_name() == "postgresql":
        yield "postgres", _postgres
    if settings.redis_url is not None:
        yield "redis", _redis
    if os.environ.get(PG_URL):
        yield "dagster", _dagster


def _postgres(settings: Settings) -> tuple[str, str]:
    from mixtrove.database.opening import database_url
    from mixtrove.database.postgres_check import check_postgres
    from mixtrove.library import schema
    from mixtrove.library.store import CHAIN

    url = database_url(str(settings.database_url))
    found = check_postgres(url, CHAIN, schema.tombstone)
    told = f"{url}: Postgres {found.version}, written and read in {found.milliseconds:.0f} ms"
    if found.schema is None:
        return _ABSENT, f"{told}; it holds no store yet: mixtrove db upgrade, or mixtrove home copy"
    return _OK, f"{told}, schema {found.schema}"


def _dagster(_settings: Settings) -> tuple[str, str]:
    """Where Dagster keeps its runs and events; it would say so at the first of them only."""
    import os

    from mixtrove.database.dagster_url import PG_URL, records_url
    from mixtrove.database.postgres_check import check_records

    url = records_url(os.environ[PG_URL])
    found = check_records(url, PG_URL)
    told = f"Postgres {found.version}, written and read in {found.milliseconds:.0f} ms"
    return _OK, f"{url}: {told}; for Dagster's runs and events"


def _redis(settings: Settings) -> tuple[str, str]:
    from mixtrove.providers.redis_check import check_redis
    from mixtrove.providers.redis_server import name_of

    assert settings.redis_url is not None
    url = settings.redis_url.get_secret_value()
    found = check_redis(url)
    told = f"Redis {found.version}, written and read in {found.milliseconds:.0f} ms, {found.memory}"
    return _OK, f"{name_of(url)}: {told}"


def _providers(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Every provider: off is no fault, and neither is one that told us to wait."""
    from mixtrove.discovery import opened_online

    if not settings.home.exists():
        yield _ABSENT, "providers", "not asked yet: mixtrove providers list"
        return
    signs = {"ready": _OK, "off": _ABSENT, "waiting": _ABSENT, "failing": _WRONG}
    with opened_online(settings) as online:
        for one in online.states():
            figures = f" ({one.figures})" if one.state != "off" else ""
            yield signs[one.state], one.name, one.sentence + figures


def _home(settings: Settings) -> tuple[str, str]:
    import os
    import shutil

    home = settings.home.absolute()
    if not home.exists():
        return _ABSENT, f"{home} does not exist yet: the first import makes it"
    if not os.access(home, os.W_OK):
        return _WRONG, f"{home} cannot be written: change its rights or set MIXTROVE_HOME"
    free = shutil.disk_usage(home).free
    if free < 1 << 30:
        return _WRONG, f"{home} has {free >> 20} MB free: make room, a run needs about 1 GB"
    return _OK, f"{home}, {free >> 30} GB free"


def _store(settings: Settings) -> tuple[str, str]:
    import sqlalchemy as sa

    from mixtrove.library import schema
    from mixtrove.library.store import Store, has_store

    if not has_store(settings):
        return _ABSENT, "nothing was imported yet: mixtrove import TRACKLIST"
    store = Store.open(settings, upgrade=False)
    try:
        with store.read() as connection:
            mixes, tracks = (
                connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in (schema.tracklist, schema.library_track)
            )
        return _OK, f"{store.name}: {mixes:,} mixes, {tracks:,} tracks"
    finally:
        store.close()


def _catalogue(settings: Settings) -> tuple[str, str]:
    from mixtrove.catalogue.directory import damaged_file
    from mixtrove.catalogue.search import Catalogue
    from mixtrove.discovery import has_catalogue

    if not has_catalogue(settings):
        return _ABSENT, "none: mixtrove catalogue build RECORDINGS.csv"
    with Catalogue(settings.catalogue_dir) as catalogue:
        if name := damaged_file(settings.catalogue_dir, catalogue.info):
            raise BadInput(
                f"{settings.catalogue_dir / catalogue.info.folder / name} was damaged since it was written; "
                "build the catalogue again"
            )
        return _OK, f"{settings.catalogue_dir}: {catalogue.info.recordings:,} recordings"


def _rules(settings: Settings) -> tuple[str, str]:
    from mixtrove.library.rules import load_rules

    path: Path = settings.rules_path
    if not path.exists():
        return _ABSENT, f"{path} is written with its defaults by the first mixtrove discover"
    return _OK, f"{path}: {len(load_rules(path))} rules"


def _warehouse(settings: Settings) -> tuple[str, str]:
    from mixtrove.warehouse.read import open_published, read_meta

    if not settings.warehouse_path.exists():
        return _ABSENT, "not published yet: mixtrove discover"
    with open_published(settings.warehouse_path) as connection:
        meta = read_meta(connection)
    return _OK, f"{settings.warehouse_path}, published {meta.built_at:%Y-%m-%d %H:%M} UTC"


def _rabbitmq(settings: Settings) -> tuple[str, str]:
    """A message goes to the server and comes back."""
    if settings.amqp_url is None:
        return _ABSENT, "not used: set MIXTROVE_AMQP_URL to take requests from it and publish events"
    from mixtrove.messaging.check import check
    from mixtrove.messaging.worker import topology_of

    return _OK, check(settings).sentence(topology_of(settings))


def _notify(settings: Settings) -> tuple[str, str]:
    """Nothing is sent: that is `mixtrove notify --test`."""
    from mixtrove.library.store import Store, has_store
    from mixtrove.messaging.channels import notify_settings, open_channels
    from mixtrove.messaging.notifications import failing

    channels = open_channels(notify_settings())
    if not channels:
        return _ABSENT, "not used: set MIXTROVE_NOTIFY_URLS to be told what is new"
    if has_store(settings):
        store = Store.open(settings, upgrade=False)
        try:
            with store.read() as connection:
                fails = failing(connection, channels)
        finally:
            store.close()
        if fails:
            return _WRONG, "; ".join(f"{name} fails: {why}" for name, why in fails)
    names = ", ".join(one.name for one in channels)
    return _OK, f"{names}; nothing was sent to try: mixtrove notify --test"
