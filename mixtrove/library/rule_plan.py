"""What the rules would do to a want list, track by track and why; and doing it.

A dry run and a real run decide in the same place: ``plan_wants`` reads, ``apply_plan`` writes. Not here: what
one rule says of one track (``want_rule.py``), the file of the rules (``rules.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema, wants
from mixtrove.library.deletion import chunks
from mixtrove.library.merging_wants import BY_MERGE
from mixtrove.library.store import Transaction
from mixtrove.library.want_records import count_wants
from mixtrove.library.want_rows import delete_wants
from mixtrove.library.want_rule import Cause, HeardTrack, Judgement, WantRule, judge
from mixtrove.library.wants import Wish, add_wants, removed_tracks

BY_RULE = "rule:"
"""Before the name of the rule that changed a want."""

Action = Literal["add", "raise", "keep", "withdraw", "leave out"]

_want = schema.want
_track = schema.library_track
_play = schema.track_discovery
_owned = schema.owned_track


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one track."""

    action: Action
    track_id: str
    priority: int  # that it is to have; of what is withdrawn: that it has
    before: int | None  # the priority it has now; None when it is not on the list
    rule: str | None  # the rule that wants it most; None of what is withdrawn
    why: tuple[str, ...]  # phrases
    want_id: str | None = None


