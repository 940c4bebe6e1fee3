"""Which entries a run looks at: config of the assets that look entries up. No asset is here."""

import dagster as dg
from pydantic import Field


class DueEntries(dg.Config):
    """Everything that is due, unless told otherwise."""

    tracklist_id: str | None = Field(default=None, description="Only the entries of this tracklist.")
    limit: int | None = Field(default=None, ge=1, description="At most so many entries.")
