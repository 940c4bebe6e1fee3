"""REST: requests made up from the OpenAPI document break nothing, and answers are as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import fuzz

pytestmark = pytest.mark.xdist_group("fuzz")  # one after the other: each keeps a core busy


def test_made_up_requests_are_answered_as_documented(tmp_path: Path, database_url: str) -> None:
    done = fuzz(tmp_path / "home", database_url, examples=7, seed=1, phases="examples,fuzzing,stateful")
    assert done.passed, done.output
    assert done.cases >= 300
