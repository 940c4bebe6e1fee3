"""What Schemathesis is told beside its configuration. For ``tests/fuzz.py``."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Each step of a story is a request of its own.

    A key that an earlier step had would give the answer to that one, and what it made may be deleted since.
    Made-up keys are sent in the other phases.
    """
    phase = getattr(getattr(case.meta, "phase", None), "name", "")
    if str(phase) == "stateful" and case.headers:
        case.headers.pop("Idempotency-Key", None)
