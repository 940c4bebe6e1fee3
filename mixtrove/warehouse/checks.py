"""Checks of the built warehouse: each file of ``sql/checks`` returns the rows that violate it.

Not here: what is done about a violation (``publish`` refuses).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.models import models

SAMPLE = 5
"""Violating rows that a result shows."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check."""

    name: str
    description: str  # what holds when it passes
    passed: bool
    violations: int
    sample: tuple[Mapping[str, Any], ...]  # the first violating rows


def run_checks(build: Build, names: Collection[str] | None = None) -> list[CheckResult]:
    """Run checks against the build file; what passes is noted for ``unchecked``.

    Args:
        build: the open build file, after the steps that the checks are about.
        names: of the checks; all of them by default.
    """
    results = []
    for item in models("checks"):
        if names is not None and item.name not in names:
            continue
        cursor = build.connection.execute(item.sql)
        columns = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
        sample = tuple(dict(zip(columns, row, strict=True)) for row in rows[:SAMPLE])
        results.append(CheckResult(item.name, item.description, not rows, len(rows), sample))
    with build.transaction() as connection:
        for result in results:
            connection.execute("DELETE FROM work.passed WHERE name = $name", {"name": result.name})
            if result.passed:
                connection.execute(
                    "INSERT INTO work.passed VALUES ($name, $revision)",
                    {"name": result.name, "revision": build.watermark},
                )
    return results


def unchecked(build: Build) -> frozenset[str]:
    """The checks that did not pass, or were not run, since the build file moved to its revision."""
    passed = build.rows("SELECT name FROM work.passed WHERE revision = $now", {"now": build.watermark})
    return frozenset(item.name for item in models("checks")) - {name for (name,) in passed}
