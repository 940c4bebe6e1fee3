"""mixtrove's errors as Dagster failures: one place for all of them.

Every ``MixtroveError`` names a cause that a retry does not remove (a file that is no tracklist, a store that
is read-only, checks that found violations), so none is retried by the step's policy. ``run_retries`` ignores
``allow_retries`` (measured with 1.13: a permanent failure ran three times), therefore
``deploy/dagster.yaml`` also sets ``retry_on_asset_or_op_failure: false``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from mixtrove.errors import MixtroveError


@contextmanager
def permanent() -> Iterator[None]:
    """Turn a ``MixtroveError`` of the block into a ``Failure`` with its sentence, not to be retried."""
    try:
        yield
    except MixtroveError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
