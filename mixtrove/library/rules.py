"""Want rules: ``rules.toml`` says which tracks go on the want list by themselves, and how high.

A rule adds a track or raises its priority; it never lowers one, never touches what was bought, and never puts
back what a person took off the list. What only rules put there is withdrawn once it is owned.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.store import Store, Transaction
from mixtrove.library.wants import LIMIT, add_want, delete_wants, removed_tracks, rule_made_and_owned
from mixtrove.matching import normal_form

DEFAULT_RULES = """\
# Want rules: which tracks go on your want list by themselves.
#
# A rule adds a track or raises its priority. It never lowers a priority, never touches what you
# bought, and never puts back what you removed. What only rules wanted goes off the list by itself
# once you own it, unless a rule with not_owned = false wants it.
#
#   name                 what the rule is called; it stands beside everything it does
#   min_mixes            heard in at least so many mixes (default 2)
#   not_owned            only what you do not own yet, see `mixtrove owned import` (default true)
#   djs                  only mixes of these DJs count, e.g. ["Ben UFO", "Four Tet"]
#   labels               only tracks on these labels
#   genres_not           no tracks of these genres
#   priority             1 to 5 (5 is most wanted), or "by count":
#                        1 mix -> 2, 2 mixes -> 3, 3 -> 4, 4 and more -> 5
#   include_provisional  also tracks that are not identified with certainty (default false)

[[rule]]
name = "heard often"
min_mixes = 2
not_owned = true
priority = "by count"
"""

_KEYS: dict[str, type] = {
    "name": str,
    "min_mixes": int,
    "not_owned": bool,
    "djs": list,
    "labels": list,
    "genres_not": list,
    "priority": object,
    "include_provisional": bool,
}
_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list of texts"}


@dataclass(frozen=True, slots=True)
class WantRule:
    """One rule; names are compared in normal form."""

    name: str
    min_mixes: int = 2
    not_owned: bool = True
    djs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    genres_not: tuple[str, ...] = ()
    priority: int | Literal["by count"] = "by count"
    include_provisional: bool = False

    def priority_for(self, mixes: int) -> int:
        """The priority of a track that was heard in so many mixes: 2 gives 3, 3 gives 4, 4 and more 5."""
        return min(5, mixes + 1) if self.priority == "by count" else self.priority


@dataclass(frozen=True, slots=True)
class RefreshSummary:
    """What the rules did to a want list."""

    added: int
    raised: int
    unchanged: int  # met a rule and is on the list already, as high or higher
    left_out: int  # met a rule and did not fit: the list is full
    withdrawn: int  # only rules wanted it, and it is owned now


def load_rules(path: Path) -> tuple[WantRule, ...]:
    """The rules of a file; it is written with the documented default when it does not exist.

    Raises:
        BadInput: it cannot be read, is not TOML, or has a key or value that cannot be used.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            fresh.write_text(DEFAULT_RULES, encoding="utf-8")
            fresh.replace(path)
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; make it a readable file") from error
    return parse_rules(data, str(path))


def parse_rules(data: bytes, name: str) -> tuple[WantRule, ...]:
    """The rules in a TOML text; see ``load_rules``."""
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{name} cannot be read: {error}; correct it or delete it") from error
    unknown = sorted(set(document) - {"rule"})
    if unknown:
        raise BadInput(f"{name}: unknown key {unknown[0]!r}: rules are written under [[rule]]")
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise BadInput(f"{name}: write each rule under [[rule]], with two brackets")
    rules = tuple(_rule(table, number, name) for number, table in enumerate(tables, 1))
    names = [rule.name for rule in rules]
    for rule_name in names:
        if names.count(rule_name) > 1:
            raise BadInput(f"{name}: two rules are called {rule_name!r}: rename one")
    return rules


