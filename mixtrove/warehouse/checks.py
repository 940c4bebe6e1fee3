"""Checks of the built warehouse: each file of ``sql/checks`` returns the rows that violate it.

Not here: what is done about a violation (``publish`` refuses).
"""

from __future__ import annotations

from collections.abc import Mapping
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


def run_checks(build: Build) -> list[CheckResult]:
    """Run every check against the build file, after all other steps."""
    results = []
    for item in models("checks"):
        cursor = build.connection.execute(item.sql)
        columns = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
        sample = tuple(dict(zip(columns, row, strict=True)) for row in rows[:SAMPLE])
        results.append(CheckResult(item.name, item.description, not rows, len(rows), sample))
    return results
