"""The home of an installation, and store, catalogue and warehouse in it.

Settings are read from ``MIXTROVE_…`` when a step starts, not when definitions are loaded: a wrong variable
fails the run with a sentence and leaves the UI up, and no database password stands in a resource's config.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import dagster as dg
from pydantic import Field

from mixtrove.catalogue.search import Catalogue
from mixtrove.discovery import open_catalogue
from mixtrove.library.store import Store
from mixtrove.settings import Settings, load_settings
from mixtrove.warehouse.buildfile import Build, open_build
from resources.failures import permanent


class Home(dg.ConfigurableResource[None]):
    """Where everything is. A field that is left empty is taken from the environment (``MIXTROVE_…``)."""

    path: str | None = Field(default=None, description="The home; by default MIXTROVE_HOME, else ./data.")
    user: str | None = Field(default=None, description="Whose want list; by default MIXTROVE_USER.")
    database_url: str | None = Field(
        default=None,
        description="The operational store; by default MIXTROVE_DATABASE_URL, else SQLite in the home.",
    )
    catalogue: str | None = Field(
        default=None, description="The offline catalogue; by default MIXTROVE_CATALOGUE, else the home's."
    )

    def settings(self) -> Settings:
        """The settings of this run.

        Raises:
            Failure: a variable has a value that cannot be used.
        """
        given = {
            "home": None if self.path is None else Path(self.path),
            "user": self.user,
            "database_url": self.database_url,
            "catalogue": None if self.catalogue is None else Path(self.catalogue),
        }
        with permanent():
            return load_settings().model_copy(
                update={name: value for name, value in given.items() if value is not None}
            )


class OperationalStore(Home):
    """The operational store (SQLite or Postgres): tracklists, library, corrections, wants."""

    @contextmanager
    def open(self) -> Iterator[Store]:
        """The store, created or migrated when needed, closed at the end of the block.

        Raises:
            Failure: a ``MixtroveError`` happened in the block or on opening.
        """
        with permanent():
            store = Store.open(self.settings())
            try:
                yield store
            finally:
                store.close()


class OfflineCatalogue(Home):
    """The offline catalogue that lines are compared with; there may be none."""

    def open(self) -> AbstractContextManager[Catalogue | None]:
        """The catalogue, None when none was built.

        Raises:
            Failure: there is one and it cannot be used.
        """
        with permanent():
            return open_catalogue(self.settings()) or nullcontext()


class Warehouse(Home):
    """The DuckDB warehouse: the file that is built, one writer at a time, and the published one."""

    @property
    def published(self) -> Path:
        """The file that analysts open."""
        return self.settings().warehouse_path

    @contextmanager
    def build(self) -> Iterator[Build]:
        """The build file, alone.

        Raises:
            Failure: a ``MixtroveError`` happened in the block, or somebody else is building.
        """
        with permanent(), open_build(self.published) as build:
            yield build
