"""Which entries a run looks at: config of the assets that look entries up. No asset is here."""

import dagster as dg
from pydantic import Field

from mixtrove.library.batches import BATCH
from mixtrove.library.discoveries import Lines


class DueEntries(dg.Config):
    """Everything that is due, unless told otherwise."""

    tracklist_id: str | None = Field(default=None, description="Only the entries of this tracklist.")
    limit: int | None = Field(default=None, ge=1, description="At most so many entries.")

    @property
    def only(self) -> Lines | None:
        """The lines that are looked at; None: all."""
        return None if self.tracklist_id is None else Lines(self.tracklist_id)


class SharedBacklog(DueEntries):
    """Also how a run takes its part of a backlog that other runs may be working on."""

    batch_size: int = Field(
        default=BATCH,
        ge=1,
        le=20_000,
        description=(
            "Entries that this run claims, searches and writes at a time. Nobody else searches a claimed "
            "batch; if this run is killed, another one takes the batch over. Smaller batches share a short "
            "backlog more evenly, larger ones ask the catalogue less often."
        ),
    )
    processes: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description=(
            "Processes that search, each with the catalogue open. By default one a core when thousands of "
            "entries are due, and this one alone otherwise. Give 1 to each of several runs on one machine."
        ),
    )
