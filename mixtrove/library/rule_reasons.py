"""Why a track is on a want list or not: what every rule says of it, with those who played it.

Not here: deciding (``rule_plan.py``), what one rule says (``want_rule.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from mixtrove.errors import NotFound
from mixtrove.library import wants
from mixtrove.library.heard_tracks import tracks_as_heard
from mixtrove.library.rule_plan import (
    Planned,
    action_of,
    made_by_rules_and_owned,
    most,
    on_list,
    though_owned,
)
from mixtrove.library.want_records import count_wants
from mixtrove.library.want_rule import Judgement, WantRule, judge
from mixtrove.library.wants import removed_tracks


@dataclass(frozen=True, slots=True)
class Explanation:
    """One track before every rule."""

    track_id: str
    judgements: tuple[Judgement, ...]
    outcome: str  # a sentence


def with_djs(connection: sa.Connection, rules: Sequence[WantRule], items: Iterable[Planned]) -> list[Planned]:
    """The same, with the DJs who played each track in what speaks for it."""
    planned = list(items)
    tracks = tracks_as_heard(connection, [one.track_id for one in planned if one.rule is not None])
    by_name = {rule.name: rule for rule in rules}
    return [
        replace(one, why=(*judge(by_name[one.rule], tracks[one.track_id]).why, *one.why[_of_the_rule(one) :]))
        if one.rule is not None and one.track_id in tracks
        else one
        for one in planned
    ]


def explain_track(
    connection: sa.Connection, rules: Sequence[WantRule], user: str, track_id: str
) -> Explanation:
    """What every rule says of one track, and what comes of it.

    Raises:
        BadInput: there is no such track.
    """
    track = tracks_as_heard(connection, [track_id]).get(track_id)
    if track is None:
        raise NotFound("track", track_id, seen_in="mixtrove library list")
    judgements = tuple(judge(rule, track) for rule in rules)
    wish, there = most(judgements), on_list(connection, user).get(track_id)
    if there is not None:
        on = f"on the list as {there.status} with priority {there.priority}"
        only_rules = track_id in made_by_rules_and_owned(connection, user)
        if only_rules and not though_owned(rules, judgements):
            outcome = f"{on}; the next run withdraws it: it is owned, and only rules wanted it"
        elif wish is not None and action_of(wish, there, 0) == "raise":
            outcome = f"{on}; the next run raises it to {wish.priority}"
        else:
            outcome = f"{on}; no rule changes that"
    elif wish is None:
        outcome = "not on the list: no rule wants it"
    elif track_id in removed_tracks(connection, user):
        outcome = "not on the list: you took it off, and no rule puts it back (`mixtrove want add` does)"
    elif action_of(wish, None, wants.LIMIT - count_wants(connection, user)) == "add":
        outcome = f"not on the list yet: the next run adds it with priority {wish.priority}"
    else:
        outcome = f"not on the list: it is full ({wants.LIMIT:,} wants)"
    return Explanation(track_id, judgements, outcome)


def _of_the_rule(one: Planned) -> int:
    """Where in the reasons of a plan those begin that are not the rule's."""
    return len(one.why) - (one.action == "leave out")