@dataclass(frozen=True, slots=True)
class WantPlan:
    """What the rules would do to a list: the most wanted first."""

    items: tuple[Planned, ...]
    not_wanted: Mapping[str, int] = field(default_factory=dict)
    """Of the tracks that were heard often enough for some rule and that none wants: phrase → how many."""

    def number(self, action: Action) -> int:
        """How many tracks this happens to."""
        return sum(one.action == action for one in self.items)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One track before every rule."""

    track_id: str
    judgements: tuple[Judgement, ...]
    outcome: str  # a sentence


def plan_wants(connection: sa.Connection, rules: Sequence[WantRule], user: str) -> WantPlan:
    """What the rules would do to a user's list now. Nothing is changed.

    A want that no person touched is withdrawn once its track is owned and no rule wants owned tracks of its
    kind. Nothing remembers it as removed: when the file is gone, the rule adds it again.
    """
    removed = removed_tracks(connection, user)
    present = _present(connection, user)
    withdrawn = _made_by_rules_and_owned(connection, user)
    best: dict[str, Judgement] = {}
    against: Counter[str] = Counter()
    least = min((rule.min_mixes for rule in rules), default=0)
    for track in _heard(connection, least) if rules else ():
        found = [judge(rule, track) for rule in rules]
        if _though_owned(rules, found):
            withdrawn.pop(track.track_id, None)
        wish = _most(found)
        if wish is None:
            nearest = min(found, key=lambda one: len(one.why_not))
            against.update(_AGAINST[one.cause] for one in nearest.why_not)
        elif track.track_id in removed:
            against["taken off the list by you"] += 1
        else:
            best[track.track_id] = wish
    room = wants.LIMIT - len(present) + len(withdrawn)
    items: list[Planned] = []
    for track_id, wish in sorted(best.items(), key=lambda one: (-(one[1].priority or 0), one[0])):
        there = present.get(track_id)
        action = _action(wish, there, room)
        room -= action == "add"
        why = (*wish.why, f"the list is full ({wants.LIMIT:,} wants)") if action == "leave out" else wish.why
        before, want_id = (there.priority, there.id) if there else (None, None)
        items.append(Planned(action, track_id, wish.priority or 0, before, wish.rule, why, want_id))
    items += [
        Planned("withdraw", track_id, row.priority, row.priority, None, ("it is owned now",), row.id)
        for track_id, row in withdrawn.items()
    ]
    return WantPlan(tuple(items), dict(against.most_common()))


def apply_plan(tx: Transaction, plan: WantPlan, user: str) -> None:
    """Do what was planned in this transaction."""
    delete_wants(tx, [one.want_id for one in plan.items if one.action == "withdraw" and one.want_id])
    add_wants(
        tx,
        user,
        [
            Wish(one.track_id, priority=one.priority, by=f"{BY_RULE}{one.rule}")
            for one in plan.items
            if one.action in ("add", "raise")
        ],
    )


def explain_track(
    connection: sa.Connection, rules: Sequence[WantRule], user: str, track_id: str
) -> Explanation:
    """What every rule says of one track, and what comes of it.

    Raises:
        BadInput: there is no such track.
    """
    track = next(_heard(connection, 0, track_id), None)
    if track is None:
        raise BadInput(f"there is no track {track_id!r}: `mixtrove library list` shows them")
    judgements = tuple(judge(rule, track) for rule in rules)
    wish, there = _most(judgements), _present(connection, user).get(track_id)
    if there is not None:
        on = f"on the list as {there.status} with priority {there.priority}"
        only_rules = track_id in _made_by_rules_and_owned(connection, user)
        if only_rules and not _though_owned(rules, judgements):
            outcome = f"{on}; the next run withdraws it: it is owned, and only rules wanted it"
        elif wish is not None and _action(wish, there, 0) == "raise":
            outcome = f"{on}; the next run raises it to {wish.priority}"
        else:
            outcome = f"{on}; no rule changes that"
    elif wish is None:
        outcome = "not on the list: no rule wants it"
    elif track_id in removed_tracks(connection, user):
        outcome = "not on the list: you took it off, and no rule puts it back (`mixtrove want add` does)"
    elif _action(wish, None, wants.LIMIT - count_wants(connection, user)) == "add":
        outcome = f"not on the list yet: the next run adds it with priority {wish.priority}"
    else:
        outcome = f"not on the list: it is full ({wants.LIMIT:,} wants)"
    return Explanation(track_id, judgements, outcome)


_AGAINST: Mapping[Cause, str] = {
    "mixes": "heard too seldom",
    "label": "on another label",
    "genre": "of a genre that is left out",
    "provisional": "not identified with certainty",
    "owned": "owned already",
}


def _most(judgements: Sequence[Judgement]) -> Judgement | None:
    """The rule that wants it most, the first of several; None when none does."""
    wished = [one for one in judgements if one.priority is not None]
    return max(wished, key=lambda one: one.priority or 0, default=None)


def _though_owned(rules: Sequence[WantRule], judgements: Sequence[Judgement]) -> bool:
    """Whether a rule wants it that does not mind whether it is owned."""
    return any(
        one.priority is not None and not rule.not_owned for rule, one in zip(rules, judgements, strict=True)
    )


def _action(wish: Judgement, there: Any, room: int) -> Action:
    """What a wish does to a list on which the track is, or is not (None)."""
    if there is None:
        return "add" if room > 0 else "leave out"
    raises = there.status != "purchased" and there.priority < (wish.priority or 0)
    return "raise" if raises else "keep"


def _present(connection: sa.Connection, user: str) -> dict[str, Any]:
    """By track, what is on the list."""
    columns = (_want.c.id, _want.c.library_track_id, _want.c.priority, _want.c.status)
    rows = connection.execute(sa.select(*columns).where(_want.c.user == user))
    return {row.library_track_id: row for row in rows}


def _made_by_rules_and_owned(connection: sa.Connection, user: str) -> dict[str, Any]:
    """By track, the open wants that no person touched and whose track is owned.

    A note or a cut is a person's: rules set neither. An event of a merge is nobody's.
    """
    event = schema.want_event
    by_person = sa.exists().where(
        event.c.want_id == _want.c.id, ~event.c.by.startswith(BY_RULE), event.c.by != BY_MERGE
    )
    is_owned = sa.exists().where(_owned.c.library_track_id == _want.c.library_track_id)
    rows = connection.execute(
        sa.select(_want.c.id, _want.c.library_track_id, _want.c.priority)
        .where(
            _want.c.user == user,
            _want.c.status == "wanted",
            _want.c.notes.is_(None),
            _want.c.cut.is_(None),
            is_owned,
            ~by_person,
        )
        .order_by(_want.c.id)
    )
    return {row.library_track_id: row for row in rows}


def _heard(connection: sa.Connection, least: int, track_id: str | None = None) -> Iterator[HeardTrack]:
    """The tracks that were heard in so many mixes at least; or one, however often it was."""
    which: sa.ColumnElement[bool]
    if track_id is not None:
        which = _track.c.id == track_id
    else:
        counted = (
            sa.select(_play.c.library_track_id)
            .group_by(_play.c.library_track_id)
            .having(sa.func.count(sa.distinct(_play.c.tracklist_id)) >= least)
        )
        which = _track.c.id.in_(counted)
    is_owned = sa.exists().where(_owned.c.library_track_id == _track.c.id)
    rows = connection.execute(
        sa.select(
            _track.c.id, _track.c.label, _track.c.genre, _track.c.provisional, is_owned.label("owned")
        )
        .where(which)
        .order_by(_track.c.id)
    ).all()  # fmt: skip
    for at in range(0, len(rows), _SHARE):
        some = rows[at : at + _SHARE]
        mixes, genres = _mixes(connection, [row.id for row in some]), _genres(connection, some)
        for row in some:
            yield HeardTrack(
                row.id, mixes.get(row.id, {}), row.label, genres.get(row.id, ()), row.provisional,
                bool(row.owned),
            )  # fmt: skip


_SHARE = 5_000
"""Tracks whose mixes are held in memory at a time."""


def _mixes(connection: sa.Connection, track_ids: Sequence[str]) -> dict[str, dict[str | None, int]]:
    """By track, in how many mixes of each DJ it was heard."""
    tracklist = schema.tracklist
    found: dict[str, dict[str | None, int]] = {}
    for some in chunks(track_ids):
        rows = connection.execute(
            sa.select(
                _play.c.library_track_id,
                tracklist.c.dj,
                sa.func.count(sa.distinct(_play.c.tracklist_id)).label("mixes"),
            )
            .join(tracklist, tracklist.c.id == _play.c.tracklist_id)
            .where(_play.c.library_track_id.in_(some))
            .group_by(_play.c.library_track_id, tracklist.c.dj)
        )
        for row in rows:
            found.setdefault(row.library_track_id, {})[row.dj] = row.mixes
    return found


def _genres(connection: sa.Connection, tracks: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """By track, its genre; where the column is empty, what every provider says that may not stand there."""
    attribute = schema.track_attribute
    found: dict[str, tuple[str, ...]] = {row.id: (row.genre,) for row in tracks if row.genre}
    for some in chunks(row.id for row in tracks if not row.genre):
        rows = connection.execute(
            sa.select(attribute.c.library_track_id, attribute.c.value)
            .where(attribute.c.library_track_id.in_(some), attribute.c.name == "genre")
            .order_by(attribute.c.provider)
        )
        for row in rows:
            found[row.library_track_id] = (*found.get(row.library_track_id, ()), str(row.value))
    return found
