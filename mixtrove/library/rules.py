"""Want rules: ``rules.toml`` says which tracks go on the want list by themselves, and how high.

A rule adds a track or raises its priority; it never lowers one, never touches what was bought, and never puts
back what a person took off the list. What only rules put there is withdrawn once it is owned. Here: the file.
Not here: what a rule says of a track (``want_rule.py``), what comes of it (``rule_plan.py``).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtrove.errors import BadInput
from mixtrove.library.rule_plan import WantPlan, apply_plan, plan_wants
from mixtrove.library.store import Store
from mixtrove.library.want_rule import WantRule

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
    """Bring a user's list up to what the rules say (``plan_wants``); doing it again changes nothing.

    Raises:
        StoreUnavailable: the store cannot be written; what was done until then is kept.
    """
    with store.read() as connection:
        plan = plan_wants(connection, rules, user)
    return summary_of(apply_plan(store, plan, user))


def summary_of(plan: WantPlan) -> RefreshSummary:
    """What doing this changes, in numbers."""
    return RefreshSummary(
        added=plan.number("add"),
        raised=plan.number("raise"),
        unchanged=plan.number("keep"),
        left_out=plan.number("leave out"),
        withdrawn=plan.number("withdraw"),
    )


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
