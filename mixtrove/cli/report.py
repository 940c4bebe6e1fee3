"""``mixtrove report``: what a DJ wants to see after a run, on one page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mixtrove.errors import BadInput
from mixtrove.warehouse.models import TREND_KINDS

if TYPE_CHECKING:
    from mixtrove.library.want_records import WantRecord
    from mixtrove.warehouse.read import PeriodStatistics

DAY = click.DateTime(["%Y-%m-%d"])

_MUSIC = frozenset(TREND_KINDS) - {"source", "dj"}


@click.command()
@click.option(
    "--rows", type=click.IntRange(1, 1000), default=10, show_default=True, help="Rows of each list."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with charts.")
@click.option(
    "--basis",
    type=click.Choice(["played", "discovered"]),
    default="played",
    show_default=True,
    help="With --out: by the day of the mix, or the day a track was found.",
)
@click.option("--from", "since", type=DAY, help="With --out: first day, YYYY-MM-DD.")
@click.option("--to", "until", type=DAY, help="With --out: last day, YYYY-MM-DD.")
@click.option("--since", "since", type=DAY, hidden=True)  # as these two were called before
@click.option("--until", "until", type=DAY, hidden=True)
def report(rows: int, out: Path | None, basis: str, since: datetime | None, until: datetime | None) -> None:
    """What was read and found, the most heard tracks, the want list, statistics and trends.

    With --out it is one HTML file with charts, that needs no network and nothing beside it.

    \b
    For example:
      mixtrove report
      mixtrove report --rows 30
      mixtrove report --out report.html --from 2024-01-01
    """
    if out is not None:
        return _write_page(out, basis, since, until, rows)
    if since or until or basis != "played":
        raise BadInput("--basis, --from and --to are for the page with charts: give --out FILE too")
    from mixtrove.cli.opened import opened_store
    from mixtrove.library.want_records import WantFilter, list_wants
    from mixtrove.warehouse.read import most_heard, statistics

    with opened_store() as (store, settings):
        path = settings.warehouse_path
        everything = statistics(path, "all-time", "discovered")
        with store.read() as connection:
            wants = list_wants(connection, settings.user, WantFilter(status="wanted"))
    if not everything:
        click.echo("Nothing was read yet: mixtrove import TRACKLIST, then mixtrove discover")
        return None
    _print_counts(everything[0])
    heard = most_heard(path, rows)
    _heading(f"Most heard ({len(heard)} of the tracks in two mixes or more)")
    for track in heard:
        version = f" ({track.remix})" if track.remix else ""
        owned = ", owned" if track.owned else ""
        click.echo(f"  {track.artist} - {track.title}{version}: {track.mixes} mixes{owned}")
        for mix in track.heard_in:
            click.echo(f"      {mix}")
    _print_wants(wants, rows)
    _print_played(statistics(path, "monthly", "played"), rows)
    _print_trends(path, rows)
    return None


def _write_page(out: Path, basis: str, since: datetime | None, until: datetime | None, rows: int) -> None:
    from mixtrove.cli.output import write_text
    from mixtrove.report.figures import Stretch
    from mixtrove.report.page import report_page
    from mixtrove.settings import load_settings

    stretch = Stretch(
        "played" if basis == "played" else "discovered",
        since.date() if since else None,
        until.date() if until else None,
    )
    write_text(report_page(load_settings().warehouse_path, stretch, rows), out)


def _heading(text: str) -> None:
    click.echo()
    click.secho(text, bold=True)


def _print_counts(total: PeriodStatistics) -> None:
    lines = total.entries - total.skipped
    click.secho(f"{lines:,} lines that name a track, read from {total.mixes:,} mixes", bold=True)
    rate = f", {total.identification_rate:.0%} of what could be" if total.identification_rate else ""
    click.echo(f"  {total.identified:6,} identified to the exact version{rate}")
    click.echo(f"  {total.provisional:6,} provisional: kept, watched, waiting for a catalogue or for you")
    if total.pending:
        click.echo(f"  {total.pending:6,} not looked up yet: mixtrove discover")
    click.echo(f"  {total.skipped:6,} skipped besides, each with its reason")


def _print_wants(wants: list[WantRecord], rows: int) -> None:
    from mixtrove.cli.output import print_table

    _heading(f"Want list ({len(wants)} wanted; 5 is most wanted)")
    print_table(
        ("priority", "artist", "title", "version", "label", "heard", "owned"),
        [(w.priority, w.artist, w.title, w.remix, w.label, w.heard, w.owned or None) for w in wants[:rows]],
        empty="nothing is wanted: no track was heard in two mixes and is not owned yet",
    )


def _print_played(months: list[PeriodStatistics], rows: int) -> None:
    from mixtrove.cli.output import print_table

    _heading("By month played (the latest; all of it: mixtrove stats show --period monthly --basis played)")
    print_table(
        ("month", "mixes", "entries", "tracks", "new", "artists", "labels", "identified"),
        [
            (f"{m.period_start:%Y-%m}", m.mixes, m.entries, m.tracks, m.new_tracks, m.artists, m.labels,
             m.identified)
            for m in months[-rows:]
        ],
        empty="no mix has a date",
    )  # fmt: skip


def _print_trends(path: Path, rows: int) -> None:
    from mixtrove.warehouse.read import latest_trends
    from mixtrove.warehouse.statistics import SMALL_FLOOR

    found = latest_trends(path, "played", kinds=_MUSIC, floor=SMALL_FLOOR)
    day, trends = found or (None, [])
    told = [one for one in trends if one.kind in _MUSIC and one.recent + one.before > SMALL_FLOOR]
    if not told:
        _heading("Trends by date played")
        click.echo(
            "  none: mixes lie too far apart. It takes 30 days and the 30 before, both with mixes, and "
            "something that was played more than twice in them"
        )
        return
    _heading(f"Trends by date played (the 30 days to {day}, the latest that can be compared)")
    for trend in [one for one in told if one.rank <= max(rows // 3, 1)]:
        click.echo(
            f"  {trend.direction:8} {trend.kind:7} {trend.name}: "
            f"{trend.before} and then {trend.recent} of the plays, in {trend.mixes} mixes"
        )
