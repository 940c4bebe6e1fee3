"""``mixtrove review``: decide the lines that are not certain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.given import TEXT, Number
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, confirm, print_json, print_table, refuse_to_ask, say_rest
from mixtrove.cli.progress import progress_bar
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.library.corrections import Kind
    from mixtrove.library.line_decisions import CorrectionResult, LineDecision
    from mixtrove.library.review_queue import ReviewFilter, ReviewItem
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings

_FOLLOWS = "Wants and statistics follow with the next `mixtrove discover`."
_KINDS: dict[str, Kind] = {
    "wrong": "reject",
    "id": "is_id",
    "unreleased": "unreleased",
    "not-a-track": "not_a_track",
}


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose lines of the queue."""
    for option in (
        click.option("--tracklist", "tracklist", type=TEXT, metavar="ID", help="Only lines of this mix."),
        click.option("--dj", type=TEXT, help="Only lines heard in mixes of DJs with this in their name."),
        click.option(
            "--min-confidence",
            type=Number(0, 1),
            default=0.0,
            help="Only lines whose best candidate is at least so certain, 0 to 1.",
        ),
        click.option("--search", "words", type=TEXT, metavar="WORDS", help="Only lines with these words."),
    ):
        command = option(command)
    return command


@click.group()
def review() -> None:
    """Decide the lines that are not certain. A decision holds for every mix and every later run.

    ID is what `review list` shows, or `mixtrove tracklist show` beside each line: a line that was identified
    wrongly is corrected in the same way. `mixtrove corrections` shows what was decided and takes it back.

    \b
    For example:
      mixtrove review list
      mixtrove review accept 3fa9c1d2
      mixtrove review accept --all --min-confidence 0.8
      mixtrove review assign 3fa9c1d2 "Eric Prydz - Opus (Four Tet Remix)"
    """


