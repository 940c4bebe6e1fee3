"""mixtrove's errors as Dagster failures: one place for all of them.

A ``MixtroveError`` names a cause that an immediate retry seldom removes (a file that is no tracklist, a store
that is read-only, checks that found violations; a store that is locked was waited for already), so none is
retried by the step's policy; the next run of the job goes on where this one stopped. ``run_retries`` ignores
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
