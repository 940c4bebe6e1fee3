"""Which wants a command is about: those that are named, or all of a kind, shown before they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.given import TEXT
from mixtrove.cli.output import confirm
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mixtrove.library.store import Store
    from mixtrove.library.want_records import WantRecord

SHOWN = 10
STATUS = click.Choice(["wanted", "purchased", "unavailable"])

_Command = Callable[..., Any]


def of_a_kind(status: str) -> Callable[[_Command], _Command]:
    """The options that choose wants; ``status`` is what the option for that is called here."""
    options = (
        click.option(status, "of_status", type=STATUS, help="Only these. By default what is wanted."),
        click.option("--all", "everything", is_flag=True, help="Whatever the status."),
        click.option("--min-priority", type=click.IntRange(1, 5), help="Only from this priority on."),
        click.option(
            "--search", type=TEXT, metavar="WORDS", help="In artist, title, version, label or notes."
        ),
        click.option("--dj", type=TEXT, help="Only what was heard in a mix of this DJ."),
        click.option("--label", type=TEXT, help="Only what is on this label."),
    )

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True)
class Selection:
    """Wants as they were named or chosen."""

    ids: tuple[str, ...] = ()
    of_status: str | None = None
    everything: bool = False
    min_priority: int | None = None
    search: str | None = None
    dj: str | None = None
    label: str | None = None

    @classmethod
    def of(cls, ids: Sequence[str], options: dict[str, Any]) -> Selection:
        """The selection of a command; takes its own options out of ``options``.

        Raises:
            BadInput: neither ids nor a kind, or both.
        """
        names = ("of_status", "everything", "min_priority", "search", "dj", "label")
        chosen = {name: options.pop(name) for name in names}
        found = cls(tuple(ids), **chosen)
        if bool(ids) == found.by_kind:
            what = (
                "name wants or choose a kind, not both"
                if ids
                else "name wants by their ids, or choose a kind"
            )
            raise BadInput(f"{what}: --dj, --label, --search, --min-priority, or --all for every want")
        return found

    @property
    def by_kind(self) -> bool:
        """Whether it says what the wants are like instead of which they are."""
        return any((self.of_status, self.everything, self.min_priority, self.search, self.dj, self.label))

    def find(self, connection: Connection, user: str, limit: int | None = None) -> list[WantRecord]:
        """The wants, the most wanted first; those that were named as they were named.

        Raises:
            BadInput: one is not there.
        """
        from mixtrove.library.want_records import WantFilter, get_wants, list_wants

        if self.ids:
            return get_wants(connection, [find_want(connection, one, user) for one in self.ids])
        which = WantFilter(
            status=self.of_status or (None if self.everything else "wanted"),
            min_priority=self.min_priority or 1,
            search=self.search,
            dj=self.dj,
            label=self.label,
        )
        return list_wants(connection, user, which, limit=limit)


def confirmed(
    store: Store, chosen: Selection, user: str, question: str, *, yes: bool
) -> tuple[list[str], Mapping[str, int] | None]:
    """The ids of the wants, shown and confirmed where a kind was chosen, with the versions that were shown.

    Args:
        store: the store.
        chosen: which.
        user: whose.
        question: what will happen, with a place for how many: ``"remove {}"``.
        yes: do not ask.

    Raises:
        BadInput: one is not there.
        Abort: the person said no.
    """
    with store.read() as connection:
        found = chosen.find(connection, user)
    if not found:
        click.echo("no want is of this kind: `mixtrove want list` takes the same options", err=True)
    if chosen.by_kind and found and not yes:
        for one in found[:SHOWN]:
            click.echo(f"  {one.status}, priority {one.priority}: {named(one)}", err=True)
        if len(found) > SHOWN:
            click.echo(f"  … and {len(found) - SHOWN:,} more", err=True)
        confirm(f"{question.format(number(len(found)))}?", err=True)
    versions = {one.id: one.version for one in found} if chosen.by_kind else None
    return [one.id for one in found], versions


def find_want(connection: Connection, text: str, user: str) -> str:
    """The id of the want that a person means: by its own id or, as the list has a track once, by the track's.

    Raises:
        BadInput: there is none.
    """
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id, find_track_id
    from mixtrove.library.want_records import want_of_track

    try:
        return find_id(connection, schema.want, text, what="want", seen_in="mixtrove want list --all")
    except BadInput as error:
        try:
            found = want_of_track(connection, find_track_id(connection, text), user)
        except BadInput:
            found = None
        if found is None:
            raise error from None
        return found


def find_tracklist(connection: Connection, text: str) -> str:
    """The id of the tracklist that a person means."""
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id

    return find_id(connection, schema.tracklist, text, what="tracklist", seen_in="mixtrove tracklist list")


def want_json(one: Any) -> dict[str, Any]:
    """A want as JSON: ``version`` is the track's, as everywhere; the want's own counts its edits."""
    values = asdict(one)
    edits, version = values.pop("version"), values.pop("remix")
    return {**values, "version": version, "want_version": edits}


def named(want: WantRecord) -> str:
    """A want's track for people."""
    version = f" ({want.remix})" if want.remix else ""
    return f"{want.artist} - {want.title}{version}" + (f" [{want.cut}]" if want.cut else "")


def number(wants: int) -> str:
    """So many wants."""
    return f"{wants:,} {'want' if wants == 1 else 'wants'}"