def refresh_wants(store: Store, rules: Sequence[WantRule], user: str) -> RefreshSummary:
    """Bring a user's list up to what the rules say; doing it again changes nothing.

    A want that no person touched is withdrawn once its track is owned and no rule wants owned tracks of its
    kind. Nothing remembers it as removed: when the file is gone, the rule adds it again.

    Raises:
        StoreUnavailable: nothing was changed.
    """
    with store.write() as tx:
        removed = removed_tracks(tx.connection, user)
        best: dict[str, tuple[int, str]] = {}
        wanted_though_owned: set[str] = set()
        for rule in rules:
            found = _matches(tx, rule)
            if not rule.not_owned:
                wanted_though_owned.update(track_id for track_id, _ in found)
            for track_id, mixes in found:
                wished = (rule.priority_for(mixes), rule.name)
                if track_id not in removed and wished[0] > best.get(track_id, (0, ""))[0]:
                    best[track_id] = wished
        withdrawn = [
            want_id
            for want_id, track_id in rule_made_and_owned(tx.connection, user)
            if track_id not in wanted_though_owned
        ]
        delete_wants(tx, withdrawn)
        want = schema.want
        present = {
            row.library_track_id: row
            for row in tx.connection.execute(
                sa.select(want.c.library_track_id, want.c.priority, want.c.status).where(want.c.user == user)
            )
        }
        everything = tx.connection.execute(
            sa.select(sa.func.count()).select_from(want).where(want.c.user == user)
        ).scalar_one()
        added = raised = unchanged = left_out = 0
        for track_id, (priority, name) in sorted(best.items(), key=lambda item: (-item[1][0], item[0])):
            there = present.get(track_id)
            if there is None and everything + added >= LIMIT:
                left_out += 1
                continue
            if there is not None and (there.status == "purchased" or there.priority >= priority):
                unchanged += 1
                continue
            add_want(tx, user, track_id, priority=priority, by=f"rule:{name}")
            added, raised = (added + 1, raised) if there is None else (added, raised + 1)
    return RefreshSummary(added, raised, unchanged, left_out, len(withdrawn))


def _matches(tx: Transaction, rule: WantRule) -> list[tuple[str, int]]:
    """(track, in how many mixes it was heard) for the tracks that meet a rule."""
    play, track, tracklist = schema.track_discovery, schema.library_track, schema.tracklist
    heard = (
        sa.select(
            play.c.library_track_id,
            sa.func.count(sa.distinct(play.c.tracklist_id)).label("mixes"),
        )
        .where(play.c.library_track_id.is_not(None))
        .group_by(play.c.library_track_id)
    )
    if rule.djs:
        wanted = {normal_form(dj) for dj in rule.djs}
        djs = tx.connection.execute(sa.select(tracklist.c.dj).distinct()).scalars()
        named = [dj for dj in djs if dj and normal_form(dj) in wanted]
        heard = heard.join(tracklist, tracklist.c.id == play.c.tracklist_id).where(tracklist.c.dj.in_(named))
    counted = heard.subquery()
    query = (
        sa.select(track.c.id, track.c.label, track.c.genre, counted.c.mixes)
        .join(counted, counted.c.library_track_id == track.c.id)
        .where(counted.c.mixes >= rule.min_mixes)
    )
    if not rule.include_provisional:
        query = query.where(~track.c.provisional)
    if rule.not_owned:
        owned = schema.owned_track
        query = query.where(~sa.exists().where(owned.c.library_track_id == track.c.id))
    labels = {normal_form(label) for label in rule.labels}
    unwanted = {normal_form(genre) for genre in rule.genres_not}
    return [
        (row.id, row.mixes)
        for row in tx.connection.execute(query)
        if (not labels or normal_form(row.label or "") in labels)
        and (not unwanted or normal_form(row.genre or "") not in unwanted)
    ]


def _rule(table: dict[str, Any], number: int, file: str) -> WantRule:
    called = f"rule {number}" + (f" ({table['name']!r})" if "name" in table else "")
    for key, value in table.items():
        kind = _KEYS.get(key)
        if kind is None:
            raise BadInput(f"{file}, {called}: unknown key {key!r}: a rule has {', '.join(_KEYS)}")
        wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        if wrong or (kind is list and not all(isinstance(one, str) for one in value)):
            raise BadInput(f"{file}, {called}: {key} must be {_WORDS[kind]}, not {value!r}")
    if not table.get("name"):
        raise BadInput(f"{file}, {called}: give the rule a name")
    if table.get("min_mixes", 2) < 1:
        raise BadInput(f"{file}, {called}: min_mixes must be 1 or more")
    priority = table.get("priority", "by count")
    by_count = priority == "by count"
    if not by_count and (type(priority) is not int or not 1 <= priority <= 5):
        raise BadInput(f'{file}, {called}: priority must be 1 to 5 or "by count", not {priority!r}')
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    return WantRule(**values)