@review.command("list")
@_which
@click.option("--unreleased", is_flag=True, help="What was said to be unreleased, instead of what waits.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@AS_JSON
def list_(limit: int, as_json: bool, **chosen: Any) -> None:
    """List the lines that wait, the most heard first, with the best candidates and the reasons.

    \b
    For example:
      mixtrove review list --limit 50
      mixtrove review list --dj "ben ufo" --min-confidence 0.6
    """
    from dataclasses import asdict

    from mixtrove.library.discoveries import PENDING, count_entries
    from mixtrove.library.lookup import short_id
    from mixtrove.library.review_queue import count_review, review_queue

    with opened_store() as (store, _), store.read() as connection:
        which = _filter(connection, **chosen)
        queue = review_queue(connection, which, limit=limit)
        everything = count_review(connection, which) if len(queue) == limit else len(queue)
        pending = count_entries(connection, PENDING)
    if as_json:
        print_json([asdict(one) for one in queue])
        return
    rows: list[tuple[object, ...]] = []
    for one in queue:
        head = (short_id(one.entry_id), one.heard, one.line)
        why = "; ".join(one.why)
        best = [
            (
                offer.rank, offer.credit, offer.label, offer.confidence,
                "; ".join((*(one.why if place == 0 else ()), *offer.reasons)),
            )
            for place, offer in enumerate(one.offers[:3])
        ]  # fmt: skip
        for place, offer in enumerate(best or [(None, "nothing close", None, None, why)]):
            rows.append((*(head if place == 0 else (None, None, None)), *offer))
    print_table(
        ("id", "heard", "line", "candidate", "track", "label", "confidence", "why"),
        rows,
        empty="nothing waits for a decision",
    )
    say_rest(len(queue), everything, "lines")
    if pending:
        click.echo(f"{pending:,} lines wait for `mixtrove discover`, which looks them up")


@review.command()
@click.argument("ids", nargs=-1)
@click.option(
    "--candidate", type=click.IntRange(1), default=1, show_default=True, help="Which one, of each line."
)
@click.option("--all", "everything", is_flag=True, help="Every line that the options below choose.")
@_which
@click.option("--dry-run", is_flag=True, help="Only show what would be decided.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
def accept(
    ids: tuple[str, ...],
    candidate: int,
    everything: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """The lines are the candidate that was offered: several at once, or all of a kind with --all.

    \b
    For example:
      mixtrove review accept 3fa9c1d2 --candidate 2
      mixtrove review accept --all --min-confidence 0.8 --dry-run
    """
    from mixtrove.library.line_decisions import LineDecision, refuse_decided
    from mixtrove.library.review_queue import offered_track

    with opened_store() as (store, settings):
        with store.read() as connection:
            lines = _chosen(connection, ids, everything, chosen)
            if everything:
                lines = [one for one in lines if len(one.offers) >= candidate]
            for one in lines:
                refuse_decided(connection, one.line_key)
            decisions = [
                LineDecision(
                    "assign", one.line_key, one.entry_id, offered_track(connection, one.entry_id, candidate)
                )
                for one in lines
            ]
        if everything or dry_run:
            said = [one.offers[candidate - 1].credit for one in lines]
            if not _confirmed(lines, said, dry_run, yes, as_json):
                return
        _decide(store, decisions, settings, as_json)


@review.command()
@click.argument("id_", metavar="ID")
@click.argument("track", required=False)
@click.option("--also", multiple=True, metavar="ID", help="One more line that is it; as often as needed.")
@click.option("--link", metavar="URL", help="Its page in a shop, or provider:id, kept with the track.")
@AS_JSON
def assign(id_: str, track: str | None, also: tuple[str, ...], link: str | None, as_json: bool) -> None:
    """The line is TRACK, which may be written in four ways.

    \b
    - the id of a library track
    - "Artist - Title (Version)"
    - the address of its page at MusicBrainz, Beatport, Spotify, Apple Music or Bandcamp
    - provider:id, or isrc:GBAYE0601498

    Without TRACK it is what the line says, as it is written (each with --also what it says itself). The line
    may be identified already: its id is in `mixtrove tracklist show`.

    \b
    For example:
      mixtrove review assign 3fa9c1d2 "Eric Prydz - Opus (Four Tet Remix)"
      mixtrove review assign 3fa9c1d2 https://www.beatport.com/track/opus/7892131
      mixtrove review assign 3fa9c1d2 "Eric Prydz - Opus" --also 8be01f44 --also 5d20c7aa
    """
    from mixtrove.discovery import opened_providers
    from mixtrove.library.line_decisions import LineDecision
    from mixtrove.library.review_queue import credit_of_line
    from mixtrove.pasted import linked, pasted_track

    with opened_store() as (store, settings):
        with store.read() as connection:
            entry_ids = [_entry(connection, one) for one in dict.fromkeys((id_, *also))]
            named: list[Any] = [] if track else [credit_of_line(connection, one) for one in entry_ids]
        if track:
            pasted = pasted_track(store, entry_ids[0], track, lambda: opened_providers(settings))
            named = [pasted] * len(entry_ids)
        if link:
            named = [linked(one, link) for one in named]
        decisions = [
            LineDecision("assign", None, entry_id, one)
            for entry_id, one in zip(entry_ids, named, strict=True)
        ]
        _decide(store, decisions, settings, as_json)


@review.command()
@click.argument("ids", nargs=-1)
@click.option(
    "--as",
    "kind",
    type=click.Choice(list(_KINDS)),
    default="wrong",
    show_default=True,
    help="None of the candidates; an ID nobody knows; not released yet; no track at all.",
)
@click.option("--all", "everything", is_flag=True, help="Every line that the options below choose.")
@_which
@click.option("--dry-run", is_flag=True, help="Only show what would be decided.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
def reject(
    ids: tuple[str, ...], kind: str, everything: bool, dry_run: bool, yes: bool, as_json: bool, **chosen: Any
) -> None:
    """The lines are none of what was offered, or not what they were identified as.

    What is unreleased leaves the queue and is watched: providers are asked again after 1, 2, 4 … 32 days, and
    the first that knows it identifies it. An ID, or no track, is skipped for good.

    \b
    For example:
      mixtrove review reject 3fa9c1d2
      mixtrove review reject 3fa9c1d2 8be01f44 --as unreleased
    """
    from mixtrove.library.line_decisions import LineDecision

    with opened_store() as (store, settings):
        with store.read() as connection:
            lines = _chosen(connection, ids, everything, chosen)
        if (everything or dry_run) and not _confirmed(lines, [kind] * len(lines), dry_run, yes, as_json):
            return
        _decide(store, [LineDecision(_KINDS[kind], one.line_key) for one in lines], settings, as_json)


@review.command()
@click.argument("ids", nargs=-1, required=True)
@AS_JSON
def undo(ids: tuple[str, ...], as_json: bool) -> None:
    """Take back what was decided last about lines, by the ids of their entries.

    `mixtrove corrections undo` takes back any decision, also those of one command together.

    \b
    For example:
      mixtrove review undo 3fa9c1d2
    """
    from mixtrove.library.line_decisions import line_key_of
    from mixtrove.library.undoing import last_decision
    from mixtrove.library.undoing import undo as take_back

    with opened_store() as (store, settings):
        with store.read() as connection:
            keys = [line_key_of(connection, _entry(connection, text)) for text in ids]
            last = {last_decision(connection, key) for key in keys}
        done = take_back(store, correction_ids=last, by=settings.user)
    if as_json:
        print_json([asdict(one) for one in done])
        return
    for one in done:
        number = f"{one.entries} {'entry' if one.entries == 1 else 'entries'}"
        if one.holds is None:
            click.echo(
                f"taken back for {number}: back in the queue, and `mixtrove discover` looks the line up again"
            )
        else:
            click.echo(f"taken back for {number}: what was decided before holds again, that it {one.holds}")
    click.echo(_FOLLOWS)


def _decide(store: Store, decisions: Sequence[LineDecision], settings: Settings, as_json: bool) -> None:
    from mixtrove.library.line_decisions import decide_many
    from mixtrove.library.lookup import short_id

    if not decisions and not as_json:
        click.echo("nothing to decide")
        return
    with progress_bar("deciding", len(decisions)) as bar:
        done: list[CorrectionResult] = decide_many(store, decisions, by=settings.user, progress=bar.update)
    if as_json:
        print_json([asdict(one) for one in done])
        return
    entries = sum(one.entries for one in done)
    lines = f"{len(done)} lines, " if len(done) > 1 else ""
    click.echo(f"decided for {lines}{entries} {'entry' if entries == 1 else 'entries'} in all mixes")
    for want_id in (one for result in done for one in result.wanted_unheard):
        click.echo(
            f"want {short_id(want_id)} stands for a track that is heard nowhere now: "
            f"`mixtrove want remove {short_id(want_id)}` takes it off"
        )
    if len(done) > 1:
        click.echo("`mixtrove corrections undo --last` takes all of it back.")
    click.echo(_FOLLOWS)


def _chosen(
    connection: Any, ids: tuple[str, ...], everything: bool, chosen: Mapping[str, Any]
) -> list[ReviewItem]:
    """The lines that were named, or those of the queue that the options choose."""
    from mixtrove.library.review_queue import review_item, review_queue

    if bool(ids) == everything:
        raise BadInput("name the lines by their ids, or choose from the queue with --all: see --help")
    if not everything and any(chosen.values()):
        raise BadInput(
            "--search, --min-confidence, --dj and --tracklist choose among --all: add it, or drop them"
        )
    if everything:
        return review_queue(connection, _filter(connection, unreleased=False, **chosen))
    return [review_item(connection, _entry(connection, text)) for text in ids]


def _filter(connection: Any, *, tracklist: str | None, words: str | None, **chosen: Any) -> ReviewFilter:
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id
    from mixtrove.library.review_queue import ReviewFilter

    tracklist_id = tracklist and find_id(
        connection, schema.tracklist, tracklist, what="tracklist", seen_in="mixtrove tracklist list"
    )
    return ReviewFilter(words=words or "", tracklist_id=tracklist_id, **chosen)


def _confirmed(
    lines: Sequence[ReviewItem], said: Sequence[str], dry_run: bool, yes: bool, as_json: bool
) -> bool:
    """Show what is about to be decided and ask; false when nothing is to be done."""
    from mixtrove.library.lookup import short_id

    if as_json and (dry_run or not lines):
        print_json(
            [
                {"id": one.entry_id, "heard": one.heard, "line": one.line, "becomes": what}
                for one, what in zip(lines, said, strict=True)
            ]
        )
        return False
    if not lines:
        click.echo("no line of the queue is meant: `mixtrove review list` shows it")
        return False
    if as_json:
        refuse_to_ask(yes=yes)
    if dry_run or not yes:
        rows = [
            (short_id(one.entry_id), one.heard, one.line, what) for one, what in zip(lines, said, strict=True)
        ]
        print_table(("id", "heard", "line", "becomes"), rows)
    if dry_run:
        click.echo(f"{len(lines)} lines would be decided; nothing was")
        return False
    if not yes:
        confirm(f"decide these {len(lines)} lines?")
    return True


def _entry(connection: Any, text: str) -> str:
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id

    return find_id(connection, schema.tracklist_entry, text, what="line", seen_in="mixtrove review list")
