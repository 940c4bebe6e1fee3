"""Where things are and how this installation is set: read from the environment (``MIXTROVE_…``).

Here: paths under the one home and the few values every command needs. Not here: settings of a single
provider (they live with the provider) and want rules (``rules.toml``, read by ``library/rules.py``).
Nothing is created or opened by reading the settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.matching.verdict import Rule

Of = TypeVar("Of", bound=BaseSettings)


class Settings(BaseSettings):
    """The settings of one home. Every field can be given as ``MIXTROVE_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_", env_ignore_empty=True, frozen=True)

    home: Annotated[Path, AfterValidator(Path.expanduser)] = Path("data")
    catalogue: Path | None = None
    database_url: str | None = None
    user: str = Field(default="dj", min_length=1, max_length=64)
    busy_timeout: float = Field(default=30.0, ge=0, le=3600)
    """Seconds to wait for another writer of the operational store before giving up."""
    redis_url: SecretStr | None = None
    """``redis://[user:password@]host:port/number``: the providers' slots, and answers for a while."""
    amqp_url: SecretStr | None = None
    """``amqp://user:password@host:port/vhost``: RabbitMQ, for requests in and events out."""
    amqp_name: str = Field(default="mixtrove", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    """The exchange, and the first word of the queues: several installations may share a virtual host."""
    contact: str | None = Field(
        default=None, max_length=200, pattern=r"^(https?://[!-~]+|[!-~]+@[!-~]+\.[!-~]+)$"
    )
    """Who asks, for the User-Agent of requests to providers: an e-mail address or a URL."""

    backup_dir: Annotated[Path | None, AfterValidator(lambda path: path and path.expanduser())] = None
    """Where `mixtrove backup` and the nightly maintenance write to; by default ``backups`` in the home, which
    is on the same disk as what it keeps."""
    backup_keep: int = Field(default=7, ge=1, le=10_000)
    """How many backups the nightly maintenance keeps."""

    musicbrainz_dumps_url: str = "https://data.metabrainz.org/pub/musicbrainz/canonical_data/"
    """Where `mixtrove catalogue download musicbrainz` finds the dumps; a mirror has the same folders."""

    match_accept: float = Field(
        default=0.85,
        ge=0,
        le=1,
        description="The score from which the best candidate is taken without asking a person. "
        "`python -m benchmarks.matching --sets retrieval` prints precision and recall at this value.",
    )
    match_review: float = Field(
        default=0.55,
        ge=0,
        le=1,
        description="The score from which a candidate is shown to a person; less than match_accept.",
    )
    match_margin: float = Field(
        default=0.10,
        ge=0,
        le=1,
        description="How far the best candidate must be above the next one of another track.",
    )
    match_strict_cuts: bool = Field(
        default=False,
        description="Whether an extended or radio cut of the version asked for is left to a person.",
    )

    @model_validator(mode="after")
    def _review_below_accept(self) -> Self:
        if self.match_review >= self.match_accept:
            raise ValueError(
                f"MIXTROVE_MATCH_REVIEW ({self.match_review:g}) must be less than "
                f"MIXTROVE_MATCH_ACCEPT ({self.match_accept:g})"
            )
        return self

    @property
    def rule(self) -> Rule:
        """What is accepted, and what a person should look at."""
        from mixtrove.matching.verdict import (
            Rule,
        )  # compiled code: not loaded by commands that compare nothing

        return Rule(
            accept=self.match_accept,
            review=self.match_review,
            margin=self.match_margin,
            strict_cuts=self.match_strict_cuts,
        )

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
    def downloads_dir(self) -> Path:
        """Where the dumps that catalogues are built from are kept."""
        return self.catalogues_dir / "downloads"

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
    """The settings of this process's environment; see ``from_environment``."""
    return from_environment(Settings)


def from_environment(kind: type[Of]) -> Of:
    """The settings of a kind, from the variables of this process's environment.

    Raises:
        BadInput: a variable has a value that cannot be used; the text names it.
    """
    try:
        return kind()
    except ValidationError as error:
        raise bad_variable(error, kind) from error


def bad_variable(error: ValidationError, settings: type[BaseSettings]) -> BadInput:
    """The error for people of settings whose variables have a value that cannot be used."""
    first = error.errors()[0]
    if not first["loc"]:  # of two variables together; the text names them
        return BadInput(f"{first['ctx']['error']}; change or unset one of them")
    name = settings.model_config["env_prefix"] + "_".join(str(part) for part in first["loc"]).upper()
    shown = "something" if "@" in str(first["input"]) else repr(first["input"])  # an address with a password
    why = first["msg"].removeprefix("Value error, ")  # pydantic's words before ours
    return BadInput(f"{name} is set to {shown}, which cannot be used: {why}; change or unset it")
