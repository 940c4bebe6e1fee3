"""Where things are and how this installation is set: read from the environment (``MIXTROVE_…``).

Here: paths under the one home and the few values every command needs. Not here: settings of a single
provider (they live with the provider) and want rules (``rules.toml``, read by ``library/rules.py``).
Nothing is created or opened by reading the settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mixtrove.errors import BadInput


class Settings(BaseSettings):
    """The settings of one home. Every field can be given as ``MIXTROVE_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_", env_ignore_empty=True, frozen=True)

    home: Annotated[Path, AfterValidator(Path.expanduser)] = Path("data")
    catalogue: Path | None = None
    database_url: str | None = None
    user: str = Field(default="dj", min_length=1, max_length=64)
    busy_timeout: float = Field(default=30.0, ge=0, le=3600)
    """Seconds to wait for another writer of the operational store before giving up."""

    @property
    def database(self) -> str:
        """The URL of the operational store; by default the SQLite file in the home."""
        return self.database_url or f"sqlite:///{self.home / 'mixtrove.db'}"

    @property
    def warehouse_path(self) -> Path:
        """The published DuckDB file that analysts open."""
        return self.home / "warehouse.duckdb"

    @property
    def catalogues_dir(self) -> Path:
        """The folder of the offline catalogues, a folder each."""
        return self.home / "catalogues"

    @property
    def catalogue_dir(self) -> Path:
        """The offline catalogue to use: the one that is set, else ``catalogues/default``."""
        return self.catalogue or self.catalogues_dir / "default"

    @property
    def inbox(self) -> Path:
        """The folder new tracklists are dropped into."""
        return self.home / "inbox"

    @property
    def rules_path(self) -> Path:
        """The want rules, a TOML file."""
        return self.home / "rules.toml"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own folder."""
        return self.home / "dagster"


def load_settings() -> Settings:
    """The settings of this process's environment.

    Raises:
        BadInput: a variable has a value that cannot be used; the text names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "MIXTROVE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(
            f"{name} is set to {first['input']!r}, which cannot be used: {first['msg']}; change or unset it"
        ) from error
