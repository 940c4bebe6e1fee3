"""What the rules would do to a want list, track by track and why; and doing it.

A dry run and a real run decide in the same place. Judging the library takes a while, so it is read without
keeping writers out; what was judged is then written in small transactions, each of which looks again at what
people may have done meanwhile. Not here: what one rule says of one track (``want_rule.py``), explaining it to
people (``rule_reasons.py``), reading tracks (``heard_tracks.py``), the file of the rules (``rules.py``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.library import schema, wants
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import CHUNK
from mixtrove.library.heard_tracks import heard_tracks
from mixtrove.library.merging_wants import BY_MERGE
from mixtrove.library.owned import owned_tracks
from mixtrove.library.store import PAUSE, Store, Transaction
from mixtrove.library.want_records import count_wants
from mixtrove.library.want_rows import delete_wants
from mixtrove.library.want_rule import Cause, Judgement, WantRule, judge
from mixtrove.library.wants import Wish, add_wants, removed_tracks

BY_RULE = "rule:"
"""Before the name of the rule that changed a want."""

Action = Literal["add", "raise", "keep", "withdraw", "leave out"]

_want = schema.want
_track = schema.library_track


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
    """What the rules would do to a list, or did: the most wanted first."""

    items: tuple[Planned, ...]
    not_wanted: Mapping[str, int] = field(default_factory=dict)
    """Of the tracks that were heard often enough for some rule and that none wants: phrase → how many."""

    def number(self, action: Action) -> int:
        """How many tracks this happens to."""
        return sum(one.action == action for one in self.items)


def plan_wants(connection: sa.Connection, rules: Sequence[WantRule], user: str) -> WantPlan:
    """What the rules would do to a user's list now. Nothing is changed.

    A want that no person touched is withdrawn once its track is owned and no rule wants owned tracks of its
    kind. Nothing remembers it as removed: when the file is gone, the rule adds it again. Files of the
    collection whose track is there count, whether they were linked to it already or not.
    """
    removed = removed_tracks(connection, user)
    present = on_list(connection, user)
    withdrawn = made_by_rules_and_owned(connection, user)
    best: dict[str, Judgement] = {}
    against: Counter[str] = Counter()
    if rules:
        least = min(rule.min_mixes for rule in rules)
        djs = {dj for rule in rules for dj in rule.djs}
        genres = any(rule.genres_not for rule in rules)
        for track in heard_tracks(connection, least=least, djs=djs, genres=genres):
            found = [judge(rule, track) for rule in rules]
            if though_owned(rules, found):
                withdrawn.pop(track.track_id, None)
            wish = most(found)
            if wish is None:
                nearest = min(found, key=lambda one: len(one.why_not))
                against.update(_AGAINST[one.cause] for one in nearest.why_not)
            elif track.track_id in removed:
                against["taken off the list by you"] += 1
            else:
                best[track.track_id] = wish
    room = wants.LIMIT - len(present) + len(withdrawn)
    items = [
        Planned("withdraw", track_id, row.priority, row.priority, None, ("it is owned now",), row.id)
        for track_id, row in withdrawn.items()
    ]
    for track_id, wish in sorted(best.items(), key=lambda one: (-(one[1].priority or 0), one[0])):
        there = present.get(track_id)
        action = action_of(wish, there, room)
        room -= action == "add"
        why = (*wish.why, f"the list is full ({wants.LIMIT:,} wants)") if action == "leave out" else wish.why
        before, want_id = (there.priority, there.id) if there else (None, None)
        items.append(Planned(action, track_id, wish.priority or 0, before, wish.rule, why, want_id))
    return WantPlan(tuple(items), dict(against.most_common()))


def apply_plan(store: Store, plan: WantPlan, user: str) -> WantPlan:
    """Do what was planned; returns what was done.

    Written in small transactions. What a person did meanwhile holds: what they took off, bought or raised is
    left alone, and what no longer fits is left out.
    """
    done = [one for one in plan.items if one.action in ("keep", "leave out")]
    todo = iter(one for one in plan.items if one.action not in ("keep", "leave out"))
    while some := list(islice(todo, CHUNK)):
        with store.write() as tx:
            done += _apply(tx, some, user)
        time.sleep(PAUSE)
    return replace(plan, items=tuple(done))


_AGAINST: Mapping[Cause, str] = {
    "mixes": "heard too seldom",
    "label": "on another label",
    "genre": "of a genre that is left out",
    "provisional": "not identified with certainty",
    "owned": "owned already",
}


def _apply(tx: Transaction, items: Sequence[Planned], user: str) -> list[Planned]:
    """Do some of a plan, as far as it still holds; returns what was done."""
    ids = [one.track_id for one in items]
    removed = removed_tracks(tx.connection, user)
    present = on_list(tx.connection, user, ids)
    gone = set(ids) - _existing(tx.connection, ids)
    withdrawn = [one for one in items if one.action == "withdraw"]
    if withdrawn:
        owned = made_by_rules_and_owned(tx.connection, user, ids)
        withdrawn = [one for one in withdrawn if one.track_id in owned]
    room = wants.LIMIT - count_wants(tx.connection, user) + len(withdrawn)
    done: list[Planned] = []
    for one in items:
        there = present.get(one.track_id)
        if one.action == "withdraw" or one.track_id in gone | removed:
            continue
        if there is not None:
            raises = there.status != "purchased" and there.priority < one.priority
            done.append(replace(one, action="raise" if raises else "keep"))
        else:
            done.append(replace(one, action="add" if room > 0 else "leave out"))
            room -= 1
    delete_wants(tx, [one.want_id for one in withdrawn if one.want_id])
    add_wants(
        tx,
        user,
        [
            Wish(one.track_id, priority=one.priority, by=f"{BY_RULE}{one.rule}")
            for one in done
            if one.action in ("add", "raise")
        ],
    )
    return [*withdrawn, *done]


def most(judgements: Sequence[Judgement]) -> Judgement | None:
    """The rule that wants it most, the first of several; None when none does."""
    wished = [one for one in judgements if one.priority is not None]
    return max(wished, key=lambda one: one.priority or 0, default=None)


def though_owned(rules: Sequence[WantRule], judgements: Sequence[Judgement]) -> bool:
    """Whether a rule wants it that does not mind whether it is owned."""
    return any(
        one.priority is not None and not rule.not_owned for rule, one in zip(rules, judgements, strict=True)
    )


def action_of(wish: Judgement, there: Any, room: int) -> Action:
    """What a wish does to a list on which the track is, or is not (None)."""
    if there is None:
        return "add" if room > 0 else "leave out"
    raises = there.status != "purchased" and there.priority < (wish.priority or 0)
    return "raise" if raises else "keep"


def on_list(connection: sa.Connection, user: str, track_ids: Sequence[str] | None = None) -> dict[str, Any]:
    """By track, what is on the list; of these tracks, of all when None."""
    columns = (_want.c.id, _want.c.library_track_id, _want.c.priority, _want.c.status)
    query = sa.select(*columns).where(_want.c.user == user)
    if track_ids is not None:
        query = query.where(_want.c.library_track_id.in_(track_ids))
    return {row.library_track_id: row for row in connection.execute(query)}


def _existing(connection: sa.Connection, track_ids: Sequence[str]) -> set[str]:
    return {
        found
        for some in chunks(track_ids)
        for found in connection.execute(sa.select(_track.c.id).where(_track.c.id.in_(some))).scalars()
    }


def made_by_rules_and_owned(
    connection: sa.Connection, user: str, track_ids: Sequence[str] | None = None
) -> dict[str, Any]:
    """By track, the open wants that no person touched and whose track is owned.

    A note or a cut is a person's: rules set neither. An event of a merge is nobody's.
    """
    event = schema.want_event
    by_person = sa.exists().where(
        event.c.want_id == _want.c.id, ~event.c.by.startswith(BY_RULE), event.c.by != BY_MERGE
    )
    query = sa.select(_want.c.id, _want.c.library_track_id, _want.c.priority).where(
        _want.c.user == user,
        _want.c.status == "wanted",
        _want.c.notes.is_(None),
        _want.c.cut.is_(None),
        ~by_person,
    )
    if track_ids is not None:
        query = query.where(_want.c.library_track_id.in_(track_ids))
    owned = owned_tracks(connection)
    rows = connection.execute(query.order_by(_want.c.id))
    return {row.library_track_id: row for row in rows if row.library_track_id in owned}
