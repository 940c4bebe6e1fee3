"""``mixtrove backup`` and ``mixtrove restore``: a home in one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from mixtrove.cli.output import AS_JSON, print_json


@click.command()
@click.argument("dest", required=False, type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="Delete the oldest in the folder; so many stay.")
@click.option("--with-cache", is_flag=True, help="Also what providers answered; it can be asked for again.")
@AS_JSON
def backup(dest: Path | None, keep: int | None, with_cache: bool, as_json: bool) -> None:
    """Write everything that cannot be made again into one file, while other programs go on working.

    In it: the operational store of one moment (from SQLite or Postgres), the providers' quotas and counters,
    rules.toml, and what lies in the inbox. Not in it: the warehouse, catalogues and Dagster's records, which
    are made again, and settings, which are in your environment. The file is read again and compared before it
    gets its name.

    DEST is a folder, or a file that ends in .tar.gz; by default MIXTROVE_BACKUP_DIR, else `backups` in the
    home. A backup on another disk survives this one.

    \b
    For example:
      mixtrove backup
      mixtrove backup /mnt/usb/mixtrove --keep 7
    """
    from mixtrove.settings import load_settings
    from mixtrove.upkeep.backup import back_up

    done = back_up(load_settings(), dest, keep=keep, with_cache=with_cache)
    if as_json:
        print_json(
            {
                "path": done.path,
                "bytes": done.size,
                "dropped": list(done.dropped),
                **done.manifest.model_dump(mode="json", exclude={"parts"}),
            }
        )
        return
    rows, schema = done.manifest.total, done.manifest.schemas["mixtrove.db"]
    click.echo(f"{done.path}: {rows:,} rows at schema {schema}, {_size(done.size)}, read again and compared")
    for path in done.dropped:
        click.echo(f"dropped {path}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of the store that is there.")
@click.option("--check", is_flag=True, help="Only read the file and compare it with its checksums.")
@AS_JSON
def restore(file: Path, replace: bool, check: bool, as_json: bool) -> None:
    """Put a backup into this home; with MIXTROVE_DATABASE_URL set to Postgres, its rows go there.

    A damaged file, and one of a newer mixtrove, is refused before anything is changed. With --replace what
    was there is kept in `replaced-…` in the home (rows on Postgres as a backup) until you delete it. Stop the
    other programs of this home first. The warehouse is built again by the next `mixtrove discover`.

    \b
    For example:
      mixtrove restore backups/mixtrove-20261103T031000Z.tar.gz --check
      mixtrove restore backups/mixtrove-20261103T031000Z.tar.gz --replace
    """
    from mixtrove.settings import load_settings
    from mixtrove.upkeep.restore import check_backup
    from mixtrove.upkeep.restore import restore as put_back

    if check:
        manifest, where, old = check_backup(file), None, None
    else:
        done = put_back(load_settings(), file, replace=replace)
        manifest, where, old = done.manifest, done.store, done.old
    if as_json:
        told = manifest.model_dump(mode="json", exclude={"parts"})
        print_json({"path": file, "store": where, "old": old, **told})
        return
    schema = manifest.schemas["mixtrove.db"]
    what = f"{manifest.total:,} rows of {manifest.made_at:%Y-%m-%d %H:%M} UTC, schema {schema}"
    if where is None:
        click.echo(f"{file} is whole: {what}")
        return
    click.echo(f"{where} holds the backup: {what}")
    if old is not None:
        click.echo(f"What was there before is in {old}: delete it when you do not need it.")
    click.echo("The warehouse is built again by `mixtrove discover`.")


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"
