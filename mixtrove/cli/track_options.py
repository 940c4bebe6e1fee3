"""The options by which tracks are chosen, the same for every command that takes some of the library."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mixtrove.cli.completion import tracklist_ids
from mixtrove.cli.given import TEXT
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mixtrove.library.musical_key import MusicalKey
    from mixtrove.library.track_filter import TrackFilter

Function = TypeVar("Function", bound=Callable[..., Any])

MOVES = ("same", "up", "down", "relative", "energy", "parallel", "diagonal")
ORDERS = ("heard", "artist", "newest")
_DAY = click.DateTime(["%Y-%m-%d"])
_BPM = re.compile(r"(\d{2,3}(?:\.\d+)?)?\s*(-)?\s*(\d{2,3}(?:\.\d+)?)?")

_OPTIONS = (
    click.argument("words", nargs=-1),
    click.option("--artist", type=TEXT, help="A part of the artists' names."),
    click.option("--title", type=TEXT, help="A part of title or version."),
    click.option("--label", type=TEXT, help="A part of the label's name."),
    click.option("--genre", type=TEXT, help="A part of the genre's name."),
    click.option("--bpm", type=TEXT, help="Beats a minute: 124-128, 124-, -128 or 126 (rounded)."),
    click.option(
        "--key", "keys", type=TEXT, multiple=True, help="Am, A minor, 8A or 1m; several: one of them."
    ),
    click.option("--mixes-with", type=TEXT, multiple=True, metavar="KEY", help="Keys that go with this one."),
    click.option(
        "--move",
        "moves",
        type=click.Choice(MOVES),
        multiple=True,
        help="Steps on the wheel for --mixes-with; same, up, down and relative by default.",
    ),
    click.option("--heard", type=click.IntRange(1), help="Heard at least so many times."),
    click.option("--dj", type=TEXT, help="Played by somebody with this in the name."),
    click.option(
        "--tracklist", type=TEXT, metavar="ID", shell_complete=tracklist_ids, help="Heard in this mix."
    ),
    click.option(
        "--new-in",
        type=TEXT,
        metavar="ID",
        shell_complete=tracklist_ids,
        help="Heard in this mix before anywhere else.",
    ),
    click.option("--discovered-after", type=_DAY, help="In the library since this day or later, YYYY-MM-DD."),
    click.option("--discovered-before", type=_DAY, help="In the library before this day."),
    click.option("--provisional/--identified", default=None, help="Only tracks that are (not) certain."),
    click.option("--owned/--not-owned", default=None, help="Only tracks that you (do not) have as a file."),
    click.option("--wanted", is_flag=True, help="Only what is on the want list and not bought."),
)


def choosing_tracks(function: Function) -> Function:
    """Give a command the options; it takes them as ``**chosen`` for ``chosen_tracks``."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def chosen_tracks(connection: sa.Connection, user: str, chosen: dict[str, Any]) -> TrackFilter:
    """The filter that the options say.

    Raises:
        BadInput: a key, a range or an id that is none.
    """
    from mixtrove.cli.tracklist import find_tracklist
    from mixtrove.library.musical_key import HARMONIC
    from mixtrove.library.track_filter import TrackFilter

    if chosen["moves"] and not chosen["mixes_with"]:
        raise BadInput("--move says how --mixes-with is meant: name a key with --mixes-with")
    keys = {_key(text) for text in chosen["keys"]}
    for text in chosen["mixes_with"]:
        keys |= _key(text).compatible(chosen["moves"] or HARMONIC)
    bpm_from, bpm_to = _bpm(chosen["bpm"])
    tracklist, new_in = (
        find_tracklist(connection, chosen[name]) if chosen[name] else None for name in ("tracklist", "new_in")
    )
    return TrackFilter(
        words=" ".join(chosen["words"]),
        **{name: chosen[name] or None for name in ("artist", "title", "label", "genre", "dj")},
        discovered_after=_day(chosen["discovered_after"]),
        discovered_before=_day(chosen["discovered_before"]),
        bpm_from=bpm_from,
        bpm_to=bpm_to,
        keys=frozenset(keys),
        heard=chosen["heard"] or 0,
        provisional=chosen["provisional"],
        tracklist_id=tracklist,
        new_in=new_in,
        owned=chosen["owned"],
        wanted_by=user if chosen["wanted"] else None,
    )


def _day(given: datetime | None) -> Any:
    return given.date() if given else None


def _key(text: str) -> MusicalKey:
    from mixtrove.library.musical_key import parse_key

    key = parse_key(text)
    if key is None:
        raise BadInput(f"{text!r} is no key: write Am, 'A minor', 8A or 1m")
    return key


def _bpm(text: str | None) -> tuple[float | None, float | None]:
    if not text:
        return None, None
    found = _BPM.fullmatch(text.strip())
    if not found or not (found[1] or found[3]) or (found[3] and not found[2]):
        raise BadInput(f"--bpm {text!r} is no range: write 124-128, 124-, -128 or 126")
    low, high = (float(part) if part else None for part in (found[1], found[3]))
    if not found[2] and low is not None:
        return low - 0.5, low + 0.5
    if low is not None and high is not None and high < low:
        raise BadInput(f"--bpm {text!r} ends before it begins: swap the two")
    return low, high
