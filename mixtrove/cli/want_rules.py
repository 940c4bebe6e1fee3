"""``mixtrove want rules`` and ``refresh``: what goes on the list by itself, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mixtrove.cli.given import TEXT
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, print_json, say_rest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mixtrove.library.rule_plan import Planned, WantPlan
    from mixtrove.library.rule_reasons import Explanation
    from mixtrove.library.want_rule import WantRule


@click.command()
@click.option("--track", type=TEXT, metavar="ID", help="What every rule says of this library track.")
@AS_JSON
def rules(track: str | None, as_json: bool) -> None:
    """Show the rules that put tracks on the list by themselves, and the file to change them in.

    The file is checked; it explains its words itself. `want refresh --dry-run` shows what the rules would do.

    \b
    For example:
      mixtrove want rules
      mixtrove want rules --track 3fa9c1d2
    """
    from mixtrove.library.lookup import find_track_id
    from mixtrove.library.rule_reasons import explain_track
    from mixtrove.library.rules import load_rules
    from mixtrove.settings import load_settings

    settings = load_settings()
    found = load_rules(settings.rules_path)
    if track is None:
        if as_json:
            print_json({"file": settings.rules_path, "rules": [asdict(one) for one in found]})
            return
        click.echo(f"{settings.rules_path}: {len(found)} {'rule' if len(found) == 1 else 'rules'}")
        for one in found:
            click.echo(f"\n{one.name}")
            for line in _in_words(one):
                click.echo(f"  {line}")
        return
    with opened_store() as (store, _), store.read() as connection:
        track_id = find_track_id(connection, track)
        explained = explain_track(connection, found, settings.user, track_id)
        name = _names(connection, [track_id])[track_id]
    if as_json:
        print_json({"track": name, **asdict(explained)})
    else:
        _print_explanation(name, explained)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would happen, track by track, and why.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="So many tracks.")
@AS_JSON
def refresh(dry_run: bool, limit: int, as_json: bool) -> None:
    """Bring the list up to its rules now, as every `mixtrove discover` does.

    \b
    For example:
      mixtrove want refresh --dry-run
      mixtrove want refresh
    """
    from mixtrove.discovery import refresh_library
    from mixtrove.library.rule_plan import plan_wants
    from mixtrove.library.rule_reasons import with_djs
    from mixtrove.library.rules import load_rules, summary_of

    with opened_store() as (store, settings):
        if not dry_run:
            done = refresh_library(store, settings)
            if as_json:
                print_json(asdict(done))
            else:
                click.echo(_summary(done.added, done.raised, done.withdrawn, done.left_out, done.unchanged))
            return
        known = load_rules(settings.rules_path)
        with store.read() as connection:
            plan = plan_wants(connection, known, settings.user)
            changing = [one for one in plan.items if one.action != "keep"]
            shown = with_djs(connection, known, changing[:limit])
            names = _names(connection, [one.track_id for one in shown])
    if as_json:
        items = [{**asdict(one), "track": names[one.track_id]} for one in shown]
        print_json({**asdict(summary_of(plan)), "items": items, "not_wanted": plan.not_wanted})
        return
    _print_plan(plan, shown, names, len(changing))


def _print_plan(plan: WantPlan, shown: Sequence[Planned], names: dict[str, str], changing: int) -> None:
    for one in shown:
        click.echo(f"{_what(one)}  {names[one.track_id]}")
        click.echo(f"    {f'{one.rule}: ' if one.rule else ''}{', '.join(one.why)}")
    say_rest(len(shown), changing, "tracks")
    if shown:
        click.echo()
    click.echo(_summary(*(plan.number(one) for one in ("add", "raise", "withdraw", "leave out", "keep"))))
    if plan.not_wanted:
        click.echo("Looked at and not wanted:")
        for phrase, number in plan.not_wanted.items():
            click.echo(f"  {number:,} {phrase}")
        click.echo("`mixtrove want rules --track ID` says why of one track. Nothing was changed.")
    else:
        click.echo("Nothing was changed.")


def _what(one: Planned) -> str:
    if one.action == "raise":
        return f"raise {one.before} → {one.priority}"
    return f"{one.action} {one.priority}"


def _summary(added: int, raised: int, withdrawn: int, left_out: int, unchanged: int) -> str:
    parts = [f"{added:,} added", f"{raised:,} raised", f"{unchanged:,} unchanged"]
    if withdrawn:
        parts.append(f"{withdrawn:,} withdrawn (you own them)")
    if left_out:
        parts.append(f"{left_out:,} left out (the list is full)")
    return ", ".join(parts)


def _print_explanation(name: str, explained: Explanation) -> None:
    click.echo(name)
    for one in explained.judgements:
        if one.priority is not None:
            click.echo(f"  {one.rule}: wanted with priority {one.priority}: {', '.join(one.why)}")
        else:
            click.echo(f"  {one.rule}: not wanted: {'; '.join(no.phrase for no in one.why_not)}")
    click.echo(explained.outcome)


def _in_words(rule: WantRule) -> list[str]:
    """What a rule says, a line a condition."""
    of = f" of {' or '.join(rule.djs)}" if rule.djs else ""
    found = [f"heard in {rule.min_mixes} {'mix' if rule.min_mixes == 1 else 'mixes'} or more{of}"]
    if rule.labels:
        found.append(f"on {' or '.join(rule.labels)}")
    if rule.genres_not:
        found.append(f"not {' or '.join(rule.genres_not)}")
    found.append("not owned yet" if rule.not_owned else "owned or not")
    if rule.include_provisional:
        found.append("also what is not identified with certainty")
    by_count = "1 mix gives 2, 2 mixes 3, 3 mixes 4, 4 and more 5"
    found.append(
        f"priority by count: {by_count}" if rule.priority == "by count" else f"priority {rule.priority}"
    )
    return found


def _names(connection: Connection, track_ids: list[str]) -> dict[str, str]:
    """By id, what tracks are called."""
    import sqlalchemy as sa

    from mixtrove.library import schema
    from mixtrove.library.deletion import chunks

    track = schema.library_track
    return {
        row.id: f"{row.artist} - {row.title}" + (f" ({row.remix})" if row.remix else "")
        for some in chunks(track_ids)
        for row in connection.execute(
            sa.select(track.c.id, track.c.artist, track.c.title, track.c.remix).where(track.c.id.in_(some))
        )
    }
