"""``mixtrove warehouse``: the warehouse in other forms. Not here: writing them (``mixtrove.warehouse``)."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def warehouse() -> None:
    """Give the warehouse to other tools.

    \b
    For example:
      mixtrove warehouse export --out exports
    """


@warehouse.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A folder for exports only; it is created.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def export(out: Path, as_json: bool) -> None:
    """Write every table as a Parquet file.

    Each publication is a folder of its own, and "current" in the folder points to the newest: it is moved in
    one step, when everything is written. The version before stays for those who still read it.

    \b
    For example:
      mixtrove warehouse export --out exports
      duckdb -c "SELECT artist, title FROM 'exports/current/tracks.parquet' LIMIT 5"
    """
    from mixtrove.cli.output import print_json, print_table
    from mixtrove.settings import load_settings
    from mixtrove.warehouse.export import CURRENT, export_parquet

    done = export_parquet(load_settings().warehouse_path, out)
    if as_json:
        return print_json({"folder": done.folder, "rows": done.rows, "changed": done.changed})
    print_table(["table", "rows"], list(done.rows.items()))
    told = "exported" if done.changed else "exported before"
    click.echo(f"{told}: {done.folder}; {out / CURRENT} is this version", err=True)
    return None
